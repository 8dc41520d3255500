"""LUTs of the precision detector, and LUTs and Fmax of the packer and the unpacker."""

import pytest

from hwgen.accel.group_format import GroupFormat
from hwgen.accel.group_pack import GroupPack
from hwgen.accel.group_unpack import GroupUnpack
from hwgen.arith.group_precision import GroupPrecision
from hwgen.flow.nextpnr import place_and_route
from hwgen.flow.unit import unit_verilog
from hwgen.flow.yosys import Job, netlist, synthesise_many

pytestmark = pytest.mark.bench

FPGAS = ("ecp5", "gowin", "ice40", "xilinx7")
FORMS = {"two's complement": {}, "sign-magnitude": {"form": "sign-magnitude"},
         "unsigned": {"signed": False}}


def luts(unit, families=FPGAS):
    """The LUTs on each family, in words."""
    text = unit_verilog(unit, "dut")
    areas = synthesise_many([Job(text, "dut", family) for family in families])
    return ", ".join(f"{area.family} {area.luts}" for area in areas)


@pytest.mark.parametrize("width", [8, 16])
def test_precision_detector(width, figure):
    """16 values."""
    found = [f"{form}: {luts(GroupPrecision(width=width, **fields))}"
             for form, fields in FORMS.items()]
    figure(f"precision detector, 16 x {width} bits, LUTs", "; ".join(found))


@pytest.mark.parametrize("zero_vector", [False, True])
@pytest.mark.parametrize("unit", [GroupPack, GroupUnpack])
def test_compressed_traffic(unit, zero_vector, figure):
    """16 x 16 bits on a bus of 64 bits; Fmax of an ECP5-25k without pins, median of 5 seeds."""
    made = unit(GroupFormat(zero_vector=zero_vector))
    _, mapped = netlist(Job(unit_verilog(made, "dut"), "dut", "ecp5"))
    placed = place_and_route(mapped, top="dut", device="ecp5-25k", out_of_context=True)
    zeros = ", zero vector" if zero_vector else ""
    figure(f"{unit.__name__}, 16 x 16 bits, 64-bit bus{zeros}: LUTs; Fmax",
           f"{luts(made, ('ecp5', 'xilinx7'))}; {placed.fmax_mhz:.0f} MHz",
           "one bus word a cycle")
