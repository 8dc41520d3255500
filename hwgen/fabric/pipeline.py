"""Registers put into a netlist that has none, where they cut its longest ways about evenly."""

from collections.abc import Iterator
from dataclasses import replace

from hwgen.fabric.logic import Function, Net, renamed
from hwgen.fabric.netlist import Cell, Lut, Netlist, Register, Slot

_LUT, _ENTER, _HOP = 10, 6, 1  # delays: of a LUT, of one before a carry, and of a carry


def pipeline(netlist: Netlist, stages: int) -> Netlist:
    """The netlist with ``stages`` registers on every way from an input to an output.

    A chain is not cut, nor parted from the LUTs that stand in its places.
    """
    stage = _stages(netlist, stages)
    cells, netlist.cells = netlist.cells, []
    for cell in cells:
        own = stage[cell.output]
        later = {net: netlist.delayed(Function.of(net), own - stage.get(net, 0), "stage").nets[0]
                 for net in _inputs(cell)}
        netlist.cells.append(_renamed(cell, later))
    netlist.outputs = {port: tuple(
        netlist.net(netlist.delayed(Function.of(net), stages - stage.get(net, 0), "stage"), port)
        for net in nets) for port, nets in netlist.outputs.items()}
    return netlist


def _inputs(cell: Cell) -> Iterator[Net]:
    """The nets that a cell reads but for constants and the carry of its own chain."""
    if isinstance(cell, Register):
        raise ValueError(f"netlist must have no register, not {cell!r}")
    if isinstance(cell, Lut):
        yield from cell.function.nets
    else:
        functions = cell.total, *([cell.next_carry] if cell.next_carry else [])
        nets = {net for function in functions for net in function.nets} - {cell.carry, cell.host}
        yield from sorted(nets | ({cell.carry_in} - {0, 1}))


def _renamed(cell: Cell, names: dict[Net, Net]) -> Cell:
    if isinstance(cell, Lut):
        return replace(cell, function=renamed(cell.function, names))
    if isinstance(cell, Register):
        return cell
    names = names | {net: net for net in (cell.carry, cell.host) if net is not None}
    return replace(cell, carry_in=names.get(cell.carry_in, cell.carry_in),
                   total=renamed(cell.total, names),
                   next_carry=cell.next_carry and renamed(cell.next_carry, names))


def _times(netlist: Netlist) -> dict[Net, int]:
    """When each net is there."""
    times: dict[Net, int] = {}
    for cell in netlist.cells:
        time = max((times.get(net, 0) for net in _inputs(cell)), default=0)
        times[cell.output] = time + _LUT
        if isinstance(cell, Slot):
            carry = times.get(cell.carry_in, 0) + _HOP
            times[cell.output] = max(carry, times[cell.output])
            goes_on = cell.next_carry is not None and cell.carry in cell.next_carry.nets
            times[cell.carry_out] = max(carry if goes_on else 0, time + _ENTER)
    return times


def _stages(netlist: Netlist, stages: int) -> dict[Net, int]:
    """The registers before each net of a cell."""
    times = _times(netlist)
    whole = max(times.values(), default=0) + 1
    stage: dict[Net, int] = {}
    chains: dict[int, int] = {}
    places = {cell.host: cell.chain for cell in netlist.cells
              if isinstance(cell, Slot) and cell.host is not None}
    before: dict[int, int] = {}
    while not chains or chains != before:
        before = dict(chains)
        for cell in netlist.cells:
            chain = cell.chain if isinstance(cell, Slot) else places.get(cell.output, 0)
            own = max(times[cell.output] * (stages + 1) // whole, chains.get(chain, 0),
                      *(stage.get(net, 0) for net in _inputs(cell)))
            stage[cell.output] = own
            if isinstance(cell, Slot):
                stage[cell.carry_out] = own
            if chain:
                chains[chain] = own
        chains.setdefault(0, 0)
    return stage
