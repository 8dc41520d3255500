"""Small multiplier families whose errors are known by hand or from publications."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from amaranth.lib import wiring

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, Fixed


def operands(a: str, b: str) -> Operands:
    """From names such as ``s8``."""
    left, right = (Fixed(width=int(name[1:]), signed=name[0] == "s") for name in (a, b))
    return Operands(left, right)


class GoldenOnly(MultiplierFamily):
    """A family without RTL, which the analysis does not need."""

    widths: ClassVar[tuple[int, int]] = (1, 32)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["GoldenOnly"]:
        yield cls(kind="golden")

    def component(self, operands: Operands) -> wiring.Component:
        raise NotImplementedError


class Truncated(GoldenOnly):
    """Without partial products below column ``cut``, which lies below the sign columns."""

    kind: Literal["truncated"] = "truncated"
    cut: int = 0

    def bounds(self, operands: Operands) -> tuple[int, int]:
        low, high = operands.exact_bounds
        return low - self.worst_error(operands), high

    def worst_error(self, operands: Operands) -> int:
        return sum((k + 1) << k for k in range(self.cut))

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        product = a * b
        for i in range(self.cut):
            for j in range(self.cut - i):
                product = product - (((a >> i) & (b >> j) & 1) << (i + j))
        return product


class Kulkarni(GoldenOnly):
    """2x2 blocks whose 3 * 3 is 7 (Kulkarni et al., VLSI Design 2011), in the low columns.

    Blocks of digits ``i, j`` with ``i + j < columns`` are such, the others exact.
    """

    kind: Literal["kulkarni"] = "kulkarni"
    columns: int = 99

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        product = a * b
        for i in range(operands.a.width // 2):
            for j in range(min(operands.b.width // 2, self.columns - i)):
                both = ((a >> 2 * i) & (b >> 2 * j) & 3) == 3
                product = product - (2 * both.astype(np.int64) << 2 * (i + j))
        return product


class Offset(GoldenOnly):
    """The exact product plus a constant, zero operands included."""

    kind: Literal["offset"] = "offset"
    offset: int = 1

    def bounds(self, operands: Operands) -> tuple[int, int]:
        low, high = operands.exact_bounds
        return low + self.offset, high + self.offset

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        return a * b + self.offset
