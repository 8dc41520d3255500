"""Fixed-point formats, rounding and overflow: golden, RTL and exact fractions agree."""

import math
from fractions import Fraction

import numpy as np
import pytest
from amaranth import Shape
from hypothesis import given
from hypothesis import strategies as st

from hwgen.number import (
    Fixed,
    Overflow,
    Rounding,
    exact_dtype,
    random_codes,
    smallest_shape,
)
from hwgen.spec import InputError
from tests.combinational import all_codes, evaluate

SOURCES = [Fixed(width=width, signed=signed) for width in range(1, 8) for signed in (True, False)]
TARGETS = [Fixed(width=width, signed=signed) for width in range(1, 9) for signed in (True, False)]
NEAREST = [mode for mode in Rounding if mode is not Rounding.STOCHASTIC]
"""The modes without draws."""


def name(operand: Fixed) -> str:
    return f"{'s' if operand.signed else 'u'}{operand.width}"


def nearest(x: Fraction, rounding: Rounding) -> int:
    """The definition on real numbers."""
    if rounding is Rounding.FLOOR:
        return math.floor(x)
    if rounding is Rounding.NEAREST_UP:
        return math.floor(x + Fraction(1, 2))
    return round(x)  # Python rounds ties to even


def into(x: int, overflow: Overflow, target: Fixed) -> int:
    """The definition of overflow, one code at a time."""
    if overflow is Overflow.SATURATE:
        return sorted((target.minimum, x, target.maximum))[1]
    return next(code for code in range(target.minimum, target.maximum + 1)
                if (x - code) % 2**target.width == 0)


@pytest.mark.parametrize("rounding", NEAREST)
@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_rounding_exhaustively(source: Fixed, rounding: Rounding) -> None:
    codes = all_codes(source)
    drops = range(source.width + 1)
    rtl = evaluate(source.shape, [lambda x, drop=drop: rounding.rtl(x, drop) for drop in drops],
                   codes.tolist())
    for drop, values in zip(drops, rtl, strict=True):
        expected = [nearest(Fraction(code, 2**drop), rounding) for code in codes.tolist()]
        assert rounding.golden(codes, drop).tolist() == expected, f"golden, drop {drop}"
        assert values == expected, f"RTL, drop {drop}"


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_overflow_exhaustively(source: Fixed, overflow: Overflow) -> None:
    codes = all_codes(source)
    rtl = evaluate(source.shape, [lambda x, to=target: overflow.rtl(x, to) for target in TARGETS],
                   codes.tolist())
    for target, values in zip(TARGETS, rtl, strict=True):
        expected = [into(code, overflow, target) for code in codes.tolist()]
        assert overflow.golden(codes, target).tolist() == expected, f"golden to {name(target)}"
        assert values == expected, f"RTL to {name(target)}"


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_stochastic_rounding_exhaustively(source: Fixed, bits: int) -> None:
    """Every code with every draw: up when the dropped part and the draw's fraction reach 1."""
    drops = range(bits, source.width + 3)
    pairs = [(code, draw) for code in all_codes(source).tolist() for draw in range(2**bits)]
    packed = [code % 2**source.width | draw << source.width for code, draw in pairs]
    rtl = evaluate(Shape(source.width + bits), [
        lambda x, drop=drop: Rounding.STOCHASTIC.rtl(source.rtl(x[: source.width]), drop,
                                                     x[source.width :])
        for drop in drops], packed)
    codes, draws = np.array(pairs).T
    for drop, values in zip(drops, rtl, strict=True):
        expected = [math.floor(Fraction(code, 2**drop) + Fraction(draw, 2**bits))
                    for code, draw in pairs]
        assert Rounding.STOCHASTIC.golden(codes, drop, draws, bits).tolist() == expected
        assert values == expected


@pytest.mark.parametrize("bits", [1, 24])
@pytest.mark.parametrize("drop", [24, 63, 64])
def test_stochastic_rounding_at_64_bits(drop: int, bits: int) -> None:
    pairs = [(code, draw) for code in LIMITS if abs(code) <= 2**64
             for draw in {0, 1, 2**bits - 1, 2**bits // 3}]
    packed = [code % 2**66 | draw << 66 for code, draw in pairs]
    [rtl] = evaluate(Shape(66 + bits), [
        lambda x: Rounding.STOCHASTIC.rtl(x[:66].as_signed(), drop, x[66:])], packed)
    codes, draws = np.array(pairs, object).T
    expected = [math.floor(Fraction(code, 2**drop) + Fraction(draw, 2**bits))
                for code, draw in pairs]
    assert Rounding.STOCHASTIC.golden(codes, drop, draws, bits).tolist() == expected
    assert rtl == expected


@pytest.mark.parametrize("bits", [1, 3, 6])
def test_stochastic_rounding_is_unbiased_but_for_the_bits_without_a_draw(bits: int) -> None:
    """Over all draws the mean falls short by (2**-r - 2**-D) / 2 of the kept LSB, on average."""
    drop, codes = 6, np.arange(-128, 128)[:, None]
    kept = Rounding.STOCHASTIC.golden(codes, drop, np.arange(2**bits), bits)
    short = codes[:, 0] / 2**drop - kept.mean(axis=1)
    assert short.min() == 0
    assert short.max() == 2.0**-bits - 2.0**-drop
    assert short.mean() == (2.0**-bits - 2.0**-drop) / 2


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", NEAREST)
def test_rounding_carries_into_overflow(rounding: Rounding, overflow: Overflow) -> None:
    target = Fixed(width=3)
    codes = np.arange(-32, 32)

    def rtl(x):
        return overflow.rtl(rounding.rtl(x, 3), target)

    expected = [into(nearest(Fraction(code, 8), rounding), overflow, target)
                for code in codes.tolist()]
    assert evaluate(Shape(6, True), [rtl], codes.tolist()) == [expected]
    assert overflow.golden(rounding.golden(codes, 3), target).tolist() == expected
    carried = {Overflow.SATURATE: 3, Overflow.WRAP: -4}
    assert expected[-1] == (3 if rounding is Rounding.FLOOR else carried[overflow])


LIMITS = sorted({sign * (2**power + step) for power in (31, 61, 62, 63, 64, 65)
                 for step in (-1, 0, 1) for sign in (1, -1)} | {0, 1, -1})
WIDE = [Fixed(width=64), Fixed(width=63), Fixed(width=63, signed=False), Fixed(width=62),
        Fixed(width=32), Fixed(width=32, signed=False), Fixed(width=1)]


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("target", WIDE, ids=name)
def test_overflow_at_64_bits(target: Fixed, overflow: Overflow) -> None:
    def expected(x: int) -> int:
        if overflow is Overflow.SATURATE:
            return sorted((target.minimum, x, target.maximum))[1]
        low = x % 2**target.width
        return low - 2**target.width if low > target.maximum else low

    wanted = [expected(x) for x in LIMITS]
    assert overflow.golden(np.array(LIMITS, object), target).tolist() == wanted
    [values] = evaluate(Shape(67, True), [lambda x: overflow.rtl(x, target)], LIMITS)
    assert values == wanted


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("target", WIDE, ids=name)
def test_int64_codes_stay_exact(target: Fixed, overflow: Overflow) -> None:
    # All that exact_dtype lets through: sums of two 61-bit codes.
    limits = [x for x in LIMITS if abs(x) <= 2**61]
    golden = overflow.golden(np.array(limits, np.int64), target)
    assert golden.tolist() == overflow.golden(np.array(limits, object), target).tolist()
    assert target.contains(golden)


@pytest.mark.parametrize("rounding", NEAREST)
def test_rounding_at_64_bits(rounding: Rounding) -> None:
    codes = [x for x in LIMITS if abs(x) <= 2**64]
    drops = [1, 2, 31, 32, 61, 63, 64]
    rtl = evaluate(Shape(66, True), [lambda x, drop=drop: rounding.rtl(x, drop) for drop in drops],
                   codes)
    for drop, values in zip(drops, rtl, strict=True):
        expected = [nearest(Fraction(code, 2**drop), rounding) for code in codes]
        assert rounding.golden(np.array(codes, object), drop).tolist() == expected
        assert values == expected


@given(st.data())
def test_any_format_and_code(data: st.DataObject) -> None:
    """Golden on Python integers: round, then overflow, against fractions."""
    target = data.draw(st.builds(Fixed, width=st.integers(1, 63), signed=st.booleans()))
    code = data.draw(st.integers(-(2**70), 2**70))
    drop = data.draw(st.integers(0, 70))
    rounding = data.draw(st.sampled_from(NEAREST))
    kept = rounding.golden(np.array([code], object), drop)
    assert kept.tolist() == [nearest(Fraction(code, 2**drop), rounding)]
    [wrapped] = Overflow.WRAP.golden(kept, target).tolist()
    [clamped] = Overflow.SATURATE.golden(kept, target).tolist()
    assert target.minimum <= wrapped <= target.maximum
    assert (wrapped - kept[0]) % 2**target.width == 0
    assert clamped == sorted((target.minimum, kept[0], target.maximum))[1]


def test_no_bits_dropped_is_the_same_value() -> None:
    codes = np.arange(-4, 4)
    assert all(rounding.golden(codes, 0) is codes for rounding in Rounding)


@pytest.mark.parametrize(("width", "signed", "minimum", "maximum"), [
    (1, True, -1, 0), (1, False, 0, 1), (8, True, -128, 127), (8, False, 0, 255),
    (63, False, 0, 2**63 - 1), (64, True, -(2**63), 2**63 - 1),
])
def test_range(width: int, signed: bool, minimum: int, maximum: int) -> None:
    operand = Fixed(width=width, signed=signed)
    assert (operand.minimum, operand.maximum) == (minimum, maximum)
    assert operand.shape == Shape(width, signed)
    assert operand.contains(np.array([minimum, maximum]))
    assert not operand.contains(np.array([0, minimum - 1], object))
    assert not operand.contains(np.array([maximum + 1, 0], object))
    assert operand.contains(np.array([], np.int64))


@pytest.mark.parametrize(("frac", "codes", "real"), [
    (2, [-6, 1], [-1.5, 0.25]), (0, [3], [3.0]), (-3, [-1, 5], [-8.0, 40.0]),
    (128, [1], [2.0**-128]), (-128, [1], [2.0**128]),
])
def test_real(frac: int, codes: list[int], real: list[float]) -> None:
    values = Fixed(width=8, frac=frac).real(np.array(codes))
    assert values.dtype == np.float64
    assert values.tolist() == real


@pytest.mark.parametrize(("values", "message"), [
    ({"width": 0}, "width must be at least 1, not 0"),
    ({"width": 65}, "width must be at most 64, not 65"),
    ({"width": 64, "signed": False},
     "width must be at most 63 when unsigned, not 64: codes are int64"),
    ({"width": 8, "frac": 129}, "frac must be at most 128, not 129"),
    ({"width": 8, "frac": -129}, "frac must be at least -128, not -129"),
    ({}, "width is required and missing"),
])
def test_bad_format(values: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as error:
        Fixed.parse(values, "format")
    assert str(error.value) == f"format: 1 fault in the spec\n  {message}"


@pytest.mark.parametrize("operand", [Fixed(width=64), Fixed(width=63, signed=False),
                                     Fixed(width=1), Fixed(width=5)], ids=name)
def test_random_codes_hit_both_extremes(operand: Fixed) -> None:
    codes = random_codes(np.random.default_rng(5), operand, (40, 3))
    assert codes.shape == (40, 3)
    assert codes.dtype == np.int64
    assert codes.min() == operand.minimum
    assert codes.max() == operand.maximum


def test_dtype_by_bits() -> None:
    assert [exact_dtype(bits) for bits in (1, 61, 62, 96)] == [np.int64, np.int64, object, object]


@pytest.mark.parametrize(("low", "high", "shape"), [
    (0, 0, Shape(1, False)), (0, 1, Shape(1, False)), (0, 2, Shape(2, False)),
    (3, 255, Shape(8, False)), (0, 256, Shape(9, False)), (-1, 0, Shape(1, True)),
    (-1, 1, Shape(2, True)), (-2, 0, Shape(2, True)),
    (-128, 127, Shape(8, True)), (-129, 0, Shape(9, True)), (-1, 128, Shape(9, True)),
])
def test_smallest_shape(low: int, high: int, shape: Shape) -> None:
    assert smallest_shape(low, high) == shape
