"""The search against all masks and constants, and against figures of 8-bit operands."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from hwgen.analysis import annealing
from hwgen.analysis.annealing import anneal, find
from hwgen.analysis.error import error_metrics
from hwgen.analysis.pairs import Population
from hwgen.analysis.search import Goal, Search, likely
from hwgen.arith.masked import MaskedMultiplier
from hwgen.fabric.catalogue import FABRICS
from hwgen.spec import InputError
from tests.analysis.families import operands


def watch(share, doing):
    assert 0 <= share <= 1
    assert doing


def goal(formats, target, measure, limit, **more):
    return Goal(operands(*formats), target, measure, limit, **more)


def fewest(goal):
    """The fewest cells of all staircases and constants, with the least error among these."""
    search, found = Search(goal), []
    pair = goal.operands
    for mask in product(range(pair.a.width + 1), repeat=pair.b.width):
        if list(mask) != sorted(mask, reverse=True):
            continue
        for constant in range(-20, 33):
            family = MaskedMultiplier(first=mask, constant=constant)
            if family.fault(pair) is None and not (goal.zero and constant):
                metrics = error_metrics(family, pair, goal.a, goal.b)
                error = abs(getattr(metrics, goal.measure))
                if error <= goal.limit:
                    found.append((search.cells(mask, constant), error))
    return min(found)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize(("measure", "limit"), [("mae", 1.5), ("wce", 7), ("mse", 9.0)])
@pytest.mark.parametrize("formats", [("u3", "u3"), ("s3", "s3"), ("u3", "s2")])
@pytest.mark.parametrize("target", ["ecp5", "ice40"])
def test_all_staircases_and_constants(target, formats, measure, limit, zero):
    wanted = goal(formats, target, measure, limit, zero=zero)
    best = find(wanted, watch)[0].best
    cells, error = fewest(wanted)
    assert best.cells == cells
    assert best.error == pytest.approx(error)
    metrics = error_metrics(MaskedMultiplier(first=best.mask, constant=best.constant),
                            wanted.operands)
    assert best.error <= limit
    assert abs(getattr(metrics, measure)) == pytest.approx(best.error)
    assert not (zero and best.constant)


CELLS = [
    ("ecp5", "u8", 0.005, 64), ("ecp5", "u8", 2.5, 14), ("ecp5", "s8", 0.005, 64),
    ("ecp5", "s8", 2.5, 12), ("ice40", "u8", 0.01, 63), ("ice40", "u8", 2.5, 13),
    ("ice40", "s8", 0.01, 63), ("ice40", "s8", 2.5, 10)]


@pytest.mark.parametrize(("target", "form", "percent", "cells"), CELLS)
def test_cells_of_bytes(target, form, percent, cells):
    search, complete = find(goal((form, form), target, "mae", percent * 655.36), watch)
    assert complete
    assert search.best.cells <= cells
    assert search.goal.unit(search.best.mask, search.best.constant).cells == search.best.cells


@pytest.mark.slow
@pytest.mark.parametrize(("percent", "cells"), [(0.005, 39), (0.05, 33), (1, 13), (2.5, 7)])
def test_cells_of_bytes_on_xilinx7(percent, cells):
    search, _ = find(goal(("u8", "u8"), "xilinx7", "mae", percent * 655.36), watch)
    assert search.best.cells <= cells


@pytest.mark.slow
@pytest.mark.parametrize("form", ["u8", "s8"])
@pytest.mark.parametrize(("target", "cells"), [
    ("ecp5", (62, 54, 50, 42, 32, 24)), ("ice40", (63, 53, 48, 40, 30, 23))])
def test_more_cells_of_bytes(target, cells, form):
    for percent, most in zip((0.01, 0.05, 0.1, 0.2, 0.5, 1), cells, strict=True):
        wanted = goal((form, form), target, "mae", percent * 655.36)
        assert find(wanted, watch)[0].best.cells <= most, percent


def test_an_error_of_0_is_the_exact_multiplier():
    search, _ = find(goal(("u4", "u4"), "ecp5", "wce", 0), watch)
    assert search.best == search.exact
    assert search.best.mask == (0, 0, 0, 0)


def test_operands_that_never_occur_cost_nothing():
    """Even codes of a: what bit 0 forms may go, at no error."""
    pair = operands("u4", "u4")
    evens = Population.observed(np.arange(0, 16, 2))
    search, _ = find(Goal(pair, "ice40", "wce", 0, a=evens), watch)
    assert search.best.error == 0
    assert min(search.best.mask) == 1
    metrics = error_metrics(MaskedMultiplier(first=search.best.mask), pair, a=evens)
    assert metrics.wce == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_annealing_depends_on_its_seed_only(seed):
    wanted = goal(("u5", "u5"), "ice40", "mae", 6)
    first, second = (Search(wanted) for _ in range(2))
    for search in (first, second):
        anneal(search, watch, None, 60, seed)
    assert first._seen == second._seen
    assert first.best == second.best
    assert first.best.cells < first.exact.cells


def test_annealing_goes_beyond_staircases():
    wanted = goal(("u4", "u4"), "ecp5", "mae", 2)
    search, _ = find(wanted, watch, steps=100)
    assert search.best <= find(wanted, watch)[0].best
    assert any(list(mask) != sorted(mask, reverse=True) for mask in search._seen)


def test_annealing_where_staircases_are_too_many(monkeypatch):
    monkeypatch.setattr(annealing, "MAX_STAIRCASES", 10)
    monkeypatch.setattr(Search, "staircases", None)
    search, complete = find(goal(("u4", "u4"), "ice40", "mae", 2), watch, steps=30)
    assert complete
    assert search.best.cells < search.exact.cells


@pytest.mark.parametrize("after", [0, 1, 60, 90])
def test_an_interrupt_keeps_the_best(after):
    calls = iter(range(after))

    def interrupted(share, doing):
        if next(calls, None) is None:
            raise KeyboardInterrupt

    wanted = goal(("u5", "u5"), "ice40", "mae", 6)
    search, complete = find(wanted, interrupted, steps=10_000)
    assert not complete
    assert search.best <= search.exact
    assert search.best.error <= 6


def test_seconds_end_the_annealing():
    assert find(goal(("u3", "u3"), "ice40", "mae", 1), watch, seconds=0.01)[1]


@pytest.mark.parametrize(("allowed", "best", "expected"), [
    (range(5, 6), 5, [5]), (range(3, 9), 5, [5, 4, 6, 3, 8, 7]), (range(-2, 1), -9, [-2, 0, -1]),
    (range(0, 3), 7, [2, 1, 0])])
def test_likely_constants(allowed, best, expected):
    assert likely(allowed, best) == expected


@pytest.mark.parametrize(("change", "part"), [
    ({"target": "x"}, f"target must be one of {', '.join(FABRICS)}, not 'x'"),
    ({"operands": operands("u16", "u9")}, "a.width + b.width must be at most 24"),
    ({"operands": operands("u17", "u2")}, "a.width must be 2 to 16"),
])
def test_goal_refuses(change, part):
    with pytest.raises(InputError) as caught:
        replace(goal(("u4", "u4"), "ecp5", "mae", 1), **change)
    assert part in str(caught.value)
