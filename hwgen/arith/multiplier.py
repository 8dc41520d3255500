"""What every multiplier family shares: its operands, its ports and its place in a PE."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from amaranth import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.number import Codes, Fixed
from hwgen.spec import Spec


@dataclass(frozen=True)
class Operands:
    """The formats of the two factors, and what follows from them for the product."""

    a: Fixed
    b: Fixed

    @property
    def product_shape(self) -> Shape:
        """Shape that holds every exact product."""
        return Shape(self.a.width + self.b.width, self.a.signed or self.b.signed)

    @property
    def product_frac(self) -> int:
        """Fraction bits of a product."""
        return self.a.frac + self.b.frac

    def __str__(self) -> str:
        return "x".join(f"{'s' if side.signed else 'u'}{side.width}" for side in (self.a, self.b))


class MultiplierFamily(Spec):
    """A way to multiply: spec of the family, golden and component, for operands of any format.

    A family is one file with a subclass of this and one line in :mod:`hwgen.arith.catalogue`.
    """

    kind: str

    @classmethod
    @abstractmethod
    def examples(cls, operands: Operands) -> Iterator[Self]:
        """Specs that the contract tests verify exhaustively at ``operands``."""

    @abstractmethod
    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        """Product codes of the operand codes; broadcasts, keeps the dtype (int64 or object)."""

    @abstractmethod
    def component(self, operands: Operands) -> wiring.Component:
        """The combinational RTL: ports ``a``, ``b`` and ``p`` of :func:`multiplier_ports`."""


def multiplier_ports(operands: Operands) -> wiring.Signature:
    """Members: ``a, b: In`` the operand formats; ``p: Out`` the product, latency 0 cycles."""
    return wiring.Signature({
        "a": In(operands.a.shape),
        "b": In(operands.b.shape),
        "p": Out(operands.product_shape),
    })


@dataclass(frozen=True)
class MultiplierUnit:
    """A family at fixed operands, ready to be placed."""

    family: MultiplierFamily
    operands: Operands

    @property
    def module_name(self) -> str:
        return f"multiply_{self.family.kind}_{self.operands}"

    @property
    def signature(self) -> wiring.Signature:
        return multiplier_ports(self.operands)

    def create(self) -> wiring.Component:
        return self.family.component(self.operands)
