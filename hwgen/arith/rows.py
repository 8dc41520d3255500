"""What families that add up rows of partial products share: a constant and the adder of a row."""

from abc import abstractmethod
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from amaranth import Cat, Module, Shape, Signal, Value

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.spec import Int


class Sums(NamedTuple):
    """Sums of rows over all pairs of codes.

    Members
    -------
    low, high : the smallest and the largest.
    under, over : the smallest and the largest of ``sum - a * b``.
    """

    low: int
    high: int
    under: int
    over: int


class CompensatedFamily(MultiplierFamily):
    """A family with a compile-time ``constant`` in every product, to offset what it leaves out."""

    constant: Int = 0

    def fault(self, operands: Operands) -> str | None:
        low, high = operands.exact_bounds
        if not low <= self.constant <= high:
            return super().fault(operands) or (
                f"multiplier.constant must be {low} to {high} (the exact products of {operands}), "
                f"not {self.constant}")
        return super().fault(operands)

    @abstractmethod
    def sums(self, operands: Operands) -> Sums:
        """What the rows add up to, without the constant."""

    def bounds(self, operands: Operands) -> tuple[int, int]:
        """The smallest and the largest product, exactly."""
        sums = _sums(self, operands)
        return self.constant + sums.low, self.constant + sums.high

    def worst_error(self, operands: Operands) -> int:
        """The largest error that occurs, exactly."""
        sums = _sums(self, operands)
        return max(abs(self.constant + sums.under), abs(self.constant + sums.over))


@cache
def _sums(spec: CompensatedFamily, operands: Operands) -> Sums:
    """:meth:`CompensatedFamily.sums`, found once."""
    return spec.sums(operands)


def onto(m: Module, name: str, total: Value, column: int, row: Value,
         combine: Callable[[Value, Value], Value]) -> Value:
    """``total`` with ``combine(what lies from column upward, row)`` in place of the former.

    So the adder of a row spans the row's own columns and no lower ones, and grows as it must.
    ``name`` is that of the result in the RTL.
    """
    high = combine(total.shift_right(column), row)
    low = Signal(column, name=f"{name}_low")
    result = Signal(Shape(column + len(high), high.shape().signed), name=name)
    m.d.comb += [low.eq(total), result.eq(Cat(low, high))]
    return result


def add_with_carry(x: Value, y: Value, carry: Value) -> Value:
    """``x + y + carry`` in one carry chain: synthesis makes two adders of the plain expression."""
    left, right = (Cat(carry, value) for value in (x, y))
    total = (left.as_signed() if x.shape().signed else left) + (
        right.as_signed() if y.shape().signed else right)
    return total.shift_right(1)
