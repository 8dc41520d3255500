"""Area of an array, composed from its cells: each kind of cell is synthesised once.

A flat array costs what its parts cost, but for the cells at its edges, where Yosys trims what has
a constant input or an unread output.  So the parts are: a cell inside the grid, one of the north
row, one of the east column, their corner, one foot of a column, and all the rest with the grid and the feet as
empty boxes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.array.grid import Cell, Grid
from hwgen.array.mesh import ArraySpec
from hwgen.flow.cells import Area
from hwgen.flow.design import verilog_text
from hwgen.flow.emit import Emit
from hwgen.flow.yosys import FAMILIES, Job, synthesise_many

TARGETS = tuple((family, dsp) for family in FAMILIES for dsp in (False, True)
                if not (family == "gates" and dsp))
"""Every family, without and with DSP blocks."""


@dataclass(frozen=True)
class ArrayArea:
    """The area of an array on one target, and of its parts.

    Members
    -------
    cell : one PE inside the grid, its registers included.
    array : the whole array.
    composed : whether ``array`` was composed from parts rather than synthesised flat.
    """

    cell: Area
    array: Area
    composed: bool


def size_flat(array: ArraySpec, targets: Sequence[tuple[str, bool]]) -> list[Area]:
    """The whole array, synthesised in one piece on each target."""
    text = verilog_text(array)
    return synthesise_many([Job(text, array.name, family, dsp) for family, dsp in targets])


def size(array: ArraySpec, targets: Sequence[tuple[str, bool]] = TARGETS) -> list[ArrayArea]:
    """The array on each target, composed.

    Parameters
    ----------
    targets : families, each without (False) or with (True) DSP blocks.
    """
    parts = _Parts(array)
    insides = synthesise_many([parts.inside(*target) for target in targets])
    # The edges are mapped as the inside was, so that they differ from it by the trimming alone.
    others = synthesise_many([
        job for target, cell in zip(targets, insides, strict=True)
        for job, _ in parts.others(*target, cell.recipe)])
    areas = iter(others)
    sized = []
    for target, cell in zip(targets, insides, strict=True):
        counts = [count for _, count in parts.others(*target, cell.recipe)]
        whole = sum((next(areas) * count for count in counts), cell * parts.inside_count)
        sized.append(ArrayArea(cell=cell, array=whole, composed=True))
    return sized


class _Parts:
    """The texts to synthesise, and how many of each an array holds."""

    def __init__(self, array: ArraySpec):
        grid, feet = array.dataflow.grid(array), array.dataflow.feet(array)
        self._array = array
        self._cell, self._foot = (_Unit(array.name, unit.cell) for unit in (grid, feet))
        self._text = verilog_text(array)
        self._boxes = tuple(f"{array.name}_{unit.module_name}" for unit in (grid, feet))
        self._zeros = array.dataflow.north_zeros

    @property
    def inside_count(self) -> int:
        """Cells that touch neither the north nor the east edge."""
        return (self._array.rows - 1) * (self._array.columns - 1)

    def inside(self, family: str, dsp: bool) -> Job:
        """A cell with neighbours on all sides."""
        return Job(self._cell.text, self._cell.top, family, dsp)

    def others(self, family: str, dsp: bool, recipe: str) -> list[tuple[Job, int]]:
        """Everything else, and how often it occurs."""
        rows, columns = self._array.rows, self._array.columns

        def edge(text: str) -> Job:
            return Job(text, "edge", family, dsp, recipes=(recipe,))

        parts = [
            (edge(self._cell.wrapped(zeros=self._zeros)), columns - 1),
            (edge(self._cell.wrapped(unread="e_")), rows - 1),
            (edge(self._cell.wrapped(zeros=self._zeros, unread="e_")), 1),
            (Job(self._foot.text, self._foot.top, family, dsp), columns),
            (Job(self._text, self._array.name, family, dsp, self._boxes), 1),
        ]
        return [(job, count) for job, count in parts if count]


class _Unit:
    """A cell's own Verilog, and wrappers that put it at an edge of the grid."""

    def __init__(self, name: str, cell: Cell):
        self.top = f"{name}_{cell.module_name}"
        self.text = Emit(self.top).verilog(cell.create())
        header = re.search(rf"^module {self.top}\((.*?)\);\n(.*?)^endmodule", self.text,
                           re.MULTILINE | re.DOTALL)
        if header is None:
            raise RuntimeError(f"no module {self.top} in its own Verilog")
        self._ports = [port.strip() for port in header[1].split(",")]
        declared = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);$", header[2],
                              re.MULTILINE)
        self._shapes = {port: (direction, int(high or 0)) for direction, high, port in declared}

    def wrapped(self, zeros: Sequence[str] = (), unread: str = "-") -> str:
        """The cell in a module ``edge``: inputs ``zeros`` tied, outputs of a side left open."""
        outside = [port for port in self._ports
                   if port not in zeros and not port.startswith(unread)]
        declarations = "".join(
            f"  {self._shapes[port][0]} [{self._shapes[port][1]}:0] {port};\n" for port in outside)
        pins = ", ".join(
            f".{port}({port if port in outside else self._tie(port)})" for port in self._ports)
        return (f"{self.text}\nmodule edge({', '.join(outside)});\n{declarations}"
                f"  {self.top} cell_at_edge ({pins});\nendmodule\n")

    def _tie(self, port: str) -> str:
        direction, high = self._shapes[port]
        return "" if direction == "output" else f"{high + 1}'d0"
