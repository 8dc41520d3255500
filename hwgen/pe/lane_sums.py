"""Exact sums of the lanes' products, step by step: by BLAS, from a table, or as defined."""

from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes
from hwgen.pe.dot_product import DotProductPE

MAX_TABLE_BITS = 20
REALS: tuple[tuple[Any, int], ...] = ((np.float32, 1 << 24), (np.float64, 1 << 53))
"""Floats, and up to where they hold every integer."""


class LaneSums(Protocol):
    """The sums of products of each step of an ``(M, K) x (K, N)`` product."""

    def step(self, step: int, out: Codes) -> None:
        """Write the sums of a step, ``(M, N)``, to ``out``, integers wide enough for them."""


def lane_sums(pe: DotProductPE, a: Codes, b: Codes) -> LaneSums:
    """The quickest way that is exact, for int64 codes."""
    exact = isinstance(pe.multiplier, ExactMultiplier)
    if exact and largest_product(pe) * pe.lanes <= REALS[-1][1]:
        return BlasSums(pe, a, b)
    bits = pe.a.width + pe.b.width
    if bits <= MAX_TABLE_BITS and a.size * b.shape[1] >= 1 << bits:
        return TableSums(pe, a, b)
    return DefinedSums(pe, a, b)


def largest_product(pe: DotProductPE) -> int:
    """Greatest size of an exact product."""
    return max(map(abs, pe.operands.exact_bounds))


class BlasSums:
    """Exact products: each step is a product of float matrices, ``(M, L) x (L, N)``."""

    def __init__(self, pe: DotProductPE, a: Codes, b: Codes):
        real = next(real for real, limit in REALS if largest_product(pe) * pe.lanes <= limit)
        depth = max(2, pe.lanes)  # BLAS has no quick way for one
        self._left = np.zeros((len(b) // pe.lanes, len(a), depth), real)
        self._right = np.zeros((len(b) // pe.lanes, depth, b.shape[1]), real)
        self._left[..., : pe.lanes] = a.reshape(len(a), -1, pe.lanes).swapaxes(0, 1)
        self._right[:, : pe.lanes] = b.reshape(-1, pe.lanes, b.shape[1])
        self._sums = np.empty((len(a), b.shape[1]), real)

    def step(self, step: int, out: Codes) -> None:
        np.matmul(self._left[step], self._right[step], out=self._sums)
        np.copyto(out, self._sums, casting="unsafe")


class TableSums:
    """Products of any family of few operands, looked up."""

    def __init__(self, pe: DotProductPE, a: Codes, b: Codes):
        self._pe = pe
        self._left = np.ascontiguousarray(a.T - pe.a.minimum)
        self._right = b - pe.b.minimum

    def step(self, step: int, out: Codes) -> None:
        first = step * self._pe.lanes
        self._products(first, out)
        for k in range(first + 1, first + self._pe.lanes):
            out += self._products(k, np.empty_like(out))

    def _products(self, k: int, out: Codes) -> Codes:
        """Rows are copied as they lie, columns are gathered: of as few rows as can be."""
        table = product_table(self._pe.multiplier, self._pe.operands, out.dtype)
        a, b = self._left[k], self._right[k]
        if len(a) < len(table):
            return table.take(a, axis=0).take(b, axis=1, out=out, mode="clip")
        return table.take(b, axis=1).take(a, axis=0, out=out, mode="clip")


class DefinedSums:
    """Products by the golden of their family."""

    def __init__(self, pe: DotProductPE, a: Codes, b: Codes):
        self._pe, self._left, self._right = pe, np.ascontiguousarray(a.T), b

    def step(self, step: int, out: Codes) -> None:
        first = step * self._pe.lanes
        out[...] = 0
        for k in range(first, first + self._pe.lanes):
            out += self._pe.multiplier.golden(self._pe.operands, self._left[k][:, None],
                                              self._right[k]).astype(out.dtype, copy=False)


@lru_cache(maxsize=8)
def product_table(family: MultiplierFamily, operands: Operands, dtype: np.dtype[Any]) -> Codes:
    """All products, ``(2**a.width, 2**b.width)``, the least codes first."""
    a, b = (np.arange(side.minimum, side.maximum + 1) for side in (operands.a, operands.b))
    table = family.golden(operands, a[:, None], b).astype(dtype)
    table.flags.writeable = False
    return table
