"""Mitchell's logarithmic multiplier: the sum of linearly interpolated logarithms.

J. N. Mitchell: Computer Multiplication and Division Using Binary Logarithms. IRE Transactions on
Electronic Computers EC-11(4), 1962.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal, Value
from pydantic import Field, WithJsonSchema

from hwgen.arith.leading_one import normalise
from hwgen.arith.multiplier import Operands
from hwgen.arith.piecewise import PiecewiseFamily
from hwgen.number import Codes
from hwgen.spec import Int

# Behind an "or null" pydantic does not translate the bounds of an Int for the JSON Schema.
FractionBits = Annotated[Int, Field(ge=0, le=15),
                         WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 15})]


class MitchellMultiplier(PiecewiseFamily):
    """The antilogarithm of the sum of both logarithms, each linear between powers of two.

    A magnitude ``2**k * (1 + f)``, ``0 <= f < 1``, has the logarithm ``k + f``, and the
    antilogarithm of ``k + f`` is ``2**k * (1 + f)``. A zero gives zero. Of ``f`` the bits below
    ``2**-fraction_bits`` are dropped; the product is an integer all the same. It is never too
    large: with all bits of ``f`` its relative error is -1/9 to 0, in the mean about -3.8 %.
    Signed operands: sign and magnitude, exactly; the magnitude of the smallest code included.
    Combinational: latency 0 cycles.

    Parameters
    ----------
    fraction_bits : bits of ``f``, 0 to the wider operand's width - 1; when left out, all of them.
    """

    kind: Literal["mitchell"] = "mitchell"
    fraction_bits: FractionBits | None = None

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["MitchellMultiplier"]:
        return cls.fitting(operands, cls(), cls(fraction_bits=2))

    def fault(self, operands: Operands) -> str | None:
        most = max(operands.a.width, operands.b.width) - 1
        if (fault := super().fault(operands)) or (self.fraction_bits or 0) <= most:
            return fault
        return (f"multiplier.fraction_bits must be at most {most}, the wider operand's width - 1, "
                f"not {self.fraction_bits}: leave it out to keep them all")

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        """In units of ``2**-bits``; 15 bits of fraction hold every ``f``."""
        bits = 15
        log = self._log(x, bits) + self._log(y, bits)
        whole, fraction = log >> bits, log & ((1 << bits) - 1)
        power = ((1 << bits) + fraction) << whole >> bits
        return np.where((x > 0) & (y > 0), power, 0)

    def _log(self, x: Codes, bits: int) -> Codes:
        """The logarithm of each magnitude to ``fraction_bits``, in units of ``2**-bits``."""
        k = sum((x >> place > 0).astype(np.int64) for place in range(1, 16))
        fraction = (x << bits >> k) - (1 << bits)
        dropped = bits - (bits if self.fraction_bits is None else self.fraction_bits)
        return (k << bits) + (fraction >> dropped << dropped)

    def ends(self, width: int, x_max: int) -> set[int]:
        """``x_max``, and where kept fractions add up to one or to just less, with all bits dropped.

        Both fractions are close to a half there, in the highest full octave.
        """
        octave = (x_max + 1).bit_length() - 2
        kept = width if self.fraction_bits is None else self.fraction_bits
        half = 1 << kept >> 1
        return {x_max, *((((1 << kept) + fraction + 1 << octave) - 1) >> kept
                         for fraction in (max(0, half - 1), half))}

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        """Normalise, add the logarithms, shift ``1.fraction`` left by the whole part."""
        bits = max(len(x), len(y)) - 1
        if self.fraction_bits is not None:
            bits = min(bits, self.fraction_bits)
        (x_log, x_some), (y_log, y_some) = self._rtl_log(m, x, bits), self._rtl_log(m, y, bits)
        log = Signal(max(len(x_log), len(y_log)) + 1)
        m.d.comb += log.eq(x_log + y_log)
        mantissa = Mux(x_some & y_some, Cat(log[:bits], Const(1, 1)), 0)
        return (mantissa << log[bits:]).shift_right(bits)

    def _rtl_log(self, m: Module, x: Value, bits: int) -> tuple[Value, Value]:
        """The logarithm with ``bits`` bits of fraction, and whether there is one."""
        shifted, k = normalise(m, x, len(x) - 1)
        fraction = Cat(Const(0, bits), shifted[:-1])[-bits:] if bits else Const(0, 0)
        return Cat(fraction, k), shifted[-1]
