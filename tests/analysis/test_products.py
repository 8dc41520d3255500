"""Bounds and moments of products: against all products, and theory where they are too many."""

import numpy as np
import pytest

from hwgen.analysis import pairs, products
from hwgen.analysis.pairs import Population
from hwgen.analysis.products import (
    pooled_bounds,
    pooled_moments,
    product_bounds,
    product_moments,
    zero_product,
)
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.number import Fixed
from tests.analysis.families import Kulkarni, Offset, Truncated, operands

FAMILIES = [ExactMultiplier(), Truncated(cut=2), Kulkarni(), Offset(offset=3)]
RANGES = [((-8, 7), (-4, 3)), ((-3, 5), (-4, -2)), ((2, 6), (1, 3)), ((0, 0), (3, 3))]


def table(family: MultiplierFamily, a: tuple[int, int], b: tuple[int, int]) -> np.ndarray:
    rows, columns = np.arange(a[0], a[1] + 1)[:, None], np.arange(b[0], b[1] + 1)
    return family.golden(operands("s4", "s3"), rows, columns)


@pytest.mark.parametrize("block", [1, 7, 2**17])
@pytest.mark.parametrize(("a", "b"), RANGES)
@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_bounds_of_all_products(family: MultiplierFamily, a: tuple[int, int],
                                b: tuple[int, int], block: int,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "BLOCK_PAIRS", block)
    every = table(family, a, b)
    bounds, reached = product_bounds(family, operands("s4", "s3"), a, np.arange(b[0], b[1] + 1))
    assert reached
    assert bounds.tolist() == [every.min(axis=0).tolist(), every.max(axis=0).tolist()]
    pooled = pooled_bounds(family, operands("s4", "s3"), a, b)
    assert pooled == ((every.min(), every.max()), True)


@pytest.mark.parametrize(("a", "b"), RANGES)
@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_theory_holds(family: MultiplierFamily, a: tuple[int, int], b: tuple[int, int],
                      monkeypatch: pytest.MonkeyPatch) -> None:
    """What large operands get: of an exact family the truth, of others never less."""
    monkeypatch.setattr(products, "EXHAUSTIVE_PAIRS", 0)
    every = table(family, a, b)
    codes = np.arange(b[0], b[1] + 1)
    (low, high), reached = product_bounds(family, operands("s4", "s3"), a, codes)
    assert (low <= every.min(axis=0)).all()
    assert (high >= every.max(axis=0)).all()
    pooled, _ = pooled_bounds(family, operands("s4", "s3"), a, b)
    assert pooled[0] <= every.min()
    assert pooled[1] >= every.max()
    assert reached is (family == ExactMultiplier())
    if reached:
        assert (low == every.min(axis=0)).all()
        assert pooled == (every.min(), every.max())


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_moments_of_all_products(family: MultiplierFamily,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "BLOCK_PAIRS", 20)
    weights = np.arange(16.0) % 5
    a = Population.histogram(Fixed(width=4), weights)
    every = table(family, (-8, 7), (-4, 3)).astype(float)
    share = weights / weights.sum()
    mean, square = product_moments(family, operands("s4", "s3"), a, np.arange(-4, 4))
    np.testing.assert_allclose(mean, share @ every, atol=1e-12)
    np.testing.assert_allclose(square, share @ every**2)
    pooled = pooled_moments(family, operands("s4", "s3"), a, Population(-4, 3))
    assert pooled == pytest.approx((mean.mean(), square.mean()))


@pytest.mark.parametrize(("formats", "budget"), [("s16 u16", 2**24), ("s32 s32", 2**18)])
def test_moments_of_many_products_are_near(formats: str, budget: int) -> None:
    a_b = operands(*formats.split())
    a, b = Population.uniform(a_b.a), Population.uniform(a_b.b)
    assert a.size * b.size > budget
    mean, square = pooled_moments(ExactMultiplier(), a_b, a, b)
    means = [(side.low + side.high) / 2 for side in (a, b)]
    squares = [middle**2 + (side.size**2 - 1) / 12
               for middle, side in zip(means, (a, b), strict=True)]
    assert square == pytest.approx(squares[0] * squares[1], rel=1e-3)
    assert mean == pytest.approx(means[0] * means[1], abs=1e-3 * square**0.5)
    codes = np.array([-3, 1000])
    mean, square = product_moments(ExactMultiplier(), a_b, a, codes)
    np.testing.assert_allclose(square, codes**2 * squares[0], rtol=1e-3)


@pytest.mark.parametrize(("family", "zero"), [(ExactMultiplier(), 0), (Offset(offset=-2), -2)])
def test_zero_product(family: MultiplierFamily, zero: int) -> None:
    assert zero_product(family, operands("u4", "s4")) == zero


def test_limits_agree() -> None:
    assert pairs.EXHAUSTIVE_PAIRS == products.EXHAUSTIVE_PAIRS == 2**24
