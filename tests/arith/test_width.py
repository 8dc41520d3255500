"""Worst-case sums: every dot product of small formats, step by step, stays in and touches both."""

import itertools
from functools import cache

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
        totals = {0}
        filled = [*chosen, *[0] * (-terms % lanes)]
        held |= totals
        for first in range(0, len(filled), lanes):
            addends = addends_of(sum(filled[first : first + lanes]), drop, rounding)
            totals = {total + addend for total in totals for addend in addends}
            held |= totals
    return held


@cache
def addends_of(step: int, drop: int, rounding: Rounding) -> set[int]:
    """What a step may add, with any draw."""
    draws = range(2**drop) if rounding is Rounding.STOCHASTIC else [0]
    return {int(rounding.golden(np.array(step), drop, draw, drop)) for draw in draws}


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("drop", [0, 1, 2, 5])
@pytest.mark.parametrize(("terms", "lanes"), [(1, 1), (4, 1), (4, 2), (3, 2), (5, 3), (1, 4)])
@pytest.mark.parametrize("products", [
    [-8, -3, 0, 5, 7], [0, 1, 9], [-6, -1, 0], [2, 3], [-3, -2], [0], [-1, 4]], ids=str)
def test_bounds_are_reached(products: list[int], terms: int, lanes: int, drop: int,
                            rounding: Rounding) -> None:
    held = all_sums(products, terms, lanes, drop, rounding)
    assert sum_bounds((products[0], products[-1]), terms, lanes=lanes, drop=drop,
                      rounding=rounding, random_bits=random_bits(drop, rounding)) == (
                          min(held), max(held))


def random_bits(drop: int, rounding: Rounding) -> int:
    return drop if rounding is Rounding.STOCHASTIC else 0


@pytest.mark.parametrize("fewer", [0, 1, 2])
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("drop", [0, 1, 3, 9])
def test_addends_of_every_sum(drop: int, rounding: Rounding, fewer: int) -> None:
    """Also with fewer random bits than are dropped, where a small remainder never rounds up."""
    bits = max(min(1, random_bits(drop, rounding)), random_bits(drop, rounding) - fewer)
    for low, high in itertools.combinations_with_replacement(range(-17, 18), 2):
        sums = np.arange(low, high + 1)
        addends = rounding.golden(sums[:, None], drop, np.arange(1 << bits), bits)
        bounds = addend_bounds(np.array([low, high]), drop, rounding, bits)
        assert bounds.tolist() == [addends.min(), addends.max()]


def test_addends_of_many_sums_at_once() -> None:
    sums = np.array([[-5, 0, 6], [-2, 3, 6]])
    assert addend_bounds(sums, 2, Rounding.FLOOR).tolist() == [[-2, 0, 1], [-1, 0, 1]]
    assert addend_bounds(sums, 2, Rounding.NEAREST_EVEN).tolist() == [[-1, 0, 2], [0, 1, 2]]
    assert addend_bounds(sums, 2, Rounding.STOCHASTIC, 2).tolist() == [[-2, 0, 1], [0, 1, 2]]
    assert addend_bounds(sums, 2, Rounding.STOCHASTIC, 1).tolist() == [[-2, 0, 1], [0, 1, 2]]
    assert addend_bounds(sums - 2, 2, Rounding.STOCHASTIC, 1).tolist() == [[-2, -1, 1], [-1, 0, 1]]


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
