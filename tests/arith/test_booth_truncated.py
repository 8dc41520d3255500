"""Truncated Booth rows against their definition in plain integers."""

from collections.abc import Callable

import numpy as np
import pytest

from hwgen.arith.booth_truncated import BoothTruncatedMultiplier
from hwgen.arith.masked import TruncatedMultiplier
from hwgen.arith.multiplier import Operands
from tests.arith.arrays import expect_product
from tests.arith.magnitudes import WIDE, expect_attained, operands
from tests.combinational import all_pairs


def digits(code: int) -> list[int]:
    """Nine Booth digits, from the table of the recoding, by the three bits of each window."""
    table = {"000": 0, "001": 1, "010": 1, "011": 2, "100": -2, "101": -1, "110": -1, "111": 0}
    bits = f"{code % 2**18:018b}0"
    return [table[bits[k : k + 3]] for k in range(16, -2, -2)]


def rows(cut: int, constant: int) -> Callable[[int, int], int]:
    def product(x: int, y: int) -> int:
        total = constant
        for k, digit in enumerate(digits(y)):
            row = abs(digit) * x * 4**k // 2**cut * 2**cut
            total += row if digit > 0 else -row
        return total

    return product


@pytest.mark.parametrize(("code", "expected"), [
    (0, []), (1, [1]), (2, [-2, 1]), (3, [-1, 1]), (6, [-2, 2]), (7, [-1, 2]), (-1, [-1]),
    (-2, [-2]), (-8, [0, -2]), (255, [-1, 0, 0, 0, 1]), (0b0110_1001, [1, -2, -1, 2]),
])
def test_digits(code: int, expected: list[int]) -> None:
    assert digits(code) == expected + [0] * (9 - len(expected))
    assert sum(digit * 4**k for k, digit in enumerate(expected)) == code


@pytest.mark.parametrize(("formats", "cut", "constant", "a", "b", "product"), [
    ("u4xu4", 0, 0, 15, 15, 225),
    ("u4xu4", 4, 0, 15, 15, 240),  # digits -1 0 1: 15 -> 0, 240 stays
    ("u4xu4", 3, 0, 15, 15, 240 - 8), ("u4xu4", 3, 5, 15, 15, 240 - 8 + 5),
    ("s4xs4", 2, 0, -1, -1, 4),  # digit -1: -1 -> -4, subtracted
    ("s4xs4", 2, 0, -1, 1, -4), ("s4xs4", 6, 0, -1, 1, -64), ("s4xs4", 6, 0, 7, 7, 0),
    ("s4xs4", 3, 0, 3, -2, 0),  # digit -2: 6 -> 0
    ("s4xs4", 3, 0, 5, -2, -8), ("s8xs8", 8, 0, -128, -128, 16384),
])
def test_hand_worked(formats: str, cut: int, constant: int, a: int, b: int, product: int) -> None:
    spec = BoothTruncatedMultiplier(cut=cut, constant=constant)
    assert spec.golden(operands(formats), np.array(a), np.array(b)) == product
    assert rows(cut, constant)(a, b) == product


@pytest.mark.parametrize(("cut", "constant"), [(1, 3), (6, 0), (15, 0)])
@pytest.mark.parametrize("formats", [*WIDE, "u5xu13", "s16xs3"])
def test_definition(formats: str, cut: int, constant: int) -> None:
    spec = BoothTruncatedMultiplier(cut=cut, constant=constant)
    expect_product(spec, operands(formats), rows(cut, constant))


@pytest.mark.parametrize("formats", WIDE)
def test_without_a_cut_it_is_exact(formats: str) -> None:
    spec = BoothTruncatedMultiplier()
    assert spec.worst_error(operands(formats)) == 0
    assert spec.bounds(operands(formats)) == operands(formats).exact_bounds


@pytest.mark.parametrize(("cut", "constant"), [(1, 0), (4, 3), (7, 0)])
@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s7xu8", "u8xs7", "s3xu7", "u7xs2", "s5xs4"])
def test_bounds_are_attained(formats: str, cut: int, constant: int) -> None:
    expect_attained(BoothTruncatedMultiplier(cut=cut, constant=constant), operands(formats))


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8"])
@pytest.mark.parametrize("cut", [4, 8])
def test_rows_of_either_sign_lose_equally_much(formats: str, cut: int) -> None:
    def bias(spec: BoothTruncatedMultiplier | TruncatedMultiplier, each: Operands) -> float:
        a, b = all_pairs(each.a, each.b)
        return float((spec.golden(each, a, b) - a * b).mean())

    plain = bias(TruncatedMultiplier(cut=cut), operands(formats))
    booth = bias(BoothTruncatedMultiplier(cut=cut), operands(formats))
    assert abs(booth) < abs(plain) / 6


@pytest.mark.parametrize(("formats", "cut", "fault"), [
    ("u8xs3", 10, "multiplier.cut must be 0 to 9 for u8xs3 operands, not 10"),
    ("u8xs3", 9, None),
    ("u1xs3", 0, "a.width must be 2 to 16 with multiplier.kind 'booth-truncated', not 1"),
])
def test_fault(formats: str, cut: int, fault: str | None) -> None:
    assert BoothTruncatedMultiplier(cut=cut).fault(operands(formats)) == fault
