"""Area of an array, composed from its cells: each kind of cell is synthesised once.

A flat array costs what its parts cost, but for two things.  At its edges Yosys trims what has a
constant input or an unread output.  And the flags that travel with the wavefront are equal all
along an anti-diagonal, so Yosys keeps one copy of their registers and decoding for each of the
R + C - 1 anti-diagonals.  So the parts are: each kind of cell in the grid's rows, the north row
with its constants, what an unread east edge saves, all the rest with the grid as an empty box, and
two cells of one anti-diagonal, which tell what they share.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hwgen.array.grid import Cell, Grid
from hwgen.array.mesh import ArraySpec
from hwgen.flow.cells import Area
from hwgen.flow.design import verilog_text
from hwgen.flow.emit import Emit
from hwgen.flow.yosys import FAMILIES, Job, synthesise_many
from hwgen.spec import ToolError

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
    """

    cell: Area
    array: Area


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
    # The others are mapped as the inside was, so that they differ from it by the trimming alone.
    plans = [parts.others(*target, cell.recipe)
             for target, cell in zip(targets, insides, strict=True)]
    areas = iter(synthesise_many([job for plan in plans for job, _ in plan]))
    return [_composed(cell, parts, [(next(areas), count) for _, count in plan])
            for cell, plan in zip(insides, plans, strict=True)]


def _composed(cell: Area, parts: "_Parts", others: list[tuple[Area, int]]) -> ArrayArea:
    """The array from ``cell``, the commonest, and the other parts with their counts."""
    whole = sum((area * count for area, count in others), cell * parts.insides)
    return ArrayArea(cell, replace(whole - cell * parts.compared, recipe=cell.recipe))


class _Parts:
    """The texts to synthesise, and how many of each an array holds."""

    def __init__(self, array: ArraySpec):
        grid = array.dataflow.grid(array)
        self._array = array
        self._kinds = Counter((cell, array.dataflow.north_zeros if row == 0 else ())
                              for row, cell in enumerate(grid.cells))
        self._main, _ = max(self._kinds, key=lambda kind: self._kinds[kind])
        # Beside a slower cell Yosys makes a quicker one smaller, so all kinds are sized together.
        self._stack = Grid(tuple(dict.fromkeys(grid.cells)), 1)
        self._text = verilog_text(array)
        # Cells that share the flags of an anti-diagonal with one before them.
        self._shared = grid.rows * grid.columns - (grid.rows + grid.columns - 1)
        self._box = f"{array.name}_{grid.module_name}"

    def inside(self, family: str, dsp: bool) -> Job:
        """A cell of the commonest kind with neighbours on all sides."""
        unit = _Unit(self._array.name, self._main)
        return Job(unit.text, unit.top, family, dsp)

    @property
    def insides(self) -> int:
        """How many :meth:`inside` cells the grid holds beside those of the stack."""
        return (self._kinds[self._main, ()] - (not self._stack.is_cell)) * self._array.columns

    @property
    def compared(self) -> int:
        """How many of them :meth:`others` counts once more, in what it compares with them."""
        return self._array.rows + 2 * self._shared

    def others(self, family: str, dsp: bool, recipe: str) -> list[tuple[Job, int]]:
        """Everything else, and how often it counts."""

        def job(text: str, top: str = "edge", boxes: tuple[str, ...] = ()) -> Job:
            return Job(text, top, family, dsp, boxes, (recipe,))

        name, rows, columns = self._array.name, self._array.rows, self._array.columns
        main = _Unit(name, self._main)
        kinds = [(job(_Unit(name, cell).wrapped(zeros=zeros)), (count - (not zeros)) * columns)
                 for (cell, zeros), count in self._kinds.items()
                 if (cell, zeros) != (self._main, ())]
        if not self._stack.is_cell:
            stack = _Unit(name, self._stack)
            kinds.append((job(stack.text, stack.top), columns))
        parts = [
            *kinds,
            (job(main.wrapped(unread="e_")), rows),
            (job(main.twins(self._array.dataflow.diagonal_flags)), self._shared),
            (Job(self._text, name, family, dsp, (self._box,)), 1),
        ]
        return [(job, count) for job, count in parts if count]


class _Unit:
    """A cell's own Verilog, and wrappers that put it at an edge of the grid."""

    def __init__(self, name: str, cell: Cell | Grid):
        self.top = f"{name}_{cell.module_name}"
        self._common = (cell.cells[0] if isinstance(cell, Grid) else cell).common
        self.text = Emit(self.top).verilog(cell)
        header = re.search(rf"^module {self.top}\((.*?)\);\n(.*?)^endmodule", self.text,
                           re.MULTILINE | re.DOTALL)
        if header is None:
            raise ToolError(f"Yosys wrote no module {self.top}")
        self._ports = [port.strip() for port in header[1].split(",")]
        declared = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);$", header[2],
                              re.MULTILINE)
        self._shapes = {port: (direction, int(high or 0)) for direction, high, port in declared}

    def wrapped(self, zeros: Sequence[str] = (), unread: str = "-") -> str:
        """The cell in a module ``edge``: inputs ``zeros`` tied, outputs of a side left open."""
        pins = {port: port for port in self._ports}
        pins |= {port: f"{self._shapes[port][1] + 1}'d0" for port in zeros if port in pins}
        pins |= {port: "" for port in pins if port.startswith(unread)}
        return self._module([pins])

    def twins(self, shared: Sequence[str]) -> str:
        """Two cells in a module ``edge`` that share the inputs ``shared`` and what all cells do."""
        common = (*shared, "clk", "rst", *self._common)
        return self._module([{port: port if port in common else f"{port}_{twin}"
                              for port in self._ports} for twin in range(2)])

    def _module(self, instances: Sequence[dict[str, str]]) -> str:
        """A module ``edge`` of instances of the cell, each given as port to net."""
        nets = {net: port for pins in instances for port, net in pins.items()
                if net.isidentifier()}
        declared = "".join(f"  {self._shapes[port][0]} [{self._shapes[port][1]}:0] {net};\n"
                           for net, port in nets.items())
        body = "".join(
            f"  {self.top} cell{index} ({', '.join(f'.{p}({n})' for p, n in pins.items())});\n"
            for index, pins in enumerate(instances))
        return f"{self.text}\nmodule edge({', '.join(nets)});\n{declared}{body}endmodule\n"
