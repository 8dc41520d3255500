"""Relative energy of eight PEs: ``python -m hwgen.nn.power_study FILE``.

Idle, on the digits network and on random operands of the same sizes, as the Markdown table that
takes the place of the one between the markers of FILE.  Takes some minutes the first time.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hwgen.analysis.page import Page, renew_command
from hwgen.array.mesh import ArraySpec
from hwgen.flow.design import write_files
from hwgen.flow.power import Energy, energies, random_like
from hwgen.nn.digits_operands import digits_products
from hwgen.tools.yowasp import say

SIDE = 8
_FOUR = {"a": {"width": 4}, "b": {"width": 4}, "accumulator": {"width": 16}}
ARRAYS: dict[str, dict[str, Any]] = {
    "int8, exact": {},
    "int8, 20-bit accumulator": {"pe": {"accumulator": {"width": 20, "overflow": "saturate"}}},
    "int8, `truncated`, cut 6": {"pe": {"multiplier": {"kind": "truncated", "cut": 6}}},
    "int8, `drum`, 4 bits": {"pe": {"multiplier": {"kind": "drum", "segment_bits": 4}}},
    "int4, 16-bit accumulator": {"pe": _FOUR},
    "int8, weight-stationary": {"dataflow": {"kind": "weight-stationary"}},
    "int8, activation-serial, 8 lanes": {"pe": {"kind": "activation-serial", "lanes": 8}},
    "the same, dynamic precision": {"pe": {"kind": "activation-serial", "lanes": 8,
                                           "precision": {"kind": "dynamic"}}},
}
"""Name to fields of an array of 8 x 8 PEs."""

HEAD = f"""\
{SIDE} x {SIDE} PEs, among gates; idle is energy a cycle and PE, all else energy a MAC; the shares \
are those of digits:

| Array | idle | digits | random | digits / random | digits, ungated | multipliers | PEs | other \
parts | clock |
|---|---|---|---|---|---|---|---|---|---|
"""


def array_of(fields: dict[str, Any]) -> ArraySpec:
    """The array of some fields."""
    return ArraySpec.parse({"name": "study", "rows": SIDE, "columns": SIDE, **fields})


def row(name: str, idle: Energy, digits: Energy, random: Energy) -> str:
    """An array as a row of the table."""
    shares = {part: sum(kinds.values()) / digits.total for part, kinds in digits.parts.items()}
    multipliers, pes = shares.get("multipliers", 0.0), shares["PEs"]
    cells = [
        *(f"{value:.0f}" for value in (
            idle.per_cycle / SIDE**2, digits.total / digits.macs, random.total / random.macs)),
        f"{digits.total / random.total:.2f}", f"{digits.ungated / digits.macs:.0f}",
        *(f"{share:.0%}" for share in (
            multipliers, pes, 1 - multipliers - pes, digits.clock / digits.total)),
    ]
    return f"| {name} | {' | '.join(cells)} |\n"


def table() -> str:
    """The table in Markdown."""
    text = HEAD
    for name, fields in ARRAYS.items():
        say(f"measuring {name}")
        array = array_of(fields)
        products = digits_products(array)
        text += row(name, *energies(array, {"digits": products,
                                            "random": random_like(array, products)}))
    return text


def renew(page: Path) -> None:
    """Measure everything and write the table."""
    place = Page.of(page, "power-study")
    write_files(page.parent, {page.name: place.renewed(table())})


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 2 for bad input."""
    return renew_command(renew, "hwgen.nn.power_study", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
