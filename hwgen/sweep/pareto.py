"""The Pareto front: the points that no other point beats."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np


class Direction(StrEnum):
    """Which of two values of a metric is the better one."""

    MINIMISE = "minimise"
    MAXIMISE = "maximise"
    NEAR_ZERO = "near zero"

    def cost(self, value: float) -> float:
        """A number that is the smaller, the better ``value`` is."""
        if self is Direction.NEAR_ZERO:
            return abs(value)
        return -value if self is Direction.MAXIMISE else value


def front(rows: Sequence[Sequence[float]], directions: Sequence[Direction]) -> list[int]:
    """Indices of the rows that no other row dominates, the best of the first metric first.

    A row dominates another if it is nowhere worse and somewhere better; so equal rows stay both.

    Parameters
    ----------
    rows : a value a metric, none of them NaN.
    directions : of the metrics, at least one.
    """
    values = [[direction.cost(value) for direction, value in zip(directions, row, strict=True)]
              for row in rows]
    costs = np.array(values, np.float64).reshape(len(rows), len(directions))
    kept = np.empty((0, len(directions)))
    indices: list[int] = []
    # In lexical order nothing is dominated by what comes after it.
    for index in np.lexsort(costs.T[::-1]):
        row = costs[index]
        if not ((kept <= row).all(axis=1) & (kept < row).any(axis=1)).any():
            kept = np.vstack([kept, row])
            indices.append(int(index))
    return indices
