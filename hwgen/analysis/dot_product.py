"""A dot product on an array, as far as it is known: bounds and moments of what its steps add."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hwgen.analysis.codes import MAX_CODES, check_codes, load_codes
from hwgen.analysis.pairs import Population, Reals
from hwgen.analysis.products import (
    pooled_bounds,
    pooled_moments,
    product_bounds,
    product_moments,
    zero_product,
)
from hwgen.arith.width import addend_bounds
from hwgen.array.mesh import ArraySpec
from hwgen.array.weight_stationary import WeightStationary
from hwgen.number import Codes, Rounding, exact_dtype
from hwgen.spec import InputError


@dataclass(frozen=True)
class Products:
    """Of each product of K, filled up with zeros, and N: bounds and moments.

    Members
    -------
    bounds : ``(2, filled, N)`` codes, least and greatest.
    mean, square : ``(filled, N)``, of the product and of its square.
    reached : whether there are operands that lead to the bounds.
    """

    bounds: Codes
    mean: Reals
    square: Reals
    reached: bool


@dataclass(frozen=True)
class Addends:
    """Of what each step adds to the accumulator, at its LSB: bounds and moments, ``(steps, N)``.

    Members
    -------
    low, high : least and greatest, codes.
    mean, variance : where the bits that rounding drops are equally likely.
    doubt : however the dropped bits are, the mean is at most so far from ``mean``.
    """

    low: Codes
    high: Codes
    mean: Reals
    variance: Reals
    doubt: Reals


@dataclass(frozen=True, kw_only=True)
class DotProduct:
    """One row of A with one column of B, or with each of N columns of given weights.

    Parameters
    ----------
    array : the array that sums it up.
    length : K, terms, 1 to 2**22.
    a, b : least and greatest operand code; those of the formats when left out.
    weights : the ``(K, N)`` codes of B, int64, instead of ``b``.
    activations : how often the codes of A occur; all of ``a`` equally often when left out.

    Raises
    ------
    InputError
        If the array cannot sum up K terms, a range leaves its format, or the fields disagree.
    """

    array: ArraySpec
    length: int
    a: tuple[int, int] | None = None
    b: tuple[int, int] | None = None
    weights: Codes | None = None
    activations: Population | None = None

    @classmethod
    def read(cls, array: ArraySpec, length: int | None, weights: Path | None = None,
             activations: Path | None = None, a: str | None = None,
             b: str | None = None) -> "DotProduct":
        """From what a user gives: ``.npy`` files, and ranges ``LOW:HIGH``.

        Raises
        ------
        InputError
            If neither length nor weights are given, or anything given is not as it must be.
        """
        codes = None if weights is None else load_codes(weights, "weights", array.pe.b)
        seen = None if activations is None else Population.observed(
            load_codes(activations, "activations", array.pe.a))
        if length is None:
            if codes is None:
                raise InputError("length must be given, or weights; for example: --length 576")
            length = len(codes) if codes.ndim else 1
        return cls(array=array, length=length, a=_range("a", a), b=_range("b", b), weights=codes,
                   activations=seen)

    def __post_init__(self) -> None:
        if not 1 <= self.length <= MAX_CODES:
            raise InputError(f"length must be 1 to {MAX_CODES}, not {self.length}")
        for name, (low, high), operand in (("a", self.a_range, self.array.pe.a),
                                           ("b", self.b_range, self.array.pe.b)):
            if not operand.minimum <= low <= high <= operand.maximum:
                raise InputError(f"range of {name} must be LOW:HIGH within {operand.minimum}:"
                                 f"{operand.maximum}, not {low}:{high}")
        if self.weights is not None:
            self._check_weights(self.weights)
        (low, high), seen = self.a_range, self.population
        if not low <= seen.low <= seen.high <= high:
            raise InputError(f"activations must hold codes of {low} to {high} (the range of a), "
                             f"not {seen.low} to {seen.high}")
        self.array.schedule(1, self.length, 1)  # refuses a K that the array cannot sum up

    def _check_weights(self, weights: Codes) -> None:
        if self.b:
            raise InputError("range of b must be left out, not given, when there are weights")
        if weights.ndim != 2 or len(weights) != self.length or not weights.size:
            raise InputError(f"weights must be a matrix of {self.length} rows (K), not of shape "
                             f"{weights.shape}")
        check_codes(weights, "weights", self.array.pe.b)

    @property
    def a_range(self) -> tuple[int, int]:
        """Least and greatest code of A."""
        return self.a or (self.array.pe.a.minimum, self.array.pe.a.maximum)

    @property
    def b_range(self) -> tuple[int, int]:
        """Least and greatest code of B."""
        return self.b or (self.array.pe.b.minimum, self.array.pe.b.maximum)

    @property
    def population(self) -> Population:
        """How often the codes of A occur."""
        return self.activations or Population(*self.a_range)

    @property
    def filled(self) -> int:
        """K with the zeros that fill up the last step or tile."""
        unit = self.array.dataflow.granularity(self.array)[1]
        return -(-self.length // unit) * unit

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Terms that a sum from zero takes, and with those that fill up: all, or of each chunk."""
        accumulator = self.array.pe.accumulator
        if accumulator.chunk is None:
            return [(self.length, self.filled)]
        size = accumulator.chunk.steps * self.array.pe.lanes
        whole, rest = divmod(self.length, size)
        return [(size, size)] * (whole > 0) + [(rest, self.filled - whole * size)] * (rest > 0)

    @cached_property
    def pooled(self) -> tuple[tuple[int, int], bool]:
        """Least and greatest product of the operand ranges, and whether they are reached."""
        pe = self.array.pe
        return pooled_bounds(pe.multiplier, pe.operands, self.a_range, self.b_range)

    @cached_property
    def zero(self) -> int:
        """The product of zero codes, with which K is filled up."""
        return zero_product(self.array.pe.multiplier, self.array.pe.operands)

    @property
    def drop(self) -> int:
        """Low bits that each step's sum loses."""
        return self.array.pe.accumulator.drop(self.array.pe.operands.product_frac)

    @cached_property
    def products(self) -> Products:
        """Bounds and moments of every product; N is 1 without weights."""
        family, operands = self.array.pe.multiplier, self.array.pe.operands
        if self.weights is None:
            (low, high), reached = self.pooled
            bounds = np.array([[low], [high]], object)
            moments = np.array(pooled_moments(family, operands, self.population,
                                              Population(*self.b_range)))[:, None]
            index = np.zeros((self.length, 1), np.int64)
        else:
            codes, flat = np.unique(self.weights, return_inverse=True)
            bounds, reached = product_bounds(family, operands, self.a_range, codes)
            moments = np.stack(product_moments(family, operands, self.population, codes))
            index = flat.reshape(self.weights.shape)
        # Sums of all products are exact in this dtype.
        dtype = exact_dtype(self.array.pe.sum_bits + self.filled.bit_length())
        return Products(self._filled_up(bounds.astype(dtype)[:, index], self.zero),
                        self._filled_up(moments[0][index], self.zero),
                        self._filled_up(moments[1][index], self.zero**2), reached)

    def _filled_up(self, terms: Codes, zero: int) -> Codes:
        """``(..., K, N) -> (..., filled, N)``."""
        widths = [(0, 0)] * terms.ndim
        widths[-2] = (0, self.filled - self.length)
        return np.pad(terms, widths, constant_values=zero)

    @cached_property
    def addends(self) -> Addends:
        """Bounds and moments of what each step adds."""
        products, rounding = self.products, self.array.pe.accumulator.rounding
        bits = self.array.pe.draw_bits
        low, high = addend_bounds(self._by_step(products.bounds), self.drop, rounding, bits)
        middle, doubt, noise = _rounding_error(self.drop, rounding, bits)
        scale, known = 2.0**-self.drop, low == high
        mean = self._by_step(products.mean) * scale + middle
        spread = np.maximum(products.square - products.mean**2, 0)
        variance = self._by_step(spread) * scale**2 + noise
        return Addends(low, high, np.where(known, low.astype(np.float64), mean),
                       np.where(known, 0, variance), np.where(known, 0, doubt))

    def _by_step(self, terms: Codes) -> Codes:
        """Sums over the lanes: ``(..., filled, N) -> (..., steps, N)``."""
        lanes = self.array.pe.lanes
        return terms.reshape(*terms.shape[:-2], -1, lanes, terms.shape[-1]).sum(axis=-2)

    def held(self, addends: Codes) -> Codes:
        """Every sum that an accumulator holds, of ``(steps, N)`` addends: ``(sums, N)``.

        Output-stationary: the sum after each step.  Weight-stationary: within each tile the sum
        after each step, then the bank's after each tile.  With chunks: within each chunk the sum
        after each step; the outer sum is another accumulator's.
        """
        chunk = self.array.pe.accumulator.chunk
        if chunk:
            return np.concatenate([addends[first : first + chunk.steps].cumsum(axis=0)
                                   for first in range(0, len(addends), chunk.steps)])
        if not isinstance(self.array.dataflow, WeightStationary):
            return np.cumsum(addends, axis=0)
        tiles = addends.reshape(-1, self.array.rows, addends.shape[-1]).cumsum(axis=1)
        return np.concatenate([tiles.reshape(addends.shape), tiles[:, -1].cumsum(axis=0)])


def _range(name: str, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([+-]?\d{1,20}):([+-]?\d{1,20})", text, re.ASCII)
    if match is None:
        raise InputError(f"range of {name} must be LOW:HIGH, two integers such as -8:7, not "
                         f"{text!r}")
    return int(match[1]), int(match[2])


def _rounding_error(drop: int, rounding: Rounding, random_bits: int) -> tuple[float, float, float]:
    """Middle and half the span of a rounded sum's mean error, and its variance, in LSBs.

    The span holds for any sums; middle and variance for sums whose dropped bits are all equally
    likely.  Draws of stochastic rounding are equally likely and independent.
    """
    if not drop:
        return 0.0, 0.0, 0.0
    unit, step = 2.0**-drop, 2.0**-random_bits
    spans: dict[Rounding, tuple[float, float]] = {
        Rounding.FLOOR: (unit - 1, 0.0),
        Rounding.NEAREST_UP: (unit - 0.5, 0.5),
        Rounding.NEAREST_EVEN: (-0.5, 0.5),
        Rounding.STOCHASTIC: (unit - step, 0.0),
    }
    low, high = spans[rounding]
    noise = (1 + 2 * unit * unit) / 12
    if rounding is Rounding.STOCHASTIC:  # of the draw, and of the bits below the draw's
        noise = (1 - step * step) / 6 + (step * step - unit * unit) / 12
    return (low + high) / 2, (high - low) / 2, noise
