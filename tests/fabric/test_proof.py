"""The proof accepts circuits of every family and width, and no others."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from hwgen.fabric.builder import Plan
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.logic import Function
from hwgen.fabric.netlist import Lut, Slot
from hwgen.fabric.proof import Proof
from hwgen.spec import ToolError
from tests.fabric.test_multipliers import FAMILIES, SIGNS, full, plans


@pytest.mark.parametrize("form", ["rows", "tree"])
@pytest.mark.parametrize("signs", SIGNS)
@FAMILIES
def test_wide_multipliers_are_proven(fabric, signs, form):
    plan = Plan(full(13, 10, *signs), form, addend_width=27, signed=any(signs))
    Proof(fabric.multiplier(plan)).check(plan.products)


@FAMILIES
@settings(deadline=None)
@given(plan=plans())
def test_any_circuit_is_proven(fabric, plan):
    circuit = fabric.multiplier(plan)
    if circuit.product:  # not of one LUT a bit
        Proof(circuit).check(plan.products)


def broken(cell):
    """What can go wrong with a cell: its function, or its carry."""
    if isinstance(cell, Lut):
        yield replace(cell, function=~cell.function)
    if isinstance(cell, Slot):
        yield replace(cell, total=~cell.total)
        if cell.next_carry and cell.next_carry.nets:
            yield replace(cell, next_carry=cell.next_carry & Function.of(cell.next_carry.nets[0]))
            yield replace(cell, next_carry=~cell.next_carry)


def is_proven(circuit, products):
    try:
        Proof(circuit).check(products)
    except ToolError:
        return False
    return True


@pytest.mark.planted
@pytest.mark.parametrize("form", ["rows", "tree"])
@FAMILIES
def test_every_broken_cell_is_found(fabric, form):
    plan = Plan(full(6, 5, True, True), form, addend_width=13, signed=True)
    circuit = fabric.multiplier(plan)
    a, b, acc = np.random.default_rng(1).integers(1 << 13, size=(3, 50_000))
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


def test_another_constant_is_found():
    plan = Plan(full(5, 5, True, True))
    circuit = FABRICS["ecp5"].multiplier(plan)
    with pytest.raises(ToolError, match="product of a sum must be proven"):
        Proof(circuit).check(replace(plan.products, constant=1))


def test_missing_pair_is_found():
    plan = Plan(full(5, 5, True, True))
    circuit = FABRICS["ice40"].multiplier(plan)
    with pytest.raises(ToolError, match="product of a sum must be proven"):
        Proof(circuit).check(replace(plan.products, pairs=plan.products.pairs - {(4, 4)}))
