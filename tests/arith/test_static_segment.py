"""Static segments against their definition on binary digits, and hand-worked products."""

import numpy as np
import pytest

from hwgen.arith.static_segment import StaticSegmentMultiplier
from tests.arith.magnitudes import (
    WIDE,
    expect_attained,
    expect_definition,
    operands,
    relative_errors,
)


def kept(x: int, width: int, m: int, segments: int) -> int:
    """From the digits: m of them, dropping none at the top that is a one, and few at the end."""
    digits = f"{x:0{width}b}"
    spare = max(0, width - m)
    for dropped in [0, spare // 2, spare] if segments == 3 else [0, spare]:
        above = width - dropped - m
        if above <= 0 or "1" not in digits[:above]:
            return int(digits[: width - dropped] + "0" * dropped, 2)
    raise AssertionError("the top segment always fits")


def spec_of(m: int, segments: int) -> StaticSegmentMultiplier:
    return StaticSegmentMultiplier.parse({"segment_bits": m, "segments": segments})


@pytest.mark.parametrize(("formats", "m", "segments", "a", "b", "product"), [
    ("u8xu8", 4, 2, 0b1011_0110, 0b1101, 0b1011_0000 * 0b1101),
    ("u8xu8", 4, 2, 0b0001_1111, 0b1111, 0b0001_0000 * 0b1111),
    ("u8xu8", 4, 3, 0b0001_1111, 0b1111, 0b0001_1100 * 0b1111),
    ("u8xu8", 4, 3, 0b0100_0011, 0b0011_1111, 0b0100_0000 * 0b0011_1100),
    ("u8xu8", 6, 2, 255, 255, 252 * 252),
    ("s8xs8", 4, 2, -128, 127, -128 * 112), ("s8xs8", 4, 2, -128, -128, 128 * 128),
    ("s3xu7", 5, 2, -3, 0b100_0111, -3 * 0b100_0100),
    ("u16xu16", 8, 3, 0b1111_1111_1111, 1, 0b1111_1111_0000),
    ("u8xu8", 4, 2, 0, 255, 0),
])
def test_hand_worked(formats: str, m: int, segments: int, a: int, b: int, product: int) -> None:
    golden = spec_of(m, segments).golden(operands(formats), np.array(a), np.array(b))
    assert golden == product


@pytest.mark.parametrize(("m", "segments"), [(8, 2), (13, 2), (6, 3), (9, 3)])
@pytest.mark.parametrize("formats", WIDE)
def test_definition(formats: str, m: int, segments: int) -> None:
    sides = operands(formats)
    m = min(m, max(sides.a.width, sides.b.width) - 1)
    expect_definition(spec_of(m, segments), sides, lambda x, y: (
        kept(x, sides.a.width, m, segments) * kept(y, sides.b.width, m, segments)))


@pytest.mark.parametrize(("m", "segments"), [(4, 2), (5, 2), (3, 3), (4, 3)])
@pytest.mark.parametrize("formats", ["u8xu8", "s7xs8", "s3xu7", "u6xs5"])
def test_bounds_are_attained(formats: str, m: int, segments: int) -> None:
    expect_attained(spec_of(m, segments), operands(formats))


@pytest.mark.parametrize(("m", "worst"), [(4, 255**2 - 240**2), (5, 255**2 - 248**2)])
def test_worst_error_by_hand(m: int, worst: int) -> None:
    assert spec_of(m, 2).worst_error(operands("u8xu8")) == worst


def test_signed_operand_cut_by_one_bit_is_exact() -> None:
    """Only the smallest code has the top bit in its magnitude, and nothing below it."""
    assert spec_of(7, 2).worst_error(operands("s8xs8")) == 0


def test_published_error() -> None:
    """The abstract's "average computational error of about 1 %", as recalled: ESSM8 at 16 bits."""
    errors = relative_errors(spec_of(8, 3), "u16xu16")
    assert errors.mean() == pytest.approx(-0.01, abs=0.002)
    assert errors.max() == 0


@pytest.mark.parametrize(("formats", "m", "segments", "fault"), [
    ("u8xu8", 3, 2, "multiplier.segment_bits must be 4 to 7 with a wider operand of 8 bits and "
                    "multiplier.segments 2, not 3"),
    ("s3xu7", 7, 2, "multiplier.segment_bits must be 4 to 6 with a wider operand of 7 bits and "
                    "multiplier.segments 2, not 7"),
    ("u8xu8", 2, 3, "multiplier.segment_bits must be 3 to 7 with a wider operand of 8 bits and "
                    "multiplier.segments 3, not 2"),
    ("u1xu8", 4, 2, "a.width must be 2 to 16 with multiplier.kind 'static-segment', not 1"),
    ("u8xu8", 4, 2, None), ("u8xu8", 7, 2, None), ("u8xu8", 3, 3, None), ("u2xs2", 1, 2, None),
])
def test_fault(formats: str, m: int, segments: int, fault: str | None) -> None:
    assert spec_of(m, segments).fault(operands(formats)) == fault


@pytest.mark.parametrize("width", range(2, 17))
@pytest.mark.parametrize("segments", [2, 3])
def test_no_segment_misses_the_leading_one(width: int, segments: int) -> None:
    """At the fewest bits that are allowed."""
    spec = spec_of(-(-width // segments), segments)
    formats = operands(f"u{width}xu2")
    assert spec.fault(formats) is None
    powers = 1 << np.arange(width)
    assert spec.golden(formats, powers, np.array(1)).tolist() == powers.tolist()
