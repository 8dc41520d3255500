"""Perforation against the exact product of what is left of ``b``, and a published circuit."""

import numpy as np
import pytest

from hwgen.arith.perforated import PerforatedMultiplier
from tests.arith.arrays import expect_product, partial_products, published_figures
from tests.arith.magnitudes import WIDE, expect_attained, operands


@pytest.mark.parametrize(("first_row", "count", "constant"), [
    (0, 2, 0), (1, 1, 6)])
@pytest.mark.parametrize("formats", WIDE)
def test_definition(formats: str, first_row: int, count: int, constant: int) -> None:
    each = operands(formats)
    omitted = range(first_row, first_row + count)
    expect_product(PerforatedMultiplier(first_row=first_row, count=count, constant=constant), each,
                   partial_products(each, lambda i, j: j not in omitted, constant))


@pytest.mark.parametrize(("first_row", "count", "formats", "a", "b", "left"), [
    (0, 2, "u8xu8", 200, 0b1110_1111, 0b1110_1100), (3, 2, "u8xu8", 255, 0b1111_1111, 0b1110_0111),
    (0, 3, "s8xs8", -128, -1, -8), (7, 1, "s8xs8", -128, -1, 127), (5, 3, "s8xs8", 9, -1, 31),
    (0, 8, "s8xs8", 9, -1, 0),
])
def test_hand_worked(first_row: int, count: int, formats: str, a: int, b: int, left: int) -> None:
    spec = PerforatedMultiplier(first_row=first_row, count=count)
    assert spec.golden(operands(formats), np.array(a), np.array(b)) == a * left


@pytest.mark.parametrize(("formats", "largest"), [
    ("u8xu8", 255), ("u16xu16", 65535), ("s8xs8", 128), ("s16xu9", 32768)])
@pytest.mark.parametrize(("first_row", "count"), [(0, 1), (2, 3), (4, 3)])
def test_largest_error(formats: str, largest: int, first_row: int, count: int) -> None:
    """The largest multiplicand times all rows left out, as long as the sign of ``b`` is kept."""
    spec = PerforatedMultiplier(first_row=first_row, count=count)
    assert spec.worst_error(operands(formats)) == largest * ((1 << count) - 1) << first_row


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s3xu7", "u7xs2", "s2xs2"])
@pytest.mark.parametrize(("first_row", "count", "constant"), [(0, 1, 0), (1, 1, 2), (0, 2, 1)])
def test_bounds_are_attained(formats: str, first_row: int, count: int, constant: int) -> None:
    expect_attained(PerforatedMultiplier(first_row=first_row, count=count, constant=constant),
                    operands(formats))


def test_published_circuit() -> None:
    """mul8s_1L12 of EvoApproxLib (2018), whose mask is that of six rows left out."""
    measured = published_figures(PerforatedMultiplier(count=6), operands("s8xs8"))
    figures = {"MAE": 2016, "WCE": 8064, "EP%": 98.05, "MRE%": 135.77, "WCRE%": 6300,
               "MSE": 7282910.25}
    assert {name: pytest.approx(measured[name], abs=0.01) for name in figures} == figures


@pytest.mark.parametrize(("first_row", "count", "fault"), [
    (0, 4, "multiplier.first_row + multiplier.count must be at most b.width, 3, not 4"),
    (3, 1, "multiplier.first_row + multiplier.count must be at most b.width, 3, not 4"),
    (2, 1, None), (0, 3, None),
])
def test_fault(first_row: int, count: int, fault: str | None) -> None:
    spec = PerforatedMultiplier(first_row=first_row, count=count)
    assert spec.fault(operands("s8xu3")) == fault
