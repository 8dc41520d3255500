"""Where the nets of a hierarchical netlist are driven."""

from typing import Any

import pytest

from hwgen.flow.elaborated import (
    CONTROL,
    DRAIN,
    FEED,
    MULTIPLIERS,
    PES,
    RANDOM,
    Elaborated,
    part_of,
)


def ports(**given: tuple[str, list[Any]]) -> dict[str, Any]:
    return {name: {"direction": direction, "bits": bits}
            for name, (direction, bits) in given.items()}


GATE = {"type": "$_NOT_", "connections": {"A": [2], "Y": [3]}}
LEAF = {"ports": ports(i=("input", [2]), o=("output", [3]), twin=("output", [3]),
                       through=("output", [2]), one=("output", ["1"])), "cells": {"not": GATE}}
TOP = {"ports": ports(x=("input", [2])), "cells": {
    "first": {"type": "t_leaf", "connections": {
        "i": [2], "o": [3], "twin": [4], "through": [5], "one": [6]}},
    "second": {"type": "t_leaf", "connections": {
        "i": [5], "o": [7], "twin": [8], "through": [9], "one": [10]}},
    "third": {"type": "t_leaf", "connections": {
        "i": [6], "o": [11], "twin": [12], "through": [13], "one": [14]}}}}


@pytest.mark.parametrize(("net", "driver"), [
    (2, (0, 2)), (3, (1, 3)), (4, (1, 3)), (5, (0, 2)), (6, (1, "1")), (9, (0, 2)), (7, (2, 3)),
    (13, (1, "1")),
])
def test_drivers(net: int, driver: tuple[int, Any]) -> None:
    elaborated = Elaborated({"t": TOP, "t_leaf": LEAF}, "t")
    top = elaborated.instances[0]
    places = {"t": [top], "t_leaf": sorted(
        elaborated.instances[1:], key=lambda leaf: leaf.pins["o"])}
    instance, bit = elaborated.driver(top, net)
    assert ((places["t"] + places["t_leaf"]).index(instance), bit) == driver


def test_groups_of_equal_instances_with_cells() -> None:
    elaborated = Elaborated({"t": TOP, "t_leaf": LEAF}, "t")
    assert [len(group) for group in elaborated.groups(2)] == [2, 1]
    assert {leaf.module for group in elaborated.groups(2) for leaf in group} == {"t_leaf"}


@pytest.mark.parametrize(("parent", "name", "part"), [
    (CONTROL, "grid", PES), (CONTROL, "feet", DRAIN), (CONTROL, "skew_a", FEED),
    (CONTROL, "seed_steps", RANDOM), (PES, "part0", PES), (PES, "lane3", MULTIPLIERS),
    (PES, "lanes", MULTIPLIERS), (PES, "source", RANDOM), (MULTIPLIERS, "row1", MULTIPLIERS),
    (FEED, "low", FEED),
])
def test_parts(parent: str, name: str, part: str) -> None:
    assert part_of(parent, name) == part
