"""Perforated multiplier: some consecutive rows of partial products are left out."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from hwgen.arith.masked import MaskedFamily
from hwgen.arith.multiplier import Operands
from hwgen.spec import Int


class PerforatedMultiplier(MaskedFamily):
    """``a * b`` without the partial products of ``count`` bits of ``b``, plus a constant.

    Partial product perforation (Zervakis, Tsoumanis, Xydis, Soudris and Pekmestzi, Design-efficient
    approximate multiplication circuits through partial product perforation, IEEE Trans. VLSI 2016);
    the original has no constant.

    Two's complement: the sign bit of a signed ``b`` is its last row, negative, and goes with it.
    Combinational: latency 0 cycles, one product a cycle.

    Parameters
    ----------
    first_row : the lowest bit of ``b`` that is left out.
    count : how many are left out, at least 1; ``first_row + count`` is at most ``b.width``.
    constant : added to every product, within the exact products.
    """

    kind: Literal["perforated"] = "perforated"
    first_row: Int = Field(0, ge=0)
    count: Int = Field(1, ge=1)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["PerforatedMultiplier"]:
        width = operands.b.width
        return cls.fitting(
            operands, cls(count=max(1, width // 3)),
            cls(first_row=width // 2, count=width - width // 2, constant=2))

    def fault(self, operands: Operands) -> str | None:
        last = self.first_row + self.count
        if last > operands.b.width:
            return (f"multiplier.first_row + multiplier.count must be at most b.width, "
                    f"{operands.b.width}, not {last}")
        return super().fault(operands)

    def first_columns(self, operands: Operands) -> tuple[int, ...]:
        omitted = range(self.first_row, self.first_row + self.count)
        return tuple(operands.a.width if j in omitted else 0 for j in range(operands.b.width))
