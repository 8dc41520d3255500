"""What builders of netlists state of the sums that they make, for :mod:`hwgen.fabric.proof`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwgen.fabric.logic import ZERO, Function
from hwgen.fabric.products import Weights


@dataclass(frozen=True)
class Digits:
    """A number: bits by column, and ``sign`` in all columns above; what is not there is 0.

    Members
    -------
    weights : the products of bits (i, j) that it sums, each with its weight; there may be a
        constant besides.
    """

    bits: Mapping[int, Function]
    sign: Function = ZERO
    weights: Weights = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Columns up to the highest bit."""
        return max(self.bits, default=-1) + 1

    def bit(self, column: int) -> Function:
        return self.bits.get(column, ZERO) if column < self.size else self.sign


@dataclass(frozen=True)
class Statement:
    """``total`` is some constant, plus ``gain``, plus or minus each of ``parts``.

    Members
    -------
    width : columns from here on do not matter.
    parts : numbers of steps before this, each with 1 or -1.
    gain : products of operand bits, with plus or minus a power of two each.
    """

    total: Digits
    width: int
    parts: tuple[tuple[int, Digits], ...] = ()
    gain: Weights = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """The sum of ``taken`` is that of ``given``, whatever the nets of ``taken`` are.

    Both are functions of nets, each with the power of two, or the negative of one, that it is
    worth.
    """

    taken: tuple[tuple[Function, int], ...]
    given: tuple[tuple[Function, int], ...]


def joined(*sums: Weights) -> Weights:
    """The weights of a sum of sums."""
    total: dict[tuple[int, int], int] = {}
    for weights in sums:
        for pair, weight in weights.items():
            total[pair] = total.get(pair, 0) + weight
    return {pair: weight for pair, weight in total.items() if weight}


def negated(weights: Weights) -> Weights:
    """The weights of what is subtracted."""
    return {pair: -weight for pair, weight in weights.items()}
