"""DRUM: the exact product of the leading bits of each operand, rounded without bias.

S. Hashemi, R. I. Bahar, S. Reda: DRUM: A Dynamic Range Unbiased Multiplier for Approximate
Applications. ICCAD 2015.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from amaranth import Cat, Module, Value
from pydantic import Field

from hwgen.arith.leading_one import normalise
from hwgen.arith.multiplier import Operands
from hwgen.arith.piecewise import PiecewiseFamily
from hwgen.number import Codes
from hwgen.spec import Int


class DrumMultiplier(PiecewiseFamily):
    """DRUM(k): each magnitude is cut to the k bits from its leading one, the lowest of them set.

    A magnitude below ``2**k`` is taken as it is. Setting the lowest kept bit stands for the mean of
    the bits cut off: the relative error of the product has nearly no mean, and lies above
    ``(1 - 2**(1-k))**2 - 1`` and at most at ``(1 + 2**(1-k))**2 - 1`` (26.6 % for k = 4, 6.3 % for
    6). Products may exceed the exact range. Signed operands: sign and magnitude, exactly; the
    magnitude of the smallest code included. Combinational: latency 0 cycles.

    Parameters
    ----------
    segment_bits : k, 2 to one bit less than the wider operand; a narrower operand stays exact.
    """

    kind: Literal["drum"] = "drum"
    segment_bits: Int = Field(4, ge=2, le=15)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["DrumMultiplier"]:
        return cls.fitting(operands, cls(segment_bits=2), cls(segment_bits=4))

    def fault(self, operands: Operands) -> str | None:
        widest = max(operands.a.width, operands.b.width)
        if (fault := super().fault(operands)) or self.segment_bits < widest:
            return fault
        return (f"multiplier.segment_bits must be below the wider operand's width {widest}, not "
                f"{self.segment_bits}: for exact products set multiplier.kind to 'exact'")

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        return self._unbiased(x) * self._unbiased(y)

    def _unbiased(self, x: Codes) -> Codes:
        """What stands for each magnitude, int64."""
        result = x
        for cut in range(1, self.widths[1] - self.segment_bits + 1):
            beyond = x >> (cut + self.segment_bits - 1) > 0
            result = np.where(beyond, (x >> cut | 1) << cut, result)
        return result

    def ends(self, width: int, x_max: int) -> set[int]:
        """Of each octave, the last magnitude of which a one, and of which none, is cut off."""
        ends = {x_max, min(x_max, (1 << self.segment_bits) - 1)}
        for cut in range(1, width - self.segment_bits + 1):
            last = min(x_max, (1 << (cut + self.segment_bits)) - 1)
            after = (last + 1) >> (cut + 1) << (cut + 1)
            ends |= {last >> (cut + 1) << (cut + 1), max(0, after - 1)}
        return ends

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        (x_segment, x_places), (y_segment, y_places) = self._segment(m, x), self._segment(m, y)
        return (x_segment * y_segment) << (x_places + y_places)

    def _segment(self, m: Module, x: Value) -> tuple[Value, Value]:
        """The k bits that are multiplied, and by how many places their product is too low."""
        cut = max(0, len(x) - self.segment_bits)
        shifted, places = normalise(m, x, cut)
        segment = shifted[cut:]
        return Cat(segment[0] | places.any(), segment[1:]), places
