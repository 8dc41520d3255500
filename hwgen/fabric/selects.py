"""Partial products added up in carry chains with a selection in each LUT: ``gate ? x + y : x``.

For families whose carry is the majority of two LUT inputs, so that a product cannot be formed in
the same cell: the carry is that of the ungated sum, and the gate picks the sum or x behind it.
Numbers keep their signs; a negative row is subtracted as ``~(~x + y)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hwgen.fabric.builder import Builder
from hwgen.fabric.logic import ONE, ZERO, Function
from hwgen.fabric.products import Weights
from hwgen.fabric.sums import Digits, Statement, joined
from hwgen.number import smallest_shape


@dataclass(frozen=True)
class Number:
    """An integer from ``low`` to ``high``: bits by column, and ``sign`` in all columns above.

    A column below the highest that is not there is 0.
    """

    bits: Mapping[int, Function]
    sign: Function
    low: int
    high: int
    weights: Weights = field(default_factory=dict)

    @property
    def digits(self) -> Digits:
        """The number without its bounds."""
        return Digits(self.bits, self.sign, self.weights)

    def bit(self, column: int) -> Function:
        above = not self.bits or column > max(self.bits)
        return self.sign if above else self.bits.get(column, ZERO)


AnyNumber = TypeVar("AnyNumber", bound=Number)


def later(builder: Builder[Any], number: AnyNumber, cycles: int) -> AnyNumber:
    """The number some cycles later."""
    *bits, sign = builder.later([*number.bits.values(), number.sign], cycles)
    return replace(number, bits=dict(zip(number.bits, bits, strict=True)), sign=sign)


class SelectBuilder(Builder[Number]):
    """The circuit of a plan."""

    def start(self) -> Number:
        products = self.plan.products
        constant = products.constant
        width = max(1, smallest_shape(constant, constant).width)
        bits = {column: Function.of(constant >> column & 1) for column in range(width)}
        return Number(bits if constant else {}, ONE if constant < 0 else ZERO, constant, constant)

    def nothing(self) -> Number:
        return Number({}, ZERO, 0, 0)

    def take_in(self, total: Number, j: int, stage: int, name: str) -> Number:
        products = self.plan.products
        gate, bits = self.row(j, stage)
        top = products.a_width - 1
        signed = products.a_signed and top in bits
        positive = sum(1 << (i + j) for i in bits if not (signed and i == top))
        row = Number({i + j: bit for i, bit in bits.items()}, bits[top] if signed else ZERO,
                     -(1 << (top + j)) if signed else 0, positive, products.weights(j))
        if products.b_signed and j == products.b_width - 1:
            return self._gated(total, gate, row, name, negative=True)
        if not total.bits:
            return self._ands(gate, row)
        return self._gated(total, gate, row, name, negative=False)

    def _ands(self, gate: Function, row: Number) -> Number:
        """A row on its own, its products still functions of two nets."""
        bits = {column: gate & bit for column, bit in row.bits.items()}
        number = replace(row, bits=bits, sign=gate & row.sign)
        self.net.sums.append(Statement(number.digits, self.plan.products.width, gain=row.weights))
        return number

    def _gated(self, x: Number, gate: Function, y: Number, name: str, negative: bool) -> Number:
        """``x + gate * y``, or ``x - gate * y``."""
        ends = (x.low, x.high, *((x.low - y.high, x.high - y.low) if negative
                                 else (x.low + y.low, x.high + y.high)))
        start, before = min(y.bits), x.digits
        x = self._complement(x, start) if negative else x

        def total(x: Function, y: Function, carry: Function) -> Function:
            picked = gate & (x ^ y ^ carry) | ~gate & x
            return ~picked if negative else picked

        number = self._summed(x, y, start, (min(ends), max(ends)), total, name)
        self.net.sums.append(Statement(number.digits, self.plan.products.width, ((1, before),),
                                  y.weights))
        return number

    def _complement(self, x: Number, start: int) -> Number:
        """The number with each bit from ``start`` on inverted."""
        first, last = min(x.bits, default=start), max(x.bits, default=start)
        low = {column: x.bit(column) for column in range(first, start)}
        high = {column: x.bit(column) for column in range(start, last + 1)}
        known = {bit: ~bit if bit in low.values() else self.net.inverted(bit, freely=True)
                 for bit in dict.fromkeys([*high.values(), x.sign])}
        inverse = {column: known[bit] for column, bit in high.items()}
        return replace(x, bits=low | inverse, sign=known[x.sign])

    def _summed(self, x: Number, y: Number, start: int, ends: tuple[int, int],
                total: Callable[[Function, Function, Function], Function], name: str) -> Number:
        """A chain from column ``start`` up to where the sum, within ``ends``, has its last bit."""
        shape = smallest_shape(*ends)
        stop = min(shape.width, self.plan.products.width)
        bits = {column: x.bit(column) for column in range(min(x.bits, default=start), start)}
        self.chain.begin(0)
        for column in range(start, stop):
            bits[column] = self._slot(f"{name}_{column}", x.bit(column), y.bit(column), total,
                                      column == stop - 1)
        sign = bits[stop - 1] if shape.signed else ZERO
        return Number(bits, sign, *ends, joined(x.weights, y.weights))

    def _slot(self, name: str, x: Function, y: Function,
              total: Callable[[Function, Function, Function], Function], ends: bool) -> Function:
        carry_net = self.net.new_net()
        carry = Function.of(carry_net)
        x, y = self.net.wire(x, f"{name}x"), self.net.wire(y, f"{name}y")
        next_carry = None if ends else x & y | carry & (x ^ y)
        return self.chain.append(name, carry_net, total(x, y, carry), next_carry)

    def add(self, x: Number, y: Number, name: str) -> Number:
        starts = [min(number.bits) for number in (x, y) if number.bits]
        if len(starts) < 2:
            return x if x.bits else y
        lower, upper = (x, y) if starts[0] <= starts[1] else (y, x)
        ends = x.low + y.low, x.high + y.high
        total = self._summed(lower, upper, max(starts), ends, _sum, name)
        self.net.sums.append(Statement(total.digits, self.plan.products.width,
                                  ((1, x.digits), (1, y.digits))))
        return total

    def moved(self, total: Number, cycles: int) -> Number:
        return later(self, total, cycles)

    def digits(self, total: Number) -> Digits:
        return total.digits

    def result(self, total: Number) -> list[Function]:
        return [total.bit(column) for column in range(self.plan.products.width)]

    def accumulated(self, addend: list[Function]) -> list[Function]:
        self.chain.begin(0)
        acc, last = self.net.bits("acc"), len(addend) - 1
        start = next((column for column, bit in enumerate(addend) if bit != ZERO), len(addend))
        return [*acc[:start],
                *(self._slot(f"sum_{column}", acc[column], addend[column], _sum, column == last)
                  for column in range(start, len(addend)))]


def _sum(x: Function, y: Function, carry: Function) -> Function:
    return x ^ y ^ carry
