"""Composed areas are those of the whole array, synthesised in one piece."""

from typing import Any

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow import area
from hwgen.flow.area import TARGETS, size, size_flat
from hwgen.flow.cells import Area
from hwgen.flow.recipes import FAMILIES

KINDS = OS, WS = ("output-stationary", "weight-stationary")
SOFT = ("luts", "ffs")
HARD = ("dsps", "brams")


def array_of(kind: str, side: tuple[int, int], **pe: Any) -> ArraySpec:
    dataflow = {"kind": kind, **({"bank_rows": 16} if kind == WS else {})}
    return ArraySpec.parse({"name": "sized", "rows": side[0], "columns": side[1],
                            "dataflow": dataflow, "pe": pe})


def check_close(composed: Area, flat: Area, tolerance: dict[str, float]) -> None:
    """Blocks must be equal, LUTs (or gates) and FFs within a share of the whole."""
    assert (composed.family, composed.dsp) == (flat.family, flat.dsp)
    assert {name: getattr(composed, name) for name in HARD} == {
        name: getattr(flat, name) for name in HARD}
    kind = "gates" if flat.family == "gates" else "luts"
    for name in (kind, "ffs"):
        ours, theirs = getattr(composed, name), getattr(flat, name)
        assert ours == pytest.approx(theirs, rel=tolerance[name]), name


def test_every_family_is_a_target() -> None:
    assert len(TARGETS) == len(set(TARGETS)) == 9
    assert {family for family, _ in TARGETS} == set(FAMILIES)
    assert ("gates", True) not in TARGETS


def operands(bits: int, accumulator: int) -> dict[str, dict[str, int]]:
    return {"a": {"width": bits}, "b": {"width": bits}, "accumulator": {"width": accumulator}}


# In small soft cells the little that Yosys shares between a mesh and its edges weighs most.
@pytest.mark.parametrize(("kind", "target", "pe", "luts"), [
    pytest.param(OS, ("ecp5", False), operands(4, 12), 0.02, id="os_ecp5"),
    pytest.param(OS, ("ecp5", True), operands(9, 20), 0.02, id="os_ecp5_dsp"),
    pytest.param(WS, ("ecp5", True), operands(9, 20), 0.02, id="ws_ecp5_dsp"),
    pytest.param(WS, ("ecp5", False), operands(4, 12), 0.04, id="ws_ecp5",
                 marks=pytest.mark.slow),
    pytest.param(OS, ("ice40", False), operands(4, 12), 0.02, id="os_ice40",
                 marks=pytest.mark.slow),
    pytest.param(WS, ("ice40", False), operands(4, 12), 0.05, id="ws_ice40",
                 marks=pytest.mark.slow),
])
def test_composed_is_flat_at_4x4(kind: str, target: tuple[str, bool],
                                 pe: dict[str, dict[str, int]], luts: float) -> None:
    array = array_of(kind, (4, 4), **pe)
    (composed,), (flat,) = size(array, [target]), size_flat(array, [target])
    check_close(composed.array, flat, {"luts": luts, "ffs": 0.02})
    assert composed.cell.luts < composed.array.luts


@pytest.mark.parametrize(("dsp", "bits"), [(False, 4), (True, 9)])
@pytest.mark.parametrize("kind", KINDS)
def test_shift_registers_end_in_the_first_cells(kind: str, dsp: bool, bits: int) -> None:
    """Those of the skew, and what DSP blocks take in of them."""
    array = array_of(kind, (5, 4), **operands(bits, 20))
    (composed,), (flat,) = size(array, [("xilinx7", dsp)]), size_flat(array, [("xilinx7", dsp)])
    assert composed.array.dsps == flat.dsps == 20 * dsp
    assert composed.array.cells["SRL16E"] == flat.cells["SRL16E"]
    assert composed.array.ffs == pytest.approx(flat.ffs, rel=0.02)


@pytest.mark.parametrize(("kind", "side"), [(OS, (1, 1)), (OS, (1, 3)), (WS, (3, 1))], ids=str)
def test_single_rows_and_columns(kind: str, side: tuple[int, int]) -> None:
    array = array_of(kind, side, **operands(4, 12))
    target = ("ecp5", True)
    (composed,), (flat,) = size(array, [target]), size_flat(array, [target])
    assert composed.array.ffs == pytest.approx(flat.ffs, abs=2)  # flags of the skew


STOCHASTIC = {"width": 20, "frac": -4, "rounding": "stochastic"}


@pytest.mark.parametrize(("side", "sharing", "chunk"), [
    pytest.param(4, "pe", None, id="4x4_pe"),
    pytest.param(4, "column", None, id="4x4_column", marks=pytest.mark.slow),
    pytest.param(4, "pe", {"steps": 16, "width": 24}, id="4x4_chunked", marks=pytest.mark.slow),
    pytest.param(8, "pe", None, id="8x8_pe", marks=pytest.mark.slow),
    pytest.param(8, "column", {"steps": 16, "width": 24}, id="8x8_column_chunked",
                 marks=pytest.mark.slow),
])
def test_composed_is_flat_with_stochastic_rounding(side: int, sharing: str,
                                                   chunk: dict[str, int] | None) -> None:
    pe = {**operands(9, 20), "accumulator": {**STOCHASTIC, "chunk": chunk}}
    array = ArraySpec.parse({**array_of(OS, (side, side)).model_dump(exclude_none=True),
                             "pe": pe, "random": {"sharing": sharing}})
    target = ("ecp5", True)
    (composed,), (flat,) = size(array, [target]), size_flat(array, [target])
    check_close(composed.array, flat, {"luts": 0.03, "ffs": 0.03})


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "_".join(map(str, target)))
@pytest.mark.parametrize("kind", KINDS)
def test_composed_is_flat_at_8x8_int8(kind: str, target: tuple[str, bool]) -> None:
    if (kind, target) == (WS, ("ice40", True)):
        pytest.skip("Yosys 0.70 loses MACs of iCE40: what a chained SB_MAC16 adds becomes x")
    array = array_of(kind, (8, 8))
    (composed,), (flat,) = size(array, [target]), size_flat(array, [target])
    check_close(composed.array, flat, {"luts": 0.02, "ffs": 0.02, "gates": 0.02})
    if target[0] == "xilinx7":
        assert composed.array.cells["SRL16E"] == flat.cells["SRL16E"]


def test_an_area_that_is_known_needs_no_verilog(monkeypatch: pytest.MonkeyPatch) -> None:
    array = array_of(OS, (2, 3), **operands(4, 12))
    first = size(array, [("gates", False)])
    monkeypatch.setattr(area, "verilog_text", None)
    assert size(array, [("gates", False)]) == first
    with pytest.raises(TypeError):  # another array is not known
        size(array_of(OS, (2, 3), **operands(4, 13)), [("gates", False)])
    monkeypatch.setattr(area.cache, "code_digest", lambda: "changed")
    with pytest.raises(TypeError):
        size(array, [("gates", False)])
