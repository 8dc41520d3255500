"""What every multiplier family shares: its operands, its ports and its place in a PE."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from amaranth import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.fabric.products import PartialProducts
from hwgen.number import Codes, Fixed, smallest_shape
from hwgen.spec import Spec


@dataclass(frozen=True)
class Operands:
    """The formats of the two factors, and what follows from them for the product."""

    a: Fixed
    b: Fixed

    @property
    def exact_bounds(self) -> tuple[int, int]:
        """Smallest and largest exact product."""
        corners = [x * y for x in (self.a.minimum, self.a.maximum)
                   for y in (self.b.minimum, self.b.maximum)]
        return min(corners), max(corners)

    def partial_products(self, first: Sequence[int], constant: int,
                         width: int) -> PartialProducts:
        """The products of bit j of ``b`` and the bits ``first[j]`` and above of ``a``."""
        pairs = ((i, j) for j, low in enumerate(first) for i in range(low, self.a.width))
        return PartialProducts(self.a.width, self.b.width, self.a.signed, self.b.signed,
                               frozenset(pairs), constant, width)

    @property
    def product_frac(self) -> int:
        """Fraction bits of a product."""
        return self.a.frac + self.b.frac

    def __str__(self) -> str:
        return "x".join(f"{'s' if side.signed else 'u'}{side.width}" for side in (self.a, self.b))


class MultiplierFamily(Spec):
    """A way to multiply: spec of the family, golden and component, for operands of any format.

    A family is one file with a subclass of this and one line in :mod:`hwgen.arith.catalogue`.
    Its golden follows the family's mathematical definition and shares nothing with its RTL.
    """

    widths: ClassVar[tuple[int, int]] = (2, 16)
    """Fewest and most bits of an operand."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages from PyPI, beside those of every array, whose versions the RTL depends on."""

    kind: str

    def fault(self, operands: Operands) -> str | None:
        """Why the family cannot multiply ``operands``, naming the field, or None.

        A subclass with limits of its own asks its ``super()`` first.
        """
        low, high = self.widths
        for side, operand in (("a", operands.a), ("b", operands.b)):
            if not low <= operand.width <= high:
                return (f"{side}.width must be {low} to {high} with multiplier.kind "
                        f"{self.kind!r}, not {operand.width}")
        return None

    def excess(self, operands: Operands, **limits: int) -> str | None:
        """Why a field above its limit cannot be used with ``operands``, or None."""
        for name, limit in limits.items():
            level = getattr(self, name)
            if level > limit:
                return (f"multiplier.{name} must be 0 to {limit} for {operands} operands, "
                        f"not {level}")
        return None

    def bounds(self, operands: Operands) -> tuple[int, int]:
        """Two integers between which every product lies, as tight as the family's theory gives.

        The exact bounds, unless a family that goes beyond them says otherwise.
        """
        return operands.exact_bounds

    def product_shape(self, operands: Operands) -> Shape:
        """Shape of every product: that of the exact one, or wider where :meth:`bounds` ask it."""
        low, high = self.bounds(operands)
        signed = operands.a.signed or operands.b.signed or low < 0
        needed = smallest_shape(low, high)
        width = needed.width + (signed and not needed.signed)
        return Shape(max(operands.a.width + operands.b.width, width), signed)

    def worst_error(self, operands: Operands) -> int | None:
        """Closed-form bound of ``|golden - a * b|`` in product LSBs; None if there is none."""
        return None

    def partial_products(self, operands: Operands) -> PartialProducts | None:
        """What the family adds up, if it is a sum of partial products and a constant."""
        return None

    def signature(self, operands: Operands) -> wiring.Signature:
        """Members: ``a, b: In`` the operand formats; ``p: Out`` the product, latency 0 cycles."""
        return wiring.Signature({
            "a": In(operands.a.shape),
            "b": In(operands.b.shape),
            "p": Out(self.product_shape(operands)),
        })

    @classmethod
    @abstractmethod
    def examples(cls, operands: Operands) -> Iterator[Self]:
        """Specs that the contract tests verify exhaustively at ``operands``; none if none fit."""

    @classmethod
    def fitting(cls, operands: Operands, *specs: Self) -> Iterator[Self]:
        """Those of ``specs`` that can multiply ``operands``."""
        return (spec for spec in specs if spec.fault(operands) is None)

    @abstractmethod
    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        """Product codes of the operand codes; broadcasts; int64."""

    @abstractmethod
    def component(self, operands: Operands) -> wiring.Component:
        """The combinational RTL, with the ports of :meth:`signature`."""


@dataclass(frozen=True)
class MultiplierUnit:
    """A family at fixed operands, ready to be placed."""

    family: MultiplierFamily
    operands: Operands

    @property
    def module_name(self) -> str:
        return f"multiply_{self.family.kind.replace('-', '_')}_{self.operands}"

    @property
    def signature(self) -> wiring.Signature:
        return self.family.signature(self.operands)

    def create(self) -> wiring.Component:
        return self.family.component(self.operands)
