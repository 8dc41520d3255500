"""Golden of many steps of a PE: running sums of whole matrices, as fast as NumPy goes.

:meth:`ParallelPE.golden_step` says what a step does.  Here the same sums come about in the first of
these ways that is exact:

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
from hwgen.pe.lane_sums import REALS, lane_sums, largest_product
from hwgen.pe.parallel import ParallelPE

BLOCK = 1 << 16
"""Sums that are best computed at once: many for NumPy, few for a cache."""

_HEADROOM = 3  # bits above a sum, for its rounding, for an addition and for the sign


@dataclass(frozen=True)
class RunningSums:
    """Sums from zero over at most ``steps`` steps of ``pe``."""

    pe: ParallelPE
    steps: int

    def of(self, a: Codes, b: Codes, draws: Iterable[Codes | int] = repeat(0)) -> Codes:
        """Sums of ``(..., K) x (K, N)`` int64 codes, K a multiple of L: ``(..., N)``, ``pe.dtype``.

        Parameters
        ----------
        draws : for each step random bits that broadcast to ``(..., N)``; the next K/L are taken.
        """
        if self.is_matrix_product:
            return self._finished(self._matrix_product(a, b))
        if self.dtype == object:
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

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest sum on the way, as long as none overflows."""
        pe, frac = self.pe, self.pe.operands.product_frac
        return sum_bounds(pe.multiplier.bounds(pe.operands), self.steps * pe.lanes, lanes=pe.lanes,
                          drop=pe.accumulator.drop(frac), rounding=pe.accumulator.rounding,
                          random_bits=pe.draw_bits)

    @cached_property
    def overflows(self) -> bool:
        """Whether a sum on the way can leave the accumulator's format."""
        low, high = self.bounds
        return low < self.pe.format.minimum or high > self.pe.format.maximum

    @cached_property
    def saturates(self) -> bool:
        """Whether a sum on the way can saturate."""
        return self.overflows and self.pe.accumulator.overflow is Overflow.SATURATE

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Narrowest in which steps are exact, or wrap as the accumulator may: int32 to object."""
        sums = self.pe.format.shape if self.overflows else smallest_shape(*self.bounds)
        width = sums.width + _HEADROOM * self.saturates
        for bits in (32, 64):
            if max(self.pe.sum_bits + _HEADROOM, width) <= bits:
                return np.dtype(f"i{bits // 8}")
        return np.dtype(object)

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
        accumulator, frac = self.pe.accumulator, self.pe.operands.product_frac
        sums = lane_sums(self.pe, a.reshape(-1, a.shape[-1]), b)
        acc = np.zeros((*a.shape[:-1], b.shape[1]), self.dtype)
        addend = np.empty_like(acc)
        for step, draw in zip(range(len(b) // self.pe.lanes), draws, strict=False):
            sums.step(step, addend.reshape(-1, b.shape[1]))
            acc += accumulator.golden_round(addend, frac, draw, out=addend)
            if self.saturates:
                accumulator.overflow.golden(acc, self.pe.format, out=acc)
        return acc

    def _finished(self, sums: Codes) -> Codes:
        """Sums in the accumulator's format, of the PE's dtype."""
        return self.pe.accumulator.overflow.golden(sums.astype(self.pe.dtype), self.pe.format)
