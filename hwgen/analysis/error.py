"""Error of a multiplier family: how far its products are from the exact ones.

The metrics are those of EvoApproxLib (Mrazek et al., DATE 2017), whose published figures they
reproduce; :data:`METRICS` defines each.
"""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from hwgen.analysis.pairs import Block, Population, blocks, is_exhaustive
from hwgen.arith.multiplier import MultiplierFamily, Operands

_Z = 1.959963984540054  # of a standard normal deviate, 95 % lie within


@dataclass(frozen=True)
class Metric:
    """What one field of :class:`ErrorMetrics` means."""

    label: str
    unit: str
    definition: str


METRICS = {
    "mae": Metric("MAE", "LSB", "mean of |e|"),
    "mae_percent": Metric("MAE%", "%", "MAE / 2^(a.width + b.width)"),
    "wce": Metric("WCE", "LSB", "greatest |e|"),
    "wce_percent": Metric("WCE%", "%", "WCE / 2^(a.width + b.width)"),
    "bias": Metric("bias", "LSB", "mean of e"),
    "mse": Metric("MSE", "LSB^2", "mean of e^2"),
    "variance": Metric("variance", "LSB^2", "mean of (e - bias)^2"),
    "ep_percent": Metric("EP", "%", "share of pairs with e != 0"),
    "mre_percent": Metric("MRE", "%", "mean of |e / (a * b)| over the pairs with a * b != 0"),
    "wcre_percent": Metric("WCRE", "%", "greatest |e / (a * b)| over the pairs with a * b != 0"),
}
"""Every metric by its field: e is the product less the exact one, an LSB is the product's."""

LOWER_BOUNDS = ("wce", "wce_percent", "wcre_percent")
"""What a sample only bounds from below."""


@dataclass(frozen=True)
class ErrorMetrics:
    """The error of a multiplier at given operands; :data:`METRICS` defines the numbers.

    Members
    -------
    multiplier : the family with its parameters, and the operands.
    pairs : pairs of operand codes that were evaluated.
    exhaustive : whether these are all pairs; if not, :data:`LOWER_BOUNDS` holds.
    intervals : of a sample, the 95 % confidence interval of each mean: normal approximation, and
        Wilson's for EP.
    worst_pair : the first pair ``a, b`` whose error is ``wce``.
    worst_error : the family's closed-form bound of ``wce``, None if it has none.
    mre_percent, wcre_percent : None if every exact product is 0.
    """

    multiplier: str
    pairs: int
    exhaustive: bool
    mae: float
    mae_percent: float
    wce: int
    wce_percent: float
    bias: float
    mse: float
    variance: float
    ep_percent: float
    mre_percent: float | None
    wcre_percent: float | None
    worst_pair: tuple[int, int]
    worst_error: int | None
    intervals: dict[str, tuple[float, float]]

    @property
    def evaluated(self) -> str:
        """On which pairs the metrics rest, in words."""
        return f"{'all' if self.exhaustive else 'a sample of'} {self.pairs:,} pairs"

    def rows(self) -> list[tuple[str, str, str, str]]:
        """A table of the metrics: label, value, unit, definition.

        With the confidence interval of a mean, and marked where it is a lower bound.
        """
        return [(metric.label, self._shown(name), metric.unit, metric.definition)
                for name, metric in METRICS.items()]

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if value is None:
            return "undefined"
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
        if not self.exhaustive and name in LOWER_BOUNDS:
            return f">= {text}"
        if name in self.intervals:
            low, high = self.intervals[name]
            return f"{text} +- {(high - low) / 2:.2g}"
        return text

    @property
    def remark(self) -> str:
        """The worst pair, the family's bound, and what a sample tells, in a sentence each."""
        a, b = self.worst_pair
        worst = f"WCE is at a = {a}, b = {b}" if self.wce else "every product is exact"
        bound = "none" if self.worst_error is None else f"{self.worst_error:,}"
        sample = "" if self.exhaustive else (
            "; +- is a 95 % confidence interval, >= a lower bound from the sample")
        return f"{worst}; closed-form bound of the family: {bound}{sample}"

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values, and which of them are lower bounds only."""
        return {**asdict(self), "lower_bounds": [] if self.exhaustive else list(LOWER_BOUNDS)}


def error_metrics(family: MultiplierFamily, operands: Operands, a: Population | None = None,
                  b: Population | None = None) -> ErrorMetrics:
    """The error of ``family`` over all pairs, up to 2**24 of them, or over a sample of 2**22.

    Parameters
    ----------
    a, b : how often each operand code occurs; left out: all equally often.  The greatest errors
        are those of codes that occur.
    """
    a, b = a or Population.uniform(operands.a), b or Population.uniform(operands.b)
    tally = _Tally()
    for block in blocks(family, operands, a, b):
        tally.add(block)
    return tally.metrics(family, operands, exhaustive=is_exhaustive(a, b))


class _Tally:
    """Running sums and greatest errors."""

    def __init__(self) -> None:
        self.pairs = 0
        self.wce = -1
        self.wcre = 0.0
        self.worst_pair = (0, 0)
        self.sums = np.zeros(9)

    def add(self, block: Block) -> None:
        error = block.error.astype(np.float64)
        size = np.abs(error)
        divisible = block.exact != 0
        relative = np.divide(size, np.abs(block.exact.astype(np.float64)), where=divisible,
                             out=np.zeros(size.shape))
        square = error * error
        self.sums += [block.rows.sum() * block.columns.sum(), block.total(size != 0),
                      block.total(error), block.total(size), block.total(square),
                      block.total(square * square), block.total(divisible), block.total(relative),
                      block.total(relative * relative)]
        self.pairs += size.size
        self.wcre = max(self.wcre, float(relative.max()))
        self._keep_worst(block, int(size.argmax()))

    def _keep_worst(self, block: Block, index: int) -> None:
        wce = abs(int(block.error.flat[index]))
        if wce > self.wce:
            self.wce = wce
            a, b = (np.broadcast_to(side, block.error.shape).flat[index]
                    for side in (block.a, block.b))
            self.worst_pair = int(a), int(b)

    def metrics(self, family: MultiplierFamily, operands: Operands, *,
                exhaustive: bool) -> ErrorMetrics:
        count, wrong, error, size, square, fourth, divisible, relative, relative_square = (
            self.sums.tolist())
        percent = 100 / 2.0 ** (operands.a.width + operands.b.width)
        moments = {  # of each mean: its sum, the sum of squares, over how many, in which unit
            "mae": (size, square, count, 1.0),
            "mae_percent": (size, square, count, percent),
            "bias": (error, square, count, 1.0),
            "mse": (square, fourth, count, 1.0),
            "mre_percent": (relative, relative_square, divisible, 100.0),
        }
        means: dict[str, Any] = {name: unit * total / over if over else None
                                 for name, (total, _, over, unit) in moments.items()}
        intervals = {} if exhaustive else {
            "ep_percent": _wilson_interval(wrong, count),
            **{name: _normal_interval(*each) for name, each in moments.items() if each[2] > 1}}
        bias = error / count
        return ErrorMetrics(
            **means, multiplier=described(family, operands), pairs=self.pairs,
            exhaustive=exhaustive, wce=self.wce, wce_percent=percent * self.wce,
            variance=square / count - bias * bias, ep_percent=100 * wrong / count,
            wcre_percent=100 * self.wcre if divisible else None, worst_pair=self.worst_pair,
            worst_error=family.worst_error(operands), intervals=intervals)


def described(family: MultiplierFamily, operands: Operands) -> str:
    """The family with its parameters, and the operands, for titles."""
    fields = family.model_dump(mode="json", exclude={"kind"})
    parameters = "".join(f", {name} {value}" for name, value in fields.items())
    return f"{family.kind} {operands}{parameters}"


def _normal_interval(total: float, squares: float, count: float,
                     unit: float) -> tuple[float, float]:
    """95 % confidence interval of a mean from the sum and the sum of squares, by the normal law."""
    mean = total / count
    half = _Z * sqrt(max(0.0, squares / count - mean * mean) / (count - 1))
    return unit * (mean - half), unit * (mean + half)


def _wilson_interval(hits: float, count: float) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share, in per cent."""
    share, unit = hits / count, _Z * _Z / count
    half = _Z * sqrt(share * (1 - share) / count + unit / (4 * count))
    low, high = ((share + unit / 2 + side) / (1 + unit) for side in (-half, half))
    return 100 * low, 100 * high
