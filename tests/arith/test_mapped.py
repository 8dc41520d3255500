"""Multipliers of an FPGA's cells: what can be mapped, and that nothing leaves unproven."""

import numpy as np
import pytest

from hwgen.arith import mapped
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.mapped import MappedUnit, circuit
from hwgen.arith.multiplier import Operands
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.netlist import Lut, Netlist
from hwgen.number import Fixed
from hwgen.pe.parallel import ParallelPE
from hwgen.spec import InputError, ToolError

BYTES = Operands(Fixed(width=8), Fixed(width=8))


@pytest.mark.parametrize(("values", "message"), [
    ({"form": "tree"}, "form must be left out without a target, not 'tree'"),
    ({"target": "ecp5", "a": {"width": 17}}, "a.width must be at most 16 with a target, not 17"),
    ({"target": "ecp5", "b": {"width": 32}}, "b.width must be at most 16 with a target, not 32"),
    ({"target": "ice40", "multiplier": {"kind": "roba"}},
     "multiplier.kind must be one that adds up partial products with a target, not 'roba'; leave "
     "out target, and synthesis maps it"),
])
def test_faults(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        ParallelPE.parse(values)
    assert message in str(caught.value)


@pytest.mark.planted
@pytest.mark.parametrize("addend_bits", [0, 20])
@pytest.mark.parametrize("width", [8, 12])
def test_cells_that_compute_something_else_are_refused(
        width: int, addend_bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = MappedUnit(ExactMultiplier(), Operands(Fixed(width=width), Fixed(width=width)), "ecp5",
                      "rows", addend_bits=addend_bits)
    right = FABRICS["ecp5"].multiplier(unit.plan)
    place = next(place for place, cell in enumerate(right.cells) if cell.name == "row4_9")
    slot = right.cells[place]
    assert not isinstance(slot, Lut)
    right.cells[place] = type(slot)(**{**vars(slot), "next_carry": ~slot.next_carry})
    monkeypatch.setattr(type(FABRICS["ecp5"]), "multiplier", lambda fabric, plan: right)
    circuit.cache_clear()
    with pytest.raises(ToolError, match="must (compute the golden's products|be proven)"):
        circuit(unit)


def test_operands_hold_all_pairs_or_the_extremes() -> None:
    a, b = mapped._operands(BYTES)
    assert len(set(zip(a.tolist(), b.tolist(), strict=True))) == 1 << 16
    wide = Fixed(width=16)
    a, b = mapped._operands(Operands(wide, wide))
    for x in (wide.minimum, wide.maximum):
        for y in (wide.minimum, wide.maximum):
            assert np.any((a == x) & (b == y))


@pytest.mark.parametrize(("target", "cells"), [("ecp5", 92), ("ice40", 95)])
def test_cells_of_a_byte_mac(target: str, cells: int) -> None:
    """With the sum of 24 bits: an int8 MAC."""
    unit = MappedUnit(ExactMultiplier(), BYTES, target, "rows", addend_bits=24)
    assert unit.cells == cells
    assert isinstance(circuit(unit), Netlist)
