"""Areas add up like what they stand for, and no cell is dropped in silence."""

import json

import numpy as np
import pytest

from hwgen.flow.cells import CELLS, Area
from hwgen.flow.recipes import FAMILIES

PE = Area.of_cells("ecp5", False, {"LUT4": 10, "CCU2C": 3, "TRELLIS_FF": 7, "PFUMX": 2})
EDGE = Area.of_cells("ecp5", False, {"LUT4": 1, "TRELLIS_FF": 5, "DP16KD": 1})


def test_every_family_has_costs() -> None:
    assert set(CELLS) == set(FAMILIES)


@pytest.mark.parametrize(
    ("family", "cells", "luts", "ffs", "carries", "dsps", "brams"),
    [
        ("ice40", {"SB_LUT4": 5, "SB_CARRY": 4, "SB_DFFESR": 3, "SB_DFFNE": 1}, 5, 4, 4, 0, 0),
        ("ice40", {"SB_MAC16": 2, "SB_RAM40_4KNW": 3}, 0, 0, 0, 2, 3),
        ("ecp5", {"LUT4": 10, "CCU2C": 3, "PFUMX": 4, "L6MUX21": 2}, 16, 0, 3, 0, 0),
        ("ecp5", {"TRELLIS_DPR16X4": 2, "TRELLIS_FF": 1, "MULT18X18D": 4}, 12, 1, 0, 4, 0),
        ("gowin", {"LUT1": 1, "LUT4": 2, "ALU": 4, "MUX2_LUT5": 9, "GND": 1}, 7, 0, 4, 0, 0),
        ("gowin", {"RAM16SDP1": 1, "DFFNPE": 2, "MULT9X9": 1, "SDPX9B": 1}, 6, 2, 0, 1, 1),
        ("xilinx7", {"LUT6": 3, "INV": 1, "SRL16E": 2, "CARRY4": 5, "MUXF8": 1}, 6, 0, 5, 0, 0),
        ("xilinx7", {"RAM32M": 2, "RAMB36E1": 1, "RAMB18E1": 1, "FDRE_1": 1}, 8, 1, 0, 0, 3),
    ],
)
def test_cells_cost_what_the_family_says(
    family: str, cells: dict[str, int], luts: int, ffs: int, carries: int, dsps: int, brams: int
) -> None:
    area = Area.of_cells(family, True, cells)
    assert (area.luts, area.ffs, area.carries, area.dsps, area.brams) == (
        luts, ffs, carries, dsps, brams
    )
    assert area.gates is None
    assert area.cells == cells


def test_gates_follow_the_unit_gate_model() -> None:
    cells = {"$_AND_": 3, "$_ORNOT_": 1, "$_XOR_": 5, "$_XNOR_": 1, "$_NOT_": 7}
    area = Area.of_cells("gates", False, {**cells, "$_DFF_P_": 2, "$_DFF_NP1_": 1})
    assert (area.gates, area.ffs, area.luts) == (3 + 1 + 2 * 6, 3, 0)
    assert area.size == 16


def test_boxes_and_names_are_left_out() -> None:
    area = Area.of_cells("ecp5", False, {"LUT4": 1, "grid": 2, "$scopeinfo": 9}, ("grid",))
    assert area.cells == {"LUT4": 1}


@pytest.mark.parametrize("family", FAMILIES)
def test_unknown_cell_is_an_error(family: str) -> None:
    with pytest.raises(KeyError, match="FROBNICATOR"):
        Area.of_cells(family, False, {"FROBNICATOR": 1})


def test_sum_adds_every_count() -> None:
    total = PE + EDGE
    assert (total.luts, total.ffs, total.carries, total.brams) == (17, 12, 3, 1)
    assert total.cells == {
        "CCU2C": 3, "DP16KD": 1, "LUT4": 11, "PFUMX": 2, "TRELLIS_FF": 12,
    }


def test_product_is_repeated_addition() -> None:
    assert PE * 3 == 3 * PE == PE + PE + PE
    assert PE * np.int64(2) == PE + PE
    assert (PE * 0).size == 0


def test_array_composes() -> None:
    array = 64 * PE + EDGE
    assert (array.luts, array.ffs) == (64 * 16 + 1, 64 * 7 + 5)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [("plain", "plain", "plain"), ("plain", "booth", "mixed"), ("", "booth", "booth"),
     ("", "", ""), ("mixed", "booth", "mixed")],
)
def test_recipe_of_a_sum(one: str, other: str, both: str) -> None:
    total = Area("ecp5", False, recipe=one) + Area("ecp5", False, recipe=other)
    assert total.recipe == both


@pytest.mark.parametrize("other", [Area("gowin", False), Area("ecp5", True)])
def test_areas_that_do_not_add(other: Area) -> None:
    with pytest.raises(ValueError, match="areas must be of one family and DSP setting, not ecp5"):
        PE + other


def test_areas_are_not_negative() -> None:
    with pytest.raises(ValueError, match="times must be at least 0, not -1"):
        PE * -1


def test_areas_come_in_whole_numbers() -> None:
    with pytest.raises(TypeError):
        PE * 0.5  # type: ignore[operator]


@pytest.mark.parametrize("area", [PE, Area.of_cells("gates", False, {"$_XOR_": 2})])
def test_json_round_trip(area: Area) -> None:
    assert Area.from_json(json.loads(json.dumps(area.to_json()))) == area


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(TypeError):
        Area.from_json({"family": "ecp5", "dsp": False, "weight": 3})


def test_area_is_hashable() -> None:
    assert len({PE, PE * 1, EDGE}) == 2
