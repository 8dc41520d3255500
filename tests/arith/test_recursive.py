"""Kulkarni's multiplier against its block, its recursion, its closed form and its figures."""

import numpy as np
import pytest

from hwgen.arith.recursive import RecursiveMultiplier
from tests.arith.magnitudes import expect_attained, expect_definition, operands
from tests.combinational import all_pairs

SPEC = RecursiveMultiplier()


def recursion(x: int, y: int, bits: int) -> int:
    """As published, on operands of a power of two bits."""
    if bits == 2:
        return 7 if x == y == 3 else x * y
    half = bits // 2
    (x_high, x_low), (y_high, y_low) = (divmod(side, 1 << half) for side in (x, y))
    cross = recursion(x_high, y_low, half) + recursion(x_low, y_high, half)
    return (recursion(x_high, y_high, half) << bits) + (cross << half) + recursion(x_low, y_low,
                                                                                   half)


def threes(x: int) -> int:
    """Sum of the weights of the base-4 digits that are 3."""
    return sum(4**k for k in range(8) if x >> 2 * k & 3 == 3)


def test_block() -> None:
    a, b = all_pairs(operands("u2xu2").a, operands("u2xu2").b)
    assert SPEC.golden(operands("u2xu2"), a, b).reshape(4, 4).tolist() == [
        [0, 0, 0, 0], [0, 1, 2, 3], [0, 2, 4, 6], [0, 3, 6, 7]]


@pytest.mark.parametrize(("formats", "a", "b", "product"), [
    ("u4xu4", 15, 15, 7 + 2 * 7 * 4 + 7 * 16), ("u4xu4", 0b1110, 0b0111, 14 * 7 - 2 * 4),
    ("u3xu3", 7, 7, 7 + 3 * 4 + 3 * 4 + 16), ("s8xs8", -128, -128, 16384), ("s4xs4", -3, 3, -7),
    ("s4xu2", -8, 3, -24), ("u16xu16", 65535, 65535, 7 * 21845**2),
])
def test_hand_worked(formats: str, a: int, b: int, product: int) -> None:
    assert SPEC.golden(operands(formats), np.array(a), np.array(b)) == product


@pytest.mark.parametrize("formats", ["u16xu16", "s16xu3", "u2xs16", "u5xu9", "s7xu13", "s3xs3"])
def test_definition(formats: str) -> None:
    expect_definition(SPEC, operands(formats), lambda x, y: recursion(x, y, 16))


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s3xu7", "u7xu5"])
def test_closed_form(formats: str) -> None:
    a, b = all_pairs(operands(formats).a, operands(formats).b)
    lost = [2 * threes(abs(x)) * threes(abs(y)) * (1 if (x < 0) == (y < 0) else -1)
            for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert SPEC.golden(operands(formats), a, b).tolist() == (a * b - lost).tolist()


@pytest.mark.parametrize(("bits", "mean_percent"), [(2, 1.39), (4, 2.60), (8, 3.25)])
def test_published_relative_errors(bits: int, mean_percent: float) -> None:
    """The paper's largest, 2/9, at every width, and its means, as recalled, with products of 0."""
    formats = operands(f"u{bits}xu{bits}")
    a, b = all_pairs(formats.a, formats.b)
    errors = (a * b - SPEC.golden(formats, a, b)) / np.maximum(a * b, 1)
    assert errors.max() == pytest.approx(2 / 9)
    assert 100 * errors.mean() == pytest.approx(mean_percent, abs=0.01)


def test_published_error_rate_of_the_block() -> None:
    a, b = all_pairs(operands("u2xu2").a, operands("u2xu2").b)
    assert (SPEC.golden(operands("u2xu2"), a, b) != a * b).mean() == 1 / 16


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s8xu8", "s3xu7", "u7xs2", "s2xs2", "u5xu4"])
def test_worst_error_is_attained(formats: str) -> None:
    a, b = all_pairs(operands(formats).a, operands(formats).b)
    errors = np.abs(SPEC.golden(operands(formats), a, b) - a * b)
    assert SPEC.worst_error(operands(formats)) == errors.max()


def test_bounds_are_attained_where_extremes_are_exact() -> None:
    expect_attained(SPEC, operands("s2xs2"))
    assert SPEC.bounds(operands("s8xs8")) == (-16256, 16384)


@pytest.mark.parametrize(("formats", "fault"), [
    ("s1xu7", "a.width must be 2 to 16 with multiplier.kind 'recursive', not 1"),
    ("u2xu17", "b.width must be 2 to 16 with multiplier.kind 'recursive', not 17"),
    ("u2xs16", None),
])
def test_fault(formats: str, fault: str | None) -> None:
    assert SPEC.fault(operands(formats)) == fault
