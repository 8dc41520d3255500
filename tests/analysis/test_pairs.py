"""Populations of operand codes, and the pairs on which a multiplier is judged."""

import numpy as np
import pytest

from hwgen.analysis import pairs
from hwgen.analysis.pairs import Population, blocks, is_exhaustive
from hwgen.number import Fixed
from hwgen.spec import InputError
from tests.analysis.families import Offset, operands

S3 = Fixed(width=3)


def evaluated(a: Population, b: Population, formats: str) -> list[tuple[int, int]]:
    """The pairs of all blocks, in order."""
    found: list[tuple[int, int]] = []
    for block in blocks(Offset(), operands(*formats.split()), a, b):
        left, right = np.broadcast_arrays(block.a, block.b)
        assert block.exact.tolist() == (left * right).tolist()
        assert (block.error == 1).all()
        found += zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)
    return found


@pytest.mark.parametrize("size", [1, 3, 8, 20, 2**18])
def test_all_pairs_once_in_order(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "BLOCK_PAIRS", size)
    found = evaluated(Population.uniform(S3), Population(0, 7), "s3 u3")
    assert sorted(found) == [(a, b) for a in range(-4, 4) for b in range(8)]
    assert len(found) == 64


def test_only_codes_that_occur() -> None:
    a = Population.histogram(S3, [0, 1, 0, 0, 3, 0, 0, 0])
    b = Population.observed(np.array([[2, 2], [2, 0]]))
    assert sorted(evaluated(a, b, "s3 s3")) == [(-3, 0), (-3, 2), (0, 0), (0, 2)]
    block, = blocks(Offset(), operands("s3", "s3"), a, b)
    assert block.total(np.array([[1, 10], [100, 1000]])) == pytest.approx(
        0.25 * 0.25 + 0.25 * 0.75 * 10 + 0.75 * 0.25 * 100 + 0.75 * 0.75 * 1000)


def test_sample_begins_with_extremes_and_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "SAMPLED_PAIRS", 2**17)
    a, b = (Population.uniform(Fixed(width=13)) for _ in "ab")
    assert not is_exhaustive(a, b)
    assert is_exhaustive(a, Population(0, 2047))
    first = evaluated(a, b, "s13 s13")
    assert first[:4] == [(-4096, -4096), (-4096, 4095), (4095, -4096), (4095, 4095)]
    assert len(first) == 4 + 2**17
    assert first == evaluated(a, b, "s13 s13")


def test_sample_draws_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "SAMPLED_PAIRS", 2**18)
    weights = np.zeros(2**14)
    weights[[0, 2**13, -1]] = [1, 2, 1]
    a = Population.histogram(Fixed(width=14), weights)
    b = Population.uniform(Fixed(width=32))
    assert not is_exhaustive(a, b)
    drawn = np.concatenate([block.a.ravel() for block in blocks(
        Offset(), operands("s14", "s32"), a, b) if block.rows.any()])
    codes, counts = np.unique(drawn, return_counts=True)
    assert codes.tolist() == [-8192, 0, 8191]
    np.testing.assert_allclose(counts / counts.sum(), [0.25, 0.5, 0.25], atol=0.002)


@pytest.mark.parametrize(("population", "points", "codes"), [
    (Population(-4, 3), [0, 0.124, 0.125, 0.5, 0.999], [-4, -4, -3, 0, 3]),
    (Population.histogram(S3, [1, 0, 2, 0, 0, 0, 0, 1]), [0, 0.24, 0.25, 0.74, 0.75, 1 - 1e-16],
     [-4, -4, -2, -2, 3, 3]),
])
def test_quantiles(population: Population, points: list[float], codes: list[int]) -> None:
    assert population.quantiles(np.array(points)).tolist() == codes


def test_representatives() -> None:
    codes, weights = Population(5, 8).representatives(4)
    assert codes.tolist() == [5, 6, 7, 8]
    assert weights.tolist() == [1] * 4
    codes, weights = Population.uniform(Fixed(width=32)).representatives(16)
    assert (codes // 2**28).tolist() == list(range(-8, 8))
    assert weights.tolist() == [1] * 16


@pytest.mark.parametrize(("weights", "part"), [
    ([1] * 7, "histogram must have a weight for each of the 8 codes of its operand, not shape "
              "(7,)"),
    ([0] * 8, "histogram must hold finite weights of at least 0, one of them above it, not 0.0 to "
              "0.0"),
    ([1, -1] * 4, "not -1.0 to 1.0"),
    ([1, np.nan] * 4, "not nan to nan"),
    ([1, np.inf] * 4, "not 1.0 to inf"),
])
def test_histogram_refuses(weights: list[float], part: str) -> None:
    with pytest.raises(InputError) as error:
        Population.histogram(S3, weights)
    assert part in str(error.value)
