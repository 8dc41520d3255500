"""Sums of lanes as trees of adders in carry chains, for families of LUTs of four inputs.

Words are added up in small groups, one after the other, as a slot can form a product where it adds
it; then the groups in pairs.  Sums are as wide as they can get; those of signed words keep their
sign in their highest bit.  Single bits are the carries with which sums of others begin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from hwgen.fabric.adders import Fits, add_bits
from hwgen.fabric.lanes import Bits, LanePlan, positive
from hwgen.fabric.logic import ONE, ZERO, Function
from hwgen.fabric.netlist import Chain, Netlist
from hwgen.fabric.sums import Exchange

GROUPS = 1, 2, 3
"""Sizes of groups that are worth a look."""


def tree_netlists(plan: LanePlan, fits: Fits, product: int = 1) -> Iterator[Netlist]:
    """Circuits in one chain for the same sum, among them the smallest known."""
    power = not plan.lanes & (plan.lanes - 1)
    for inverted in (False, True)[: 1 + (plan.signed and power)]:
        for group in GROUPS:
            yield LaneTree(plan, group, True, fits, product, inverted).netlist()


@dataclass(frozen=True)
class _Parts:
    """How some bits are counted: ``half`` of them, the others, and perhaps one as the carry."""

    luts: int
    width: int
    half: int = 0
    carry: bool = False


@cache
def _parted(count: int, product: int, carry: int) -> _Parts:
    """The smallest way; ``product`` and ``carry`` are LUTs of one alone, and of one as a carry."""
    if count < 3:
        return _Parts((0, product, 2)[count], count)
    found = []
    for taken in (False, True):
        for half in range(1, (count - taken) // 2 + 1):
            x, y = (_parted(size, product, carry) for size in (half, count - taken - half))
            width = max(x.width, y.width) + 1
            found.append(_Parts(x.luts + y.luts + width + taken * carry, width, half, taken))
    return min(found, key=lambda parts: parts.luts)


@dataclass(frozen=True)
class Word:
    """Bits of a number, the lowest first; ``gate`` is the bit of its lane, if it is one's word."""

    bits: tuple[Function, ...]
    gate: Function | None = None


class LaneTree:
    """The circuit of a plan, without registers.

    Parameters
    ----------
    group : words that are added up one after the other.
    shared : whether one chain takes all sums.
    fits : what a slot of the family can be.
    product : LUTs that a product takes where it is a summand of one bit.
    inverted : whether the signs of signed words are added inverted, as ``-v = ~v - 1``, which does
        without a place between two sums; the number of lanes must be a power of two then.
    """

    def __init__(self, plan: LanePlan, group: int, shared: bool, fits: Fits, product: int = 1,
                 inverted: bool = False):
        self.plan = plan
        self.net = Netlist(plan.inputs)
        self._chain = Chain(self.net, shared)
        self._group = group
        self._fits = fits
        self._sums = 0
        self._luts = product, 0 if shared else 1
        self._signed = plan.signed and not inverted

    def netlist(self) -> Netlist:
        """The whole circuit."""
        plan = self.plan
        gates = self.net.bits("a")
        words = [Word(self._positive(word), gate)
                 for word, gate in zip(plan.words(self.net), gates, strict=True)]
        total = self._tree(words) if plan.bits > 1 else self._counted(words)
        bits = [self.net.wire(bit, "p") for bit in total.bits]
        for column, (bit, wired) in enumerate(zip(total.bits, bits, strict=True)):
            self._exchange([(bit, column)], [(wired, column)])
        if plan.signed and not self._signed:
            top = plan.width - 1
            constant = -plan.lanes << (plan.bits - 1)
            self.net.exchanges.append(Exchange(((ONE, constant),), ((ONE, 1 << top),)))
            self._exchange([(bits[-1], top), (ONE, top)], [(~bits[-1], top)])
            bits[-1] = self.net.inverted(bits[-1], freely=True)
        self.net.drive("p", bits)
        return self.net

    def _positive(self, word: Bits) -> tuple[Function, ...]:
        """The bits of a word, its sign inverted if signs are to be."""
        if not self._signed:
            exchanges, word, _ = positive(word)
            self.net.exchanges += exchanges
        return tuple(bit for bit, _ in word)

    def _tree(self, words: Sequence[Word]) -> Word:
        """Groups of words, then pairs of their sums."""
        level = []
        for place in range(0, len(words), self._group):
            total, *others = words[place : place + self._group]
            for word in others:
                total = self._added(total, word)
            level.append(total)
        while len(level) > 1:
            if self.plan.stages:
                self._chain.part()  # a chain is not cut
            sums = [self._added(x, y) for x, y in zip(level[::2], level[1::2], strict=False)]
            level = sums + level[2 * len(sums) :]
        return level[0]

    def _counted(self, words: Sequence[Word]) -> Word:
        """How many of some bits are 1: those of two parts, and one as the carry."""
        if len(words) == 1:
            return words[0]
        if len(words) == 2:
            return self._pair(words[0].bits[0], words[1].bits[0])
        found = _parted(len(words), *self._luts)
        carry = words[-1].bits[0] if found.carry else ZERO
        parts = words[: found.half], words[found.half : len(words) - found.carry]
        x, y = (Word(self._counted(part).bits) for part in parts)
        return self._added(x, y, carry)

    def _pair(self, x: Function, y: Function) -> Word:
        """The sum of two products, in two LUTs."""
        total, carry = (self.net.wire(bit, "pair") for bit in (x ^ y, x & y))
        self._exchange([(x, 0), (y, 0)], [(total, 0), (carry, 1)])
        return Word((total, carry)[: self.plan.width])

    def _added(self, x: Word, y: Word, carry: Function = ZERO) -> Word:
        """The sum of two numbers and a carry; ``y`` may be gated, ``x`` first becomes nets."""
        self._sums += 1
        self._begin(carry)
        mask = self._mask(y)
        width = max(len(x.bits), len(y.bits)) + 1
        stop = min(width, self.plan.width)
        pairs = [(self._bit(x, column), self._bit(y, column)) for column in range(stop)]
        if self._signed:
            for number in (x, y):
                self._extend(number, stop)
        bits: list[Function] = []
        taken: list[tuple[Function, int]] = []
        for column, (first, second) in enumerate(pairs):
            before = Function.of(self._chain.carry) & mask
            last = column == stop - 1
            bits.append(self._slot(f"sum{self._sums}_{column}", first, second, y.gate, last))
            signed = self._signed and stop == width
            if signed and last:  # of the two highest, whose summands are the same
                place = column - 1
                self._exchange([*taken, (first, -1 - column), (second, -1 - column)],
                               [(bits[-2], place), (bits[-1], -1 - column)])
                continue
            taken = [(first, column), (second, column), (before, column)]
            if signed and column == stop - 2:
                continue
            after = [] if last else [(Function.of(self._chain.carry) & mask, column + 1)]
            self._exchange(taken, [(bits[-1], column), *after])
        return Word(tuple(bits))

    def _bit(self, number: Word, column: int) -> Function:
        above = number.bits[-1] if self._signed and number.bits else ZERO
        return number.bits[column] if column < len(number.bits) else above

    def _extend(self, number: Word, stop: int) -> None:
        """State that a sign is worth as much if it goes on up to the highest column."""
        sign, top = number.bits[-1], len(number.bits) - 1
        highest = -stop if stop < self.plan.width else stop - 1
        self._exchange([(sign, -1 - top)], [*((sign, column) for column in range(top, stop - 1)),
                                            (sign, highest)])

    def _exchange(self, taken: Sequence[tuple[Function, int]],
                  given: Sequence[tuple[Function, int]]) -> None:
        """State a sum of bits in columns; ``-1 - column`` is that column, negative."""
        sides = [tuple((bit, 1 << column if column >= 0 else -(1 << (-1 - column)))
                       for bit, column in side) for side in (taken, given)]
        self.net.exchanges.append(Exchange(*sides))

    def _begin(self, carry: Function) -> None:
        """Start a chain, or a sum in one."""
        own = self.net.wire(carry, "carry") if self._luts[0] else carry
        self._chain.begin(own)
        self._exchange([(carry, 0)], [(Function.of(self._chain.carry), 0)])

    def _mask(self, y: Word) -> Function:
        """What the carry counts with."""
        return ONE

    def _slot(self, name: str, x: Function, y: Function, gate: Function | None,
              ends: bool) -> Function:
        return add_bits(self.net, self._chain, name, x, y, ends, self._fits)


class SelectTree(LaneTree):
    """For slots with a carry of two nets, and the sum or the first of them behind it.

    The carry is that of the ungated word: it counts only with the gate.
    """

    def _begin(self, carry: Function) -> None:
        self._chain.begin(ZERO)
        if carry == ZERO:
            return
        x, y = (Function.of(net) for net in carry.nets)
        net = self.net.new_net()
        before = Function.of(net)
        self._chain.append(f"carry{self._sums}", net, x ^ y ^ before, x & y | before & (x ^ y))
        self._exchange([(carry, 0)], [(Function.of(self._chain.carry), 0)])

    def _mask(self, y: Word) -> Function:
        return y.gate or ONE

    def _slot(self, name: str, x: Function, y: Function, gate: Function | None,
              ends: bool) -> Function:
        net = self.net.new_net()
        carry = Function.of(net)
        x = self.net.wire(x, f"{name}x")
        y = self.net.wire(y, f"{name}y") if gate is None else y.at({gate.nets[0]: 1})
        total = x ^ y ^ carry if gate is None else gate & (x ^ y ^ carry) | ~gate & x
        return self._chain.append(name, net, total, None if ends else x & y | carry & (x ^ y))
