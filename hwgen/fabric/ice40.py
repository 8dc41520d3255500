"""Lattice iCE40: a cell is a LUT4 and the majority of two of its inputs and the carry."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import ClassVar

from amaranth import Const, Instance, Module

from hwgen.fabric.booth import BoothBuilder, has_digits
from hwgen.fabric.builder import Plan
from hwgen.fabric.family import Fabric, Wires, inverters
from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.logic import Function, Net
from hwgen.fabric.netlist import Lut, Netlist, Slot
from hwgen.fabric.plain import plain_netlists
from hwgen.fabric.selects import SelectBuilder
from hwgen.fabric.trees import GROUPS, SelectTree


class Ice40(Fabric):
    """A cell holds an SB_LUT4, of which I3 is the carry, and an SB_CARRY that reads I1 and I2."""

    name: ClassVar[str] = "ice40"

    def netlists(self, plan: Plan) -> Iterator[Netlist]:
        yield from plain_netlists(plan, 4)
        yield SelectBuilder(plan).netlist()
        if plan.form == "tree" and has_digits(plan):
            yield BoothBuilder(plan).netlist()

    def lane_sums(self, plan: LanePlan) -> Iterator[Netlist]:
        for group in GROUPS:
            yield SelectTree(plan, group, False, lambda *slot: True).netlist()

    def cells(self, netlist: Netlist) -> int:
        """LUTs, alone or in a chain, and a place before each chain that begins with a net."""
        carries = {cell.carry_out for cell in netlist.cells if isinstance(cell, Slot)} | {0, 1}
        return inverters(netlist) + sum(
            1 + (isinstance(cell, Slot) and cell.carry_in not in carries)
            for cell in netlist.cells if isinstance(cell, (Lut, Slot)))

    def chain(self, m: Module, slots: list[Slot], wires: Wires) -> None:
        for slot in _begun(slots):
            x, y = summands(slot)
            others = [net for net in slot.total.nets if net not in (x, y, slot.carry)]
            if slot.next_carry is None:  # whose inputs may be any
                (x, y), others = (*others, 0, 0)[:2], others[2:]
            pins = (*others, *(0,) * (1 - len(others)), x, y, slot.carry)
            m.submodules[f"{slot.name}_lut"] = Instance(
                "SB_LUT4", p_LUT_INIT=Const(slot.total.over(pins), 16), o_O=wires[slot.output],
                **{f"i_I{place}": wires[net] for place, net in enumerate(pins)})
            if slot.next_carry is not None:
                m.submodules[f"{slot.name}_adder"] = Instance(
                    "SB_CARRY", i_I0=wires[x], i_I1=wires[y], i_CI=wires[slot.carry_in],
                    o_CO=wires[slot.carry_out])


def _begun(slots: list[Slot]) -> Iterator[Slot]:
    """The slots of a chain, with carries that know what their constant carry in leaves of them.

    A carry of x, 0 and 1 becomes one of x, x and 0: the former Yosys takes away, and then it takes
    a cell more to feed x into the chain.
    """
    carry = slots[0].carry_in
    for slot in slots:
        known = slot.next_carry and carry < 2 and slot.next_carry.at({slot.carry: carry})
        carry = slot.carry_out
        if known and known.net is not None:
            carry = known.table if not known.nets else carry
            slot = replace(slot, next_carry=known) if known.nets else slot
        yield slot


def summands(slot: Slot) -> tuple[Net, Net]:
    """The inputs I1 and I2 whose majority with the carry is the next one."""
    if slot.next_carry is None:
        return 0, 0
    nets = [net for net in slot.next_carry.nets if net != slot.carry]
    carry = Function.of(slot.carry)
    for x, y in product([*nets, 0, 1], repeat=2):
        first, second = Function.of(x), Function.of(y)
        if first & second | carry & (first ^ second) == slot.next_carry:
            return x, y
    raise ValueError(f"slot must carry a majority, not {slot.next_carry!r}")
