"""Masked array multipliers: only the partial products inside a mask are built, plus a constant.

The partial product (i, j) is bit i of ``a`` and bit j of ``b``, worth ``2**(i+j)``; it is negative
if exactly one of the two is the sign bit of a signed operand (Baugh and Wooley, A two's complement
parallel array multiplication algorithm, IEEE Trans. Computers 1973).  Row j are the partial
products of bit j of ``b``; a mask is the lowest column ``i`` that each row keeps.
"""

import operator
from abc import abstractmethod
from collections.abc import Iterator
from typing import Literal

import numpy as np
from amaranth import Const, Module, Mux, Value
from amaranth.lib import wiring
from pydantic import Field

from hwgen.arith.multiplier import Operands
from hwgen.arith.rows import CompensatedFamily, Sums, onto
from hwgen.fabric.products import PartialProducts
from hwgen.number import Codes
from hwgen.spec import Int


class MaskedFamily(CompensatedFamily):
    """What all masks share; a family is its :meth:`first_columns`.

    Signed operands are two's complement throughout: the negative partial products are subtracted.
    """

    @abstractmethod
    def first_columns(self, operands: Operands) -> tuple[int, ...]:
        """For each bit of ``b``, the lowest bit of ``a`` that its row keeps; ``a.width``: none."""

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
        product = np.full(np.broadcast_shapes(a.shape, b.shape), self.constant, np.int64)
        for j, first in enumerate(self.first_columns(operands)):
            if first < operands.a.width:
                kept = a - (a & ((1 << first) - 1))
                sign = -1 if operands.b.signed and j == operands.b.width - 1 else 1
                product += sign * ((b >> j) & 1) * (kept << j)
        return product

    def sums(self, operands: Operands) -> Sums:
        """For each ``a`` the rows are independent: each is there or not, as its bit of ``b`` says.
        """
        a = np.arange(operands.a.minimum, operands.a.maximum + 1)[:, None]
        bits = 1 << np.arange(operands.b.width)
        bits[-1] *= -1 if operands.b.signed else 1
        rows = self.golden(operands, a, bits) - self.constant
        return Sums(*_extremes(rows), *_extremes(rows - a * bits))

    def partial_products(self, operands: Operands) -> PartialProducts:
        width = self.product_shape(operands).width
        return operands.partial_products(self.first_columns(operands), self.constant, width)

    def component(self, operands: Operands) -> wiring.Component:
        return MaskedUnit(self, operands)


def _extremes(rows: Codes) -> tuple[int, int]:
    """Smallest and largest sum of any of the terms in one line of ``rows``."""
    low, high = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
    return int(low.min()), int(high.max())


class MaskedMultiplier(MaskedFamily):
    """Partial products inside any mask of rows, plus a constant.

    Two's complement. Combinational: latency 0 cycles, one product a cycle.

    Parameters
    ----------
    first : for each bit j of ``b``, the lowest bit i of ``a`` whose partial product is kept, 0 to
        ``a.width``; with ``a.width`` the row is empty.  Staircases that fall with j are usual.
    constant : added to every product, within the exact products.
    """

    kind: Literal["masked"] = "masked"
    first: tuple[Int, ...] = Field(strict=False)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["MaskedMultiplier"]:
        a, b = operands.a.width, operands.b.width
        staircase = tuple(max(0, min(a, a - 2 * (j - 1))) for j in range(b))
        ragged = tuple((5 * j + 2) % (a + 1) for j in range(b))
        lowest = -2 if operands.exact_bounds[0] < 0 else 0
        return cls.fitting(operands, cls(first=staircase, constant=3),
                           cls(first=ragged, constant=lowest))

    def fault(self, operands: Operands) -> str | None:
        a, b = operands.a.width, operands.b.width
        if len(self.first) != b:
            return f"multiplier.first must have {b} entries, one a bit of b, not {len(self.first)}"
        for j, first in enumerate(self.first):
            if not 0 <= first <= a:
                return (f"multiplier.first must hold columns 0 to {a} (a.width, for an empty row), "
                        f"not {first} for bit {j} of b")
        return super().fault(operands)

    def first_columns(self, operands: Operands) -> tuple[int, ...]:
        return self.first


class TruncatedMultiplier(MaskedFamily):
    """Partial products of weight ``2**cut`` and above, plus a constant.

    Two's complement. Combinational: latency 0 cycles, one product a cycle.  Exact when ``cut`` and
    ``constant`` are 0.

    Parameters
    ----------
    cut : columns ``i + j < cut`` are dropped, 0 to ``a.width + b.width - 2``.
    constant : added to every product, within the exact products.
    """

    kind: Literal["truncated"] = "truncated"
    cut: Int = Field(0, ge=0)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["TruncatedMultiplier"]:
        middle = operands.a.width
        return cls.fitting(operands, cls(cut=1), cls(cut=middle, constant=(3 << middle) // 4))

    def fault(self, operands: Operands) -> str | None:
        limit = operands.a.width + operands.b.width - 2
        return self.excess(operands, cut=limit) or super().fault(operands)

    def first_columns(self, operands: Operands) -> tuple[int, ...]:
        return tuple(min(max(0, self.cut - j), operands.a.width) for j in range(operands.b.width))


class BrokenArrayMultiplier(MaskedFamily):
    """Array multiplier without its first rows and without its lowest columns, plus a constant.

    The broken-array multiplier of Mahdiani, Ahmadi, Fakhraie and Lucas (Bio-inspired imprecise
    computational blocks, IEEE Trans. Circuits and Systems I, 2010): the adders of an array whose
    row j takes in bit j of ``b``, above a horizontal and right of a vertical break, are left out
    with their partial products. The original has no constant.

    Two's complement. Combinational: latency 0 cycles, one product a cycle.

    Parameters
    ----------
    horizontal : rows ``j < horizontal`` are dropped, 0 to ``b.width - 1``.
    vertical : columns ``i + j < vertical`` are dropped, 0 to ``a.width + b.width - 2``.
    constant : added to every product, within the exact products.
    """

    kind: Literal["broken-array"] = "broken-array"
    horizontal: Int = Field(0, ge=0)
    vertical: Int = Field(0, ge=0)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["BrokenArrayMultiplier"]:
        width = operands.b.width
        return cls.fitting(operands, cls(horizontal=width // 3, vertical=width // 2),
                           cls(horizontal=width // 2, vertical=width, constant=3))

    def fault(self, operands: Operands) -> str | None:
        limit = operands.a.width + operands.b.width - 2
        return self.excess(operands, horizontal=operands.b.width - 1, vertical=limit) or (
            super().fault(operands))

    def first_columns(self, operands: Operands) -> tuple[int, ...]:
        width = operands.a.width
        return tuple(width if j < self.horizontal else min(max(0, self.vertical - j), width)
                     for j in range(operands.b.width))


class MaskedUnit(wiring.Component):
    """Combinational :class:`MaskedFamily`, row by row onto the constant.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: MaskedFamily, operands: Operands):
        self.spec, self.operands = spec, operands
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        total: Value = Const(self.spec.constant)
        for j, first in enumerate(self.spec.first_columns(self.operands)):
            if first == len(self.a):
                continue
            row = Mux(self.b[j], self.a.shift_right(first), 0)
            negative = self.operands.b.signed and j == len(self.b) - 1
            combine = operator.sub if negative else operator.add
            total = onto(m, f"sum{j}", total, first + j, row, combine)
        m.d.comb += self.p.eq(total)
        return m
