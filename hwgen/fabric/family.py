"""What a family of FPGAs offers for arithmetic, behind one interface."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from amaranth import Cat, Const, Module, Signal, Value

from hwgen.fabric.builder import Plan
from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.logic import Function, Net
from hwgen.fabric.netlist import Lut, Netlist, Register, Slot
from hwgen.fabric.pipeline import pipeline

Wires = Mapping[Net, Value]
"""What carries each net in the RTL."""


class Fabric(ABC):
    """LUTs and carry chains of one family: how to multiply with them, and how to write them."""

    name: ClassVar[str]

    def multiplier(self, plan: Plan) -> Netlist:
        """The smallest circuit known for ``plan``.

        Ports: ``a``, ``b`` and perhaps ``acc`` in; ``p``, or with ``acc`` the ``sum``, out.
        """
        turned = [plan, plan.turn()]
        return min((net for plan in turned for net in self.netlists(plan)), key=self.cells)

    @abstractmethod
    def netlists(self, plan: Plan) -> Iterator[Netlist]:
        """Circuits for the plan, without turning it."""

    def lane_sum(self, plan: LanePlan) -> Netlist | None:
        """The smallest circuit known for ``plan``; None if portable RTL serves as well.

        Ports: ``a`` and ``b`` in; ``p`` out.
        """
        netlist = min(self.lane_sums(plan), key=self.cells, default=None)
        return netlist and pipeline(netlist, plan.stages)

    def lane_sums(self, plan: LanePlan) -> Iterable[Netlist]:
        """Circuits for the plan, without registers."""
        return ()

    @abstractmethod
    def cells(self, netlist: Netlist) -> int:
        """Logic cells that the circuit takes when placed, chain ends included."""

    @abstractmethod
    def chain(self, m: Module, slots: list[Slot], wires: Wires) -> None:
        """Add the primitives of all slots of a chain."""

    def luts(self, m: Module, luts: list[Lut], wires: Wires) -> None:
        """Add all LUTs outside of chains, as logic, which synthesis maps to LUTs again."""
        for lut in luts:
            m.d.comb += wires[lut.output].eq(logic(lut.function, wires))

    def write(self, m: Module, netlist: Netlist, en: Value,
              **inputs: Value) -> dict[str, Value]:
        """Add a circuit to ``m``; returns its output ports.

        Parameters
        ----------
        en : whether the registers advance.
        inputs : each input port, as wide as the netlist's.
        """
        wires: dict[Net, Value] = {0: Const(0, 1), 1: Const(1, 1)}
        for port, nets in netlist.inputs.items():
            wires |= zip(nets, inputs[port], strict=True)
        for cell in netlist.cells:
            wires[cell.output] = Signal(name=cell.name, reset_less=True)
            if isinstance(cell, Slot):
                wires[cell.carry_out] = Signal(name=f"{cell.name}_carry")
                wires[cell.carry] = wires[cell.carry_in]
        chains: dict[int, list[Slot]] = {}
        for cell in netlist.cells:
            if isinstance(cell, Register):
                with m.If(en):
                    m.d.sync += wires[cell.output].eq(wires[cell.source])
            elif isinstance(cell, Slot):
                chains.setdefault(cell.chain, []).append(cell)
        self.luts(m, [cell for cell in netlist.cells if isinstance(cell, Lut)], wires)
        for slots in chains.values():
            self.chain(m, slots, wires)
        return {port: Cat(wires[net] for net in nets) for port, nets in netlist.outputs.items()}


def inverters(netlist: Netlist) -> int:
    """LUTs that come with synthesis: for slots that only invert a net, as their carry is known.

    Yosys sees that, and the slot keeps but its carry.
    """
    levels: dict[Net, int] = {0: 0, 1: 1}  # of carries that are known
    count = 0
    for cell in netlist.cells:
        if not isinstance(cell, Slot) or cell.next_carry is None:
            continue
        held = {cell.carry: levels[cell.carry_in]} if cell.carry_in in levels else {}
        count += bool(held) and (~cell.total.at(held)).net not in (None, 0, 1)
        after = cell.next_carry.at(held).constant
        if after is not None:
            levels[cell.carry_out] = after
    return count


def logic(function: Function, wires: Wires) -> Value:
    """A function as a sum of products, or the inverse of one if that has fewer."""
    if not function.nets:
        return Const(function.table, 1)
    codes = range(1 << len(function.nets))
    ones = [code for code in codes if function.table >> code & 1]
    if 2 * len(ones) > len(codes):
        return ~logic(~function, wires)
    terms = [_product([wires[net] if code >> place & 1 else ~wires[net]
                       for place, net in enumerate(function.nets)]) for code in ones]
    total: Value = terms[0]
    for term in terms[1:]:
        total = total | term
    return total


def _product(factors: list[Value]) -> Value:
    result = factors[0]
    for factor in factors[1:]:
        result = result & factor
    return result

