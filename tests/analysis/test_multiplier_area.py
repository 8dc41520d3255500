"""Area against error: which multipliers are compared, and which none beats."""

import pytest

from hwgen.analysis.error import error_metrics
from hwgen.analysis.multiplier_area import (
    BUDGETS_PERCENT,
    Point,
    error_of,
    families,
    front,
    mapped_cells,
    points,
    searched,
)
from hwgen.arith.catalogue import MULTIPLIERS, ExactMultiplier, TruncatedMultiplier
from hwgen.arith.multiplier import Operands
from hwgen.number import Fixed


def square(bits, signed=False):
    return Operands(*[Fixed(width=bits, signed=signed)] * 2)


def point(cells, spec, mapped=True):
    return Point(error_metrics(spec, square(4)), spec.kind, mapped, cells)


@pytest.mark.parametrize("signed", [False, True])
def test_every_family_but_ones_own_is_compared(signed):
    specs = families(square(8, signed))
    kinds = {spec.kind for spec in specs}
    known = {family.model_fields["kind"].default for family in MULTIPLIERS}
    assert known - kinds == {"masked", "table", "netlist"}
    assert len(set(specs)) == len(specs)


def test_constants_cancel_the_bias():
    specs = [spec for spec in families(square(8)) if getattr(spec, "constant", 0)]
    assert len(specs) > 20
    assert max(abs(error_metrics(spec, square(8)).bias) for spec in specs) <= 0.5


def test_front_keeps_what_nothing_beats():
    exact, rough, rougher = (TruncatedMultiplier(cut=cut) for cut in (0, 2, 4))
    good = [point(9, exact), point(6, rough), point(3, rougher)]
    beaten = [point(7, rougher), point(6, rougher), point(9, rough)]
    assert front([*beaten, *good], "mae_percent") == good[::-1]


def test_points_of_narrow_multipliers(monkeypatch, tmp_path):
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path))
    monkeypatch.setattr("hwgen.analysis.multiplier_area.families",
                        lambda operands: [ExactMultiplier(), TruncatedMultiplier(cut=3)])
    found = points(square(4), "ice40")
    assert [(each.kind, each.mapped) for each in found] == [
        ("exact", True), ("truncated", True), ("exact", False)]
    assert found[0].cells == mapped_cells(ExactMultiplier(), square(4), "ice40") == 19
    assert found[1].cells < found[0].cells < found[2].cells
    assert [error_of(each, "wce") for each in found] == [0, 1 + 4 + 12, 0]


def test_searched_masks_keep_to_their_budgets():
    found = searched(square(4), "ice40")
    assert {(each.kind, each.mapped) for each in found} == {("searched", True)}
    assert all(error_of(each, "mae_percent") <= percent
               for each, percent in zip(found, BUDGETS_PERCENT, strict=True))
    assert found[0].cells > found[-1].cells
