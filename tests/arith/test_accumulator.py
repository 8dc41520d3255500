"""Accumulator and requantizer: formats, dropped bits, and RTL against golden."""

import numpy as np
import pytest
from amaranth import Cat, Shape

from hwgen.arith.accumulator import Accumulator, Chunk, DerivedFormat, Requantizer
from hwgen.number import Fixed, Overflow, Rounding
from tests import oracle
from tests.combinational import all_codes, evaluate


@pytest.mark.parametrize(("frac", "source", "result", "drop"), [
    (None, 5, 5, 0), (None, -5, -5, 0), (5, 5, 5, 0), (2, 5, 2, 3), (-3, 5, -3, 8), (6, 5, 6, -1),
])
def test_format_behind_a_source(frac: int | None, source: int, result: int, drop: int) -> None:
    derived = DerivedFormat(width=9, frac=frac, signed=False)
    assert derived.format(source) == Fixed(width=9, frac=result, signed=False)
    assert derived.drop(source) == drop


@pytest.mark.parametrize("frac", [None, -4, 0, 6])
def test_no_fault(frac: int | None) -> None:
    assert DerivedFormat(frac=frac).fault(6, 10, "product") is None


@pytest.mark.parametrize("frac", [-5, 7])
def test_fault(frac: int) -> None:
    assert DerivedFormat(frac=frac).fault(6, 10, "product") == (
        f"frac must be -4 to 6 (the product has 10 bits, 6 of them fraction), not {frac}")


def test_defaults() -> None:
    acc, out = Accumulator(), Requantizer()
    assert (acc.width, acc.signed, acc.frac) == (out.width, out.signed, out.frac) == (32, True,
                                                                                      None)
    assert (acc.rounding, acc.overflow) == (Rounding.FLOOR, Overflow.WRAP)
    assert (out.rounding, out.overflow) == (Rounding.NEAREST_EVEN, Overflow.SATURATE)


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("addend", [Fixed(width=3), Fixed(width=6), Fixed(width=6, signed=False)],
                         ids=["s3", "s6", "u6"])
@pytest.mark.parametrize("signed", [True, False])
def test_add_exhaustively(signed: bool, addend: Fixed, overflow: Overflow) -> None:
    acc = Accumulator(width=4, signed=signed, overflow=overflow)
    target = acc.format(0)
    pairs = [(x, y) for x in all_codes(target).tolist() for y in all_codes(addend).tolist()]

    def rtl(packed):
        x, y = packed[:4], packed[4:]
        return acc.rtl_add(x.as_signed() if signed else x, y.as_signed() if addend.signed else y)

    packed = [x % 16 | y % 2**addend.width << 4 for x, y in pairs]
    expected = [oracle.fitted(x + y, acc.model_dump()) for x, y in pairs]
    assert evaluate(Shape(4 + addend.width, False), [rtl], packed) == [expected]
    codes, addends = np.array(pairs).T
    assert acc.golden_add(codes, addends).tolist() == expected


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", [Rounding.FLOOR, Rounding.NEAREST_UP, Rounding.NEAREST_EVEN])
@pytest.mark.parametrize("signed", [True, False])
def test_requantize_exhaustively(signed: bool, rounding: Rounding, overflow: Overflow) -> None:
    source = Fixed(width=7, frac=3)
    targets = [Requantizer(width=width, frac=frac, signed=signed, rounding=rounding,
                           overflow=overflow)
               for width in (1, 3, 8) for frac in (None, 3, 2, 0, -3, -4)]
    codes = all_codes(source)
    rtl = evaluate(source.shape, [lambda x, to=to: to.rtl(source, x) for to in targets],
                   codes.tolist())
    for target, values in zip(targets, rtl, strict=True):
        drop = 0 if target.frac is None else 3 - target.frac
        expected = [oracle.fitted(oracle.rounded(x, drop, rounding), target.model_dump())
                    for x in codes.tolist()]
        assert target.golden(source, codes).tolist() == expected
        assert values == expected


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("bits", [1, 2, None])
@pytest.mark.parametrize("signed", [True, False])
def test_requantize_with_every_draw(signed: bool, bits: int | None, overflow: Overflow) -> None:
    source = Fixed(width=7, frac=3)
    for width, frac in ((1, 1), (3, 0), (5, -1), (8, -4)):
        target = Requantizer(width=width, frac=frac, signed=signed, rounding=Rounding.STOCHASTIC,
                             random_bits=bits, overflow=overflow)
        drawn = target.draw_bits(source.frac)
        assert drawn == (bits or 3 - frac)
        pairs = [(x, draw) for x in all_codes(source).tolist() for draw in range(2**drawn)]
        expected = [oracle.fitted(oracle.rounded(x, 3 - frac, "stochastic", draw, drawn),
                                  target.model_dump()) for x, draw in pairs]
        codes, draws = np.array(pairs).T
        assert target.golden(source, codes, draws).tolist() == expected
        [rtl] = evaluate(Shape(7 + drawn), [
            lambda x, to=target: to.rtl(source, x[:7].as_signed(), x[7:])],
            [x % 128 | draw << 7 for x, draw in pairs])
        assert rtl == expected


@pytest.mark.parametrize(("rounding", "frac", "bits", "drawn"), [
    (Rounding.STOCHASTIC, -30, None, 24), (Rounding.STOCHASTIC, -30, 7, 7),
    (Rounding.STOCHASTIC, -2, None, 2), (Rounding.STOCHASTIC, 0, None, 0),
    (Rounding.STOCHASTIC, None, None, 0), (Rounding.NEAREST_EVEN, -3, None, 0)])
def test_bits_of_a_draw(rounding: Rounding, frac: int | None, bits: int | None,
                        drawn: int) -> None:
    assert Requantizer(rounding=rounding, frac=frac, random_bits=bits).draw_bits(0) == drawn


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("signed", [True, False])
def test_join_chunks_exhaustively(signed: bool, overflow: Overflow) -> None:
    """The outer sum has its own width and overflow, and the sign of the inner one."""
    acc = Accumulator(width=3, frac=-1, signed=signed, overflow=Overflow.WRAP,
                      chunk=Chunk(steps=2, width=5, overflow=overflow))
    inner, outer = acc.format(0), acc.outer_format(0)
    assert outer == Fixed(width=5, frac=-1, signed=signed)
    pairs = [(x, y) for x in all_codes(outer).tolist() for y in all_codes(inner).tolist()]
    target = {"width": 5, "signed": signed, "overflow": overflow}
    expected = [oracle.fitted(x + y, target) for x, y in pairs]
    [rtl] = evaluate(Shape(8), [lambda x: acc.rtl_join(outer.rtl(x[:5]), inner.rtl(x[5:]))],
                     [x % 32 | y % 8 << 5 for x, y in pairs])
    assert rtl == expected
    codes, addends = np.array(pairs).T
    assert acc.golden_join(codes, addends).tolist() == expected


def test_join_without_chunks_is_an_addition() -> None:
    acc = Accumulator(width=4, overflow=Overflow.SATURATE)
    assert acc.golden_join(np.array([7, -8, 3]), np.array([7, -1, -2])).tolist() == [7, -8, 1]
    assert acc.outer_format(2) == acc.format(2)


def test_rtl_has_the_shape_of_the_format() -> None:
    value = Cat(*[0] * 9).as_signed()
    assert Requantizer(width=5, signed=False).rtl(Fixed(width=9), value).shape() == Shape(5, False)
    assert Accumulator(width=12).rtl_add(value, value).shape() == Shape(12, True)
