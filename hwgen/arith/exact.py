"""Exact multiplier: the reference that every approximate family is measured against."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from amaranth import Module
from amaranth.lib import wiring

from hwgen.arith.multiplier import MultiplierFamily, Operands, multiplier_ports
from hwgen.number import Codes


class ExactMultiplier(MultiplierFamily):
    """The full product ``a * b``, any signedness and width.

    Combinational: latency 0 cycles, one product a cycle, error 0.
    """

    kind: Literal["exact"] = "exact"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["ExactMultiplier"]:
        yield cls()

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        return np.multiply(a, b)

    def component(self, operands: Operands) -> wiring.Component:
        return ExactMultiplierUnit(operands)


class ExactMultiplierUnit(wiring.Component):
    """Combinational :class:`ExactMultiplier`.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, operands: Operands):
        super().__init__(multiplier_ports(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        m.d.comb += self.p.eq(self.a * self.b)
        return m
