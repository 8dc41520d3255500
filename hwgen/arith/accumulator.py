"""Accumulator: rounds each addend to its own LSB, adds, and handles overflow."""

from typing import Annotated

from amaranth import Value
from pydantic import Field, WithJsonSchema, model_validator

from hwgen.number import MAX_ACCUMULATOR_BITS, Codes, Fixed, Overflow, Rounding
from hwgen.spec import Int, Spec

# Behind an "or null" pydantic does not translate the bounds of an Int for the JSON Schema.
Frac = Annotated[Int, Field(ge=-128, le=128),
                 WithJsonSchema({"type": "integer", "minimum": -128, "maximum": 128})]


class DerivedFormat(Spec):
    """A number format whose ``frac`` is its source's unless given.

    Parameters
    ----------
    width : bits, 1 to 64 (63 when unsigned).
    frac : fraction bits, at most the source's; the source's when left out (nothing is rounded).
    signed : two's complement when true.
    """

    width: Int = Field(32, ge=1, le=MAX_ACCUMULATOR_BITS)
    frac: Frac | None = None
    signed: bool = True

    @model_validator(mode="after")
    def _codes_fit_int64(self) -> "DerivedFormat":
        if self.width == MAX_ACCUMULATOR_BITS and not self.signed:
            raise ValueError("width must be at most 63 when unsigned, not 64: codes are int64")
        return self

    def format(self, source_frac: int) -> Fixed:
        """The number format behind a source of ``source_frac`` fraction bits."""
        frac = source_frac if self.frac is None else self.frac
        return Fixed(width=self.width, frac=frac, signed=self.signed)

    def drop(self, source_frac: int) -> int:
        """Low bits that a code of the source loses; negative if the source has too few."""
        return 0 if self.frac is None else source_frac - self.frac

    def fault(self, source_frac: int, source_bits: int, source: str) -> str | None:
        """What is wrong with ``frac`` behind a source of ``source_bits`` bits, or None."""
        lowest = source_frac - source_bits
        if lowest <= source_frac - self.drop(source_frac) <= source_frac:
            return None
        return (f"frac must be {lowest} to {source_frac} (the {source} has {source_bits} bits, "
                f"{source_frac} of them fraction), not {self.frac}")


class Accumulator(DerivedFormat):
    """The running sum of a dot product.

    A step is: addend (exact) -> ``rounding`` to the accumulator's LSB -> add -> ``overflow``.

    Parameters
    ----------
    width, frac, signed : the format; the source of ``frac`` is the product.
    rounding : how an addend loses its extra fraction bits, at every step.
    overflow : ``wrap`` or ``saturate``, at every step.
    """

    rounding: Rounding = Field(Rounding.FLOOR, strict=False)
    overflow: Overflow = Field(Overflow.WRAP, strict=False)

    def golden_add(self, acc: Codes, addend: Codes) -> Codes:
        """``acc`` plus an addend already at the accumulator's LSB."""
        return self.overflow.golden(acc + addend, self.format(0))

    def rtl_add(self, acc: Value, addend: Value) -> Value:
        """The same in RTL, with the accumulator's shape."""
        return self.overflow.rtl(acc + addend, self.format(0))


class Requantizer(DerivedFormat):
    """Conversion of a finished sum to the format in which it leaves the array.

    Parameters
    ----------
    width, frac, signed : the result format; the source of ``frac`` is the accumulator.
    rounding, overflow : applied once, in this order.
    """

    rounding: Rounding = Field(Rounding.NEAREST_EVEN, strict=False)
    overflow: Overflow = Field(Overflow.SATURATE, strict=False)

    def golden(self, source: Fixed, codes: Codes) -> Codes:
        """Result codes of accumulator ``codes``, any shape."""
        rounded = self.rounding.golden(codes, self.drop(source.frac))
        return self.overflow.golden(rounded, self.format(source.frac))

    def rtl(self, source: Fixed, value: Value) -> Value:
        """The same in RTL, with the shape of the result."""
        rounded = self.rounding.rtl(value, self.drop(source.frac))
        return self.overflow.rtl(rounded, self.format(source.frac))
