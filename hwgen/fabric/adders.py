"""Partial products added up in carry chains whose LUTs form the products as well.

A place of such a chain adds two functions x and y of a few nets, with ``p = x ^ y`` in its LUT and
x as the carry generated where p is 0.  A negative product is added inverted, as ``-v = ~v - 1``
(Baugh and Wooley 1973); what that subtracts joins the constant.  Bits of the constant cost nothing
where a chain can begin with a carry, or where a place has no x.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from hwgen.fabric.builder import Builder, Plan
from hwgen.fabric.logic import ONE, ZERO, Function, Net, numbered
from hwgen.fabric.netlist import Chain, Netlist
from hwgen.fabric.products import Weights
from hwgen.fabric.sums import Digits, Statement, joined, negated

Fits = Callable[[Net, Function, Function | None], bool]
"""Whether a slot can have a total and a next carry, if any, both functions of a carry's net."""


@dataclass(frozen=True)
class Vector:
    """Bits by column; one that is not there is 0. ``most`` is the largest number they may be."""

    bits: dict[int, Function]
    most: int
    weights: Weights = field(default_factory=dict)

    @property
    def digits(self) -> Digits:
        """The vector as a number."""
        return Digits(self.bits, ZERO, self.weights)

    def bit(self, column: int) -> Function:
        return self.bits.get(column, ZERO)


@dataclass(frozen=True)
class Spot:
    """Where a one of weight ``2**column`` can be added at no cost.

    Members
    -------
    place : in a sum, as its first ``carry`` or as a ``bit`` that x does not have; in the result, as
        a bit that no sum has, or (``top``) by inverting the highest.
    number : of the sum, else 0.
    """

    place: Literal["carry", "bit", "result", "top"]
    column: int
    number: int = 0


@dataclass
class Adders:
    """Sums of vectors in the chains of a netlist, modulo ``2**width``.

    Parameters
    ----------
    ones : the spots at which to add a one.

    Members
    -------
    spots : those that were passed so far.
    """

    netlist: Netlist
    chain: Chain
    width: int
    fits: Fits
    ones: frozenset[Spot] = frozenset()
    spots: list[Spot] = field(default_factory=list)
    sums: int = 0

    def take(self, spot: Spot) -> bool:
        """Pass a spot; whether a one is to be added there."""
        self.spots.append(spot)
        return spot in self.ones

    def add(self, x: Vector, y: Vector, name: str) -> Vector:
        """``x + y``, and the statement of it."""
        bits, most = self.sum(x, y, name)
        total = Vector(bits, most, joined(x.weights, y.weights))
        parts = (1, x.digits), (1, y.digits)
        self.netlist.sums.append(Statement(total.digits, self.width, parts))
        return total

    def sum(self, x: Vector, y: Vector, name: str) -> tuple[dict[int, Function], int]:
        """The bits of a sum, and the most that they can be."""
        self.sums += 1
        shared = [column for column in y.bits if column in x.bits]
        if not shared:
            return x.bits | y.bits, x.most + y.most
        start, last = min(shared), max(y.bits)
        carry = self.take(Spot("carry", start, self.sums))
        most = x.most + y.most + (carry << start)
        self.chain.begin(int(carry))
        bits = x.bits | y.bits
        for column in range(start, self.width):
            first, second = x.bit(column), y.bit(column)
            if column > last and first is ZERO:
                if most >> column:
                    bits[column] = self._slot(name, column, ZERO, ZERO)
                break
            if first is ZERO and self.take(Spot("bit", column, self.sums)):
                first, most = ONE, most + (1 << column)
            bits[column] = self._slot(name, column, first, second)
        return bits, most

    def _slot(self, name: str, column: int, x: Function, y: Function) -> Function:
        return add_bits(self.netlist, self.chain, f"{name}_{column}", x, y,
                        column == self.width - 1, self.fits)


def add_bits(netlist: Netlist, chain: Chain, name: str, x: Function, y: Function, ends: bool,
             fits: Callable[..., bool], *fed: bool) -> Function:
    """A slot with the sum of two bits and a carry; what it cannot form goes through a LUT before.

    Parameters
    ----------
    ends : whether no slot follows.
    fits : what the slot can be, with ``fed`` for its last arguments.
    """
    net = netlist.new_net()
    x, y = (netlist.wire(bit, f"{name}{side}") if alone else bit for bit, side, alone in
            zip((x, y), "xy", _alone(x, y, ends, fits, *fed), strict=True))
    return chain.append(name, net, *added(net, x, y, ends))


@lru_cache(1 << 16)
def _alone(x: Function, y: Function, ends: bool, fits: Callable[..., bool],
           *fed: bool) -> tuple[bool, bool]:
    """Which of two bits go through a LUT before a slot can add them."""
    return _numbered_alone(*numbered(x, y)[0], ends, fits, *fed)


@lru_cache(1 << 16)
def _numbered_alone(x: Function, y: Function, ends: bool, fits: Callable[..., bool],
                    *fed: bool) -> tuple[bool, bool]:
    """The same for bits of nets from 2 on."""
    carry = max((*x.nets, *y.nets, 1)) + 1
    spare = [Function.of(carry + 1), Function.of(carry + 2)]
    for left, right in ((x, y), (spare[0], y), (x, spare[1])):
        if fits(carry, *added(carry, left, right, ends), *fed):
            return left is not x, right is not y
    return True, True


@lru_cache(1 << 16)
def added(carry_net: Net, x: Function, y: Function,
           ends: bool) -> tuple[Function, Function | None]:
    """Sum and next carry of two bits and the carry; a sum that ends has no next one."""
    carry = Function.of(carry_net)
    return x ^ y ^ carry, None if ends else x & y | carry & (x ^ y)


def adder_netlists(plan: Plan, shared: bool, fits: Fits, apart: bool = False) -> (
        Iterator[Netlist]):
    """Circuits for the same sum, among them the smallest known.

    They differ in what of the offset is a vector of its own, and what goes to free spots.

    Parameters
    ----------
    shared : whether one chain takes all sums.
    fits : what a slot of the family can be.
    apart : whether negative products are summed on their own and then subtracted as one; for
        families whose slots have no inverted product.
    """
    width = plan.products.width
    kind = ApartBuilder if apart else AdderBuilder
    first = kind(plan, shared, fits, frozenset(), 0)
    first.netlist()
    for constant in dict.fromkeys((0, *(1 << column for column in range(width)), first.offset)):
        dry = kind(plan, shared, fits, frozenset(), constant) if constant else first
        if constant:
            dry.netlist()
        ones = chosen(dry.adders.spots, (dry.offset - constant) % (1 << width), width)
        if ones is None:
            continue
        builder = kind(plan, shared, fits, ones, constant)
        netlist = builder.netlist()
        if ones <= set(builder.adders.spots) and builder.offset == dry.offset:
            yield netlist
            if not constant:
                return


class AdderBuilder(Builder[Vector]):
    """One circuit of a plan: with ones at some spots, and a constant as a vector of its own."""

    def __init__(self, plan: Plan, shared: bool, fits: Fits, ones: frozenset[Spot],
                 constant: int):
        super().__init__(plan, shared)
        self.constant = constant
        self.adders = Adders(self.net, self.chain, plan.products.width, fits, ones)

    @property
    def offset(self) -> int:
        """The constant, and what the inversion of negative products asks for."""
        products = self.plan.products
        negative = sum(1 << (i + j) for i, j in products.pairs if products.negative(i, j))
        return (products.constant - negative) % (1 << products.width)

    def start(self) -> Vector:
        columns = [column for column in range(self.plan.products.width)
                   if self.constant >> column & 1]
        return Vector(dict.fromkeys(columns, ONE), self.constant)

    def nothing(self) -> Vector:
        return Vector({}, 0)

    def take_in(self, total: Vector, j: int, stage: int, name: str) -> Vector:
        gate, bits = self.row(j, stage)
        products = {}
        for i, bit in bits.items():
            product = gate & bit
            products[i + j] = ~product if self.plan.products.negative(i, j) else product
        row = self._row(products, self.plan.products.weights(j))
        return self.adders.add(total, row, name)

    def _row(self, bits: dict[int, Function], weights: Weights) -> Vector:
        """Products of operand bits as a vector."""
        row = Vector(bits, sum(1 << column for column in bits), weights)
        self.net.sums.append(Statement(row.digits, self.plan.products.width, gain=weights))
        return row

    def add(self, x: Vector, y: Vector, name: str) -> Vector:
        return self.adders.add(x, y, name)

    def digits(self, total: Vector) -> Digits:
        return total.digits

    def moved(self, total: Vector, cycles: int) -> Vector:
        bits = self.later(list(total.bits.values()), cycles)
        return Vector(dict(zip(total.bits, bits, strict=True)), total.most, total.weights)

    def result(self, total: Vector) -> list[Function]:
        """The bits of the product, with the ones that go to the result itself."""
        width = self.plan.products.width
        bits = [total.bit(column) for column in range(width)]
        for column in range(width - 1):
            if column not in total.bits and self.adders.take(Spot("result", column)):
                bits[column] = ONE
        if self.adders.take(Spot("top", width - 1)):
            bits[-1] = ~bits[-1] if self.plan.addend_width else self.net.inverted(bits[-1])
        return bits

    def accumulated(self, addend: list[Function]) -> list[Function]:
        width = self.plan.addend_width
        adders = Adders(self.net, self.chain, width, self.adders.fits)
        acc, product = (
            Vector({column: bit for column, bit in enumerate(bits) if bit != ZERO}, 2**width - 1)
            for bits in (self.net.bits("acc"), addend))
        bits, _ = adders.sum(acc, product, "sum")
        return [bits.get(column, ZERO) for column in range(width)]


@dataclass(frozen=True)
class Difference(Vector):
    """A vector from which another is to be subtracted."""

    taken: Vector = field(default_factory=lambda: Vector({}, 0))


class ApartBuilder(AdderBuilder):
    """A circuit that sums positive and negative products apart, and subtracts at the end."""

    _inverted = 0  # all columns of what was subtracted

    def __init__(self, plan: Plan, shared: bool, fits: Fits, ones: frozenset[Spot],
                 constant: int):
        super().__init__(plan, shared, fits, ones, constant)
        self._less = Adders(self.net, self.chain, plan.products.width, fits)  # a one counts as -1

    @property
    def offset(self) -> int:
        products = self.plan.products
        return (products.constant - self._inverted) % (1 << products.width)

    def start(self) -> Difference:
        start = super().start()
        return Difference(start.bits, start.most)

    def nothing(self) -> Difference:
        return Difference({}, 0)

    def take_in(self, total: Vector, j: int, stage: int, name: str) -> Difference:
        gate, bits = self.row(j, stage)
        rows: list[dict[int, Function]] = [{}, {}]
        for i, bit in bits.items():
            rows[self.plan.products.negative(i, j)][i + j] = gate & bit
        weights = self.plan.products.weights(j)
        more, less = (self._row(row, {pair: abs(weight) for pair, weight in weights.items()
                                      if (weight < 0) == negative})
                      for negative, row in enumerate(rows))
        return self.add(total, _difference(more, less), name)

    def add(self, x: Vector, y: Vector, name: str) -> Difference:
        total = self.adders.add(x, y, name)
        taken = self._less.add(_taken(x), _taken(y), f"{name}n")
        return _difference(total, taken)

    def moved(self, total: Vector, cycles: int) -> Difference:
        more, less = (super(ApartBuilder, self).moved(vector, cycles)
                      for vector in (total, _taken(total)))
        return _difference(more, less)

    def result(self, total: Vector) -> list[Function]:
        less = _taken(total)
        self._inverted = sum(1 << column for column in less.bits)
        inverse = Vector({column: ~bit for column, bit in less.bits.items()}, self._inverted,
                         negated(less.weights))
        width, parts = self.plan.products.width, ((-1, less.digits),)
        self.net.sums.append(Statement(inverse.digits, width, parts))
        self._whole = self.adders.add(total, inverse, "difference")
        return super().result(self._whole)

    def digits(self, total: Vector) -> Digits:
        return self._whole.digits


def _difference(more: Vector, less: Vector) -> Difference:
    return Difference(more.bits, more.most, more.weights, less)


def _taken(total: Vector) -> Vector:
    return total.taken if isinstance(total, Difference) else Vector({}, 0)


def chosen(spots: Sequence[Spot], constant: int, width: int) -> frozenset[Spot] | None:
    """Spots at which ones add up to ``constant`` modulo ``2**width``; None if there are none."""
    free: dict[int, list[Spot]] = {}
    for spot in spots:
        free.setdefault(spot.column, []).append(spot)

    @cache
    def ones(column: int, left: int) -> tuple[Spot, ...] | None:
        if column == width:
            return ()
        here = free.get(column, [])
        for count in range(left & 1, len(here) + 1, 2):
            rest = ones(column + 1, (left - count) // 2 % (1 << (width - column - 1)))
            if rest is not None:
                return (*here[:count], *rest)
        return None

    found = ones(0, constant)
    return None if found is None else frozenset(found)
