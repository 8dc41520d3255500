"""The pairs of operand codes on which a multiplier is judged: all of them, or a sample."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, Fixed, exact_dtype
from hwgen.spec import InputError

EXHAUSTIVE_PAIRS = 2**24
SAMPLED_PAIRS = 2**22
BLOCK_PAIRS = 2**17
"""Pairs that are worked on at a time, so that their arrays stay in the caches."""
_SEED = 1

Reals = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Population:
    """How often each code of an operand occurs.

    Members
    -------
    low, high : the least and the greatest code.
    present : the codes that occur, ascending, with their probabilities; None: every code from
        ``low`` to ``high``, equally often.
    """

    low: int
    high: int
    present: tuple[Codes, Reals] | None = None

    @classmethod
    def uniform(cls, operand: Fixed) -> Self:
        """Every code of the format, equally often."""
        return cls(operand.minimum, operand.maximum)

    @classmethod
    def histogram(cls, operand: Fixed, weights: Any) -> Self:
        """From a weight of at least 0 for each code of the format, ascending; any sum.

        Raises
        ------
        InputError
            If there is not one finite weight a code, or none is positive.
        """
        weights = np.asarray(weights, np.float64)
        if weights.shape != (2**operand.width,):
            raise InputError(f"histogram must have a weight for each of the {2**operand.width} "
                             f"codes of its operand, not shape {weights.shape}")
        if not (np.isfinite(weights).all() and weights.min() >= 0 < weights.max()):
            raise InputError("histogram must hold finite weights of at least 0, one of them above "
                             f"it, not {weights.min()} to {weights.max()}")
        present = np.flatnonzero(weights)
        return cls._of(operand.minimum + present, weights[present] / weights.max())

    @classmethod
    def observed(cls, codes: Codes) -> Self:
        """From int64 codes as they occurred, at least one, any shape."""
        present, counts = np.unique(codes, return_counts=True)
        return cls._of(present, counts.astype(np.float64))

    @classmethod
    def _of(cls, codes: Codes, weights: Reals) -> Self:
        return cls(int(codes[0]), int(codes[-1]), (codes, weights / weights.sum()))

    @property
    def size(self) -> int:
        """Number of codes that occur."""
        return self.high - self.low + 1 if self.present is None else len(self.present[0])

    def codes(self) -> tuple[Codes, Reals]:
        """The codes that occur, ascending, and their weights: ones, or the probabilities."""
        if self.present is not None:
            return self.present
        return np.arange(self.low, self.high + 1), np.ones(self.size)

    def representatives(self, count: int) -> tuple[Codes, Reals]:
        """All codes with their weights if they are at most ``count``, else ``count`` for all.

        Each then stands for an equal part of the probability and is drawn from it.
        """
        if self.size <= count:
            return self.codes()
        points = (np.arange(count) + np.random.default_rng(_SEED).random(count)) / count
        return self.quantiles(points), np.ones(count)

    def quantiles(self, points: Reals) -> Codes:
        """The codes below which the fractions ``points``, from 0 to below 1, of all codes lie."""
        if self.present is None:
            return self.low + (points * self.size).astype(np.int64)
        codes, probabilities = self.present
        found = np.searchsorted(np.cumsum(probabilities), points, side="right")
        return codes[np.minimum(found, len(codes) - 1)]


@dataclass(frozen=True)
class Block:
    """A multiplier's products for some pairs; arrays over the pairs are ``(n, m)``.

    Members
    -------
    a, b : operand codes, ``(n, 1)`` and ``(1, m)``, or in a sample both ``(n, 1)``.
    exact, error : the exact product, and the family's product less the exact one.
    rows, columns : pair ``i, j`` has the weight ``rows[i] * columns[j]``.
    """

    a: Codes
    b: Codes
    exact: Codes
    error: Codes
    rows: Reals
    columns: Reals

    def total(self, values: Codes) -> float:
        """The weighted sum of ``(n, m)`` values."""
        return float(self.rows @ np.asarray(values, np.float64) @ self.columns)


def is_exhaustive(a: Population, b: Population) -> bool:
    """True when :func:`blocks` goes through all pairs."""
    return a.size * b.size <= EXHAUSTIVE_PAIRS


def blocks(family: MultiplierFamily, operands: Operands, a: Population,
           b: Population) -> Iterator[Block]:
    """All pairs that occur, or a sample where there are more than 2**24, block by block.

    A sample is 2**22 pairs drawn from a fixed seed, after the pairs of extremes without weight.
    """
    if not is_exhaustive(a, b):
        yield from _sample(family, operands, a, b)
        return
    (left, rows), (right, columns) = a.codes(), b.codes()
    width = min(len(right), BLOCK_PAIRS)
    height = max(1, BLOCK_PAIRS // width)
    for i in range(0, len(left), height):
        for j in range(0, len(right), width):
            yield _block(family, operands, left[i : i + height, None], right[None, j : j + width],
                         rows[i : i + height], columns[j : j + width])


def _sample(family: MultiplierFamily, operands: Operands, a: Population,
            b: Population) -> Iterator[Block]:
    one = np.ones(1)
    corners = np.array([(x, y) for x in (a.low, a.high) for y in (b.low, b.high)])
    yield _block(family, operands, corners[:, :1], corners[:, 1:], np.zeros(len(corners)), one)
    rng = np.random.default_rng(_SEED)
    for _ in range(SAMPLED_PAIRS // BLOCK_PAIRS):
        left, right = (side.quantiles(rng.random((BLOCK_PAIRS, 1))) for side in (a, b))
        yield _block(family, operands, left, right, np.ones(BLOCK_PAIRS), one)


def _block(family: MultiplierFamily, operands: Operands, a: Codes, b: Codes, rows: Reals,
           columns: Reals) -> Block:
    dtype = exact_dtype(operands.a.width + operands.b.width)
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    exact = a * b
    return Block(a, b, exact, family.golden(operands, a, b) - exact, rows, columns)
