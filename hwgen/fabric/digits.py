"""Partial products added up two rows at a time, for families whose LUTs have six inputs.

A slot adds a bit of the sum so far and a function y of five more nets: those that pick a multiple
of ``a`` by two bits of ``b``.  There are two ways.  A plain step takes 0, u, v or u + v, the rows
u and v as the mask has left them; the carries of u + v come from ``a`` alone, so all steps with the
same columns share them.  A run of Booth's digits -2 to 2 (MacSorley, Proc. IRE 1961) needs none but
rows that are all alike; a negative multiple is its inverse, and the one that this lacks is the
chain's first carry.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from hwgen.fabric.adders import Spot, add_bits, chosen
from hwgen.fabric.builder import Builder, Plan
from hwgen.fabric.logic import ONE, ZERO, Function, Net, renamed
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.products import PartialProducts, Weights
from hwgen.fabric.selects import Number, later
from hwgen.fabric.sums import Digits, Statement, joined
from hwgen.number import smallest_shape

Fits = Callable[[Net, Function, Function | None, bool], bool]
"""Whether a slot can have a total and a next carry, if any, both functions of a carry's net; the
last argument says that it is the first of a chain whose first carry is a net."""

_PICKED = 5  # nets that y can depend on
_KNOWN = 1 << 10  # circuits of which the spots are kept: those of a mask with any constant
_FOLDED = 3  # columns for which it pays to form the sum in LUTs before the chain


@dataclass(frozen=True)
class Step:
    """What one chain adds.

    Members
    -------
    rows : one bit of ``b``, or two neighbours.
    run : the first row of the run of Booth's digits to which they belong; None in a plain step.
    """

    rows: tuple[int, ...]
    run: int | None = None


@dataclass(frozen=True)
class Term:
    """What a step adds: ``bit(column)`` from ``start`` on, and ``carry`` there.

    Members
    -------
    ends : the least and the most that the sum can be with it.
    gain : the products that it is the sum of, or ``part``, if it is another sum.
    before : those of the sum without the run that the step belongs to.
    """

    start: int
    bit: Callable[[int], Function]
    carry: Function
    ends: tuple[int, int]
    gain: Weights = field(default_factory=dict)
    before: tuple[int, int] | None = None
    part: Number | None = None


@dataclass(frozen=True)
class Sum(Number):
    """A number, and its ends without the run of digits that it ends with, if any."""

    before: tuple[int, int] | None = None


def digit_netlists(plan: Plan, fits: Fits, cells: Callable[[Netlist], int]) -> Iterator[Netlist]:
    """Circuits for the same sum, among them the smallest known.

    They differ in how rows pair up, in what of the constant the sum begins with, and what goes to
    spots where a one costs nothing. Ones at spots save no cells, so that what takes too many
    without them is not built.
    """
    width = plan.products.width
    total = plan.products.constant % (1 << width)
    bare = replace(plan, products=replace(plan.products, constant=0))

    def spots(steps: tuple[Step, ...], constant: int) -> tuple[tuple[Spot, ...], int]:
        return _spots(bare, steps, fits, constant, cells)

    fewest: int | None = None
    for steps in sorted(_partitions(plan.products), key=lambda steps: spots(steps, 0)[1]):
        if fewest is not None and spots(steps, 0)[1] >= fewest:
            return
        for constant in dict.fromkeys((0, *(1 << column for column in range(width)), total)):
            free, least = spots(steps, constant)
            if fewest is not None and least >= fewest:
                continue
            ones = chosen(free, (total - constant) % (1 << width), width)
            if ones is None:
                continue
            builder = DigitBuilder(plan, steps, fits, ones, constant)
            netlist = builder.netlist()
            if ones <= set(builder.spots):
                fewest = min(cells(netlist), fewest or cells(netlist))
                yield netlist
                if not constant:
                    break


@lru_cache(_KNOWN)
def _spots(plan: Plan, steps: tuple[Step, ...], fits: Fits, constant: int,
           cells: Callable[[Netlist], int]) -> tuple[tuple[Spot, ...], int]:
    """The spots of a circuit without ones, and its cells."""
    builder = DigitBuilder(plan, steps, fits, frozenset(), constant)
    netlist = builder.netlist()
    return tuple(builder.spots), cells(netlist)


def _partitions(products: PartialProducts) -> Iterator[tuple[Step, ...]]:
    """Ways to part the rows into steps."""
    rows = list(products.rows)
    run = len(rows)
    while run and rows[run - 1 :] == list(range(rows[run - 1], rows[-1] + 1)) and (
            products.rows[rows[run - 1]] == products.rows[rows[-1]]):
        run -= 1
    found: dict[tuple[Step, ...], None] = {}
    for first in (0, 1):
        found[_pairs(rows, first, None)] = None
        for start in (run, run + 1):
            high = rows[start:]
            if len(high) > 1 and (len(high) % 2 or _negative(products, high[-1])):
                found[_pairs(rows[:start], first, None) + _pairs(high, 0, high[0])] = None
    yield from found


def _pairs(rows: Sequence[int], first: int, run: int | None) -> tuple[Step, ...]:
    """Neighbours in pairs, behind the ``first`` ones on their own."""
    steps, place = [Step((row,), run) for row in rows[:first]], first
    while place < len(rows):
        size = 2 if rows[place + 1 : place + 2] == [rows[place] + 1] else 1
        steps.append(Step(tuple(rows[place : place + size]), run))
        place += size
    return tuple(steps)


def _negative(products: PartialProducts, row: int) -> bool:
    return products.b_signed and row == products.b_width - 1


class DigitBuilder(Builder[Sum]):
    """One circuit of a plan: with ones at some spots, and a constant to begin with.

    Members
    -------
    spots : where ones could be added, or were.
    """

    def __init__(self, plan: Plan, steps: Sequence[Step], fits: Fits, ones: frozenset[Spot],
                 constant: int):
        super().__init__(plan)
        self.spots: list[Spot] = []
        self._parted = {step.rows[0]: step for step in steps}
        self._fits = fits
        self._ones = ones
        self._constant = constant
        self._sums = 0

    def steps(self) -> list[int]:
        return list(self._parted)

    def start(self) -> Sum:
        bits = {column: ONE for column in range(self.plan.products.width)
                if self._constant >> column & 1}
        return Sum(bits, ZERO, self._constant, self._constant)

    def nothing(self) -> Sum:
        return Sum({}, ZERO, 0, 0)

    def take_in(self, total: Sum, j: int, stage: int, name: str) -> Sum:
        step = self._parted[j]
        term = self._plain(step, total) if step.run is None else self._booth(step, step.run, total)

        def bit(column: int) -> Function:
            return self._moved(term.bit(column), stage)

        return self._summed(total, replace(term, bit=bit, carry=self._moved(term.carry, stage)),
                            name)

    def _moved(self, function: Function, cycles: int) -> Function:
        """The function of the same nets some cycles later."""
        if not cycles:
            return function
        later = {net: self.later([Function.of(net)], cycles)[0].nets[0] for net in function.nets}
        return renamed(function, later)

    def _row(self, j: int) -> Number:
        """The bits of ``a`` that meet row j, in their columns."""
        products = self.plan.products
        a, columns, top = self.net.bits(self._a), products.rows[j], products.a_width - 1
        signed = products.a_signed and top in columns
        positive = sum(1 << i for i in columns if not (signed and i == top))
        return Number({i + j: a[i] for i in columns}, a[top] if signed else ZERO,
                      -(1 << (top + j)) if signed else 0, positive << j)

    def _plain(self, step: Step, total: Sum) -> Term:
        """The sum of one or two rows, each if its bit is 1."""
        gates = [self.net.bits(self._b)[j] for j in step.rows]
        rows = [self._row(j) for j in step.rows]
        start, carry = min(min(row.bits) for row in rows), ZERO
        (low, high), vectors = (total.low, total.high), []
        for j, gate, row in zip(step.rows, gates, rows, strict=True):
            ends = row.low, row.high
            if _negative(self.plan.products, j):
                carry, ends = gate, (-row.high, -row.low)
            vectors.append(_bits(row, start, inverted=_negative(self.plan.products, j)))
            low, high = low + min(0, ends[0]), high + max(0, ends[1])
        gain = joined(*(self.plan.products.weights(j) for j in step.rows))
        return Term(start, Picked(self.net, start, gates, vectors).bit, carry, (low, high), gain)

    def _booth(self, step: Step, run: int, total: Sum) -> Term:
        """Booth's digit of two bits of ``b`` and the one below, or at the end of one and that."""
        b, j, row = self.net.bits(self._b), step.rows[0], self._row(step.rows[0])
        negative = len(step.rows) > 1 or _negative(self.plan.products, j)
        middle, below = b[j], b[j - 1] if j > run else ZERO
        above = b[step.rows[-1]] if negative else ZERO
        single, double = middle ^ below, (above ^ middle) & ~(middle ^ below)
        start = min(row.bits)
        a = _bits(row, start)

        def bit(column: int) -> Function:
            return above ^ (single & a(column) | double & a(column - 1))

        first = run if j == run or total.before else j
        before = total.before if j > run and total.before else (total.low, total.high)
        size = step.rows[-1] - first + 1
        least = -(1 << size >> 1) if negative else 0
        most = least + (1 << size) - 1 + (first > run)
        corners = [digit * (end >> j << first) for digit in (least, most)
                   for end in (row.low, row.high)]
        ends = before[0] + min(corners), before[1] + max(corners)
        return Term(start, bit, above, ends, self._gain(step, run, negative), before)

    def _gain(self, step: Step, run: int, negative: bool) -> Weights:
        """The products of a digit: that of its middle bit, of the one below, less two above."""
        products, j = self.plan.products, step.rows[0]
        signs = {i: -1 if products.a_signed and i == products.a_width - 1 else 1
                 for i in products.rows[j]}
        rows = [(1, j), *([(1, j - 1)] if j > run else []),
                *([(-2, step.rows[-1])] if negative else [])]
        return joined(*({(i, row): (sign * times) << (i + j) for i, sign in signs.items()}
                        for times, row in rows))

    def _summed(self, x: Sum, term: Term, name: str) -> Sum:
        """``x`` and a term, in LUTs as far as they need no more than a chain, else in a chain."""
        self._sums += 1
        number, width = self._sums, self.plan.products.width
        added = sum(1 << spot.column for spot in self._ones if spot.number == number)
        ends = term.ends[0] + added, term.ends[1] + added
        shape = smallest_shape(*ends)
        stop = min(shape.width, width)
        bits = {column: bit for column, bit in x.bits.items() if column < min(term.start, stop)}
        carry = term.carry
        if x.bits and carry == ZERO and self._take(Spot("carry", term.start, number)):
            carry = ONE
        pairs = {column: (self._x(x, column, number), term.bit(column))
                 for column in range(term.start, stop)}
        bits |= self._added(pairs, carry, name)
        sign = bits.get(stop - 1, ZERO) if shape.signed else ZERO
        before = term.before and (term.before[0] + added, term.before[1] + added)
        parts = (x, term.part) if term.part else (x,)
        total = Sum(bits, sign, *ends, joined(term.gain, *(part.weights for part in parts)), before)
        self.net.sums.append(Statement(total.digits, width, tuple((1, part.digits)
                                                                  for part in parts), term.gain))
        return total

    def _x(self, x: Number, column: int, number: int) -> Function:
        """A bit of x, or a one where it has none."""
        bit = x.bit(column)
        free = bool(x.bits) and bit == ZERO
        return ONE if free and self._take(Spot("bit", column, number)) else bit

    def _take(self, spot: Spot) -> bool:
        self.spots.append(spot)
        return spot in self._ones

    def _added(self, pairs: dict[int, tuple[Function, Function]], carry: Function, name: str) -> (
            dict[int, Function]):
        """The sum of two vectors and a carry, by column."""
        bits, carry = _folded(pairs, carry)
        rest = [column for column in pairs if column not in bits]
        if not rest:
            return bits
        first = self.net.net(carry, f"{name}c")
        self.chain.begin(first)
        for column in rest:
            bits[column] = add_bits(
                self.net, self.chain, f"{name}_{column}", *pairs[column], column == rest[-1],
                self._fits, column == rest[0] and first > 1)
        return bits

    def add(self, x: Sum, y: Sum, name: str) -> Sum:
        starts = [min(total.bits) for total in (x, y) if total.bits]
        if len(starts) < 2:
            return x if x.bits else y
        lower, upper = (x, y) if starts[0] <= starts[1] else (y, x)
        ends = x.low + y.low, x.high + y.high
        return self._summed(lower, Term(max(starts), upper.bit, ZERO, ends, part=upper), name)

    def moved(self, total: Sum, cycles: int) -> Sum:
        return later(self, total, cycles)

    def digits(self, total: Sum) -> Digits:
        return total.digits

    def result(self, total: Sum) -> list[Function]:
        """The bits of the product, with the ones that go to the result itself."""
        width = self.plan.products.width
        bits = [total.bit(column) for column in range(width)]
        for column in range(width - 1):
            if bits[column] == ZERO and self._take(Spot("result", column)):
                bits[column] = ONE
        if self._take(Spot("top", width - 1)):
            own = not self.plan.addend_width and bits[-1] not in bits[:-1]
            bits[-1] = self.net.inverted(bits[-1]) if own else ~bits[-1]
        return bits

    def accumulated(self, addend: list[Function]) -> list[Function]:
        acc = self.net.bits("acc")
        pairs = dict(enumerate(zip(acc, addend, strict=True)))
        return list(self._added(pairs, ZERO, "sum").values())


class Picked:
    """The sum of one or two vectors, each if its gate is 1, as functions of a few nets.

    Parameters
    ----------
    start : the first column that any of them has.
    """

    def __init__(self, net: Netlist, start: int, gates: Sequence[Function],
                 vectors: Sequence[Callable[[int], Function]]):
        self._net = net
        self._start = start
        self._gates = gates
        self._vectors = vectors
        self._found: list[Function] = []
        self._carry = ZERO  # of the whole sum
        self._wired = 0

    def bit(self, column: int) -> Function:
        """The bit of a column, ``start`` or above."""
        while len(self._found) <= column - self._start:
            self._found.append(self._next(self._start + len(self._found)))
        return self._found[column - self._start]

    def _next(self, column: int) -> Function:
        if len(self._vectors) == 1:
            return self._gates[0] & self._vectors[0](column)
        (g, h), (u, v) = self._gates, (vector(column) for vector in self._vectors)
        gated, both, carry = g & u ^ h & v, g & h, self._carry
        if len((gated ^ both & carry).nets) > _PICKED:
            carry = self._wire(column)
        self._carry = u & v | self._carry & (u ^ v)
        return gated ^ both & carry

    def _wire(self, column: int) -> Function:
        """The carry as a net. Every other one begins anew, so that two share a LUT's inputs."""
        carry = self._net.wire(self._carry, f"multiple_{column}")
        self._wired += 1
        if self._wired % 2 == 0 or len(self._carry.nets) >= _PICKED:
            self._carry = carry
        return carry


def _bits(number: Number, start: int, inverted: bool = False) -> Callable[[int], Function]:
    """The bits of a number from ``start`` on, 0 below."""

    def bit(column: int) -> Function:
        found = number.bit(column) if column >= start else ZERO
        return ~found if inverted else found

    return bit


def _folded(pairs: dict[int, tuple[Function, Function]], carry: Function) -> (
        tuple[dict[int, Function], Function]):
    """The lowest bits of a sum, and the carry behind them: as many as are better in plain LUTs."""
    bits: dict[int, Function] = {}
    sure, known = 0, carry  # columns that need no carry from below
    for column, (x, y) in pairs.items():
        total, last = x ^ y ^ carry, len(bits) == len(pairs) - 1
        after = x & y | carry & (x ^ y)
        if len(total.nets) > _PICKED + last or (len(after.nets) > _PICKED and not last):
            break
        if carry == ZERO and len(bits) == sure and ZERO in (x, y):
            sure, known = sure + 1, ZERO
        bits[column], carry = total, after
    if len(bits) < len(pairs) and len(bits) - sure < _FOLDED:
        return dict(list(bits.items())[:sure]), known
    return bits, carry
