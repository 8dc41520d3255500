"""Mapped multipliers against the sum of their partial products, over all operands."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.fabric.builder import Plan
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.netlist import Lut, Register, Slot
from hwgen.fabric.products import PartialProducts

FAMILIES = pytest.mark.parametrize("fabric", FABRICS.values(), ids=FABRICS)
SIGNS = [(False, False), (True, False), (False, True), (True, True)]


def full(a_width, b_width, a_signed, b_signed):
    pairs = itertools.product(range(a_width), range(b_width))
    return PartialProducts(a_width, b_width, a_signed, b_signed, frozenset(pairs), 0,
                           a_width + b_width)


def expect_sum(fabric, plan):
    products = plan.products
    a, b = (codes.ravel() for codes in np.meshgrid(np.arange(1 << products.a_width),
                                                   np.arange(1 << products.b_width)))
    expected = products.total(a, b)
    circuit = fabric.multiplier(plan)
    if not plan.addend_width:
        np.testing.assert_array_equal(circuit.evaluate(a=a, b=b)["p"], expected)
        return
    limit = 1 << plan.addend_width
    if plan.signed:
        expected = expected - (expected >> (products.width - 1) << products.width)
    for acc in (np.zeros_like(a), np.full_like(a, limit - 1),
                np.random.default_rng(1).integers(limit, size=a.size)):
        np.testing.assert_array_equal(circuit.evaluate(a=a, b=b, acc=acc)["sum"],
                                      (expected + acc) % limit)


@pytest.mark.parametrize("form", ["rows", "tree"])
@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("widths", [(8, 8), (4, 4), (1, 1), (1, 6), (6, 1), (2, 7), (7, 3), (3, 5)])
@FAMILIES
def test_exact(fabric, widths, signs, form):
    expect_sum(fabric, Plan(full(*widths, *signs), form))


@st.composite
def plans(draw):
    a_width, b_width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    pairs = draw(st.frozensets(st.sampled_from(
        list(itertools.product(range(a_width), range(b_width))))))
    width = a_width + b_width + draw(st.integers(0, 2))
    constant = draw(st.integers(-(1 << (width - 1)), (1 << (width - 1)) - 1))
    products = PartialProducts(a_width, b_width, draw(st.booleans()), draw(st.booleans()), pairs,
                               constant, width)
    return Plan(products, draw(st.sampled_from(["rows", "tree"])), draw(st.integers(0, 3)),
                draw(st.sampled_from([0, width, width + 5])), draw(st.booleans()))


@FAMILIES
@settings(deadline=None)
@given(plan=plans())
def test_any_mask_constant_and_form(fabric, plan):
    expect_sum(fabric, plan)


@FAMILIES
def test_no_one_goes_to_what_is_subtracted(fabric):
    first = (8, 7, 5, 4, 3, 2, 1, 1)
    products = replace(full(8, 8, True, True), constant=148, pairs=frozenset(
        (i, j) for j, low in enumerate(first) for i in range(low, 8)))
    expect_sum(fabric, Plan(products))


@pytest.mark.parametrize(("family", "form", "signs", "cells"), [
    ("ecp5", "rows", (False, False), 69), ("ecp5", "rows", (True, True), 69),
    ("ecp5", "tree", (False, False), 75), ("ecp5", "tree", (True, True), 76),
    ("ice40", "rows", (False, False), 71), ("ice40", "rows", (True, True), 71),
    ("xilinx7", "rows", (False, False), 41), ("xilinx7", "rows", (True, True), 39),
    ("xilinx7", "rows", (True, False), 39), ("xilinx7", "tree", (False, False), 49),
    ("gowin", "rows", (False, False), 72), ("gowin", "rows", (True, True), 81),
    ("gowin", "rows", (True, False), 79),
])
def test_cells_of_an_exact_byte_multiplier(family, form, signs, cells):
    fabric = FABRICS[family]
    assert fabric.cells(fabric.multiplier(Plan(full(8, 8, *signs), form))) == cells


@pytest.mark.parametrize(("family", "cells"), [("ecp5", 70), ("ice40", 68), ("xilinx7", 47),
                                               ("gowin", 79)])
def test_accumulator_takes_no_cells_below_the_lowest_product(family, cells):
    products = full(8, 8, True, True)
    high = replace(products, pairs=frozenset(pair for pair in products.pairs if sum(pair) >= 6))
    fabric = FABRICS[family]
    assert fabric.cells(fabric.multiplier(Plan(high, addend_width=24, signed=True))) == cells


@pytest.mark.parametrize("form", ["rows", "tree"])
@FAMILIES
def test_no_chain_runs_past_a_register(fabric, form):
    """Not even through a slot that ends a carry: timing analysis sees a path there."""
    netlist = fabric.multiplier(Plan(full(8, 8, True, True), form, 2, 24, True))
    stage = dict.fromkeys((net for nets in netlist.inputs.values() for net in nets), 0)
    stage |= dict.fromkeys(netlist.inputs["acc"], 2)
    stages = {}
    for cell in netlist.cells:
        if isinstance(cell, Register):
            stage[cell.output] = stage[cell.source] + 1
            continue
        function = cell.function if isinstance(cell, Lut) else cell.total
        nets = {net for net in function.nets if net in stage}
        stage[cell.output] = max((stage[net] for net in nets), default=0)
        if isinstance(cell, Slot) and nets:
            stages.setdefault(cell.chain, set()).add(stage[cell.output])
    assert max(stage.values()) == 2
    assert [found for found in stages.values() if len(found) > 1] == []


@pytest.mark.parametrize(("family", "widths", "cells"), [
    ("ecp5", (1, 1), 1), ("ecp5", (2, 2), 4), ("ice40", (2, 2), 4), ("gowin", (2, 2), 4),
    ("xilinx7", (2, 2), 2), ("xilinx7", (3, 3), 5),
])
def test_cells_of_narrow_multipliers(family, widths, cells):
    fabric = FABRICS[family]
    assert fabric.cells(fabric.multiplier(Plan(full(*widths, False, False)))) == cells
