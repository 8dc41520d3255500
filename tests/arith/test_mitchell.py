"""Mitchell's product against its definition in fractions, and the errors that he derived."""

from fractions import Fraction

import numpy as np
import pytest

from hwgen.arith.mitchell import MitchellMultiplier
from tests.arith.magnitudes import (
    WIDE,
    expect_attained,
    expect_definition,
    operands,
    relative_errors,
)


def logarithm(x: int, bits: int) -> Fraction:
    k = x.bit_length() - 1
    fraction = Fraction(x, 2**k) - 1
    return k + Fraction(int(fraction * 2**bits), 2**bits)


def product(x: int, y: int, bits: int) -> int:
    """The antilogarithm of the sum; fails unless it is an integer without rounding."""
    if 0 in (x, y):
        return 0
    log = logarithm(x, bits) + logarithm(y, bits)
    whole = int(log)
    power = 2**whole * (1 + log - whole)
    assert power.denominator == 1
    return int(power)


@pytest.mark.parametrize(("formats", "bits", "a", "b", "expected"), [
    ("u8xu8", None, 3, 3, 8), ("u8xu8", None, 6, 6, 32), ("u8xu8", None, 5, 7, 32),
    ("u8xu8", None, 5, 5, 24), ("u8xu8", None, 192, 192, 2**15), ("u8xu8", None, 128, 77, 128 * 77),
    ("u8xu8", None, 255, 255, 65024), ("u8xu8", 0, 255, 255, 2**14), ("u8xu8", 1, 255, 255, 2**15),
    ("u8xu8", 1, 255, 191, 2**13 * 3), ("s8xs8", None, -128, 127, -128 * 127),
    ("s8xs8", None, -3, -3, 8), ("s3xu7", None, -3, 96, -256), ("s3xu7", None, -4, 0, 0),
    ("u8xu8", 0, 0, 0, 0), ("u8xu8", None, 0, 255, 0),
])
def test_hand_worked(formats: str, bits: int | None, a: int, b: int, expected: int) -> None:
    spec = MitchellMultiplier(fraction_bits=bits)
    assert spec.golden(operands(formats), np.array(a), np.array(b)) == expected


@pytest.mark.parametrize("bits", [None, 0, 4])
@pytest.mark.parametrize("formats", WIDE)
def test_definition(formats: str, bits: int | None) -> None:
    expect_definition(MitchellMultiplier(fraction_bits=bits), operands(formats),
                      lambda x, y: product(x, y, 15 if bits is None else bits))


@pytest.mark.parametrize("bits", [None, 0, 1, 2, 3, 4])
@pytest.mark.parametrize("formats", ["u8xu8", "s7xs8", "s3xu7", "u6xs5", "u5xu2"])
def test_bounds_are_attained(formats: str, bits: int | None) -> None:
    expect_attained(MitchellMultiplier(fraction_bits=bits), operands(formats))


@pytest.mark.parametrize(("formats", "worst"), [
    ("u8xu8", 2**14 // 4), ("s8xs8", 2**12 // 4), ("s8xu8", 2**13 // 4), ("u16xu16", 2**30 // 4),
    ("u2xu2", 1), ("s2xu8", 0),
])
def test_worst_error_in_closed_form(formats: str, worst: int) -> None:
    """A quarter of the power of two below both operands, 3/2 times a power: Mitchell's case."""
    assert MitchellMultiplier().worst_error(operands(formats)) == worst


def test_published_error() -> None:
    """Mitchell: at most 1/9 too small, never too large; the mean, as recalled, about -3.8 %."""
    errors = relative_errors(MitchellMultiplier(), "u8xu8")
    assert (errors.min(), errors.max()) == (-1 / 9, 0)
    assert errors.mean() == pytest.approx(-0.038, abs=0.001)
    wide = relative_errors(MitchellMultiplier(), "u16xu16")
    assert wide.mean() == pytest.approx(-0.0385, abs=0.0005)


@pytest.mark.parametrize("formats", ["u8xu8", "s5xu7"])
def test_all_fraction_bits_are_those_of_the_wider_operand(formats: str) -> None:
    sides = operands(formats)
    bits = max(sides.a.width, sides.b.width) - 1
    a, b = np.arange(16)[:, None], np.arange(128)
    assert MitchellMultiplier(fraction_bits=bits).golden(sides, a, b).tolist() == (
        MitchellMultiplier().golden(sides, a, b).tolist())


@pytest.mark.parametrize(("formats", "bits", "fault"), [
    ("u8xu8", 8, "multiplier.fraction_bits must be at most 7, the wider operand's width - 1, "
                 "not 8: leave it out to keep them all"),
    ("s3xu7", 9, "multiplier.fraction_bits must be at most 6, the wider operand's width - 1, "
                 "not 9: leave it out to keep them all"),
    ("u8xs1", None, "b.width must be 2 to 16 with multiplier.kind 'mitchell', not 1"),
    ("s3xu7", 6, None), ("u2xu2", 0, None), ("u16xs16", None, None),
])
def test_fault(formats: str, bits: int | None, fault: str | None) -> None:
    assert MitchellMultiplier(fraction_bits=bits).fault(operands(formats)) == fault
