"""DRUM(k) against its definition on binary digits, hand-worked products and published figures."""

import numpy as np
import pytest

from hwgen.arith.drum import DrumMultiplier
from tests.arith.magnitudes import (
    WIDE,
    expect_attained,
    expect_definition,
    operands,
    relative_errors,
)


def kept(x: int, k: int) -> int:
    """From the digits: k of them from the leading one, the last of these made a one."""
    digits = f"{x:b}"
    return x if len(digits) <= k else int(digits[: k - 1] + "1" + "0" * (len(digits) - k), 2)


@pytest.mark.parametrize(("formats", "k", "a", "b", "product"), [
    ("u8xu8", 4, 0b1101_1010, 0b1011_00, 0b1101_0000 * 0b1011_00),
    ("u8xu8", 4, 0b1100_1000, 0b1111, 0b1101_0000 * 0b1111),
    ("u8xu8", 4, 255, 255, 240 * 240),
    ("u8xu8", 2, 0b1000_0000, 0b111, 0b1100_0000 * 0b110),
    ("u16xu16", 6, 0b1000_0000_0000_0000, 1, 0b1000_0100_0000_0000),
    ("s8xs8", 4, -128, 127, -144 * 120), ("s8xs8", 4, -128, -128, 144 * 144),
    ("s8xu8", 4, -128, 255, -144 * 240), ("s3xu7", 5, -4, 127, -4 * 124),
    ("u8xu8", 4, 0, 255, 0), ("s8xs8", 4, -128, 0, 0),
])
def test_hand_worked(formats: str, k: int, a: int, b: int, product: int) -> None:
    golden = DrumMultiplier(segment_bits=k).golden(operands(formats), np.array(a), np.array(b))
    assert golden == product


@pytest.mark.parametrize("k", [2, 4, 10])
@pytest.mark.parametrize("formats", WIDE)
def test_definition(formats: str, k: int) -> None:
    expect_definition(DrumMultiplier(segment_bits=k), operands(formats),
                      lambda x, y: kept(x, k) * kept(y, k))


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("formats", ["u8xu8", "s7xs8", "s3xu7", "u6xs5", "u5xu2"])
def test_bounds_are_attained(formats: str, k: int) -> None:
    expect_attained(DrumMultiplier(segment_bits=k), operands(formats))


@pytest.mark.parametrize(("formats", "k", "bounds", "width", "signed"), [
    ("s8xu8", 4, (-34560, 28800), 17, True), ("s8xs8", 4, (-17280, 20736), 16, True),
    ("s8xs8", 2, (-18432, 36864), 17, True), ("u8xu8", 2, (0, 36864), 16, False),
])
def test_product_may_need_a_wider_shape(formats: str, k: int, bounds: tuple[int, int], width: int,
                                        signed: bool) -> None:
    spec = DrumMultiplier(segment_bits=k)
    shape = spec.product_shape(operands(formats))
    assert spec.bounds(operands(formats)) == bounds
    assert (shape.width, shape.signed) == (width, signed)


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_largest_relative_error(k: int) -> None:
    """Of two powers of two: each grows by a half in its last place but one of the k bits."""
    errors = relative_errors(DrumMultiplier(segment_bits=k), "u8xu8")
    assert errors.max() == (1 + 2.0 ** (1 - k)) ** 2 - 1
    assert errors.min() > (1 - 2.0 ** (1 - k)) ** 2 - 1


@pytest.mark.parametrize(("k", "mean_distance"), [
    (3, 0.1190), (4, 0.0589), (5, 0.0294), (6, 0.0147), (7, 0.0073), (8, 0.0037),
])
def test_published_error(k: int, mean_distance: float) -> None:
    """The paper's 16-bit figures, as recalled: mean relative error distance; bias near zero."""
    errors = relative_errors(DrumMultiplier(segment_bits=k), "u16xu16")
    assert np.abs(errors).mean() == pytest.approx(mean_distance, abs=2e-4)
    assert abs(errors.mean()) < mean_distance / 5


def test_published_bias_and_deviation() -> None:
    """DRUM6 at 16 bits, as recalled from the paper: bias 0.04 %, deviation 1.803 %."""
    errors = relative_errors(DrumMultiplier(segment_bits=6), "u16xu16")
    assert errors.mean() == pytest.approx(0.0004, abs=1e-4)
    assert errors.std() == pytest.approx(0.01803, abs=1e-4)


@pytest.mark.parametrize(("formats", "k", "fault"), [
    ("u8xu8", 8, "multiplier.segment_bits must be below the wider operand's width 8, not 8: "
                 "for exact products set multiplier.kind to 'exact'"),
    ("s3xu7", 9, "multiplier.segment_bits must be below the wider operand's width 7, not 9: "
                 "for exact products set multiplier.kind to 'exact'"),
    ("s1xu7", 4, "a.width must be 2 to 16 with multiplier.kind 'drum', not 1"),
    ("u8xs17", 4, "b.width must be 2 to 16 with multiplier.kind 'drum', not 17"),
    ("s3xu7", 6, None), ("u8xu8", 7, None),
])
def test_fault(formats: str, k: int, fault: str | None) -> None:
    assert DrumMultiplier(segment_bits=k).fault(operands(formats)) == fault
