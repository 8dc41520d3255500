"""Array multiplier whose rows are added by lower-part-OR adders."""

import operator
from collections.abc import Iterator
from functools import partial
from typing import Literal

from amaranth import Cat, Const, Module, Mux, Signal, Value
from pydantic import Field

from hwgen.arith.multiplier import Operands
from hwgen.arith.rows import add_with_carry, onto
from hwgen.arith.sign_magnitude import SignMagnitudeFamily
from hwgen.number import Codes
from hwgen.spec import Int


class LowerOrMultiplier(SignMagnitudeFamily):
    """Rows of partial products added one after the other, the ``low`` lowest columns by OR.

    The adder is the LOA of Mahdiani, Ahmadi, Fakhraie and Lucas (Bio-inspired imprecise
    computational blocks, IEEE Trans. Circuits and Systems I, 2010).  Its lower part is the OR of
    both operands; its upper part adds theirs and a carry, the AND of the top bits of both lower
    parts.  The sum starts as row 0 and takes in the rows of bits 1, 2, ... of ``b``.

    Sign-magnitude. Combinational: latency 0 cycles, one product a cycle.  Exact when ``low`` is 0.

    Parameters
    ----------
    low : columns of the product in the lower part, 0 to ``a.width + b.width - 1``.
    """

    kind: Literal["lower-or"] = "lower-or"
    low: Int = Field(4, ge=0)

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["LowerOrMultiplier"]:
        return cls.fitting(operands, cls(low=operands.b.width), cls(low=operands.a.width + 1))

    def fault(self, operands: Operands) -> str | None:
        limit = operands.a.width + operands.b.width - 1
        return self.excess(operands, low=limit) or super().fault(operands)

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        low = self.low
        total = x * (y & 1)
        for j in range(1, b_width):
            row = (x * ((y >> j) & 1)) << j
            lower = (total | row) & ((1 << low) - 1)
            carry = (total & row) >> (low - 1) & 1 if low else 0
            total = (((total >> low) + (row >> low) + carry) << low) + lower
        return total

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        low = self.low
        lower: Value = Const(0, low)
        upper: Value = Const(0, 0)
        for j, bit in enumerate(y):
            row, lower_row = Signal(len(x), name=f"row{j}"), Signal(low, name=f"lower_row{j}")
            m.d.comb += [row.eq(Mux(bit, x, 0)), lower_row.eq(Cat(Const(0, j), row))]
            combine = operator.add
            if 0 < j < low <= j + len(x):
                combine = partial(add_with_carry, carry=lower[-1] & lower_row[-1])
            upper_row = row.shift_right(max(0, low - j))
            upper = onto(m, f"upper{j}", upper, max(0, j - low), upper_row, combine)
            lower = lower | lower_row
        return Cat(lower, upper)

    def magnitude_bound(self, a_width: int, b_width: int, x_max: int, y_max: int) -> int:
        """Upper parts of the rows and their carries, and a lower part of ones."""
        # A power of two has no rows that overlap, or one row only: its products are exact.
        x, y = (most - (most.bit_count() == 1) for most in (x_max, y_max))
        rows = [(x << j >> self.low) + self._carries(x, j) for j in range(b_width)]
        # The bits of every factor up to y are among those of one of these.
        tops = [y, *((y >> j << j) - 1 for j in range(b_width) if y >> j & 1)]
        upper = max(sum(row for j, row in enumerate(rows) if top >> j & 1) for top in tops)
        return max(x_max * y_max, (upper << self.low) + (1 << self.low) - 1)

    def worst_error(self, operands: Operands) -> int:
        """Sum over the rows of what an addition can lose, or gain by its carry: a bound."""
        a, b = operands.a.maximum, operands.b.maximum  # a power of two beyond them is no worse
        rows = range(1, min(b.bit_length(), self.low))
        gain = sum(self._carries(a, j) << (self.low - 1) for j in rows)
        loss = sum((1 << min(self.low - 1, j + a.bit_length())) - (1 << j) for j in rows)
        return max(gain, loss)

    def _carries(self, x_max: int, j: int) -> bool:
        """Whether row j reaches the top column of the lower part over another row."""
        return 0 < j < self.low and x_max << j >= 1 << self.low - 1
