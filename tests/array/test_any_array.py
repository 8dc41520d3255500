"""Properties of every array: RTL equal to golden, golden to the rules, cycles to the schedule.

``HYPOTHESIS_PROFILE=slow`` or ``-m slow`` tries thousands of arrays.
"""

from typing import Any

import pytest
from hypothesis import given, settings

from hwgen.array.mesh import ArraySpec
from tests.array.products import expect_cycles, expect_golden, expect_rtl, operands_of
from tests.array.strategies import arrays, products, stalls

SLOW = settings.get_profile("slow")


def golden_follows_the_rules(product: Any) -> None:
    array, shape, kind, seed = product
    a, b = operands_of(array, shape, kind, seed)
    expect_golden(array, a, b)
    assert array.result.contains(array.golden(a, b))


def stalls_change_nothing(product: Any, stall: dict[str, float]) -> None:
    array, shape, kind, seed = product
    expect_rtl(array, *operands_of(array, shape, kind, seed), stall=stall, seed=seed)


def cycles_are_scheduled(product: Any) -> None:
    array, shape, kind, seed = product
    expect_cycles(array, *operands_of(array, shape, kind, seed))


@given(products())
def test_golden_follows_the_rules(product: Any) -> None:
    golden_follows_the_rules(product)


@given(products(), stalls())
def test_stalls_change_nothing(product: Any, stall: dict[str, float]) -> None:
    stalls_change_nothing(product, stall)


@given(products())
def test_cycles_are_scheduled(product: Any) -> None:
    cycles_are_scheduled(product)


@given(arrays())
def test_spec_survives_its_json(array: ArraySpec) -> None:
    again = ArraySpec.model_validate_json(array.canonical_json())
    assert again == array
    assert again.config_hash == array.config_hash


@pytest.mark.slow
@SLOW
@given(products())
def test_golden_follows_the_rules_at_length(product: Any) -> None:
    golden_follows_the_rules(product)


@pytest.mark.slow
@SLOW
@given(products(), stalls())
def test_stalls_change_nothing_at_length(product: Any, stall: dict[str, float]) -> None:
    stalls_change_nothing(product, stall)


@pytest.mark.slow
@SLOW
@given(products())
def test_cycles_are_scheduled_at_length(product: Any) -> None:
    cycles_are_scheduled(product)
