"""Bounds and worst error from the ends of pieces, for a family simple enough to work by hand."""

from collections.abc import Iterator

import pytest
from amaranth import Module, Value

from hwgen.arith.multiplier import Operands
from hwgen.arith.piecewise import PiecewiseFamily
from hwgen.number import Codes
from tests.arith.magnitudes import expect_attained, operands


class EvenFactors(PiecewiseFamily):
    """The product of both magnitudes without their lowest bit."""

    kind: str = "even-factors"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["EvenFactors"]:
        yield cls()

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        return (x & ~1) * (y & ~1)

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        return (x & ~1) * (y & ~1)

    def ends(self, width: int, x_max: int) -> set[int]:
        return {x_max, (x_max - 1) | 1}


@pytest.mark.parametrize(("formats", "bounds", "worst"), [
    ("u4xu4", (0, 14 * 14), 15 * 15 - 14 * 14), ("s4xs4", (-8 * 6, 8 * 8), 7 * 7 - 6 * 6),
    ("s4xu4", (-8 * 14, 6 * 14), 7 * 15 - 6 * 14), ("s3xu5", (-4 * 30, 2 * 30), 3 * 31 - 2 * 30),
    ("s2xs2", (-2 * 0, 2 * 2), 2),
])
def test_worked_by_hand(formats: str, bounds: tuple[int, int], worst: int) -> None:
    spec = EvenFactors()
    assert spec.bounds(operands(formats)) == bounds
    assert spec.worst_error(operands(formats)) == worst
    expect_attained(spec, operands(formats))
