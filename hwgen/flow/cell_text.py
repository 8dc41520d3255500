"""Verilog around a cell of a grid: the parts that the area of an array is composed of."""

import re
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Literal, NamedTuple

from hwgen.array.grid import Cell, Grid
from hwgen.flow.emit import Emit
from hwgen.spec import ToolError

Side = Literal["w_", "n_"]
"""What the ports begin with on the side where data enter a cell."""

OPPOSITE = {"w_": "e_", "n_": "s_"}
RESULT = "s_sum"
"""What a column's next stage reads below the grid; other outputs of the last cells go nowhere."""


class Port(NamedTuple):
    """Direction, "input" or "output", and bits."""

    direction: str
    bits: int


def ports_of(text: str, module: str) -> dict[str, Port]:
    """The ports of a ``module`` that Yosys wrote in ``text``, in order; ToolError if it is not."""
    found = re.search(rf"^module {module}\((.*?)\);\n(.*?)^endmodule", text,
                      re.MULTILINE | re.DOTALL)
    if found is None:
        raise ToolError(f"Yosys wrote no module {module}")
    declared = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);$", found[2], re.MULTILINE)
    ports = {name: Port(direction, int(high or 0) + 1) for direction, high, name in declared}
    return {name.strip(): ports[name.strip()] for name in found[1].split(",")}


class CellText:
    """A cell's own Verilog, and modules ``edge`` that show what it costs at some place."""

    def __init__(self, name: str, cell: Cell | Grid):
        self.top = f"{name}_{cell.module_name}"
        self.text = Emit(self.top).verilog(cell)
        self.ports = ports_of(self.text, self.top)
        self.common = {"clk", "rst", *(cell.cells[0] if isinstance(cell, Grid) else cell).common}

    def renamed(self, top: str) -> "CellText":
        """The same cell, as if it had this module name."""
        renamed = copy(self)
        renamed.text = re.sub(rf"\b{re.escape(self.top)}(?=_|\b)", top, self.text)
        renamed.top = top
        return renamed

    def wrapped(self, zeros: Collection[str]) -> str:
        """The cell with the inputs ``zeros`` tied."""
        pins = {port: f"{bits}'d0" if port in zeros else port
                for port, (_, bits) in self.ports.items()}
        return self._edge([pins])

    def twins(self, shared: Collection[str]) -> str:
        """Two cells that share the inputs ``shared`` and what all cells do."""
        common = {*shared, *self.common}
        return self._edge([{port: port if port in common else f"{port}_{twin}"
                            for port in self.ports} for twin in range(2)])

    def ended(self, side: Side, count: int) -> str:
        """``count`` cells in a line away from ``side``; nobody reads what the last passes on."""
        out = OPPOSITE[side]
        cells = [{port: port if port in self.common else f"{port}_{index}" for port in self.ports}
                 for index in range(count)]
        linked = {f"{out}{port[2:]}": port for port in self.ports
                  if port.startswith(side) and f"{out}{port[2:]}" in self.ports}
        for before, after in pairwise(cells):
            after.update({port: before[sender] for sender, port in linked.items()})
        inner = {cell[port] for cell in cells[:-1] for port in linked}
        cells[-1].update({port: "" for port in self.ports
                          if port.startswith(out) and port != RESULT})
        return self._edge(cells, inner)

    def first(self, side: Side, whole: bool) -> str:
        """The cell as :func:`framed` has it."""
        return self._edge([{port: port if self.keeps(side, port, whole) else ""
                            for port in self.ports}])

    def keeps(self, side: Side, port: str, whole: bool) -> bool:
        """Whether something reads ``port`` of a first cell: if not ``whole``, what passes on."""
        passes = port.startswith(OPPOSITE[side]) and port != RESULT
        return self.ports[port].direction == "input" or whole or passes

    def instance(self, name: str, pins: Mapping[str, str]) -> str:
        """An instance, its ``pins`` given as port to net."""
        return f"  {self.top} {name} ({', '.join(f'.{p}({n})' for p, n in pins.items())});\n"

    def _edge(self, cells: Sequence[Mapping[str, str]], inner: Collection[str] = ()) -> str:
        """A module of instances of the cell; nets are its ports, but for the ``inner`` ones."""
        nets = {net: self.ports[port] for pins in cells for port, net in pins.items()
                if net.isidentifier()}
        declared = "".join(f"  {'wire' if net in inner else direction} [{bits - 1}:0] {net};\n"
                           for net, (direction, bits) in nets.items())
        body = "".join(self.instance(f"cell{index}", pins) for index, pins in enumerate(cells))
        header = ", ".join(net for net in nets if net not in inner)
        return f"{self.text}\nmodule edge({header});\n{declared}{body}endmodule\n"


def framed(text: str, grid: str, cell: CellText, sides: Mapping[Side, int],
           apart: Collection[str], whole: bool) -> str:
    """The array ``text`` with the first cells of its ``grid`` before a box ``<grid>_inside``.

    Parameters
    ----------
    sides : how many first cells there are on each side; the one in the corner is there twice.
    apart : inputs of the grid that go to the box itself.
    whole : whether the box reads all outputs of the first cells, or only what passes on.
    """
    ports, body = ports_of(text, grid), ""
    taken = {port for port in ports if port in cell.ports and port not in apart
             and (port[:2] in sides or port in cell.common)}
    wires = dict[str, Port]()
    for side, count in sides.items():
        for index in range(count):
            pins = _first_pins(cell, side, index, taken, whole)
            body += cell.instance(f"{side}{index}", pins)
            wires |= {net: cell.ports[port] for port, net in pins.items()
                      if net.isidentifier() and net not in taken}
    # What a cell puts out the box takes in, and the other way round.
    box = {net: Port("input" if direction == "output" else "output", bits)
           for net, (direction, bits) in wires.items()}
    box |= {port: shape for port, shape in ports.items() if port not in taken}
    body = "".join(f"  wire [{bits - 1}:0] {net};\n" for net, (_, bits) in wires.items()) + body
    body += f"  {grid}_inside inside ({', '.join(f'.{net}({net})' for net in box)});\n"
    # Yosys would take a module without contents for a box already, and not find it.
    ones = "".join(f"  assign {net} = 1;\n" for net, (direction, _) in box.items()
                   if direction == "output")
    frame = _module(grid, ports, body) + _module(f"{grid}_inside", box, ones)
    return re.sub(rf"^module {grid}\(.*?^endmodule\n", lambda _: frame, text, count=1,
                  flags=re.MULTILINE | re.DOTALL) + cell.text


def _first_pins(cell: CellText, side: Side, index: int, taken: Collection[str],
                whole: bool) -> dict[str, str]:
    """The nets at the ``index``-th first cell of a side: the grid's own, or the box's."""
    pins = {}
    for port, (_, bits) in cell.ports.items():
        pins[port] = f"{side}{index}_{port}" if cell.keeps(side, port, whole) else ""
        if port in taken and port in cell.common:
            pins[port] = port
        elif port in taken and port.startswith(side):
            pins[port] = f"{port}[{(index + 1) * bits - 1}:{index * bits}]"
    return pins


def _module(name: str, ports: Mapping[str, Port], body: str) -> str:
    declared = "".join(f"  {direction} [{bits - 1}:0] {port};\n"
                       for port, (direction, bits) in ports.items())
    return f"module {name}({', '.join(ports)});\n{declared}{body}endmodule\n"
