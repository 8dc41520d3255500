"""Multiply-accumulate by Booth digits: over all operands, proven, and in few cells."""

import numpy as np
import pytest

from hwgen.fabric.booth import BoothBuilder, has_digits
from hwgen.fabric.builder import Plan
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.netlist import Register
from hwgen.fabric.proof import Proof
from tests.fabric.test_multipliers import expect_sum, full
from tests.fabric.test_proof import broken, is_proven

ICE40 = FABRICS["ice40"]
SHAPES = pytest.mark.parametrize(("widths", "signs"), [
    ((4, 4), (True, True)), ((4, 4), (False, True)), ((4, 4), (True, False)),
    ((4, 3), (True, True)), ((3, 7), (True, False)), ((1, 4), (True, True)),
    ((1, 4), (False, True)), ((9, 4), (True, True)),
])


def chosen(widths, signs, stages=0):
    plan = Plan(full(*widths, *signs), "tree", stages, 16, True)
    assert has_digits(plan) or has_digits(plan.turn())
    return plan


@pytest.mark.parametrize("stages", [0, 1])
@SHAPES
def test_sum(widths, signs, stages):
    plan = chosen(widths, signs, stages)
    expect_sum(ICE40, plan)
    Proof(ICE40.multiplier(plan)).check(plan.products)


@pytest.mark.parametrize("stages", [0, 1])
def test_registers_on_every_way(stages):
    """As many from each operand bit, and none from the accumulator."""
    netlist = BoothBuilder(chosen((4, 4), (True, True), stages)).netlist()
    inputs = {net for port in "ab" for net in netlist.inputs[port]}
    passed = {0: set(), 1: set()} | {net: {0} for net in inputs}
    passed |= {net: {stages} for net in netlist.inputs["acc"]}
    for cell in netlist.cells:
        if isinstance(cell, Register):
            passed[cell.output] = {count + 1 for count in passed[cell.source]}
            continue
        functions = [getattr(cell, name, None) for name in ("function", "total", "next_carry")]
        nets = {net for function in functions if function for net in function.nets}
        nets |= {cell.carry_in} if hasattr(cell, "carry_in") else set()
        counts = set().union(*(passed[net] for net in nets if net in passed))
        passed[cell.output] = counts
        if hasattr(cell, "carry_out"):
            passed[cell.carry_out] = counts
    assert [passed[net] for net in netlist.outputs["sum"]] == [{stages}] * 16


@pytest.mark.parametrize(("widths", "signs", "cells"), [
    ((4, 4), (True, True), 36), ((4, 4), (False, True), 36), ((3, 3), (True, True), 30),
])
def test_cells(widths, signs, cells):
    assert ICE40.cells(ICE40.multiplier(chosen(widths, signs))) == cells


@pytest.mark.planted
def test_every_broken_cell_is_found():
    plan = chosen((4, 4), (True, True))
    circuit = BoothBuilder(plan).netlist()
    a, b, acc = np.random.default_rng(1).integers(1 << 16, size=(3, 5_000))
    codes = {"a": a, "b": b, "acc": acc}
    right = circuit.evaluate(**codes)["sum"]
    wrong = []  # whether each that gives another result somewhere is proven
    for place, cell in enumerate(circuit.cells):
        for change in broken(cell):
            circuit.cells[place] = change
            if (circuit.evaluate(**codes)["sum"] != right).any():
                wrong.append(is_proven(circuit, plan.products))
        circuit.cells[place] = cell
    assert is_proven(circuit, plan.products)
    assert len(wrong) > 50
    assert not any(wrong)


@pytest.mark.parametrize("plan", [
    Plan(full(4, 4, False, False), "tree", 0, 16, False),
    Plan(full(4, 4, True, True), "tree", 0, 0, True),
    Plan(full(8, 8, True, True), "tree", 0, 24, True),
    Plan(full(4, 4, True, True), "tree", 0, 7, True),
    Plan(full(4, 4, True, True), "tree", 2, 16, True),
], ids=["unsigned", "no accumulator", "wide", "narrow accumulator", "two registers"])
def test_other_plans_have_other_circuits(plan):
    assert not has_digits(plan)
    expect_sum(ICE40, plan)
