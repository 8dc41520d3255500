"""What the mask of a multiplier drops: how often the dropped partial products come to each sum."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb
from typing import Literal

import numpy as np

from hwgen.analysis.pairs import Population, Reals
from hwgen.arith.multiplier import Operands
from hwgen.number import Codes

Mask = tuple[int, ...]
"""For each bit of ``b``, the lowest bit of ``a`` that its row keeps."""

Measure = Literal["mae", "wce", "bias", "mse"]
"""A metric of :data:`hwgen.analysis.error.METRICS` by which constants are chosen."""

_SLACK = 1 + 1e-12  # of a limit, for sums of probabilities


@dataclass(frozen=True)
class Loss:
    """The distribution of what a mask drops; with a constant ``c`` the error is ``c`` less that.

    Members
    -------
    low : the smallest sum that occurs.
    weights : how often ``low``, ``low + 1``, ... occur, up to the largest sum, in any unit.
    """

    low: int
    weights: Reals

    @property
    def high(self) -> int:
        """The largest sum that occurs."""
        return self.low + len(self.weights) - 1

    @cached_property
    def _below(self) -> tuple[Reals, Reals]:
        """Up to each sum: weights, and weighted sums from ``low`` on."""
        return np.cumsum(self.weights), np.cumsum(self.weights * np.arange(len(self.weights)))

    @cached_property
    def mean(self) -> float:
        """The mean of the sums."""
        counts, sums = self._below
        return float(self.low + sums[-1] / counts[-1])

    @cached_property
    def variance(self) -> float:
        """The mean square of their distance from the mean."""
        squares = (np.arange(len(self.weights)) - (self.mean - self.low)) ** 2
        return float(self.weights @ squares / self._below[0][-1])

    def best(self, measure: Measure) -> int:
        """A constant of the least error: median, middle of the extremes, or rounded mean."""
        if measure == "mae":
            counts, _ = self._below
            return self.low + int(np.searchsorted(counts, counts[-1] / 2))
        if measure == "wce":
            return (self.low + self.high) // 2
        return round(self.mean)

    def error(self, measure: Measure, constant: int) -> float:
        """The error with a constant, in LSBs, the bias without its sign; convex in the constant."""
        if measure == "mae":
            return self._absolute(constant)
        if measure == "wce":
            return max(abs(constant - self.low), abs(self.high - constant))
        bias = abs(constant - self.mean)
        return bias if measure == "bias" else self.variance + bias * bias

    def _absolute(self, constant: int) -> float:
        place = constant - self.low
        if not 0 <= place < len(self.weights):
            return abs(constant - self.mean)
        counts, sums = self._below
        under = place * counts[place] - sums[place]
        return float((2 * under + sums[-1] - place * counts[-1]) / counts[-1])

    def within(self, measure: Measure, limit: float) -> range:
        """The constants that keep the error at most at ``limit``."""
        best = self.best(measure)
        if self.error(measure, best) > limit * _SLACK:
            return range(0)
        ends = []
        for side in (-1, 1):
            steps, stride = 0, 1 << (self.high - self.low + int(min(limit, 2**40))).bit_length()
            while stride:
                if self.error(measure, best + side * (steps + stride)) <= limit * _SLACK:
                    steps += stride
                stride >>= 1
            ends.append(best + side * steps)
        return range(ends[0], ends[1] + 1)


class Masks:
    """The masks of two operands, with what each drops.

    Parameters
    ----------
    a, b : how often each operand code occurs; left out: all equally often.
    """

    def __init__(self, operands: Operands, a: Population | None = None,
                 b: Population | None = None):
        self.operands = operands
        self._weights = [None if side is None or side.present is None else side.codes()
                         for side in (a, b)]

    @property
    def symmetric(self) -> bool:
        """Whether a mask and the one with ``a`` and ``b`` exchanged drop the same."""
        return self.operands.a == self.operands.b and self._weights == [None, None]

    @property
    def count(self) -> int:
        """The number of staircases."""
        return comb(self.operands.a.width + self.operands.b.width, self.operands.a.width)

    def staircases(self) -> Iterator[Mask]:
        """All masks in which no row begins before the next; of mirrored ones the first."""
        widths = self.operands.a.width, self.operands.b.width
        for mask in combinations_with_replacement(range(widths[0], -1, -1), widths[1]):
            if not self.symmetric or mask >= self.mirrored(mask):
                yield mask

    def mirrored(self, mask: Mask) -> Mask:
        """The staircase with ``a`` and ``b`` exchanged."""
        return tuple(sum(low > i for low in mask) for i in range(self.operands.a.width))

    def loss(self, mask: Mask) -> Loss:
        """What a mask drops; time and memory go with the pairs of codes of the bits concerned."""
        a_bits = max(mask)
        b_bits = max((j + 1 for j, low in enumerate(mask) if low), default=0)
        a, columns = self._codes(0, a_bits)
        b, rows = self._codes(1, b_bits)
        sums = np.zeros((1 << b_bits, len(a)), np.int64)
        for j, row in enumerate(self._rows(mask[:b_bits], a)):
            np.add(sums[: 1 << j], row, out=sums[1 << j : 2 << j])
        sums = sums[b & ((1 << b_bits) - 1)] if len(b) < len(sums) else sums
        low = int(sums.min())
        sums -= low
        alike = columns is None and rows is None
        weights = None if alike else np.outer(_or_ones(rows, b), _or_ones(columns, a)).ravel()
        return Loss(low, np.bincount(sums.ravel(), weights).astype(np.float64, copy=False))

    def _codes(self, side: int, bits: int) -> tuple[Codes, Reals | None]:
        """What the low bits of an operand may be, and how often it is that; None: alike."""
        weighted = self._weights[side]
        if weighted is None:
            return np.arange(1 << bits), None
        codes, weights = weighted
        counts = np.bincount(codes & ((1 << bits) - 1), weights, 1 << bits).astype(np.float64)
        present: Codes = np.flatnonzero(counts)
        return present, counts[present]

    def _rows(self, mask: Mask, a: Codes) -> Iterator[Codes]:
        """What each row drops if its bit of ``b`` is set, for the low bits ``a``."""
        left, right = self.operands.a, self.operands.b
        for j, low in enumerate(mask):
            dropped = a & ((1 << low) - 1)
            if left.signed and low == left.width:
                dropped = dropped - ((dropped >> (low - 1)) << low)
            sign = -1 if right.signed and j == right.width - 1 else 1
            yield sign * (dropped << j)


def _or_ones(weights: Reals | None, codes: Codes) -> Reals:
    return np.ones(len(codes)) if weights is None else weights
