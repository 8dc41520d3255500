"""RoBA against the distance to powers of two, the paper's equations, and published figures."""

import numpy as np
import pytest

from hwgen.arith.roba import RobaMultiplier
from tests.arith.magnitudes import (
    WIDE,
    expect_attained,
    expect_definition,
    operands,
    relative_errors,
)


def nearest(x: int) -> int:
    """By trial; of two equally near the larger, but 2 for 3."""
    if x in (0, 3):
        return min(x, 2)
    return min((2**place for place in range(18)), key=lambda power: (abs(power - x), -power))


def product(x: int, y: int) -> int:
    return nearest(x) * y + nearest(y) * x - nearest(x) * nearest(y)


def rounded_by_equations(x: int, n: int) -> int:
    """The paper's equation for each bit of Ar; with a bit n, which unsigned operands need."""
    a = [x >> i & 1 for i in range(n)] + [0]
    ar = 0
    for i in range(n + 1):
        above = any(a[i + 1 :])
        if i >= 3:
            bit = (not a[i] and a[i - 1] and a[i - 2]) or (a[i] and not a[i - 1])
        elif i == 2:
            bit = a[2] and not a[1]
        else:
            bit = a[i]
        ar |= (bit and not above) << i
    return ar


@pytest.mark.parametrize("n", [4, 8, 10])
def test_oracle_agrees_with_the_equations_of_the_paper(n: int) -> None:
    assert [rounded_by_equations(x, n) for x in range(2**n)] == [nearest(x) for x in range(2**n)]


@pytest.mark.parametrize(("formats", "a", "b", "expected"), [
    ("u8xu8", 3, 3, 2 * 3 + 2 * 3 - 2 * 2), ("u8xu8", 6, 6, 8 * 6 + 8 * 6 - 8 * 8),
    ("u8xu8", 5, 7, 4 * 7 + 8 * 5 - 4 * 8), ("u8xu8", 192, 3, 256 * 3 + 2 * 192 - 256 * 2),
    ("u8xu8", 255, 191, 256 * 191 + 128 * 255 - 256 * 128), ("u8xu8", 64, 77, 64 * 77),
    ("u8xu8", 255, 255, 65024), ("u8xu8", 0, 255, 0), ("u8xu8", 1, 1, 1),
    ("s8xs8", -128, 96, -128 * 96), ("s8xs8", -96, -96, 8192), ("s3xu7", -3, 127, -382),
])
def test_hand_worked(formats: str, a: int, b: int, expected: int) -> None:
    assert RobaMultiplier().golden(operands(formats), np.array(a), np.array(b)) == expected


@pytest.mark.parametrize("formats", [*WIDE, "u8xu8"])
def test_definition(formats: str) -> None:
    expect_definition(RobaMultiplier(), operands(formats), product)


@pytest.mark.parametrize("formats", [
    "u8xu8", "s7xs8", "s3xu7", "u6xs5", "u5xu2", "u2xu2", "s2xs2", "u3xu3", "s3xs4"])
def test_bounds_are_attained(formats: str) -> None:
    expect_attained(RobaMultiplier(), operands(formats))


@pytest.mark.parametrize(("formats", "worst"), [
    ("u8xu8", 64 * 64), ("s8xs8", 32 * 32), ("s8xu8", 32 * 64), ("u16xu16", 2**14 * 2**14),
    ("u2xu2", 1), ("u2xu3", 2), ("s2xu8", 0),
])
def test_worst_error_in_closed_form(formats: str, worst: int) -> None:
    """The product of the largest distances to a power of two: 3 * 2**k is 2**k away."""
    assert RobaMultiplier().worst_error(operands(formats)) == worst


def test_product_may_need_a_wider_shape() -> None:
    assert RobaMultiplier().bounds(operands("u3xu2")) == (0, 22)
    assert RobaMultiplier().product_shape(operands("u3xu2")).width == 5
    assert RobaMultiplier().bounds(operands("u8xu8")) == (0, 65024)


def test_published_error() -> None:
    """The paper: at most 11.1 % either way; in the mean, as recalled, 2.89 %."""
    errors = relative_errors(RobaMultiplier(), "u8xu8")
    assert (errors.min(), errors.max()) == (-1 / 9, 1 / 9)
    wide = np.abs(relative_errors(RobaMultiplier(), "u16xu16"))
    assert wide.mean() == pytest.approx(0.0289, abs=1e-4)


@pytest.mark.parametrize(("formats", "fault"), [
    ("u8xu1", "b.width must be 2 to 16 with multiplier.kind 'roba', not 1"),
    ("s20xu8", "a.width must be 2 to 16 with multiplier.kind 'roba', not 20"),
    ("u2xs16", None),
])
def test_fault(formats: str, fault: str | None) -> None:
    assert RobaMultiplier().fault(operands(formats)) == fault
