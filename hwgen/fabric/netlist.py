"""A circuit of LUTs, carry chains and registers, as one FPGA family has them.

It is data: a family writes it as the family's primitives, counts its cells, and NumPy evaluates it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import numpy as np

from hwgen.fabric.logic import Function, Net
from hwgen.fabric.sums import Exchange, Statement
from hwgen.number import Codes

Partner = Literal["any", "same", "none"]


@dataclass(frozen=True)
class Lut:
    """A look-up table on its own; ``output`` is ``function``.

    Members
    -------
    partner : which other function may share its place: one of the same nets, on which it cannot
        depend in a roundabout way, or none, as it stands in a slot.
    """

    name: str
    function: Function
    output: Net
    partner: Partner = "any"


@dataclass(frozen=True)
class Slot:
    """One place of a carry chain: a LUT that also reads the carry, and the carry cell behind it.

    Members
    -------
    chain : number of the chain; slots of one chain follow each other.
    carry_in, carry_out : nets of the carry; 0 or 1 into the first slot, or any where a family can.
    total : what leaves for the fabric, a function of ``carry`` and other nets.
    carry : the net that stands for the carry in ``total`` and ``next_carry``.
    next_carry : what ``carry_out`` is; None if nothing reads it.
    output : net of ``total``.
    host : output of a LUT that stands in this place, where ``total`` is that and the carry; None:
        the place has a LUT of its own.
    """

    name: str
    chain: int
    carry_in: Net
    carry: Net
    total: Function
    next_carry: Function | None
    carry_out: Net
    output: Net
    host: Net | None = None


@dataclass(frozen=True)
class Register:
    """A flip-flop, enabled with all others."""

    name: str
    source: Net
    output: Net


Cell = Lut | Slot | Register


class Netlist:
    """A circuit, built from its inputs onward: a cell reads only nets that are there.

    Parameters
    ----------
    inputs : width of each input port.

    Members
    -------
    cells : in an order in which they can be evaluated.
    outputs : nets of each output port, lowest bit first.
    sums : what the builder states of its numbers, one after the other; if there is an ``acc``, the
        last is the sum with it.
    product : the one of the product.
    exchanges : what the builder of a sum of lanes states of each cell or few.
    turned : whether they take ``a`` for ``b`` and ``b`` for ``a``.
    inversions : nets that are no more, and the net that took the place of each, its inverse.
    """

    def __init__(self, inputs: Mapping[str, int]):
        self._numbers = count(2)
        self.inputs = {port: tuple(self.new_net() for _ in range(width))
                       for port, width in inputs.items()}
        self.cells: list[Cell] = []
        self.outputs: dict[str, tuple[Net, ...]] = {}
        self.inversions: dict[Net, Net] = {}
        self.sums: list[Statement] = []
        self.product: Statement | None = None
        self.exchanges: list[Exchange] = []
        self.turned = False
        self._luts: dict[Function, Net] = {}
        self._delayed: dict[Net, Net] = {}

    def new_net(self) -> Net:
        """A net that a cell is about to drive."""
        return next(self._numbers)

    def bits(self, port: str) -> tuple[Function, ...]:
        """The bits of an input port."""
        return tuple(Function.of(net) for net in self.inputs[port])

    def wire(self, function: Function, name: str, partner: Partner = "any") -> Function:
        """The function as a net: itself if it is one, else the output of a LUT."""
        if function.net is not None:
            return function
        if function not in self._luts:
            self._luts[function] = self.new_net()
            self.cells.append(Lut(name, function, self._luts[function], partner))
        return Function.of(self._luts[function])

    def net(self, function: Function, name: str) -> Net:
        """The net of :meth:`wire`."""
        bit = self.wire(function, name)
        return bit.nets[0] if bit.nets else bit.table

    def drive(self, port: str, bits: Sequence[Function]) -> None:
        """Add an output port of these bits."""
        self.outputs[port] = tuple(self.net(bit, f"{port}_{column}")
                                   for column, bit in enumerate(bits))

    def inverted(self, bit: Function, freely: bool = False) -> Function:
        """The inverse of a bit that nothing reads yet, at no cost where its driver can give it.

        A LUT can. A slot can if nothing reads its carry, or ``freely`` if that is another cell's.
        """
        for place, cell in enumerate(self.cells):
            if (cell.output,) != bit.nets or bit.net is None:
                continue
            output = self.new_net()
            if isinstance(cell, Lut):
                self._luts.pop(cell.function, None)
                self.cells[place] = replace(cell, function=~cell.function, output=output)
            elif isinstance(cell, Slot) and (freely or cell.next_carry is None):
                self.cells[place] = replace(cell, total=~cell.total, output=output)
            elif isinstance(cell, Register):
                source = self.inverted(Function.of(cell.source), freely)
                if source.net is None:
                    return ~bit
                self._delayed.pop(cell.source)
                self.cells[place] = Register(cell.name, source.net, output)
            else:
                return ~bit
            self.inversions[cell.output] = output
            return Function.of(output)
        return ~bit

    def delayed(self, function: Function, cycles: int, name: str) -> Function:
        """The function as a net, ``cycles`` later; a constant stays what it is."""
        net = self.wire(function, name).nets
        for _ in range(cycles if net else 0):
            if net[0] not in self._delayed:
                self._delayed[net[0]] = self.new_net()
                self.cells.append(Register(name, net[0], self._delayed[net[0]]))
            net = (self._delayed[net[0]],)
        return Function.of(net[0]) if net else function

    def evaluate(self, **codes: Codes) -> dict[str, Codes]:
        """Each output as unsigned int64 codes; a register passes its source on at once.

        Parameters
        ----------
        codes : ``(n,)`` integers a port, of which the low bits count.
        """
        values: dict[Net, Codes] = {net: np.full(1, net, np.uint8) for net in (0, 1)}
        for port, nets in self.inputs.items():
            values |= {net: (codes[port] >> bit & 1).astype(np.uint8)
                       for bit, net in enumerate(nets)}
        for cell in self.cells:
            if isinstance(cell, Register):
                values[cell.output] = values[cell.source]
            elif isinstance(cell, Lut):
                values[cell.output] = _looked_up(cell.function, values)
            else:
                values[cell.carry] = values.get(cell.carry_in, values[0])  # of a sum that ended
                values[cell.output] = _looked_up(cell.total, values)
                if cell.next_carry is not None:
                    values[cell.carry_out] = _looked_up(cell.next_carry, values)
        zeros = np.zeros(len(next(iter(codes.values()))), np.int64)
        return {port: sum((values[net].astype(np.int64) << bit for bit, net in enumerate(nets)),
                          zeros) for port, nets in self.outputs.items()}


def _looked_up(function: Function, values: Mapping[Net, Codes]) -> Codes:
    table = np.array([function.table >> code & 1 for code in range(1 << len(function.nets))],
                     np.uint8)
    place: Codes = np.zeros(1, np.uint8)
    for bit, net in enumerate(function.nets):
        place = place | values[net] << bit
    return table[place]


class Chain:
    """A carry chain under construction, one sum behind the other.

    Parameters
    ----------
    shared : whether one chain takes all sums: a slot whose LUT is 0 ends a carry, as its LUT sets
        the next one. If not, every sum has a chain of its own.
    """

    def __init__(self, netlist: Netlist, shared: bool):
        self._netlist = netlist
        self._shared = shared
        self._number = 0
        self._last: int | None = None  # place of the last slot among the cells
        self._carry: Net = 0

    def part(self) -> None:
        """Let the next sum begin a chain of its own.

        A carry that ends in a slot still counts as a way through it to those who add up delays, so
        a chain must not go on behind a register.
        """
        self._last = None

    @property
    def carry(self) -> Net:
        """The carry that the next slot finds."""
        return self._carry

    def begin(self, carry: Net | Function) -> None:
        """Start a sum with ``carry``: 0 or 1, any net in a chain of its own, or what the last slot
        of a shared chain can set, if nothing reads that yet.
        """
        carry = carry if isinstance(carry, Function) else Function.of(carry)
        if self._last is None or not self._shared:
            self._number += 1
            self._carry = self._netlist.net(carry, "carry")
            return
        slot = self._last_slot()
        if slot.total != Function.of(slot.carry):
            net = self._netlist.new_net()
            self.append(f"end{net}", net, Function.of(net), None)
            slot = self._last_slot()
        if carry.nets:  # which nothing may have driven when the last slot came
            self._netlist.cells.pop(self._last)
            self._last = len(self._netlist.cells)
            self._netlist.cells.append(slot)
        self._netlist.cells[self._last] = replace(slot, next_carry=carry)

    def _last_slot(self) -> Slot:
        slot = self._netlist.cells[self._last or 0]
        if not isinstance(slot, Slot):
            raise TypeError(f"last cell of a chain must be a slot, not {slot!r}")
        return slot

    def append(self, name: str, carry: Net, total: Function,
               next_carry: Function | None) -> Function:
        """A slot, its functions in terms of ``carry``; returns its output."""
        net = self._netlist
        slot = Slot(name, self._number, self._carry, carry, total, next_carry, net.new_net(),
                    net.new_net())
        self._last = len(net.cells)
        self._carry = slot.carry_out
        net.cells.append(slot)
        return Function.of(slot.output)
