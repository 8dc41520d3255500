"""RoBA: the product without that of the distances to the nearest powers of two.

R. Zendegani, M. Kamal, M. Bahadori, A. Afzali-Kusha, M. Pedram: RoBA Multiplier: A Rounding-Based
Approximate Multiplier for High-Speed yet Energy-Efficient Digital Signal Processing. IEEE
Transactions on VLSI Systems 25(2), 2017.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal, Value

from hwgen.arith.leading_one import normalise
from hwgen.arith.multiplier import Operands
from hwgen.arith.piecewise import PiecewiseFamily
from hwgen.number import Codes


class RobaMultiplier(PiecewiseFamily):
    """``xr * y + yr * x - xr * yr``, where ``xr`` and ``yr`` are the nearest powers of two.

    A magnitude halfway between two powers goes to the larger one, but 3 to 2, as in the paper;
    0 stays 0. An unsigned operand of n bits may be rounded to ``2**n``. The relative error, that of
    ``xr`` times that of ``yr``, is between -1/9 and 1/9, so products may exceed the exact range.
    Signed operands: sign and magnitude, exactly (the paper's S-RoBA); the magnitude of the smallest
    code included. Combinational: latency 0 cycles.
    """

    kind: Literal["roba"] = "roba"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["RobaMultiplier"]:
        return cls.fitting(operands, cls())

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        xr, yr = self._nearest(x), self._nearest(y)
        return xr * y + yr * x - xr * yr

    def _nearest(self, x: Codes) -> Codes:
        """The power of two nearest to each magnitude; 0 of 0."""
        nearest = np.minimum(x, 2)
        for place in range(2, 17):
            nearest = np.where(x >= 3 << (place - 2), 1 << place, nearest)
        return np.where(x == 3, 2, nearest)

    def ends(self, width: int, x_max: int) -> set[int]:
        """The first and the last magnitude of each power of two."""
        firsts = [1, 2, 4, *(3 << place for place in range(1, width))]
        return {x_max, *(x for first in firsts for x in (first - 1, first) if x < x_max)}

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        """One adder and one shifter, from the leading ones ``2**xk <= x`` and ``2**yk <= y``.

        With ``x = 2**xk * (1 + xf)`` and ``xr = 2**xk * (1 + xu)``, ``xu`` 0 or 1, the product is
        ``2**(xk + yk) * (xf * (1 + yu) + yf * (1 + xu) + (1 - xu * yu))``. The last term is a one
        in the place that the shift of ``xf`` leaves free, or else that of ``yf``.
        """
        bits = max(len(x), len(y)) - 1
        (xf, xu, xk, x_some), (yf, yu, yk, y_some) = (
            self._parts(m, side, bits) for side in (x, y))
        mantissa = Signal(bits + 2)
        total = Mux(yu, xf << 1, Cat(xf, 1)) + Mux(xu, yf << 1, Cat(yf, yu))
        m.d.comb += mantissa.eq(Mux(x_some & y_some, total, 0))
        return (mantissa << (xk + yk)).shift_right(bits)

    def _parts(self, m: Module, x: Value, bits: int) -> tuple[Value, Value, Value, Value]:
        """The fraction in units of ``2**-bits``, whether ``x`` goes up, its log, if it has one."""
        shifted, place = normalise(m, x, len(x) - 1)
        fraction = Cat(Const(0, bits + 1 - len(x)), shifted[:-1])
        up = fraction[-1] & place[1:].any()  # 3, the only one with place 1, goes down
        return fraction, up, place, shifted[-1]
