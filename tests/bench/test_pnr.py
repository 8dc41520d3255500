"""Fmax of whole arrays on ECP5, placed between registers."""

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.pnr import place

pytestmark = pytest.mark.bench

TARGET_MHZ = 110


def test_pipelined_int8_array_meets_its_clock(figure):
    """8 x 8, int8, two registers a PE, in DSP blocks; minutes a seed."""
    array = ArraySpec.parse({"name": "bench8", "pe": {"pipeline": 2}})
    placed = place(array, "ecp5-45k", True, (1, 2, 3), progress=print)
    low, high = placed.placement.fmax_range_mhz
    figure("int8 8x8 array, two pipeline registers, ecp5-45k with DSPs, Fmax",
           f"{placed.fmax_mhz:.0f} MHz, median of 3 seeds ({low:.0f} to {high:.0f}); "
           f"{placed.critical_path}", f"target {TARGET_MHZ} MHz")
    assert placed.fmax_mhz >= TARGET_MHZ
