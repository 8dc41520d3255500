"""What masks drop, against the products of the family themselves."""

import numpy as np
import pytest

from hwgen.analysis.error import error_metrics
from hwgen.analysis.masks import Masks
from hwgen.analysis.pairs import Population
from hwgen.arith.masked import MaskedMultiplier
from tests.analysis.families import operands

MEASURES = pytest.mark.parametrize("measure", ["mae", "wce", "bias", "mse"])
FORMATS = pytest.mark.parametrize("formats", [("u4", "u4"), ("s4", "s4"), ("u5", "s3"),
                                              ("s3", "u5")])


def populations(pair, weighted):
    if not weighted:
        return None, None
    rng = np.random.default_rng(3)
    return tuple(Population.observed(rng.integers(side.minimum, side.maximum, 25, endpoint=True))
                 for side in (pair.a, pair.b))


def some_masks(masks):
    a, b = masks.operands.a.width, masks.operands.b.width
    ragged = [tuple((3 * j + 2) % (a + 1) for j in range(b)), (0,) * (b - 1) + (a,), (a,) * b]
    return [*list(masks.staircases())[::5], *ragged]


@pytest.mark.parametrize("weighted", [False, True])
@FORMATS
@MEASURES
def test_error_is_that_of_the_products(measure, formats, weighted):
    pair = operands(*formats)
    a, b = populations(pair, weighted)
    masks = Masks(pair, a, b)
    for mask in some_masks(masks):
        loss = masks.loss(mask)
        for constant in (loss.best(measure), 0, loss.high + 3):
            metrics = error_metrics(MaskedMultiplier(first=mask, constant=constant), pair, a, b)
            expected = abs(getattr(metrics, measure))
            assert loss.error(measure, constant) == pytest.approx(expected, abs=1e-9), mask


@pytest.mark.parametrize("weighted", [False, True])
@FORMATS
@MEASURES
def test_best_constant_and_those_within(measure, formats, weighted):
    pair = operands(*formats)
    masks = Masks(pair, *populations(pair, weighted))
    for mask in some_masks(masks):
        loss = masks.loss(mask)
        span = range(loss.low - 99, loss.high + 100)
        errors = {constant: loss.error(measure, constant) for constant in span}
        least = min(errors.values())
        assert errors[loss.best(measure)] == pytest.approx(least)
        allowed = loss.within(measure, least + 1.3)
        assert list(allowed) == [c for c in span if errors[c] <= (least + 1.3) * (1 + 1e-12)]
        if least > 0.01:
            assert not loss.within(measure, least * 0.99)


@pytest.mark.parametrize(("formats", "count"), [(("u3", "u3"), 20), (("s4", "u2"), 15)])
def test_staircases(formats, count):
    masks = Masks(operands(*formats))
    a, b = masks.operands.a.width, masks.operands.b.width
    found = list(masks.staircases())
    assert masks.count == count
    mirrored = {masks.mirrored(mask) for mask in found} if masks.symmetric else set()
    assert len({*found, *mirrored}) == count
    assert all(list(mask) == sorted(mask, reverse=True) and len(mask) == b and max(mask) <= a
               for mask in found)
