"""Multiply-accumulate by digits of two bits, of which each LUT4 forms one bit of a multiple.

Booth's digits -2 to 2 of a signed ``b`` (MacSorley, Proc. IRE 1961).  The lowest depends on two bits
alone, so one LUT forms a bit of its multiple.  The higher one picks between ``a`` and ``2 a``, or
their inverses, where it is not 0; where it is, the gate of the chain leaves its multiple out.  A
carry turns an inverse into the negative: the lowest digit's enters the accumulator's chain.
"""

from collections.abc import Callable

from hwgen.fabric.builder import Plan
from hwgen.fabric.logic import ONE, ZERO, Function
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.products import ALONE, Weights
from hwgen.fabric.selects import Number, SelectBuilder
from hwgen.fabric.sums import Digits, Statement, joined
from hwgen.number import smallest_shape

_TWO_DIGITS = 3, 4
"""Bits of ``b``."""


def has_digits(plan: Plan) -> bool:
    """Whether :class:`BoothBuilder` has a circuit for a plan: an exact product, accumulated."""
    products = plan.products
    exact = (len(products.pairs) == products.a_width * products.b_width and not products.constant
             and products.width == products.a_width + products.b_width)
    return (exact and products.b_signed and products.b_width in _TWO_DIGITS and plan.signed
            and products.width <= plan.addend_width)


class BoothBuilder(SelectBuilder):
    """The circuit of a plan: LUTs, the chain of the product, and that of the accumulator.

    The last register is before the accumulator's chain, that before it before the other chain.
    """

    def netlist(self) -> Netlist:
        product = self.moved(self._both(self._lowest()), self._until(0) - self._until(1))
        self.net.drive("sum", self._accumulated_digits(product))
        return self.net

    def _until(self, steps: int) -> int:
        """The registers passed with that many steps left to the accumulator's chain."""
        return max(0, self.plan.stages - steps)

    def _operands(self, *columns: int, steps: int) -> tuple[list[Function], list[Function]]:
        """The bits of ``2 a`` up to where they repeat, and some of ``b``, whose sign is above."""
        a, b = self.net.bits(self._a), self.net.bits(self._b)
        above = a[-1] if self.plan.products.a_signed else ZERO
        stage = self._until(steps)
        return ([ZERO, *self.later([*a, above, above], stage)],
                self.later([b[min(column, len(b) - 1)] for column in columns], stage))

    def _multiple(self, twice: list[Function],
                  pick: Callable[[Function, Function], Function]) -> list[Function]:
        """A number of picks between the bits of ``a`` and ``2 a``."""
        return [self.net.wire(pick(*bits), f"multiple{column}")
                for column, bits in enumerate(zip(twice[1:], twice[:-1], strict=True))]

    def _weights(self, j: int, column: int, sign: int = 1) -> Weights:
        """The products of bit j of ``b``, were it worth ``sign * 2**column``."""
        products = self.plan.products
        return {(i, j): (-sign if products.a_signed and i == products.a_width - 1 else sign)
                << (i + column) for i in range(products.a_width)}

    def _lowest(self) -> Number:
        """The multiple of the lowest digit, less bit 1 of ``b``."""
        twice, (low, high) = self._operands(0, 1, steps=2)
        bits = self._multiple(twice, lambda one, two: high & ~(low & one | ~low & two)
                              | ~high & low & one)
        weights = joined(self._weights(0, 0), self._weights(1, 1, -1), {(ALONE, 1): -1})
        number = Number(dict(enumerate(bits)), bits[-1], 0, 0, weights)
        self.net.sums.append(Statement(number.digits, self.plan.addend_width, gain=weights))
        return number

    def _both(self, lowest: Number) -> Number:
        """That, and the multiple of the higher digit: the product but for bit 1 of ``b``."""
        _, (before, low, high) = self._operands(1, 2, 3, steps=3)  # with 3 bits, high is low
        odd = ONE if low == high else self.net.wire(low ^ before, "odd")
        odd, = self.later([odd], self._until(2) - self._until(3))
        twice, (before, low, high) = self._operands(1, 2, 3, steps=2)
        gate = self.net.wire(high ^ low | low ^ before, "gate")
        bits = self._multiple(twice, lambda one, two: high ^ (odd & one | ~odd & two))
        cycles = self._until(1) - self._until(2)
        gate, carry, *bits = self.later([gate, high, *bits], cycles)
        sign = self.plan.products.b_width - 1
        gain = joined(self._weights(1, 2), self._weights(2, 2), self._weights(sign, 3, -1))
        return self._chained(self.moved(lowest, cycles), gate, bits, carry, gain)

    def _chained(self, x: Number, gate: Function, y: list[Function], carry: Function,
                 gain: Weights) -> Number:
        """``x``, and with the gate ``y`` and the carry from column 2 on."""
        width = self.plan.products.width
        y_bits = [ZERO, ZERO, *y, *[y[-1]] * width][:width]

        def total(x: Function, y: Function, carry: Function) -> Function:
            return gate & (x ^ y ^ carry) | ~gate & x

        self.chain.begin(carry)
        bits = [x.bit(column) if column < 2 else
                self._slot(f"product_{column}", x.bit(column), y_bits[column], total,
                           column == width - 1) for column in range(width)]
        number = Number(dict(enumerate(bits)), bits[-1], 0, 0, joined(x.weights, gain))
        self.net.sums.append(Statement(number.digits, self.plan.addend_width, ((1, x.digits),),
                                       gain))
        return number

    def _accumulated_digits(self, product: Number) -> list[Function]:
        width, acc = self.plan.addend_width, self.net.bits("acc")
        _, (carry,) = self._operands(1, steps=0)
        self.chain.begin(carry)
        bits = [self._slot(f"sum_{column}", acc[column], product.bit(column),
                           lambda x, y, carry: x ^ y ^ carry, column == width - 1)
                for column in range(width)]
        correction = {(ALONE, 1): 1}
        total = Digits(dict(enumerate(bits)), ZERO, joined(product.weights, correction))
        parts = (1, Digits(dict(enumerate(acc)))), (1, product.digits)
        self.net.product = Statement(total, width, parts, correction)
        self.net.sums.append(self.net.product)
        return bits
