"""Sums over lanes of one bit times one word, as a heap of bits that cells exchange for fewer.

Whatever takes bits of the heap states an :class:`~hwgen.fabric.sums.Exchange`: what it takes is
worth what it gives.  All exchanges together turn the products into the bits of the sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.fabric.logic import ONE, Function
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.sums import Exchange

Bits = Sequence[tuple[Function, int]]
"""Functions of nets, each with the power of two, or the negative of one, that it is worth."""


@dataclass(frozen=True)
class LanePlan:
    """The sum over ``lanes`` of a bit of ``a`` times a word of ``b``, modulo ``2**width``.

    Parameters
    ----------
    bits : of a word.
    signed : whether words are two's complement.
    width : bits of the sum.
    stages : registers on every way from the operands to the sum.
    """

    lanes: int
    bits: int
    signed: bool
    width: int
    stages: int = 0

    @property
    def inputs(self) -> dict[str, int]:
        """Width of each port."""
        return {"a": self.lanes, "b": self.lanes * self.bits}

    def products(self, netlist: Netlist) -> list[tuple[Function, int]]:
        """Every product of two operand bits, with its worth."""
        return [product for word in self.words(netlist) for product in word]

    def words(self, netlist: Netlist) -> list[list[tuple[Function, int]]]:
        """The products of each lane, the lowest first."""
        worths = [1 << place for place in range(self.bits)]
        if self.signed:
            worths[-1] = -worths[-1]
        a, b = netlist.bits("a"), netlist.bits("b")
        words = [b[first : first + self.bits] for first in range(0, len(b), self.bits)]
        return [[(gate & bit, worth) for bit, worth in zip(word, worths, strict=True)]
                for gate, word in zip(a, words, strict=True)]


def positive(products: Bits) -> tuple[list[Exchange], Bits, int]:
    """Products of which none is negative: those that are come inverted, as ``-v = ~v - 1``.

    Returns
    -------
    The exchanges, what they give, and the constant that is to be added.
    """
    exchanges, found, constant = [], [], 0
    for bit, worth in products:
        if worth < 0:
            given = ((~bit, -worth), (ONE, worth))
            exchanges.append(Exchange(((bit, worth),), given))
            constant += worth
            bit, worth = given[0]
        found.append((bit, worth))
    return exchanges, found, constant

