"""The Pareto front, against the definition."""

import numpy as np
import pytest

from hwgen.sweep.pareto import Direction, front

LOW, HIGH, ZERO = Direction.MINIMISE, Direction.MAXIMISE, Direction.NEAR_ZERO


def dominates(costs: list[float], other: list[float]) -> bool:
    pairs = list(zip(costs, other, strict=True))
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


@pytest.mark.parametrize(("rows", "directions", "expected"), [
    ([], [LOW], []), ([[3.0], [1.0], [2.0]], [LOW], [1]), ([[3.0], [1.0], [3.0]], [HIGH], [0, 2]),
    ([[1, 5], [2, 3], [3, 4], [4, 1]], [LOW, LOW], [0, 1, 3]),
    ([[1, 5], [2, 3], [3, 4], [4, 1]], [LOW, HIGH], [0]),
    ([[1, -5], [2, 3], [2, -3]], [LOW, ZERO], [0, 1, 2]),
    ([[1, float("inf")], [0, 2]], [LOW, HIGH], [1, 0]),
])
def test_front(rows: list[list[float]], directions: list[Direction], expected: list[int]) -> None:
    assert front(rows, directions) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_front_is_what_nothing_dominates(count: int) -> None:
    rng = np.random.default_rng(count)
    directions = [(LOW, HIGH, ZERO)[int(i)] for i in rng.integers(3, size=count)]
    rows = rng.integers(-6, 7, (120, count)).astype(float).tolist()
    costs = [[d.cost(x) for d, x in zip(directions, row, strict=True)] for row in rows]
    expected = {i for i, own in enumerate(costs) if not any(dominates(c, own) for c in costs)}
    found = front(rows, directions)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert [costs[i][0] for i in found] == sorted(costs[i][0] for i in found)
