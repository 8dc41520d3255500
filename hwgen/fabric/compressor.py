"""A heap of bits compressed with the LUTs of six inputs and the carry chains of Xilinx 7.

Two products and a bit are one LUT of five inputs, which gives both bits of their sum, or the first
slot of a chain.  Two slots count six bits and the carry (Preusser, Generic and universal parallel
matrix summation, FPL 2017); what leaves them is a carry two columns further up, where two more
slots can count.  A carry that leaves its chain takes a place there, of which the LUT is 0, or that
of a LUT whose output is known besides: then it is the sum of two nets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from hwgen.fabric.lanes import LanePlan, positive
from hwgen.fabric.logic import ONE, ZERO, Function, Net
from hwgen.fabric.netlist import Netlist, Slot
from hwgen.fabric.schedule import Column, scheduled
from hwgen.fabric.sums import Exchange

_RIPPLE = 16, 4  # sums of products behind each other in the lowest column, at most, and the least
_LUT, _ENTER, _HOP = 10, 6, 1  # delays: of a LUT, of one before a carry, and of a carry
_PINS = 6


@dataclass(frozen=True)
class Bit:
    """A function of a net or two, and when it is there."""

    function: Function
    time: int = 0


@dataclass
class OpenChain:
    """A chain of slots that goes on in some column, with the net of its carry there."""

    number: int
    carry: Net
    time: int


class Compressor:
    """The circuit of a plan, without registers, but so that products are taken in before them."""

    def __init__(self, plan: LanePlan):
        self.plan = plan
        self.net = Netlist(plan.inputs)
        self._ripple = max(_RIPPLE[0] // (plan.stages + 1), _RIPPLE[1])
        exchanges, products, constant = positive(plan.products(self.net))
        self._ones = [constant >> column & 1 for column in range(plan.width)]
        ones = tuple((ONE, one << column) for column, one in enumerate(self._ones) if one)
        self.net.exchanges += [*exchanges, Exchange(((ONE, constant),), ones)]
        self._products: list[list[Function]] = [[] for _ in range(plan.width)]
        for product, worth in products:
            self._products[worth.bit_length() - 1].append(product)
        self._bits: list[list[tuple[int, int, Bit]]] = [[] for _ in range(plan.width)]
        self._carries: list[list[OpenChain]] = [[] for _ in range(plan.width + 1)]
        self._hosts: list[Bit] = []
        self._count = 0
        self._column = 0

    def netlist(self) -> Netlist:
        """The whole circuit."""
        counts = [len(products) for products in self._products]
        columns = scheduled(counts, self._ones, -(-counts[0] // (2 * self._ripple)))
        result = []
        for self._column, column in enumerate(columns):
            if self._ones[self._column]:
                self._put(Bit(ONE, -1))
            sums = self._gate(column)
            self._compress(column, sums)
            result.append(self._take(1)[0].function)
        self._column = len(columns)
        top = self._parity()
        self._exchange([top], [self.net.wire(top, "top")])
        self.net.drive("p", [*result, top])
        return self.net

    def _gate(self, column: Column) -> list[int]:
        """Take in the products of this column; returns the sums that are left to be begun."""
        products = [Bit(product) for product in self._products[self._column]]
        for _ in range(column.triples):
            self._sum(_cut(products, 3), alone=True)
        for _ in range(column.pairs):
            self._sum(_cut(products, 2))
        for chain in _cut(self._carries[self._column], column.carried):
            self._slot(chain, _cut(products, 2))
        for _ in range(column.single):
            self._sum(_cut(products, 1))
        begun = len(products) // 2 - column.gated
        first = column.gated if self.plan.stages else 0  # a late chain would make the others late
        for place in range(begun + column.gated):
            if first <= place < first + begun:
                self._begin(_cut(products, 2))
            else:
                self._sum([*self._take(1), *_cut(products, 2)])
        return [3] * (column.begun - begun)

    def _compress(self, column: Column, begun: list[int]) -> None:
        """Take in the bits and carries of this column."""
        carries = self._carries[self._column]
        double = [self._hosted(chain) for chain in _cut(carries, column.hosted)]
        for chain in _cut(carries, column.ended):
            self._slot(chain, [])
        kept = _cut(double, 2 * column.mixed)
        for chain in _cut(carries, column.slots):
            self._slot(chain, self._some(double, 2))
        sizes = [2] * column.halves + [3] * column.sums
        while double and sizes:
            self._sum(self._some(double, sizes.pop()))
        while double:
            self._begin(self._some(double, begun.pop() - 1))
        for chain in _cut(carries, column.counters):
            self._counter(chain, self._take(6))
        for _ in range(column.free):
            self._counter(self._new_chain(Bit(ZERO)), self._take(6))
        for _ in range(column.sixes):
            self._sum(self._take(6), alone=True)
        for chain in _cut(carries, column.mixed):
            upper = heappop(self._bits[self._column + 1])[2]
            self._counter(chain, [*_cut(kept, 2), *self._take(2)], upper)
        for size in begun:
            self._begin(self._take(size - 1))
        for size in reversed(sizes):
            self._sum(self._take(size))

    def _parity(self) -> Function:
        """The bit of the highest column."""
        chains = self._carries[self._column]
        items = [Bit(product) for product in self._products[self._column]]
        items += self._take(len(self._bits[self._column]))
        while chains or len(items) > 1:
            bits = _cut(items, 1)
            while items and sum(len(bit.function.nets) for bit in [*bits, items[0]]) <= _PINS:
                bits.append(items.pop(0))
            if chains:
                self._slot(chains.pop(0), bits)
            else:
                self._sum(bits)
            items += self._take(1)
        bit = items[0].function if items else ZERO
        if not self._ones[self._column]:
            return bit
        inverse = self.net.inverted(bit, freely=True)
        self._exchange([bit, ONE], [~bit])
        return inverse

    def _put(self, bit: Bit, above: int = 0) -> None:
        """Add a bit to the heap, ``above`` this column."""
        column = self._column + above
        if column < self.plan.width:
            self._count += 1
            heappush(self._bits[column], (bit.time, self._count, bit))

    def _take(self, count: int) -> list[Bit]:
        """The earliest bits of this column."""
        return [heappop(self._bits[self._column])[2] for _ in range(count)]

    def _some(self, double: list[Bit], count: int) -> list[Bit]:
        """Bits of two nets, two at most, and of one."""
        most = _cut(double, min(2, count, len(double)))
        return [*most, *self._take(count - len(most))]

    def _exchange(self, taken: Sequence[Function], *given: Sequence[Function]) -> None:
        """State a sum; what is given is worth more by column."""
        worth = 1 << self._column
        self.net.exchanges.append(Exchange(
            tuple((bit, worth) for bit in taken),
            tuple((bit, worth << above) for above, bits in enumerate(given) for bit in bits)))

    def _wired(self, function: Function, time: int, alone: bool = False) -> Bit:
        return Bit(self.net.wire(function, f"sum_{self._column}",
                                 "none" if alone else "same"), time)

    def _sum(self, bits: Sequence[Bit], alone: bool = False) -> None:
        """Bits in a LUT, or each bit of the sum in one of its own."""
        functions, time = [bit.function for bit in bits], max(bit.time for bit in bits) + _LUT
        counts = _counted(functions)[: self.plan.width - self._column]
        given = [self._wired(each, time, alone) for each in counts]
        self._exchange(functions, *([bit.function] for bit in given))
        self._hosts += given if alone else []
        for above, bit in enumerate(given):
            self._put(bit, above)

    def _new_chain(self, bit: Bit) -> OpenChain:
        self._count += 1
        return OpenChain(self._count, self.net.net(bit.function, "carry"), bit.time)

    def _begin(self, pair: Sequence[Bit]) -> None:
        """A slot for two bits and a third, which is its chain's first carry."""
        bits = self._take(min(2, len(self._bits[self._column])))
        first = bits.pop()  # a one, if any, is taken before
        for bit in bits:
            self._put(bit)
        self._slot(self._new_chain(first), pair)

    def _slot(self, chain: OpenChain, bits: Sequence[Bit]) -> None:
        """A slot that takes up to two bits, or any in the highest column; ends a chain with none.
        """
        carry = self.net.new_net()
        functions = [Function.of(carry), *(bit.function for bit in bits)]
        goes_on = len(bits) > 1 and self._column < self.plan.width - 1
        total, *above = _counted(functions) if goes_on else [_parity(functions)]
        taken = [Function.of(chain.carry), *functions[1:]]
        output = self._append(chain, carry, total, above[0] if above else None, bits)
        self._exchange(taken, [output.function], *([Function.of(chain.carry)] for _ in above))
        self._put(output)
        if goes_on:
            self._carries[self._column + 1].append(chain)

    def _hosted(self, chain: OpenChain) -> Bit:
        """The carry of a chain, which ends, as the sum of two nets."""
        host, = _cut(self._hosts, 1)
        carry, taken = self.net.new_net(), Function.of(chain.carry)
        total = Function.of(carry) ^ host.function
        output = self._append(chain, carry, total, None, [host], host.function.net)
        both = Bit(output.function ^ host.function, output.time)
        self._exchange([taken, host.function], [both.function, host.function])
        return both

    def _counter(self, chain: OpenChain, bits: Sequence[Bit], upper: Bit | None = None) -> None:
        """Two slots that count the carry, and six bits or four and one of the next column."""
        functions = [bit.function for bit in bits]
        last, next_bit = functions[-1], upper.function if upper else ZERO
        parity, twice, *more = _counted(functions[:-1])
        four = more[0] if more else twice & next_bit
        taken = [Function.of(chain.carry), *functions]
        first, second = (Function.of(self.net.new_net()) for _ in range(2))
        odd, one = parity ^ last, twice ^ next_bit
        lower = self._append(chain, first.nets[0], odd ^ first, odd & first | ~odd & last, bits)
        inside = self._column + 2 < self.plan.width
        higher = self._append(chain, second.nets[0], one ^ second,
                              one & second | four if inside else None,
                              [*bits, *([upper] if upper else [])])
        given = [[lower.function], [higher.function], [Function.of(chain.carry)]]
        self._exchange([*taken, *([next_bit] * 2 if upper else [])], *given[: 2 + inside])
        self._put(lower)
        self._put(higher, 1)
        if inside:
            self._carries[self._column + 2].append(chain)

    def _append(self, chain: OpenChain, carry: Net, total: Function, next_carry: Function | None,
                bits: Sequence[Bit], host: Net | None = None) -> Bit:
        """A slot at the end of a chain, for some bits; returns its output."""
        out, output = self.net.new_net(), self.net.new_net()
        self.net.cells.append(Slot(f"slot{output}", chain.number, chain.carry, carry, total,
                                   next_carry, out, output, host))
        time = max((bit.time for bit in bits), default=0)
        chain.carry, chain.time = out, max(chain.time + _HOP, time + _ENTER)
        return Bit(Function.of(output), max(chain.time, time + _LUT))


def _cut(items: list, count: int) -> list:
    """The first of a list, which are taken from it."""
    taken, items[:] = items[:count], items[count:]
    return taken


def _parity(bits: Sequence[Function]) -> Function:
    total = ZERO
    for bit in bits:
        total = total ^ bit
    return total


def _counted(bits: Sequence[Function]) -> list[Function]:
    """How many of some bits are 1, the lowest bit first."""
    total = [ZERO] * len(bits).bit_length()
    for bit in bits:
        for place, each in enumerate(total):
            total[place], bit = each ^ bit, each & bit
    return total
