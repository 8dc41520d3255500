"""Sign-magnitude wrapper: signed operands for multipliers that are defined on unsigned ones."""

from abc import abstractmethod

import numpy as np
from amaranth import Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, Fixed


class SignMagnitudeFamily(MultiplierFamily):
    """A family whose core multiplies magnitudes; the product then takes the sign of the exact one.

    The magnitude of an operand of ``w`` bits is an unsigned number of ``w`` bits: of a signed
    operand 0 to ``2**(w-1)``, that of the smallest code included, of an unsigned one the code.
    """

    @abstractmethod
    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        """Core product, at least 0, of unsigned ``x`` and ``y``; broadcasts; int64."""

    @abstractmethod
    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        """The same in RTL, unsigned; ``x`` and ``y`` are as wide as their operands."""

    @abstractmethod
    def magnitude_bound(self, a_width: int, b_width: int, x_max: int, y_max: int) -> int:
        """What no core product of ``0 <= x <= x_max`` and ``0 <= y <= y_max`` exceeds."""

    def bounds(self, operands: Operands) -> tuple[int, int]:
        """From :meth:`magnitude_bound`, for every pair of signs that the operands can have."""
        reach = {False: 0, True: 0}
        for a_negative, x_max in _largest_magnitudes(operands.a).items():
            for b_negative, y_max in _largest_magnitudes(operands.b).items():
                bound = self.magnitude_bound(operands.a.width, operands.b.width, x_max, y_max)
                negative = a_negative != b_negative
                reach[negative] = max(reach[negative], bound)
        return -reach[True], reach[False]

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
        product = self.golden_magnitudes(operands.a.width, operands.b.width, np.abs(a), np.abs(b))
        return np.where((a < 0) != (b < 0), -product, product)

    def component(self, operands: Operands) -> wiring.Component:
        return SignMagnitudeUnit(self, operands)


def _largest_magnitudes(operand: Fixed) -> dict[bool, int]:
    """Largest magnitude of the codes at least 0 (False) and of those below (True), if any."""
    negative = {True: -operand.minimum} if operand.signed else {}
    return {False: operand.maximum, **negative}


class SignMagnitudeUnit(wiring.Component):
    """Combinational :class:`SignMagnitudeFamily`: magnitudes, the family's core, sign.

    Unsigned operands cost nothing but the core.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: SignMagnitudeFamily, operands: Operands):
        self.spec, self.operands = spec, operands
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        x = Signal(self.operands.a.width)
        y = Signal(self.operands.b.width)
        negative = Const(0)
        for magnitude, port in ((x, self.a), (y, self.b)):
            if port.shape().signed:
                m.d.comb += magnitude.eq(Mux(port[-1], -port, port))
                negative ^= port[-1]
            else:
                m.d.comb += magnitude.eq(port)
        product = self.spec.rtl_magnitudes(m, x, y)
        m.d.comb += self.p.eq(Mux(negative, -product, product))
        return m
