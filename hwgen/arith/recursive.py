"""Recursive multiplier of 2x2 blocks that make 7 of 3 * 3."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from amaranth import Cat, Const, Module, Signal, Value

from hwgen.arith.multiplier import Operands
from hwgen.arith.sign_magnitude import SignMagnitudeFamily
from hwgen.number import Codes


class RecursiveMultiplier(SignMagnitudeFamily):
    """Products of 2-bit digits, of which 3 * 3 gives 7 and the others are exact, added up exactly.

    The underdesigned multiplier of Kulkarni, Gupta and Ercegovac (Trading accuracy for power with
    an underdesigned multiplier architecture, VLSI Design 2011).  Their recursion halves operands of
    ``2**n`` bits; as its adders are exact, it comes to the same as all pairs of 2-bit digits, and
    is so defined for every width (an odd one is filled up with a zero bit).

    Sign-magnitude. Combinational: latency 0 cycles, one product a cycle. Never above the exact
    magnitude; at most 2/9 below it.
    """

    kind: Literal["recursive"] = "recursive"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["RecursiveMultiplier"]:
        return cls.fitting(operands, cls())

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        product = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.int64)
        for i in range(0, a_width, 2):
            for j in range(0, b_width, 2):
                u, v = (x >> i) & 3, (y >> j) & 3
                product += np.where((u == 3) & (v == 3), 7, u * v) << (i + j)
        return product

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        return _product(m, x, y, "product")

    def magnitude_bound(self, a_width: int, b_width: int, x_max: int, y_max: int) -> int:
        return x_max * y_max

    def worst_error(self, operands: Operands) -> int:
        """With every digit 3: each pair of digits loses 2."""
        threes = [((1 << (operand.width - operand.signed) // 2 * 2) - 1) // 3
                  for operand in (operands.a, operands.b)]
        return 2 * threes[0] * threes[1]


def _product(m: Module, x: Value, y: Value, name: str) -> Value:
    """Kulkarni's recursion: split at half the larger width, rounded up to a power of two."""
    larger = max(len(x), len(y))
    if larger <= 2:
        return _block(x, y)
    half = 1 << ((larger - 1).bit_length() - 1)
    if len(y) <= half:
        x, y = y, x
    low, high = y[:half], y[half:]
    product = Signal(len(x) + len(y), name=name)
    if len(x) <= half:
        least = _product(m, x, low, f"{name}_l")
        most = _product(m, x, high, f"{name}_h") + least[half:]
        m.d.comb += product.eq(Cat(least[:half], most))
        return product
    x_low, x_high = x[:half], x[half:]
    least = _product(m, x_low, low, f"{name}_ll")
    outer = Cat(least, Const(0, 2 * half - len(least)), _product(m, x_high, high, f"{name}_hh"))
    cross = _product(m, x_low, high, f"{name}_lh") + _product(m, x_high, low, f"{name}_hl")
    m.d.comb += product.eq(Cat(outer[:half], outer[half:] + cross))
    return product


def _block(x: Value, y: Value) -> Value:
    """The 2x2 block, 3 bits; also of a single bit."""
    x, y = (Cat(side, Const(0, 2 - len(side))) for side in (x, y))
    return Cat(x[0] & y[0], (x[1] & y[0]) | (x[0] & y[1]), x[1] & y[1])
