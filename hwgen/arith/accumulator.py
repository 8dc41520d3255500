"""Accumulator and requantizer: rounding to an LSB, addition, overflow, chunks."""

from typing import Annotated, Any

from amaranth import Value
from pydantic import Field, WithJsonSchema, model_validator

from hwgen.lfsr import MAX_DRAW_BITS
from hwgen.number import MAX_ACCUMULATOR_BITS, Codes, Fixed, Overflow, Rounding
from hwgen.spec import Int, Spec

# Behind an "or null" pydantic does not translate the bounds of an Int for the JSON Schema.
Frac = Annotated[Int, Field(ge=-128, le=128),
                 WithJsonSchema({"type": "integer", "minimum": -128, "maximum": 128})]


RandomBits = Annotated[Int, Field(ge=1, le=MAX_DRAW_BITS),
                       WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_DRAW_BITS})]


class DerivedFormat(Spec):
    """A number format whose ``frac`` is its source's unless given.

    Parameters
    ----------
    width : bits, 1 to 64 (63 when unsigned).
    frac : fraction bits, at most the source's; the source's when left out (nothing is rounded).
    signed : two's complement when true.
    rounding : how a code loses its extra fraction bits.
    random_bits : bits of each draw of stochastic rounding, 1 to 24 and at most the bits dropped,
        which are as many as it draws (24 at most) when left out.
    """

    width: Int = Field(32, ge=1, le=MAX_ACCUMULATOR_BITS)
    frac: Frac | None = None
    signed: bool = True
    rounding: Rounding = Field(Rounding.FLOOR, strict=False)
    random_bits: RandomBits | None = None

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

    def draw_bits(self, source_frac: int) -> int:
        """Random bits of each rounding: 0 unless it is stochastic and drops bits."""
        if self.rounding is not Rounding.STOCHASTIC or self.random_bits is None:
            drops = self.rounding is Rounding.STOCHASTIC
            return min(self.drop(source_frac), MAX_DRAW_BITS) if drops else 0
        return self.random_bits

    def golden_round(self, codes: Codes, source_frac: int, draw: Codes | int = 0, *,
                     out: Codes | None = None) -> Codes:
        """Codes of the source rounded to this LSB; ``draw`` broadcasts, ``out`` as in NumPy."""
        return self.rounding.golden(codes, self.drop(source_frac), draw,
                                    self.draw_bits(source_frac), out=out)

    def rtl_round(self, value: Value, source_frac: int, draw: Value | None) -> Value:
        """The same in RTL."""
        return self.rounding.rtl(value, self.drop(source_frac), draw)

    def fault(self, source_frac: int, source_bits: int, source: str) -> str | None:
        """What is wrong with ``frac`` behind a source of ``source_bits`` bits, or None."""
        lowest, drop = source_frac - source_bits, self.drop(source_frac)
        if 0 <= drop <= source_bits:
            return self._random_fault(drop)
        return (f"frac must be {lowest} to {source_frac} (the {source} has {source_bits} bits, "
                f"{source_frac} of them fraction), not {self.frac}")

    def _random_fault(self, drop: int) -> str | None:
        if self.random_bits is None:
            return None
        if self.rounding is not Rounding.STOCHASTIC:
            return (f"random_bits must be left out with {self.rounding} rounding, "
                    f"not {self.random_bits}")
        if self.random_bits <= drop:
            return None
        return f"random_bits must be at most {drop}, the bits dropped, not {self.random_bits}"


def _width_or_auto(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a format in a file, where ``"auto"`` may stand for its width."""
    width = schema["properties"]["width"]
    number = {name: width.pop(name) for name in ("type", "minimum", "maximum")}
    width["anyOf"] = [number, {"const": "auto", "type": "string"}]
    return schema


class Chunk(Spec):
    """An outer sum to which finished chunks of the running sum are added.

    Every ``steps`` steps, and at the end of a dot product, the running sum is added to the outer
    one and cleared (chunk-based accumulation, Wang et al., NeurIPS 2018; Sakr et al., ICLR 2019).

    Parameters
    ----------
    steps : steps a chunk, 1 to 65536; a weight-stationary array has its rows as chunks.
    width : bits of the outer sum; its LSB and sign are those of the running sum.
    overflow : ``wrap`` or ``saturate``, of the outer sum.
    """

    steps: Int = Field(ge=1, le=65536)
    width: Int = Field(32, ge=1, le=MAX_ACCUMULATOR_BITS)
    overflow: Overflow = Field(Overflow.WRAP, strict=False)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return _width_or_auto(handler.resolve_ref_schema(handler(core_schema)))


class Accumulator(DerivedFormat):
    """The running sum of a dot product.

    A step is: addend (exact) -> ``rounding`` to the accumulator's LSB -> add -> ``overflow``.

    Parameters
    ----------
    width, frac, signed : the format; the source of ``frac`` is the product.
    rounding, random_bits : how an addend loses its extra fraction bits, at every step.
    overflow : ``wrap`` or ``saturate``, at every step.
    chunk : an outer sum of chunks; none when left out.
    """

    overflow: Overflow = Field(Overflow.WRAP, strict=False)
    chunk: Chunk | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """The fields, and the length that a width of ``"auto"`` is for."""
        schema = _width_or_auto(handler.resolve_ref_schema(handler(core_schema)))
        schema["properties"]["length"] = {"type": "integer", "minimum": 1, "maximum": 1 << 22,
                                          "title": "Length"}
        auto = {"required": ["width"], "properties": {"width": {"const": "auto"}}}
        chunk = {"required": ["chunk"], "properties": {"chunk": {"type": "object", **auto}}}
        schema |= {"if": {"anyOf": [auto, chunk]}, "then": {"required": ["length"]},
                   "else": {"not": {"required": ["length"]}}}
        return schema

    @model_validator(mode="after")
    def _outer_codes_fit_int64(self) -> "Accumulator":
        if self.chunk and self.chunk.width == MAX_ACCUMULATOR_BITS and not self.signed:
            raise ValueError("chunk.width must be at most 63 when unsigned, not 64: codes are "
                             "int64")
        return self

    def outer_format(self, source_frac: int) -> Fixed:
        """The format of finished sums: the chunks' sum, or the running one."""
        inner = self.format(source_frac)
        return inner.replaced(width=self.chunk.width) if self.chunk else inner

    def golden_add(self, acc: Codes, addend: Codes) -> Codes:
        """``acc`` plus an addend already at the accumulator's LSB."""
        return self.overflow.golden(acc + addend, self.format(0))

    def rtl_add(self, acc: Value, addend: Value) -> Value:
        """The same in RTL, with the accumulator's shape."""
        return self.overflow.rtl(acc + addend, self.format(0))

    def golden_join(self, outer: Codes, inner: Codes) -> Codes:
        """The sum of earlier chunks (or tiles) plus a finished one."""
        return self._outer_overflow.golden(outer + inner, self.outer_format(0))

    def rtl_join(self, outer: Value, inner: Value) -> Value:
        """The same in RTL, in the outer format."""
        return self._outer_overflow.rtl(outer + inner, self.outer_format(0))

    @property
    def _outer_overflow(self) -> Overflow:
        return self.chunk.overflow if self.chunk else self.overflow


class Requantizer(DerivedFormat):
    """Conversion of a finished sum to the format in which it leaves the array.

    Parameters
    ----------
    width, frac, signed : the result format; the source of ``frac`` is the accumulator.
    rounding, random_bits, overflow : applied once, in this order.
    """

    rounding: Rounding = Field(Rounding.NEAREST_EVEN, strict=False)
    overflow: Overflow = Field(Overflow.SATURATE, strict=False)

    def golden(self, source: Fixed, codes: Codes, draw: Codes | int = 0) -> Codes:
        """Result codes of accumulator ``codes``, any shape; ``draw`` broadcasts."""
        rounded = self.golden_round(codes, source.frac, draw)
        return self.overflow.golden(rounded, self.format(source.frac))

    def rtl(self, source: Fixed, value: Value, draw: Value | None = None) -> Value:
        """The same in RTL, with the shape of the result."""
        rounded = self.rtl_round(value, source.frac, draw)
        return self.overflow.rtl(rounded, self.format(source.frac))
