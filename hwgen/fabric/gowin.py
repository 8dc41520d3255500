"""Gowin GW1N and GW2A: LUT4, and the ALU that a LUT4 with a carry can be."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import ClassVar

from amaranth import Const, Instance, Module, Value

from hwgen.fabric.adders import adder_netlists
from hwgen.fabric.builder import Plan
from hwgen.fabric.family import Fabric, Wires
from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.logic import ZERO, Function, Net
from hwgen.fabric.netlist import Lut, Netlist, Slot
from hwgen.fabric.plain import plain_netlists
from hwgen.fabric.trees import tree_netlists

_ADD, _SUB, _MULT = 0, 1, 9  # values of ALU_MODE


class Gowin(Fabric):
    """An ALU adds ``p`` to the carry, which is generated where p is 0, in one of three modes.

    ======  ==============  =========
    mode    p               generated
    ======  ==============  =========
    ADD     I0 ^ I1         I0
    SUB     I0 ^ ~I1        I0
    MULT    I0 & I1 ^ I3    I0 & I1
    ======  ==============  =========
    """

    name: ClassVar[str] = "gowin"

    def netlists(self, plan: Plan) -> Iterator[Netlist]:
        yield from plain_netlists(plan, 4)
        apart = any(plan.products.negative(*pair) for pair in plan.products.pairs)
        for kind in (False, True)[: 1 + apart]:
            yield from adder_netlists(plan, True, _fits, kind)

    def lane_sums(self, plan: LanePlan) -> Iterator[Netlist]:
        yield from tree_netlists(plan, _fits)

    def cells(self, netlist: Netlist) -> int:
        """LUTs and ALUs; each chain takes one more for its first carry, and ends on an even number.
        """
        luts = sum(isinstance(cell, Lut) for cell in netlist.cells)
        lengths: dict[int, int] = {}
        for cell in netlist.cells:
            if isinstance(cell, Slot):
                lengths[cell.chain] = lengths.get(cell.chain, 1) + 1
        return luts + sum(length + length % 2 for length in lengths.values())

    def chain(self, m: Module, slots: list[Slot], wires: Wires) -> None:
        carry: Value = wires[slots[0].carry_in]
        for slot in slots:
            found = placed(slot.carry, slot.total, slot.next_carry)
            if found is None:
                raise ValueError(f"slot must fit an ALU, not {slot!r}")
            mode, pins = found
            m.submodules[f"{slot.name}_alu"] = Instance(
                "ALU", p_ALU_MODE=Const(mode, 32), i_CIN=carry, o_SUM=wires[slot.output],
                o_COUT=wires[slot.carry_out],
                **{f"i_I{pin}": wires[net] for pin, net in zip((0, 1, 3), pins, strict=True)})
            carry = wires[slot.carry_out]


def _fits(carry: Net, total: Function, next_carry: Function | None) -> bool:
    return placed(carry, total, next_carry) is not None


@cache
def placed(carry: Net, total: Function, next_carry: Function | None) -> (
        tuple[int, tuple[Net, ...]] | None):
    """Mode and pins I0, I1 and I3 of an ALU with these functions; None if none has them."""
    p = total.at({carry: 0})
    if total.at({carry: 1}) != ~p or len(p.nets) > 3:
        return None
    through = next_carry and [next_carry.at({carry: level}) for level in (0, 1)]
    if through and (through[0] & p != ZERO or p & ~through[1] != ZERO
                    or (through[0] ^ through[1]) & ~p != ZERO):
        return None
    nets = sorted({*p.nets, *(through[0].nets if through else ()), 0, 1})
    for pins in product(nets, repeat=3):
        x, y, z = (Function.of(net) for net in pins)
        modes = [(_MULT, x & y ^ z, x & y)]
        if z == ZERO:
            modes += [(_ADD, x ^ y, x), (_SUB, x ^ ~y, x)]
        for mode, has, generated in modes:
            if has == p and (not through or (generated ^ through[0]) & ~p == ZERO):
                return mode, pins
    return None
