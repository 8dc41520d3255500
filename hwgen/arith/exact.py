"""Exact multiplier: the reference that every approximate family is measured against."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from amaranth import Module
from amaranth.lib import wiring

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.fabric.products import PartialProducts
from hwgen.number import MAX_OPERAND_BITS, Codes


class ExactMultiplier(MultiplierFamily):
    """The full product ``a * b``, any signedness and width.

    Combinational: latency 0 cycles, one product a cycle, error 0.
    """

    widths: ClassVar[tuple[int, int]] = (1, MAX_OPERAND_BITS)

    kind: Literal["exact"] = "exact"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["ExactMultiplier"]:
        yield cls()

    def worst_error(self, operands: Operands) -> int:
        return 0

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        """Also of Python integers in object arrays, where 64 bits do not suffice."""
        return np.multiply(a, b)

    def partial_products(self, operands: Operands) -> PartialProducts:
        first = (0,) * operands.b.width
        return operands.partial_products(first, 0, self.product_shape(operands).width)

    def component(self, operands: Operands) -> wiring.Component:
        return ExactMultiplierUnit(self, operands)


class ExactMultiplierUnit(wiring.Component):
    """Combinational :class:`ExactMultiplier`.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: ExactMultiplier, operands: Operands):
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.d.comb += self.p.eq(self.a * self.b)
        return m
