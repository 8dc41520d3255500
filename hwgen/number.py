"""Fixed-point numbers, rounding and overflow: one definition for NumPy and one for the RTL.

A value is an integer *code*; the real number is ``code * 2**-frac``.  Dropping ``drop`` low bits is
always ``(x + r) >> drop`` with an arithmetic shift; :class:`Rounding` only chooses ``r``.  Rounding
comes first, :class:`Overflow` second, because rounding can carry past the maximum.
"""

from enum import StrEnum
from typing import Any

import numpy as np
from amaranth import Cat, Const, Mux, Shape, Value
from pydantic import Field, model_validator

from hwgen.spec import Int, Spec

Codes = np.ndarray[Any, np.dtype[Any]]
"""Integer codes: int64, or Python integers in an object array where 64 bits do not suffice."""

MAX_OPERAND_BITS = 32
MAX_ACCUMULATOR_BITS = 64


class Fixed(Spec):
    """A fixed-point format: ``width`` bits, the lowest worth ``2**-frac``.

    Parameters
    ----------
    width : total bits, sign included, 1 to 64 (1 to 63 when unsigned: goldens work in int64).
    frac : fraction bits, -128 to 128; negative for codes worth more than one.
    signed : two's complement when true.
    """

    width: Int = Field(ge=1, le=MAX_ACCUMULATOR_BITS)
    frac: Int = Field(0, ge=-128, le=128)
    signed: bool = True

    @model_validator(mode="after")
    def _codes_fit_int64(self) -> "Fixed":
        if self.width == MAX_ACCUMULATOR_BITS and not self.signed:
            raise ValueError("width must be at most 63 when unsigned, not 64: codes are int64")
        return self

    @property
    def minimum(self) -> int:
        """Smallest code."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest code."""
        return (1 << (self.width - self.signed)) - 1

    @property
    def shape(self) -> Shape:
        """The Amaranth shape of a code."""
        return Shape(self.width, self.signed)

    def rtl(self, bits: Value) -> Value:
        """``bits`` of a packed port, as wide as the format, as a code."""
        return bits.as_signed() if self.signed else bits.as_unsigned()

    def contains(self, codes: Codes) -> bool:
        """True when every code lies in ``[minimum, maximum]``."""
        return not codes.size or bool(codes.min() >= self.minimum and codes.max() <= self.maximum)

    def real(self, codes: Codes) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The real numbers that ``codes`` stand for, float64."""
        return np.asarray(codes, np.float64) * 2.0**-self.frac


def smallest_shape(low: int, high: int) -> Shape:
    """The narrowest shape that holds ``low`` to ``high``, one bit at least; signed if low < 0."""
    signed = low < 0
    bits = max((~low if signed else 0).bit_length(), high.bit_length())
    return Shape(max(1, bits + signed), signed)


def exact_dtype(bits: int) -> np.dtype[Any]:
    """int64 while sums of signed ``bits``-bit codes and their rounding stay exact, else object."""
    return np.dtype(np.int64 if bits <= 61 else object)


def random_codes(rng: np.random.Generator, target: Fixed, shape: tuple[int, ...]) -> Codes:
    """Codes over the whole range of ``target``, int64; among two or more are both extremes."""
    codes = rng.integers(target.minimum, target.maximum, shape, np.int64, endpoint=True)
    flat = codes.reshape(-1)
    ends = rng.permutation(flat.size)[:2]
    flat[ends] = [target.minimum, target.maximum][: len(ends)]
    return codes


class Rounding(StrEnum):
    """What is added before the low bits are dropped.

    ``floor`` adds nothing; ``nearest_up`` half an LSB (ties towards +infinity); ``nearest_even``
    half an LSB less one code plus the kept LSB (ties to the even code); ``stochastic`` a draw of
    random bits at the top of the dropped ones (Gupta et al., ICML 2015).
    """

    FLOOR = "floor"
    NEAREST_UP = "nearest_up"
    NEAREST_EVEN = "nearest_even"
    STOCHASTIC = "stochastic"

    @property
    def summary(self) -> str:
        """The mode in a line."""
        return {
            Rounding.FLOOR: "drop the low bits: towards minus infinity",
            Rounding.NEAREST_UP: "to the nearest code, ties towards plus infinity",
            Rounding.NEAREST_EVEN: "to the nearest code, ties to the even one",
            Rounding.STOCHASTIC: "up with the probability of the dropped part (random_bits bits)",
        }[self]

    def golden(self, codes: Codes, drop: int, draw: Codes | int = 0, bits: int = 0, *,
               out: Codes | None = None) -> Codes:
        """``codes`` with ``drop`` low bits rounded away; the caller provides the headroom.

        Parameters
        ----------
        draw : random integers of ``bits`` bits, for ``stochastic`` only; broadcasts.
        out : where the result goes, as in NumPy; may be ``codes``.
        """
        if drop == 0:
            return codes
        half = 1 << (drop - 1)
        if self is Rounding.NEAREST_UP:
            codes = np.add(codes, half, out=out)
        elif self is Rounding.NEAREST_EVEN:
            codes = np.add(codes, (half - 1) + ((codes >> drop) & 1), out=out)
        elif self is Rounding.STOCHASTIC:
            if bits < drop:
                draw = np.left_shift(draw, drop - bits, dtype=codes.dtype)
            codes = np.add(codes, draw, out=out, dtype=codes.dtype)
        return np.right_shift(codes, drop, out=out)

    def rtl(self, value: Value, drop: int, draw: Value | None = None) -> Value:
        """The same in RTL, for a ``draw`` as wide as its bits; wide enough for the carry."""
        if drop == 0:
            return value
        half = 1 << (drop - 1)
        if self is Rounding.NEAREST_UP:
            value = value + half
        elif self is Rounding.NEAREST_EVEN:
            value = value + (half - 1) + (value >> drop)[0]
        elif self is Rounding.STOCHASTIC and draw is not None:
            unused = drop - len(draw)
            return (value.shift_right(unused) + draw).shift_right(len(draw))
        return value.shift_right(drop)  # unlike >>, without copies of the sign


class Overflow(StrEnum):
    """What becomes of a code outside the format.

    ``wrap`` keeps its low bits, ``saturate`` clamps it.
    """

    WRAP = "wrap"
    SATURATE = "saturate"

    @property
    def summary(self) -> str:
        """The mode in a line."""
        return {
            Overflow.WRAP: "keep the low bits (two's complement wraps round)",
            Overflow.SATURATE: "clamp to the nearest end of the range",
        }[self]

    def golden(self, codes: Codes, target: Fixed, *, out: Codes | None = None) -> Codes:
        """``codes`` brought into ``target``; ``out`` may hold the result of ``saturate``."""
        if self is Overflow.SATURATE:
            return np.clip(codes, target.minimum, target.maximum, out=out)
        if target.width == MAX_ACCUMULATOR_BITS:
            codes = codes.astype(object)
        bias = -target.minimum
        return ((codes + bias) & ((1 << target.width) - 1)) - bias

    def rtl(self, value: Value, target: Fixed) -> Value:
        """The same in RTL, with the shape of ``target``."""
        shape = value.shape()
        kept = _low_bits(value, target)
        if self is Overflow.WRAP or _always_fits(shape, target):
            return kept
        # In range iff the bits from the target's sign upward all say the same.
        above = value[min(target.width - target.signed, shape.width - shape.signed) :]
        inside = above == 0
        if shape.signed and target.signed:
            inside |= above.all()
        negative = value[-1] if shape.signed else Const(0)
        limit = Mux(negative, Const(target.minimum, target.shape), Const(target.maximum,
                                                                         target.shape))
        return _low_bits(Mux(inside, kept, limit), target)


def _always_fits(shape: Shape, target: Fixed) -> bool:
    if shape.signed and not target.signed:
        return False
    return target.width - target.signed >= shape.width - shape.signed


def _low_bits(value: Value, target: Fixed) -> Value:
    """The low ``target.width`` bits of ``value``, sign-extended where it is shorter."""
    missing = target.width - len(value)
    if missing > 0:
        sign = value[-1] if value.shape().signed else Const(0, 1)
        value = Cat(value, sign.replicate(missing))
    return target.rtl(value[: target.width])
