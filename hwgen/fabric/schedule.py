"""How many counters of which kind take a heap of bits, for LUTs of six inputs with carry chains.

The columns are settled one after the other, the lowest first, each down to one bit; what is
searched is how many of each kind.  An estimate of what the bits above will take ranks beginnings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_LESS = -1, 0, 1, 4, 8  # counters than carries that meet enough bits
_KEPT = 25  # beginnings of a schedule that are followed up
_BIT, _HOST = 0.5, -0.36  # LUTs that one more of each will take, about
_CARRY, _FED = 0.97, 0.55  # a carry, or one that meets enough bits in its column
_ENOUGH = 16  # hosts


@dataclass(frozen=True)
class Column:
    """What happens in one column; each part leaves a bit of the column.

    Members
    -------
    triples : three products in two LUTs of their own, of which each can be a host.
    pairs : two products in a LUT.
    carried : two products and the carry of a chain in a slot.
    begun : a bit, and two products or two bits, in the first slot of a chain.
    gated : a bit and two products in a LUT.
    single : 1 if a product is left, in a LUT.
    sixes : six bits in three LUTs of their own, hosts as well.
    hosted : carries that leave a chain in the place of a host, as the sum of two nets.
    ended : carries that leave a chain in a place of their own.
    slots : carries that take two bits in a slot.
    counters : carries that take six bits in two slots.
    mixed : carries that take two bits of two nets, two bits, and one of the next column, in two
        slots.
    free : six bits in the first two slots of a chain.
    sums : three bits in a LUT.
    halves : two bits in a LUT.
    """

    triples: int = 0
    pairs: int = 0
    carried: int = 0
    begun: int = 0
    gated: int = 0
    single: int = 0
    sixes: int = 0
    hosted: int = 0
    ended: int = 0
    slots: int = 0
    counters: int = 0
    mixed: int = 0
    free: int = 0
    sums: int = 0
    halves: int = 0

    @property
    def luts(self) -> int:
        """What it takes: hosts pay for those that they take in."""
        ones = (self.pairs + self.carried + self.begun + self.gated + self.single + self.ended
                + self.slots + self.sums + self.halves)
        twos = self.triples + self.counters + self.mixed + self.free
        return ones + 2 * twos + 3 * self.sixes


@dataclass(frozen=True)
class _Heap:
    """What is left for the next two columns, and what the columns below have taken."""

    bits: tuple[int, int] = (0, 0)
    carries: tuple[int, int] = (0, 0)
    hosts: int = 0
    luts: int = 0
    columns: tuple[Column, ...] = ()

    def rank(self, products: Sequence[int]) -> float:
        """An estimate of all LUTs, ``products`` being those of the next two columns."""
        fed = self.bits[0] // 6, 0  # carries that meet six bits
        carries = sum(carry * _CARRY - (_CARRY - _FED) * (carry if count else min(carry, six))
                      for count, carry, six in zip(products, self.carries, fed, strict=False))
        hosts = min(self.hosts, sum(self.bits) // 8 + sum(self.carries))
        return self.luts + _BIT * sum(self.bits) + carries + _HOST * hosts

    def after(self, column: Column) -> "_Heap":
        up = (column.triples + column.pairs + column.gated + column.sixes + column.counters
              + column.free + column.sums + column.halves)
        hosts = self.hosts + 2 * column.triples + 3 * column.sixes - column.hosted
        return _Heap((self.bits[1] + up, column.sixes),
                     (self.carries[1] + column.carried + column.begun + column.slots,
                      column.counters + column.mixed + column.free),
                     hosts, self.luts + column.luts, (*self.columns, column))


def scheduled(products: Sequence[int], ones: Sequence[int], starts: int) -> tuple[Column, ...]:
    """The columns but the highest, of which only the parity counts.

    Parameters
    ----------
    products, ones : of each column, the highest included: products of two nets, and constants.
    starts : bits of the lowest column with which products are summed side by side, at least.
    """
    heaps = [_Heap()]
    for place, count in enumerate(products[:-1]):
        found: dict[object, _Heap] = {}
        for heap in heaps:
            heap = replace(heap, bits=(heap.bits[0] + ones[place], heap.bits[1]))
            for column in _columns(heap, count, 0 if place else starts):
                after = heap.after(column)
                key = after.bits, after.carries, after.hosts
                if key not in found or found[key].luts > after.luts:
                    found[key] = after
        heaps = sorted(found.values(), key=lambda heap: heap.rank(products[place + 1 :]))[:_KEPT]
    return min(heaps, key=lambda heap: heap.luts + _parity(heap)).columns


def _parity(heap: _Heap) -> int:
    """LUTs of the highest column."""
    return max(heap.carries[0], -(-(heap.bits[0] + heap.carries[0] - 1) // 5))


def _columns(heap: _Heap, products: int, starts: int) -> Iterator[Column]:
    """Ways to settle a column."""
    for gates in _gates(heap, products, starts):
        bits = heap.bits[0] + gates.triples + gates.pairs + gates.carried + gates.single
        carries = heap.carries[0] - gates.carried
        if not products and not bits + carries:
            yield gates
            continue
        for ends in _ends(bits, carries, heap.hosts, bool(products)):
            yield from _settled(heap, gates, ends, bits)


def _gates(heap: _Heap, products: int, starts: int) -> Iterator[Column]:
    """Ways to take in the products."""
    if not products:
        yield Column()
        return
    bits, carries = heap.bits[0], heap.carries[0]
    balanced = (bits + carries - 1) // 6
    for triples in range(min(products // 3, max(starts, 1)) + 1):
        rest = products - 3 * triples
        for counters in sorted({max(0, min(carries, balanced - less)) for less in _LESS}):
            carried = min(carries - counters, rest // 2)
            single, left = rest % 2, rest // 2 - carried
            pairs = min(left, max(0, starts - triples - single,
                                  not bits + triples + carried + single))
            yield Column(triples=triples, pairs=pairs, carried=carried, gated=left - pairs,
                         single=single)


def _ends(bits: int, carries: int, hosts: int, gated: bool) -> Iterator[Column]:
    """Ways to go on with the carries, and how many LUTs of six bits there are besides."""
    for slots in (0,) if gated else _some(carries):
        most = min(carries - slots, (bits + carries - slots) // 6)
        for counters in (most,) if gated else _some(most):
            left = carries - slots - counters
            for hosted, mixed in _leaving(left, hosts, gated):
                ended = left - hosted - mixed
                plain = bits + left - hosted - mixed
                column = Column(slots=slots, counters=counters, hosted=hosted, ended=ended,
                                mixed=mixed)
                for sixes in _some(max(0, (plain - 5 * counters - 1) // 5)):
                    yield replace(column, sixes=sixes)


def _leaving(carries: int, hosts: int, gated: bool) -> Iterator[tuple[int, int]]:
    """How many of some carries leave in the place of a host, and how many take some of these."""
    yield 0, 0
    if hosts and carries:
        yield min(hosts, carries), 0
        for mixed in sorted({carries // 3, carries // 5, 1} - {0}) if not gated else ():
            if 2 * mixed <= min(hosts, carries - mixed):
                yield min(hosts, carries - mixed), mixed


def _some(most: int) -> list[int]:
    """0 to ``most``, or some of these."""
    if most <= 6:
        return list(range(most + 1))
    return sorted({0, 1, most // 4, most // 3, most // 2, 2 * most // 3, 3 * most // 4, most - 1,
                   most})


def _settled(heap: _Heap, gates: Column, ends: Column, bits: int) -> Iterator[Column]:
    """The column with sums of three bits until one is left."""
    double = ends.hosted  # bits of two nets: two fit a slot, or a LUT beside one more
    items = bits + ends.ended + double - ends.slots - 3 * ends.mixed
    plain = items + 3 * ends.mixed - max(0, double - 2 * ends.slots)
    if ends.slots and bits + ends.ended + double < 2 * ends.slots:
        return
    for free in (0, 1):
        six = ends.counters + ends.sixes + free
        rest = items - 5 * six - 1
        if rest < 0 or plain < 5 * six + 1 + 2 * ends.mixed or ends.mixed > six + heap.bits[1]:
            continue
        sums, halves = rest // 2, rest % 2
        up = (gates.triples + gates.pairs + gates.gated + six + sums + halves + heap.bits[1])
        sure = gates.carried + ends.slots + heap.carries[1]
        wanted = (up - 1 - 5 * sure) // 6
        for begun in sorted({max(0, min(gates.gated + sums, wanted + more))
                             for more in (-1, 0, 1)} | {0}):
            gated = min(gates.gated, begun)
            yield replace(ends, triples=gates.triples, pairs=gates.pairs, carried=gates.carried,
                          begun=begun, gated=gates.gated - gated, single=gates.single, free=free,
                          sums=sums - begun + gated, halves=halves)
