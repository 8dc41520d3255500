"""Static segment method: the product of a few bits of each operand, cut at fixed places.

S. Narayanamoorthy, H. A. Moghaddam, Z. Liu, T. Park, N. S. Kim: Energy-Efficient Approximate
Multiplication for Digital Signal Processing and Classification Applications. IEEE Transactions on
VLSI Systems 23(6), 2015.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import numpy as np
from amaranth import Module, Mux, Signal, Value
from pydantic import Field

from hwgen.arith.multiplier import Operands
from hwgen.arith.piecewise import PiecewiseFamily
from hwgen.number import Codes
from hwgen.spec import Int


class StaticSegmentMultiplier(PiecewiseFamily):
    """SSM: the product of m-bit segments of both magnitudes, each at the lowest place that fits.

    A segment ends at bit 0 or begins at the top bit, n - 1; a third place, with ``segments`` 3
    (the paper's ESSM), lies halfway: bits 0, (n - m) // 2 and n - m are lowest. The lowest place
    is chosen that loses no bit at the top; bits below it are dropped, so a product is never too
    large. Signed operands: sign and magnitude, whose top bit only the smallest code uses.
    Combinational: latency 0 cycles.

    Parameters
    ----------
    segment_bits : m, at least the wider operand's width over ``segments``, so that a segment never
        misses the leading one, and less than that width; a narrower operand stays exact.
    segments : places of a segment, 2 or 3.
    """

    kind: Literal["static-segment"] = "static-segment"
    segment_bits: Int = Field(4, ge=1, le=15)
    segments: Literal[2, 3] = 2

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["StaticSegmentMultiplier"]:
        half = (min(cls.widths[1], max(operands.a.width, operands.b.width)) + 1) // 2
        return cls.fitting(operands, cls(segment_bits=half), cls(segment_bits=half, segments=3))

    def fault(self, operands: Operands) -> str | None:
        widest = max(operands.a.width, operands.b.width)
        lowest = -(-widest // self.segments)
        if (fault := super().fault(operands)) or lowest <= self.segment_bits < widest:
            return fault
        return (f"multiplier.segment_bits must be {lowest} to {widest - 1} with a wider operand of "
                f"{widest} bits and multiplier.segments {self.segments}, not {self.segment_bits}")

    def _places(self, width: int) -> list[int]:
        """The lowest bits of the possible segments of ``width`` bits, ascending."""
        top = max(0, width - self.segment_bits)
        return sorted({0, top} if self.segments == 2 else {0, top // 2, top})

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        return self._cut(a_width, x) * self._cut(b_width, y)

    def _cut(self, width: int, x: Codes) -> Codes:
        """Each magnitude without the bits below its segment."""
        result = x
        for lower, place in pairwise(self._places(width)):
            result = np.where(x >> (lower + self.segment_bits) > 0, x >> place << place, result)
        return result

    def ends(self, width: int, x_max: int) -> set[int]:
        """Of each place, the last magnitude, and the last of which only ones are dropped."""
        lasts = {place: min(x_max, (1 << (place + self.segment_bits)) - 1)
                 for place in self._places(width)}
        return {*lasts.values(), x_max,
                *(max(0, ((last + 1) >> place << place) - 1) for place, last in lasts.items())}

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        """One multiplexer before the product for each place but the lowest, and one behind it."""
        (x_segment, x_moves), (y_segment, y_moves) = self._segment(m, x), self._segment(m, y)
        product: Value = x_segment * y_segment
        for moves in (x_moves, y_moves):
            still = Signal(product.shape().width)
            m.d.comb += still.eq(product)
            product = still
            for above, place in moves:
                product = Mux(above, still << place, product)
        return product

    def _segment(self, m: Module, x: Value) -> tuple[Value, list[tuple[Value, int]]]:
        """The segment; and each place but the lowest with its condition, the last that holds."""
        segment, moves = x[: self.segment_bits], []
        for lower, place in pairwise(self._places(len(x))):
            above = Signal()
            m.d.comb += above.eq(x[lower + self.segment_bits :].any())
            segment = Mux(above, x[place : place + self.segment_bits], segment)
            moves.append((above, place))
        return segment, moves
