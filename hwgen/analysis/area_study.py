"""Measures multipliers and MACs on FPGA families: ``python -m hwgen.analysis.area_study FILE``.

FILE is a Markdown document with a line ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->`` for each
table; what stands between them is replaced, and figures go beside it.  A table or a figure that
the document has no place for is not measured.  What is synthesised and placed stays in the cache,
so an interrupted run goes on where it ended; the searches for masks take minutes every time.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from hwgen.analysis.area_plots import SHOWN, area_figure
from hwgen.analysis.mac_area import WIDTHS, Mac, macs
from hwgen.analysis.multiplier_area import Point, error_of, front, job, points, searched
from hwgen.analysis.page import renew_command
from hwgen.analysis.serial_area import BITS, KINDS, LANES, serial_mac
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.multiplier import Operands
from hwgen.fabric.catalogue import FABRICS
from hwgen.flow.design import write_files
from hwgen.flow.yosys import synthesise_many
from hwgen.number import Fixed
from hwgen.spec import InputError
from hwgen.tools.yowasp import say

FAMILIES = ("ecp5", "ice40", "xilinx7", "gowin")
_EXACT = ((8, False), (8, True), (4, False), (4, True))


@cache
def byte_points(signed: bool, target: str) -> list[Point]:
    """The multipliers of 8 bits of all families, and the smallest masks for some errors."""
    say(f"sizing {'signed' if signed else 'unsigned'} multipliers on {target}")
    operands = Operands(*[Fixed(width=8, signed=signed)] * 2)
    return points(operands, target) + searched(operands, target)


def exact_table() -> str:
    """Bare exact multipliers: synthesised, and mapped in both forms, on each family."""
    head = [f"{'signed' if signed else 'unsigned'} {bits}x{bits}" for bits, signed in _EXACT]
    operands = [Operands(*[Fixed(width=bits, signed=signed)] * 2) for bits, signed in _EXACT]
    rows = []
    for target in FAMILIES:
        areas = synthesise_many([job(ExactMultiplier(), each, target) for each in operands])
        rows.append([target, "synthesised", *(str(area.luts) for area in areas)])
        if target in FABRICS:
            rows += [[target, form, *(str(MappedUnit(ExactMultiplier(), each, target, form).cells)
                                      for each in operands)] for form in ("rows", "tree")]
    return table(["Family", "Form", *head], rows)


def mac_table(bits: int) -> str:
    """MACs of signed operands on each family."""
    rows = []
    for target in FAMILIES:
        found = macs(bits, target)
        rows += [[target, *_mac_cells(mac, found[0])] for mac in found]
    return table(["Family", "Form", "Registers", "LUTs", "Cells placed", "Flip-flops", "Fmax, MHz",
                  "Seeds, MHz", "Times portable"], rows)


def _mac_cells(mac: Mac, portable: Mac) -> list[str]:
    size = [mac.form, str(mac.pipeline), str(mac.area.luts)]
    if mac.placement is None:
        return [*size, "", str(mac.area.ffs), "", "", ""]
    low, high = mac.placement.fmax_range_mhz or (0.0, 0.0)
    alone = mac.placement.layouts[0].registers_alone
    return [*size, f"{mac.cells}{f' + {alone}' if alone else ''}", str(mac.area.ffs),
            f"{mac.fmax_mhz:.0f}", f"{low:.0f} to {high:.0f}",
            f"{mac.fmax_mhz / portable.fmax_mhz:.2f}"]


def serial_table(target: str = "xilinx7") -> str:
    """PEs of 8, 4, 2 and 1 bits and of many lanes, parallel and bit-serial."""
    rows = []
    for lanes in LANES:
        for bits in BITS:
            found = [serial_mac(kind, bits, lanes, target) for kind in KINDS]
            rows.append([str(lanes), f"{bits} x {bits}",
                         *(f"{mac.area.luts:,}" for mac in found),
                         *(f"{mac.lut_cycles:.1f}" for mac in found),
                         f"{found[-1].luts_per_operation:.2f}"])
    return table(["Lanes", "Bits", *(f"{kind}, LUTs" for kind in KINDS),
                  *(f"{kind}, LUTs x cycles a MAC" for kind in KINDS),
                  "both-serial, LUTs a binary operation"], rows)


def front_table(target: str) -> str:
    """The multipliers of 8 bits that no other beats in both cells and MAE."""
    rows = []
    for signed in (False, True):
        for point in front(byte_points(signed, target), "mae_percent"):
            rows.append(["signed" if signed else "unsigned", str(point.cells),
                         *(f"{error_of(point, metric):.3g}" for metric in SHOWN),
                         f"`{point.metrics.multiplier}`"])
    return table(["Operands", "Cells", "MAE, %", "WCE, %", "MRE, %", "Multiplier"], rows)


def figure(target: str) -> str:
    """SVG: the multipliers of 8 bits of all families."""
    sets = {f"{'signed' if signed else 'unsigned'} 8x8": byte_points(signed, target)
            for signed in (False, True)}
    return area_figure(f"8-bit multipliers on {target}: cells against error", sets)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


TABLES: dict[str, Callable[[], str]] = {
    "exact": exact_table,
    **{f"mac{bits}": partial(mac_table, bits) for bits in WIDTHS},
    "serial": serial_table,
    **{f"front-{target}": partial(front_table, target) for target in FABRICS},
}
"""Name between the markers to what makes the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew the tables of a document and its figures; 2 if it cannot be done."""
    return renew_command(renew, "hwgen.analysis.area_study", __doc__, arguments)


def renew(document: Path) -> None:
    """Measure what the document has a place for, and write it there.

    Raises
    ------
    InputError : the document cannot be read, or a tool is not installed.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"document must be readable, not {str(document)!r} ({error.strerror})"
                         ) from None
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        if begin in text and end in text:
            say(f"measuring {name}")
            head, _, rest = text.partition(begin)
            text = head + begin + make() + end + rest.partition(end)[2]
    figures = {file: figure(target) for target in FABRICS
               if (file := f"area_{target}.svg") in text}
    write_files(document.parent, {document.name: text, **figures})


if __name__ == "__main__":
    sys.exit(main())
