"""Composed areas are those of the whole array, synthesised in one piece."""

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import TARGETS, size, size_flat
from hwgen.flow.cells import Area
from hwgen.flow.yosys import FAMILIES

KINDS = ("output-stationary", "weight-stationary")
SOFT = ("luts", "ffs")
HARD = ("dsps", "brams")


def array_of(kind: str, side: tuple[int, int], **pe: dict[str, int]) -> ArraySpec:
    dataflow = {"kind": kind, **({"bank_rows": 16} if kind == KINDS[1] else {})}
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


@pytest.mark.parametrize("kind", KINDS)
def test_composed_is_flat_at_a_small_size(kind: str) -> None:
    array = array_of(kind, (4, 4), a={"width": 4}, b={"width": 4}, accumulator={"width": 12})
    targets = [("ecp5", False), ("ice40", False), ("ice40", True)]
    for composed, flat in zip(size(array, targets), size_flat(array, targets), strict=True):
        check_close(composed.array, flat, {"luts": 0.02, "ffs": 0.02})
        assert composed.cell.luts < composed.array.luts


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (3, 1), (2, 5)])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_composed_is_flat_in_any_shape(kind: str, rows: int, columns: int) -> None:
    array = array_of(kind, (rows, columns), a={"width": 4}, b={"width": 4},
                     accumulator={"width": 12})
    targets = [("ecp5", False), ("ice40", True), ("gates", False)]
    for composed, flat in zip(size(array, targets), size_flat(array, targets), strict=True):
        check_close(composed.array, flat, {"luts": 0.05, "ffs": 0.02, "gates": 0.05})


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "_".join(map(str, target)))
@pytest.mark.parametrize("kind", KINDS)
def test_composed_is_flat_at_8x8_int8(kind: str, target: tuple[str, bool]) -> None:
    array = array_of(kind, (8, 8))
    (composed,), (flat,) = size(array, [target]), size_flat(array, [target])
    # Yosys makes shift registers of flip-flops across the parts' borders on Xilinx 7.
    ffs = 0.12 if target[0] == "xilinx7" else 0.02
    check_close(composed.array, flat, {"luts": 0.02, "ffs": ffs, "gates": 0.02})
