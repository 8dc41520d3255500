"""The lower-part-OR multiplier against its adder on binary digits, row by row."""

import numpy as np
import pytest

from hwgen.arith.lower_or import LowerOrMultiplier
from tests.arith.magnitudes import expect_definition, operands
from tests.combinational import all_pairs

DIGITS = 40


def adder(x: int, y: int, low: int) -> int:
    """The LOA on strings of digits, the highest first."""
    left, right = (f"{value:0{DIGITS}b}" for value in (x, y))
    split = DIGITS - low
    lower = "".join("1" if "1" in pair else "0"
                    for pair in zip(left[split:], right[split:], strict=True))
    carry = low > 0 and left[split] == right[split] == "1"
    return int(f"{int(left[:split], 2) + int(right[:split], 2) + carry:b}{lower}", 2)


def product(x: int, y: int, low: int) -> int:
    total = x if y & 1 else 0
    for j in range(1, y.bit_length()):
        total = adder(total, x << j if y >> j & 1 else 0, low)
    return total


@pytest.mark.parametrize(("low", "a", "b", "expected"), [
    (0, 15, 15, 225),
    (2, 0b011, 0b011, 0b1011),  # 011 + 110: low 11 | 10 = 11, carry 1 & 1, high 0 + 1 + 1
    (2, 0b101, 0b011, 0b1111),  # 0101 + 1010: no column is shared
    (3, 0b111, 0b011, 0b10111),  # 0111 + 1110: low 111 | 110, carry 1, high 0 + 1 + 1
    (4, 0b111, 0b011, 0b1111),  # the same, nothing above: 0111 | 1110, carry 0 & 1
    (7, 15, 15, 0b1111111),
])
def test_hand_worked(low: int, a: int, b: int, expected: int) -> None:
    spec = LowerOrMultiplier(low=low)
    assert spec.golden(operands("u4xu4"), np.array(a), np.array(b)) == expected


@pytest.mark.parametrize("low", [1, 2, 7, 16])
@pytest.mark.parametrize("formats", ["u16xu16", "s16xs16", "s16xu3", "u2xs16", "u5xu13"])
def test_definition(formats: str, low: int) -> None:
    expect_definition(LowerOrMultiplier(low=low), operands(formats),
                      lambda x, y: product(x, y, low))


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8"])
def test_powers_of_two_are_exact(formats: str) -> None:
    powers = np.array([1 << k for k in range(7)])
    others = np.arange(operands(formats).b.minimum, operands(formats).b.maximum + 1)
    spec = LowerOrMultiplier(low=10)
    assert (spec.golden(operands(formats), powers[:, None], others)
            == powers[:, None] * others).all()


@pytest.mark.parametrize("low", [0, 1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("formats", ["u6xu6", "s6xs6", "s3xu7", "u7xs4", "s8xu8"])
def test_bounds_hold(formats: str, low: int) -> None:
    spec, each = LowerOrMultiplier(low=min(low, 10)), operands(formats)
    a, b = all_pairs(each.a, each.b)
    golden = spec.golden(each, a, b)
    assert spec.bounds(each)[0] <= golden.min()
    assert golden.max() <= spec.bounds(each)[1]
    assert np.abs(golden - a * b).max() <= spec.worst_error(each)


@pytest.mark.parametrize(("low", "worst"), [(0, 0), (1, 0), (2, 2), (3, 4 + 4), (8, 7 * 128)])
def test_worst_error_by_hand(low: int, worst: int) -> None:
    """A carry gains at most half the lower part; one a row after the first that begins there."""
    assert LowerOrMultiplier(low=low).worst_error(operands("u8xu8")) == worst


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s8xu8", "u16xs2", "s2xs2", "s16xs16"])
def test_product_is_no_wider_than_the_exact_one(formats: str) -> None:
    each = operands(formats)
    bits = each.a.width + each.b.width
    widths = {LowerOrMultiplier(low=low).product_shape(each).width for low in range(bits)}
    assert widths == {bits}


@pytest.mark.parametrize(("formats", "low", "fault"), [
    ("u8xs3", 11, "multiplier.low must be 0 to 10 for u8xs3 operands, not 11"),
    ("u8xs3", 10, None),
    ("u8xs1", 2, "b.width must be 2 to 16 with multiplier.kind 'lower-or', not 1"),
])
def test_fault(formats: str, low: int, fault: str | None) -> None:
    assert LowerOrMultiplier(low=low).fault(operands(formats)) == fault
