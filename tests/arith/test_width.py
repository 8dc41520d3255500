"""Worst-case sums: every dot product of small formats, step by step, stays in and touches both."""

import itertools

import numpy as np
import pytest

from hwgen.arith.width import addend_bounds, sum_bounds
from hwgen.number import Rounding

ROUNDINGS = [*Rounding]


def all_sums(products: list[int], terms: int, lanes: int, drop: int,
             rounding: Rounding) -> set[int]:
    """Every sum that any dot product holds, from plain loops; zeros fill up the last step."""
    held = set()
    for chosen in itertools.product(products, repeat=terms):
        total = 0
        filled = [*chosen, *[0] * (-terms % lanes)]
        held.add(total)
        for first in range(0, len(filled), lanes):
            step = np.array(sum(filled[first : first + lanes]))
            total += int(rounding.golden(step, drop))
            held.add(total)
    return held


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("drop", [0, 1, 2, 5])
@pytest.mark.parametrize(("terms", "lanes"), [(1, 1), (4, 1), (4, 2), (3, 2), (5, 3), (1, 4)])
@pytest.mark.parametrize("products", [
    [-8, -3, 0, 5, 7], [0, 1, 9], [-6, -1, 0], [2, 3], [-3, -2], [0], [-1, 4]], ids=str)
def test_bounds_are_reached(products: list[int], terms: int, lanes: int, drop: int,
                            rounding: Rounding) -> None:
    held = all_sums(products, terms, lanes, drop, rounding)
    assert sum_bounds((products[0], products[-1]), terms, lanes=lanes, drop=drop,
                      rounding=rounding) == (min(held), max(held))


@pytest.mark.parametrize("rounding", [*ROUNDINGS, "stochastic"])
@pytest.mark.parametrize("drop", [0, 1, 3, 9])
def test_addends_of_every_sum(drop: int, rounding: str) -> None:
    """Also of stochastic rounding, whose draw is below a kept LSB."""
    for low, high in itertools.combinations_with_replacement(range(-17, 18), 2):
        sums = np.arange(low, high + 1)
        draws = np.arange(1 << drop) if rounding == "stochastic" else np.zeros(1, int)
        mode = Rounding.FLOOR if rounding == "stochastic" else Rounding(rounding)
        addends = mode.golden(sums[:, None] + draws, drop)
        bounds = addend_bounds(np.array([low, high]), drop, rounding)
        assert bounds.tolist() == [addends.min(), addends.max()]


def test_addends_of_many_sums_at_once() -> None:
    sums = np.array([[-5, 0, 6], [-2, 3, 6]])
    assert addend_bounds(sums, 2, "floor").tolist() == [[-2, 0, 1], [-1, 0, 1]]
    assert addend_bounds(sums, 2, "nearest_even").tolist() == [[-1, 0, 2], [0, 1, 2]]
    assert addend_bounds(sums, 2, "stochastic").tolist() == [[-2, 0, 1], [0, 1, 2]]


@pytest.mark.parametrize(("products", "terms", "filled", "zero", "bounds"), [
    ((-2, 3), 5, 8, 0, (-10, 15)),
    ((-2, 3), 5, 8, 1, (-10, 18)),  # three empty terms of 1 each come after
    ((2, 3), 5, 8, -1, (-3, 15)),  # a tile of empty terms alone
    ((-3, -2), 5, 8, 1, (-15, 3)),
    ((-2, 3), 0, None, 0, (0, 0)),
])
def test_filling_up(products: tuple[int, int], terms: int, filled: int | None, zero: int,
                    bounds: tuple[int, int]) -> None:
    assert sum_bounds(products, terms, filled=filled, zero=zero) == bounds


def test_filling_up_a_step_comes_before_its_rounding() -> None:
    assert sum_bounds((0, 3), 4, lanes=3, drop=1, zero=2, filled=9) == (0, 4 + (3 + 4 >> 1) + 3)


def test_sums_are_unbounded_integers() -> None:
    low, high = sum_bounds((-(2**62), 2**62), 2**40, lanes=256)
    assert (low, high) == (-(2**102), 2**102)
