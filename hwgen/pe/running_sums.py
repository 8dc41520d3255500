"""Golden of many steps of a PE: running sums of whole matrices, as fast as NumPy goes.

:meth:`DotProductPE.golden_step` says what a step does.  Here the same sums come about in the first
of these ways that is exact:

- a product of float matrices, where nothing is rounded and no overflow but the last shows;
- step by step in the narrowest integers that hold a step, or wrap as the accumulator may;
- step by step as defined, in Python's integers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.width import sum_bounds
from hwgen.number import Codes, Overflow, smallest_shape
from hwgen.pe.dot_product import DotProductPE
from hwgen.pe.lane_sums import REALS, lane_sums, largest_product

BLOCK = 1 << 16
"""Sums that are best computed at once: many for NumPy, few for a cache."""


def _signed_bits(low: int, high: int) -> int:
    """Bits of signed integers from ``low`` to ``high``."""
    return smallest_shape(min(low, -1), high).width


def _integers(bits: int) -> np.dtype[Any]:
    """The narrowest dtype of signed integers of ``bits`` bits."""
    return np.dtype(next((f"i{size // 8}" for size in (16, 32, 64) if bits <= size), object))


@dataclass(frozen=True)
class RunningSums:
    """Sums from zero over at most ``steps`` steps of ``pe``."""

    pe: DotProductPE
    steps: int

    def of(self, a: Codes, b: Codes, draws: Iterable[Codes | int] = repeat(0)) -> Codes:
        """Sums of ``(..., K) x (K, N)`` int64 codes, K a multiple of L: ``(..., N)``, ``pe.dtype``.

        Parameters
        ----------
        draws : for each step random bits that broadcast to ``(..., N)``; the next K/L are taken.
        """
        if self.is_matrix_product:
            return self._finished(self._matrix_product(a, b))
        if object in (self.dtype, self.addend_dtype):
            return self.as_defined(a, b, draws)
        return self._finished(self._step_by_step(a, b, draws))

    def as_defined(self, a: Codes, b: Codes, draws: Iterable[Codes | int] = repeat(0)) -> Codes:
        """The same, whatever the formats: one step of the PE's golden after the other."""
        dtype, lanes = self.pe.dtype, self.pe.lanes
        acc = np.zeros((*a.shape[:-1], b.shape[1]), dtype)
        for k, draw in zip(range(0, len(b), lanes), draws, strict=False):
            left = a[..., None, k : k + lanes].astype(dtype)
            right = b[k : k + lanes].T.astype(dtype)
            acc = self.pe.golden_step(acc, left, right, np.asarray(draw, dtype))
        return acc

    def bounds(self, steps: int) -> tuple[int, int]:
        """Least and greatest sum on the way of ``steps`` steps, as long as none overflows."""
        pe, frac = self.pe, self.pe.operands.product_frac
        return sum_bounds(pe.multiplier.bounds(pe.operands), steps * pe.lanes, lanes=pe.lanes,
                          drop=pe.accumulator.drop(frac), rounding=pe.accumulator.rounding,
                          random_bits=pe.draw_bits)

    @cached_property
    def overflows(self) -> bool:
        """Whether a sum on the way can leave the accumulator's format."""
        low, high = self.bounds(self.steps)
        return low < self.pe.format.minimum or high > self.pe.format.maximum

    @cached_property
    def saturates(self) -> bool:
        """Whether a sum on the way can saturate."""
        return self.overflows and self.pe.accumulator.overflow is Overflow.SATURATE

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Narrowest in which sums are exact, or wrap as the accumulator may: int16 to object."""
        if self.overflows and not self.saturates:
            return _integers(self.pe.format.width)
        low, high = self.bounds(self.steps)
        if self.saturates:
            low, high = self.bounds(1)
            low, high = low + self.pe.format.minimum, high + self.pe.format.maximum
        return _integers(_signed_bits(low, high))

    @cached_property
    def addend_dtype(self) -> np.dtype[Any]:
        """Narrowest that holds a step's exact sum of products with what rounding adds to it.

        Without rounding it is :attr:`dtype` if that is wider: NumPy adds equal dtypes sooner.
        """
        low, high = (bound * self.pe.lanes for bound in self.pe.multiplier.bounds(self.pe.operands))
        drop = self.pe.accumulator.drop(self.pe.operands.product_frac)
        exact = _integers(_signed_bits(low, high + (1 << drop) - 1))
        return exact if drop else np.promote_types(exact, self.dtype)

    @cached_property
    def is_matrix_product(self) -> bool:
        """Whether the exact product, wrapped at the end, is all there is to it."""
        drop = self.pe.accumulator.drop(self.pe.operands.product_frac)
        return (isinstance(self.pe.multiplier, ExactMultiplier) and not drop
                and not self.saturates and largest_product(self.pe) <= REALS[-1][1])

    def _matrix_product(self, a: Codes, b: Codes) -> Codes:
        """The sums modulo 2**64, int64, from parts of K whose sums no float rounds."""
        left, total = a.reshape(-1, a.shape[-1]), np.zeros((), np.int64)
        largest = largest_product(self.pe)
        real, limit = REALS[largest * len(b) > REALS[0][1]]
        terms = limit // largest
        for k in range(0, len(b), terms):
            part = slice(k, k + terms)
            total = total + (left[:, part].astype(real) @ b[part].astype(real)).astype(np.int64)
        return total.reshape(*a.shape[:-1], b.shape[1])

    def _step_by_step(self, a: Codes, b: Codes, draws: Iterable[Codes | int]) -> Codes:
        """The sums, of :attr:`dtype`; those that wrap do so at its width."""
        accumulator, target, bits = self.pe.accumulator, self.pe.format, self.pe.draw_bits
        drop = accumulator.drop(self.pe.operands.product_frac)
        sums = lane_sums(self.pe, a.reshape(-1, a.shape[-1]), b)
        acc = np.zeros((*a.shape[:-1], b.shape[1]), self.dtype)
        addend = np.empty(acc.shape, self.addend_dtype)
        for step, draw in zip(range(len(b) // self.pe.lanes), draws, strict=False):
            sums.step(step, addend.reshape(-1, b.shape[1]))
            acc += accumulator.rounding.golden(addend, drop, draw, bits, out=addend)
            if self.saturates:
                accumulator.overflow.golden(acc, target, out=acc)
        return acc

    def _finished(self, sums: Codes) -> Codes:
        """Sums in the accumulator's format, of the PE's dtype."""
        return self.pe.accumulator.overflow.golden(sums.astype(self.pe.dtype), self.pe.format)
