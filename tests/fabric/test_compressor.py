"""Sums of lanes in cells: what they add up to, what they take, and that the proof sees a fault."""

import numpy as np
import pytest

from hwgen.arith.lane_sum import LaneSum, _operands, _packed
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.exchange import ExchangeProof
from hwgen.fabric.netlist import Lut, Register, Slot
from hwgen.fabric.schedule import scheduled
from hwgen.flow.emit import convert
from hwgen.flow.yosys import synthesise
from hwgen.spec import ToolError
from tests.fabric.test_multipliers import FAMILIES
from tests.fabric.test_primitives import unseen
from tests.fabric.test_proof import broken

SIZES = [(1, 1, False), (1, 4, True), (2, 1, False), (2, 3, True), (3, 1, False), (3, 16, True),
         (5, 2, False), (5, 3, True), (7, 1, False), (7, 2, True), (13, 1, False), (13, 5, True),
         (16, 4, False), (16, 3, True), (31, 1, False), (31, 2, True),
         (33, 1, False), (64, 1, False)]


def expect_sum(fabric, unit):
    netlist = fabric.lane_sum(unit.plan)
    a, b = _operands(unit)
    p = netlist.evaluate(a=_packed(a, 1), b=_packed(b, unit.bits))["p"]
    np.testing.assert_array_equal(p, unit.golden(a, b) % (1 << unit.shape.width))
    ExchangeProof(netlist).check(unit.plan)
    return netlist


@pytest.mark.parametrize(("lanes", "bits", "signed"), SIZES)
@FAMILIES
def test_every_size_is_the_sum_and_proven(fabric, lanes, bits, signed):
    expect_sum(fabric, LaneSum(lanes, bits, signed, fabric.name))


@pytest.mark.parametrize(("lanes", "bits", "signed"), [(4, 1, False), (4, 2, True), (3, 2, False)])
@FAMILIES
def test_all_operands(fabric, lanes, bits, signed):
    unit = LaneSum(lanes, bits, signed)
    netlist = fabric.lane_sum(unit.plan)
    codes = np.arange(1 << lanes * (bits + 1))
    a, b = codes & ((1 << lanes) - 1), codes >> lanes
    gates = a[:, None] >> np.arange(lanes) & 1
    words = b[:, None] >> np.arange(lanes) * bits & ((1 << bits) - 1)
    words -= (words >> (bits - 1) << bits) if signed else 0
    np.testing.assert_array_equal(netlist.evaluate(a=a, b=b)["p"],
                                  unit.golden(gates, words) % (1 << unit.shape.width))


@pytest.mark.parametrize("stages", [1, 2, 3])
@pytest.mark.parametrize(("lanes", "bits", "signed"), [(1, 2, True), (16, 1, False), (13, 4, True)])
@FAMILIES
def test_as_many_registers_on_every_way(fabric, lanes, bits, signed, stages):
    unit = LaneSum(lanes, bits, signed, fabric.name, stages)
    netlist = expect_sum(fabric, unit)
    stage = dict.fromkeys((net for nets in netlist.inputs.values() for net in nets), 0)
    chains = {}
    for cell in netlist.cells:
        if isinstance(cell, Register):
            stage[cell.output] = stage[cell.source] + 1
            continue
        functions = [cell.function] if isinstance(cell, Lut) else [
            each for each in (cell.total, cell.next_carry) if each]
        own = {cell.carry} if isinstance(cell, Slot) else set()
        nets = {net for each in functions for net in each.nets} - own
        nets |= {cell.carry_in} - {0, 1} if isinstance(cell, Slot) else set()
        found = {stage[net] for net in nets if net in stage}
        assert len(found) <= 1
        stage[cell.output] = max(found, default=0)
        if isinstance(cell, Slot):
            stage[cell.carry_out] = stage[cell.output]
            if found:
                chains.setdefault(cell.chain, set()).update(found)
    assert {stage[net] for net in netlist.outputs["p"]} == {stages}
    assert all(len(found) == 1 for found in chains.values())


@pytest.mark.planted
@pytest.mark.parametrize(("lanes", "bits"), [(13, 1), (6, 3)])
@FAMILIES
def test_every_broken_cell_is_found(fabric, lanes, bits):
    unit = LaneSum(lanes, bits, bits > 1)
    netlist = fabric.lane_sum(unit.plan)
    a, b = _operands(unit)
    codes = {"a": _packed(a, 1), "b": _packed(b, bits)}
    right = netlist.evaluate(**codes)["p"]
    wrong = 0
    for place, cell in enumerate(netlist.cells):
        for change in broken(cell):
            netlist.cells[place] = change
            if (netlist.evaluate(**codes)["p"] != right).any():
                wrong += 1
                with pytest.raises(ToolError, match="of bits must be proven"):
                    ExchangeProof(netlist).check(unit.plan)
        netlist.cells[place] = cell
    assert wrong > 10


@pytest.mark.planted
def test_exchange_left_out_is_found():
    unit = LaneSum(7, 2, True)
    netlist = FABRICS["xilinx7"].lane_sum(unit.plan)
    del netlist.exchanges[len(netlist.exchanges) // 2]
    with pytest.raises(ToolError, match="account of bits must be proven"):
        ExchangeProof(netlist).check(unit.plan)


@pytest.mark.parametrize(("family", "size", "cells"), [
    ("xilinx7", (16, 1, False), 14), ("xilinx7", (64, 1, False), 54),
    ("xilinx7", (16, 4, True), 51), ("xilinx7", (16, 8, True), 99),
    ("ecp5", (16, 1, False), 29), ("ecp5", (16, 4, True), 98), ("ecp5", (64, 1, False), 101),
    ("ice40", (16, 1, False), 34), ("ice40", (16, 4, True), 112), ("ice40", (64, 1, False), 145),
    ("gowin", (16, 1, False), 34), ("gowin", (16, 4, True), 125),
])
def test_cells(family, size, cells):
    assert LaneSum(*size, family).cells == cells


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "cells"), [(1, 209), (4, 801), (8, 1577)])
def test_cells_of_256_lanes_on_xilinx7(bits, cells):
    assert LaneSum(256, bits, bits > 1, "xilinx7").cells <= cells


@pytest.mark.parametrize(("lanes", "bits"), [(9, 1), (64, 1), (20, 3)])
def test_schedule_foretells_the_cells(lanes, bits):
    unit = LaneSum(lanes, bits, False, "xilinx7")
    width = unit.shape.width
    columns = scheduled([lanes] * bits + [0] * (width - bits), [0] * width, -(-lanes // 32))
    assert len(columns) == width - 1
    assert 0 <= unit.cells - sum(column.luts for column in columns) <= 2


@pytest.mark.parametrize(("lanes", "bits"), [(16, 1), (13, 3), (8, 3)])
@pytest.mark.parametrize("family", FABRICS)
def test_synthesis_leaves_the_cells_alone(family, lanes, bits):
    unit = LaneSum(lanes, bits, bits > 1, family)
    netlist = FABRICS[family].lane_sum(unit.plan)
    recipe = "plain" if family in ("xilinx7", "ice40") else "nowidelut"
    area = synthesise(convert(unit), top=unit.module_name, family=family, dsp=False,
                      recipes=(recipe,))
    carries = sum(cell.name.startswith("carry") for cell in netlist.cells
                  if isinstance(cell, Slot)) if family == "ice40" else 0
    assert FABRICS[family].cells(netlist) == area.luts + unseen(family, netlist) + carries
