"""Radix-4 Booth multiplier whose partial products are cut off below a column."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np
from amaranth import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from pydantic import Field

from hwgen.arith.multiplier import Operands
from hwgen.arith.rows import CompensatedFamily, Sums, add_with_carry, onto
from hwgen.number import Codes
from hwgen.spec import Int


class BoothTruncatedMultiplier(CompensatedFamily):
    """Sum of the Booth rows without their bits of weight below ``2**cut``, plus a constant.

    Modified Booth recoding (MacSorley, High-speed arithmetic in binary computers, Proc. IRE 1961):
    ``b`` is the sum of the digits ``d[k] = b[2k-1] + b[2k] - 2*b[2k+1]`` times ``4**k``, where
    ``b[-1]`` is 0 and ``b`` is continued upward by its sign, or by zeros if unsigned.  A row is
    cut off before it is negated: of ``|d[k]| * a * 4**k``, in two's complement, the bits of weight
    below ``2**cut`` are never built, the rest is then added or subtracted.  So the one that makes
    a complement a negation enters at column ``cut``, and rows of either sign lose equally much.

    Two's complement. Combinational: latency 0 cycles, one product a cycle. Exact when ``cut`` and
    ``constant`` are 0.

    Parameters
    ----------
    cut : columns cut off, 0 to ``a.width + b.width - 2``.
    constant : added to every product, within the exact products.
    """

    kind: Literal["booth-truncated"] = "booth-truncated"
    cut: Int = Field(0, ge=0)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["BoothTruncatedMultiplier"]:
        return cls.fitting(operands, cls(cut=1), cls(cut=operands.a.width, constant=2))

    def fault(self, operands: Operands) -> str | None:
        limit = operands.a.width + operands.b.width - 2
        return self.excess(operands, cut=limit) or super().fault(operands)

    def rows(self, operands: Operands) -> int:
        """Booth digits of ``b``."""
        return (operands.b.width + (1 if operands.b.signed else 2)) // 2

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
        product = np.full(np.broadcast_shapes(a.shape, b.shape), self.constant, np.int64)
        for k in range(self.rows(operands)):
            window = (2 * b >> 2 * k) & 7
            product += self.row(k, a, (window & 1) + (window >> 1 & 1) - 2 * (window >> 2))
        return product

    def row(self, k: int, a: Codes, digit: Codes | int) -> Codes:
        """Row k of every ``a`` with a ``digit`` of -2 to 2: cut off, then negated."""
        multiple = np.abs(digit) * a << 2 * k
        return np.sign(digit) * (multiple >> self.cut << self.cut)

    def sums(self, operands: Operands) -> Sums:
        a = np.arange(operands.a.minimum, operands.a.maximum + 1)

        def error(k: int, digit: int) -> Codes:
            return self.row(k, a, digit) - (digit * a << 2 * k)

        rows = self.rows(operands)
        return Sums(*_extremes(operands, rows, lambda k, digit: self.row(k, a, digit)),
                    *_extremes(operands, rows, error))

    def component(self, operands: Operands) -> wiring.Component:
        return BoothTruncatedUnit(self, operands)


def _extremes(operands: Operands, rows: int,
              row: Callable[[int, int], Codes]) -> tuple[int, int]:
    """Smallest and largest sum of ``row(k, d[k])``, a value for each ``a``, over all of ``b``.

    Found digit by digit: all that a digit shares with the next is its top bit.
    """
    ends: dict[int, tuple[Codes, Codes]] = {0: (np.zeros(1, np.int64),) * 2}
    for k in range(rows):
        reached: dict[int, tuple[Codes, Codes]] = {}
        steps = itertools.product(ends.items(), _bits(operands, k))
        for (below, (low, high)), (middle, top) in steps:
            term = row(k, below + middle - 2 * top)
            lowest, highest = reached.get(top, (low + term, high + term))
            reached[top] = np.minimum(lowest, low + term), np.maximum(highest, high + term)
        ends = reached
    return (min(int(low.min()) for low, _ in ends.values()),
            max(int(high.max()) for _, high in ends.values()))


def _bits(operands: Operands, k: int) -> list[tuple[int, int]]:
    """What bits ``2k`` and ``2k+1`` of ``b`` can be."""
    b = operands.b
    if 2 * k >= b.width:
        return [(0, 0)]
    if 2 * k + 1 >= b.width:
        return [(0, 0), (1, int(b.signed))]
    return [(0, 0), (0, 1), (1, 0), (1, 1)]


class BoothTruncatedUnit(wiring.Component):
    """Combinational :class:`BoothTruncatedMultiplier`, row by row onto the constant.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: BoothTruncatedMultiplier, operands: Operands):
        self.spec, self.operands = spec, operands
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        cut, rows = self.spec.cut, self.spec.rows(self.operands)
        beyond = self.b[-1] if self.operands.b.signed else Const(0, 1)
        bits = [Const(0, 1), *self.b, beyond, beyond]
        single = self.a if self.operands.a.signed else Cat(self.a, Const(0, 1)).as_signed()
        total: Value = Const(self.spec.constant)
        for k in range(rows):
            below, middle, top = bits[2 * k : 2 * k + 3]
            drop = max(0, cut - 2 * k)
            doubled = Mux(middle ^ top, single.shift_left(1).shift_right(drop), 0)
            multiple = Mux(below ^ middle, single.shift_right(drop), doubled)
            row = multiple ^ top.replicate(len(multiple)).as_signed()
            total = onto(m, f"sum{k}", total, 2 * k + drop, row, partial(add_with_carry, carry=top))
        m.d.comb += self.p.eq(total)
        return m
