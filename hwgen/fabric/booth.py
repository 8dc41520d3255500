"""Multiply-accumulate by two digits of two bits, of which each LUT4 forms one bit of a multiple.

Booth's digits -2 to 2 of a signed ``b`` (MacSorley, Proc. IRE 1961).  The lower depends on two bits
alone, so one LUT forms a bit of its multiple.  The higher picks between ``a`` and ``2 a``, or their
inverses, where it is not 0; where it is, the gate of the chain leaves its multiple out.  A carry
turns an inverse into the negative: the lower digit's enters the accumulator's chain.
"""

from collections.abc import Callable

from hwgen.fabric.builder import Plan
from hwgen.fabric.logic import ONE, ZERO, Function
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.products import ALONE, Weights
from hwgen.fabric.selects import Number, SelectBuilder
from hwgen.fabric.sums import Digits, Statement, joined

_B_BITS = 3, 4  # which make two digits
_MOST_STAGES = 1  # with more the tree is quicker, as no carry enters its accumulator's chain


def has_digits(plan: Plan) -> bool:
    """Whether :class:`BoothBuilder` has a circuit for a plan: an exact product, accumulated."""
    products = plan.products
    exact = (len(products.pairs) == products.a_width * products.b_width and not products.constant
             and products.width == products.a_width + products.b_width)
    return (exact and products.b_signed and products.b_width in _B_BITS and plan.signed
            and products.width <= plan.addend_width and plan.stages <= _MOST_STAGES)


class BoothBuilder(SelectBuilder):
    """The circuit of a plan: LUTs, the product's chain, a register or none, the accumulator's."""

    def __init__(self, plan: Plan):
        super().__init__(plan)
        a, b = self.net.bits(self._a), self.net.bits(self._b)
        above = a[-1] if plan.products.a_signed else ZERO
        self._once = [*a, above, above]  # up to where each bit of ``a`` and ``2 a`` repeats
        self._twice = [ZERO, *a, above]
        self._low, self._second, self._third, self._high = [*b, b[-1]][:4]

    def netlist(self) -> Netlist:
        product = self.moved(self._both(self._lowest()), self.plan.stages)
        self.net.drive("sum", self._with_acc(product))
        return self.net

    def _multiple(self, pick: Callable[[Function, Function], Function]) -> list[Function]:
        """A number of picks between the bits of ``a`` and ``2 a``."""
        return [self.net.wire(pick(*bits), f"multiple{column}")
                for column, bits in enumerate(zip(self._once, self._twice, strict=True))]

    def _weights(self, j: int, column: int, sign: int = 1) -> Weights:
        """The products of bit j of ``b``, were it worth ``sign * 2**column``."""
        products = self.plan.products
        return {(i, j): (-sign if products.a_signed and i == products.a_width - 1 else sign)
                << (i + column) for i in range(products.a_width)}

    def _lowest(self) -> Number:
        """The multiple of the lower digit, less bit 1 of ``b``."""
        low, high = self._low, self._second
        bits = self._multiple(lambda once, twice: high & ~(low & once | ~low & twice)
                              | ~high & low & once)
        gain = joined(self._weights(0, 0), self._weights(1, 1, -1), {(ALONE, 1): -1})
        return self._number(bits, gain)

    def _number(self, bits: list[Function], gain: Weights, *before: Number) -> Number:
        """A number of these bits, stated to be the one ``before`` and the gain."""
        number = Number(dict(enumerate(bits)), bits[-1], -1 << (len(bits) - 1),
                        (1 << (len(bits) - 1)) - 1, joined(gain, *(x.weights for x in before)))
        self.net.sums.append(Statement(number.digits, self.plan.addend_width,
                                       tuple((1, x.digits) for x in before), gain))
        return number

    def _both(self, lower: Number) -> Number:
        """That, and the multiple of the higher digit: the product less bit 1 of ``b``."""
        below, low, high = self._second, self._third, self._high
        odd = ONE if low == high else self.net.wire(low ^ below, "odd")  # or 0, if low is high
        gate = self.net.wire(high ^ low | low ^ below, "gate")
        multiple = self._multiple(lambda once, twice: high ^ (odd & once | ~odd & twice))

        def total(x: Function, y: Function, carry: Function) -> Function:
            return gate & (x ^ y ^ carry) | ~gate & x

        products = self.plan.products
        self.chain.begin(high)
        bits = [lower.bit(0), lower.bit(1)]
        for column in range(2, products.width):
            y = multiple[min(column - 2, len(multiple) - 1)]
            bits.append(self._slot(f"product_{column}", lower.bit(column), y, total,
                                   column == products.width - 1))
        gain = joined(self._weights(1, 2), self._weights(2, 2),
                      self._weights(products.b_width - 1, 3, -1))
        return self._number(bits, gain, lower)

    def _with_acc(self, product: Number) -> list[Function]:
        """The accumulator with the product, and with bit 1 of ``b`` as the carry."""
        width, acc = self.plan.addend_width, self.net.bits("acc")
        carry, = self.later([self._second], self.plan.stages)
        self.chain.begin(carry)
        bits = [self._slot(f"sum_{column}", acc[column], product.bit(column),
                           lambda x, y, carry: x ^ y ^ carry, column == width - 1)
                for column in range(width)]
        gain = {(ALONE, 1): 1}
        total = Digits(dict(enumerate(bits)), ZERO, joined(product.weights, gain))
        parts = (1, Digits(dict(enumerate(acc)))), (1, product.digits)
        self.net.product = Statement(total, width, parts, gain)
        self.net.sums.append(self.net.product)
        return bits
