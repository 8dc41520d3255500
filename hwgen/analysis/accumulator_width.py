"""The smallest integer accumulator of a dot product: never too small, or hardly ever.

From safe to sharp: the worst case of all operands; that of given weights, whose coarse form by the
1-norm of the weights is in Colbert et al., "A2Q", ICCV 2023; then, for a probability of overflow,
Hoeffding's inequality (JASA 1963) and the normal approximation.

Sakr et al., "Accumulation bit-width scaling for ultra-low precision training", ICLR 2019, ask what
a narrow floating-point accumulator loses of the variance; none of their formulas is used here.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwgen.analysis.dot_product import DotProduct
from hwgen.analysis.pairs import Reals
from hwgen.arith.width import sum_bounds
from hwgen.number import MAX_ACCUMULATOR_BITS, Codes, Fixed, smallest_shape
from hwgen.spec import InputError

METHODS = {
    "worst case": "for all operands in range",
    "weights": "for all rows of A with these weights",
    "hoeffding": "if the products are independent",
    "normal": "if they are, and their sums normal",
}
"""Under what condition each width is enough; the last two but for the probability."""


@dataclass(frozen=True)
class Width:
    """The smallest accumulator by one of :data:`METHODS`.

    Members
    -------
    bits, signed : its format; signed if a sum can be negative.
    low, high : least and greatest sum that it can ever have to hold.
    reached : whether there are operands that lead to both; else a wider range was assumed.
    column : the column of the weights, from 0, that asks most; None without weights.
    probability : bound for the chance that any sum of a dot product overflows it; None for none.
    """

    method: str
    bits: int
    signed: bool
    low: int
    high: int
    reached: bool
    column: int | None = None
    probability: float | None = None

    def __str__(self) -> str:
        return f"{self.bits} bits {'signed' if self.signed else 'unsigned'}"

    def row(self) -> tuple[str, str, str, str]:
        """A line of a table: method, format, sums or overflow probability, condition."""
        return self.method, str(self), self._extent(), METHODS[self.method]

    def _extent(self) -> str:
        column = "" if self.column is None else f", most in column {self.column}"
        if self.probability is not None:
            return f"overflow <= {self.probability:.1e}{column}"
        return f"{'' if self.reached else 'within '}{self.low:,} to {self.high:,}{column}"

    def fits(self, accumulator: Fixed) -> bool:
        """True when the format holds every sum that may occur."""
        return accumulator.minimum <= self.low and self.high <= accumulator.maximum

    def verdict(self, accumulator: Fixed) -> str:
        """How the given format stands to the sums that may occur, in a sentence."""
        kind = "signed" if accumulator.signed else "unsigned"
        given = f"the spec's accumulator of {accumulator.width} bits {kind}"
        if self.fits(accumulator):
            return f"{given} never overflows"
        signed = accumulator.signed or self.signed
        bits = self.bits + (signed and not self.signed)
        if bits >= MAX_ACCUMULATOR_BITS + signed:
            return f"{given} can overflow, and none is wide enough: {bits} bits"
        also = "" if signed == accumulator.signed else " and accumulator.signed = true"
        return f"{given} can overflow; set accumulator.width = {bits}{also}"

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)


def accumulator_widths(dot: DotProduct, probability: float = 1e-6) -> list[Width]:
    """By every method that applies, in the order of :data:`METHODS`.

    Parameters
    ----------
    probability : that any of the sums of a dot product, or of a column of weights, overflows.

    Raises
    ------
    InputError
        If the probability is not between 0 and 1.
    """
    if not 0 < probability < 1:
        raise InputError(f"probability must be above 0 and below 1, not {probability}")
    sums = HeldSums(dot)
    safe = [worst_case(dot)] + [sums.worst_case()] * (dot.weights is not None)
    return [*safe, sums.smallest("hoeffding", probability), sums.smallest("normal", probability)]


def worst_case(dot: DotProduct) -> Width:
    """Over all operands of the ranges, weights or not."""
    pe = dot.array.pe
    products, reached = dot.pooled
    bounds = [sum_bounds(products, terms, lanes=pe.lanes, drop=dot.drop,
                         rounding=pe.accumulator.rounding, random_bits=pe.draw_bits, filled=filled,
                         zero=dot.zero) for terms, filled in dot.runs]
    low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
    shape = smallest_shape(low, high)
    return Width("worst case", shape.width, shape.signed, low, high, reached)


class HeldSums:
    """Bounds and moments of every sum that an accumulator holds, ``(sums, N)`` arrays."""

    def __init__(self, dot: DotProduct):
        addends = dot.addends
        self._dot = dot
        self._low, self._high = dot.held(addends.low), dot.held(addends.high)
        self._mean = dot.held(addends.mean)
        self._variance = dot.held(addends.variance)
        self._doubt = dot.held(addends.doubt)
        self._squares = dot.held((addends.high - addends.low).astype(np.float64) ** 2)

    @cached_property
    def _extents(self) -> Codes:
        """Of each column the greatest sum, or the inverted bits of the least."""
        return np.maximum(0, np.maximum(self._high.max(axis=0), -self._low.min(axis=0) - 1))

    def worst_case(self) -> Width:
        """Over all rows of A, for all columns of the weights."""
        low, high = min(0, int(self._low.min())), max(0, int(self._high.max()))
        shape = smallest_shape(low, high)
        return Width("weights", shape.width, shape.signed, low, high, self._dot.products.reached,
                     self._column(self._extents))

    def smallest(self, method: str, probability: float) -> Width:
        """Smallest width that overflows with at most this probability.

        The union bound over the chances of all sums that are held in a column: by Hoeffding's
        inequality, or by the tail of a normal law with the sum's mean and variance.
        """
        safe = self.worst_case()
        candidates = range(1, safe.bits + 1)

        def chances(bits: int) -> Reals:
            return self._chances(method, bits, safe.signed)

        index = bisect_left(candidates, True,
                            key=lambda bits: bool(chances(bits).max() <= probability))
        found = chances(candidates[index])
        return Width(method, candidates[index], safe.signed, safe.low, safe.high, safe.reached,
                     self._column(found), float(found.max()))

    def _column(self, needs: Codes) -> int | None:
        return None if self._dot.weights is None else int(needs.argmax())

    def _chances(self, method: str, bits: int, signed: bool) -> Reals:
        """Bound of the overflow probability of each column, ``(N,)``; a sum in bounds has none."""
        highest = (1 << bits - signed) - 1
        lowest = -highest - 1 if signed else 0
        tail: Callable[[Reals], Reals] = normal_tail
        spread, margin = np.sqrt(self._variance), np.full(1, 0.5)  # a sum is an integer
        if method == "hoeffding":  # exp(-2 t^2 / sum of (high - low)^2), t codes from the mean
            tail = _gaussian
            spread, margin = np.sqrt(self._squares) / 2, 1 - self._doubt
        above = tail(_ratio(highest - self._mean + margin, spread)) * (self._high > highest)
        below = tail(_ratio(self._mean - lowest + margin, spread)) * (self._low < lowest)
        return np.minimum((above + below).sum(axis=0), 1)


def _ratio(distance: Reals, spread: Reals) -> Reals:
    """``distance / spread``, 0 for a distance beyond the mean or without spread."""
    return np.divide(np.maximum(distance, 0), spread, where=spread > 0,
                     out=np.zeros(spread.shape))


def _gaussian(x: Reals) -> Reals:
    return np.where(x > 0, np.exp(-x * x / 2), 1.0)


def normal_tail(x: Reals) -> Reals:
    """Bound of the chance that a standard normal deviate is above ``x``; 1 for ``x = 0``.

    Pollak's bound of Mills' ratio (1956), at most 6 % above it.
    """
    mills = 2 / (x + np.sqrt(x * x + 8 / np.pi))
    return np.where(x > 0, np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * mills, 1.0)
