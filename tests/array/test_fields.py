"""No dead field: each one of an array's spec, where it matters, changes the Verilog."""

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest

from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.flow.design import verilog_text
from hwgen.spec import Spec
from tests.array.products import OS, WS, expect_rtl, operands_of

ROUNDED = {"accumulator": {"frac": -4, "width": 12}}
SMALL = {"a": {"width": 2}, "b": {"width": 2}}
TABLES = [TableMultiplier.of(np.arange(16).reshape(4, 4) % size).model_dump() for size in (3, 5)]
MODULES = "".join(f"module {name}(input [1:0] x, y, output [3:0] o); assign o = {o}; endmodule\n"
                  for name, o in (("first", "x - y"), ("second", "x & y")))
NETLIST = {**SMALL, "multiplier": {"kind": "netlist", "source": MODULES, "module": "first"}}
FIRST = [8, 6, 5, 4, 3, 2, 1, 0]
REQUANTIZED = {"output": {"width": 8, "frac": -4}}
STOCHASTIC = {"accumulator": {"frac": -4, "rounding": "stochastic"}}
STOCHASTIC_RESULTS = {"output": {"width": 8, "frac": -4, "rounding": "stochastic"}}
CHUNKS = {"accumulator": {"chunk": {"steps": 4, "width": 40}}}

# Field of any PE: what else of it must be set, and the field's other value.
PE_CHANGES: dict[str, tuple[dict[str, Any], Any]] = {
    "a.width": ({}, 7),
    "a.frac": (ROUNDED, 1),
    "a.signed": ({}, False),
    "b.width": ({}, 7),
    "b.frac": (ROUNDED, 1),
    "b.signed": ({}, False),
    "lanes": ({}, 2),
    "pipeline": ({}, 1),
    "accumulator.width": ({}, 31),
    "accumulator.frac": ({}, -1),
    "accumulator.signed": ({"accumulator": {"overflow": "saturate"}}, False),
    "accumulator.rounding": (ROUNDED, "nearest_up"),
    "accumulator.overflow": ({}, "saturate"),
    "accumulator.random_bits": (STOCHASTIC, 3),
    "accumulator.chunk": ({}, {"steps": 4}),
    "accumulator.chunk.steps": (CHUNKS, 5),
    "accumulator.chunk.width": (CHUNKS, 41),
    "accumulator.chunk.overflow": (CHUNKS, "saturate"),
}
PARALLEL_CHANGES: dict[str, tuple[dict[str, Any], Any]] = {
    "target": ({}, "ecp5"),
    "form": ({"target": "ecp5"}, "tree"),
    "multiplier": (SMALL, TABLES[0]),
    **{f"multiplier[{kind}].{field}": ({"multiplier": {"kind": kind, **others}}, value)
       for kind, others, field, value in (
           ("masked", {"first": FIRST}, "first", FIRST[::-1]),
           ("masked", {"first": FIRST}, "constant", 5),
           ("truncated", {"cut": 3}, "cut", 4),
           ("truncated", {"cut": 3}, "constant", 5),
           ("broken-array", {"horizontal": 2, "vertical": 3}, "horizontal", 3),
           ("broken-array", {"horizontal": 2, "vertical": 3}, "vertical", 5),
           ("broken-array", {"horizontal": 2, "vertical": 3}, "constant", 5),
           ("perforated", {"first_row": 1, "count": 2}, "first_row", 2),
           ("perforated", {"first_row": 1, "count": 2}, "count", 3),
           ("perforated", {"first_row": 1, "count": 2}, "constant", 5),
           ("booth-truncated", {"cut": 3}, "cut", 4),
           ("booth-truncated", {"cut": 3}, "constant", 5),
           ("lower-or", {"low": 3}, "low", 4),
           ("drum", {"segment_bits": 3}, "segment_bits", 4),
           ("static-segment", {"segment_bits": 4}, "segment_bits", 5),
           ("static-segment", {"segment_bits": 4}, "segments", 3),
           ("mitchell", {}, "fraction_bits", 3),
       )},
    "multiplier[table].products": ({**SMALL, "multiplier": TABLES[0]}, TABLES[1]["products"]),
    "multiplier[netlist].source": (NETLIST, MODULES.replace("x - y", "x + y")),
    "multiplier[netlist].module": (NETLIST, "second"),
    "multiplier[netlist].ports": (NETLIST, ["y", "x", "o"]),
}
DYNAMIC = {"kind": "dynamic"}
SERIAL_CHANGES: dict[str, tuple[dict[str, Any], Any]] = {
    "target": ({"lanes": 4}, "xilinx7"),
    "precision": ({}, DYNAMIC),
    "precision[dynamic].form": ({"precision": DYNAMIC}, "sign-magnitude"),
}


def of_kind(kind: str, own: dict[str, tuple[dict[str, Any], Any]]) -> dict[str, Any]:
    """The changes of a PE's fields as those of an array's."""
    return {f"pe[{kind}].{field}": ({"pe": {"kind": kind, **others}}, value)
            for field, (others, value) in (PE_CHANGES | own).items()}


# Field: what else must be set, and the field's other value.
CHANGES: dict[str, tuple[dict[str, Any], Any]] = {
    "name": ({}, "other"),
    "rows": ({}, 3),
    "columns": ({}, 2),
    "dataflow": ({}, WS),
    "dataflow[weight-stationary].bank_rows": ({"dataflow": WS}, 16),
    "pe": ({}, {"kind": "activation-serial"}),
    **of_kind("parallel", PARALLEL_CHANGES),
    **of_kind("activation-serial", SERIAL_CHANGES),
    **of_kind("both-serial", SERIAL_CHANGES),
    **{f"pe[{kind}].precision[dynamic].run_ahead": (
        {"dataflow": WS, "pe": {"kind": kind, "precision": DYNAMIC}}, 2)
       for kind in ("activation-serial", "both-serial")},
    "output": ({}, {"width": 8}),
    "output.width": (REQUANTIZED, 9),
    "output.frac": (REQUANTIZED, -5),
    "output.signed": (REQUANTIZED, False),
    "output.rounding": (REQUANTIZED, "floor"),
    "output.overflow": (REQUANTIZED, "wrap"),
    "output.random_bits": (STOCHASTIC_RESULTS, 3),
    "random.sharing": ({"pe": STOCHASTIC}, "pe"),
}
# A port in the hardware: what drives it, the bench and the golden, takes the field's value.
DRIVEN = {"random.seed": ({"pe": STOCHASTIC}, 2)}


def choices(annotation: Any) -> list[Any]:
    """The members of a union, or the type itself."""
    if get_origin(annotation) is Annotated:
        return choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [each for member in get_args(annotation) for each in choices(member)]
    return [annotation]


def fields(spec_class: type[Spec], path: str = "") -> Iterator[str]:
    """Dotted names of all fields that have more than one value; choices of tables in brackets."""
    for name, field in spec_class.model_fields.items():
        options = choices(field.annotation)
        tables = [each for each in options if isinstance(each, type) and issubclass(each, Spec)]
        fixed = get_origin(options[0]) is Literal and len(get_args(options[0])) == 1
        if (len(options) > 1 and tables) or (not tables and not fixed):
            yield path + name
        for table in tables:
            kind = f"[{table.model_fields['kind'].default}]" if len(tables) > 1 else ""
            yield from fields(table, f"{path}{name}{kind}.")


def changed(path: str) -> tuple[ArraySpec, ArraySpec]:
    """The array before and after the change of one field."""
    others, value = (CHANGES | DRIVEN)[path]
    base = ArraySpec.parse({"name": "mac", "rows": 2, "columns": 1, "dataflow": OS, **others})
    values = table = base.model_dump(mode="json")
    *parents, field = [step.partition("[")[0] for step in path.split(".")]
    for parent in parents:
        table = table[parent]
    table[field] = value
    return base, ArraySpec.parse(values)


@cache
def verilog(array: ArraySpec) -> str:
    """The modules, without the header, which holds the hash of the spec."""
    text = verilog_text(array)
    return text[text.index("\nmodule ") :]


def test_every_field_is_listed() -> None:
    assert sorted(fields(ArraySpec)) == sorted(CHANGES | DRIVEN)


@pytest.mark.parametrize("path", CHANGES)
def test_field_changes_the_verilog(path: str) -> None:
    before, after = changed(path)
    assert before.config_hash != after.config_hash
    assert verilog(before) != verilog(after)


@pytest.mark.parametrize("path", DRIVEN)
def test_field_changes_what_the_ports_get(path: str) -> None:
    before, after = changed(path)
    assert verilog(before) == verilog(after)
    a, b = operands_of(before, (6, 20, 1))
    assert before.golden(a, b).tolist() != after.golden(a, b).tolist()
    expect_rtl(before, a, b)
    expect_rtl(after, a, b)


def test_spelled_out_defaults_do_not_change_the_verilog() -> None:
    base = ArraySpec.parse({"name": "mac", "rows": 2, "columns": 1})
    spelled = ArraySpec.parse({**base.model_dump(mode="json"), "output": {
        "width": 32, "rounding": "nearest_even", "overflow": "saturate"}})
    assert verilog(base) == verilog(spelled)
