"""Area of an array, composed from its cells: each kind of cell is synthesised once.

A flat array costs what its parts cost, but for three things.  At its edges Yosys trims what has a
constant input or an unread output; a DSP block can take in the operand register of the cell before
it too, so an edge is two cells deep.  The flags that travel with the wavefront are equal all along
an anti-diagonal, so Yosys keeps one copy of their registers and decoding for each of the R + C - 1
anti-diagonals.  And the delay lines of the skew go on in the first cells' operand registers: on
Xilinx 7 both are one shift register, but for what a DSP block takes in.

So the parts are: each kind of cell in the grid's rows, the north row with its constants, what the
unread ends of rows and columns save, two cells of one anti-diagonal, which tell what they share,
and all the rest, with the first cells of rows and columns before an empty box, less these cells.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from hwgen.array.grid import Grid
from hwgen.array.mesh import ArraySpec
from hwgen.flow.cell_text import CellText, framed
from hwgen.flow.cells import Area
from hwgen.flow.design import verilog_text
from hwgen.flow.emit import emitter_versions
from hwgen.flow.recipes import FAMILIES
from hwgen.flow.yosys import Job, synthesise_many
from hwgen.tools import cache
from hwgen.tools.yowasp import YOSYS

TARGETS = tuple((family, dsp) for family in FAMILIES for dsp in (False, True)
                if not (family == "gates" and dsp))
"""Every family, without and with DSP blocks."""


def targets_of(array: ArraySpec) -> tuple[tuple[str, bool], ...]:
    """Those that can take the array's Verilog: all, or the family whose cells it names."""
    return ((array.pe.target, False),) if array.pe.target else TARGETS


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

    def to_json(self) -> dict[str, Any]:
        """Plain values, which :meth:`from_json` takes back."""
        return {"cell": self.cell.to_json(), "array": self.array.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The areas that :meth:`to_json` gave."""
        return cls(Area.from_json(values["cell"]), Area.from_json(values["array"]))


def size_flat(array: ArraySpec, targets: Sequence[tuple[str, bool]]) -> list[Area]:
    """The whole array, synthesised in one piece on each target."""
    text = verilog_text(array)
    return synthesise_many([Job(text, array.name, family, dsp) for family, dsp in targets])


def size(array: ArraySpec, targets: Sequence[tuple[str, bool]] = TARGETS, *,
         workers: int | None = None) -> list[ArrayArea]:
    """The array on each target, composed.

    Parameters
    ----------
    targets : families, each without (False) or with (True) DSP blocks.
    workers : how many runs of Yosys at a time, one a core by default.
    """
    keys = {target: _key(array, *target) for target in targets}
    found = {target: values for target, key in keys.items()
             if (values := cache.load_json("area", key)) is not None}
    missing = [target for target in keys if target not in found]
    areas = {target: ArrayArea.from_json(values) for target, values in found.items()}
    for target, area in zip(missing, _sized(array, missing, workers), strict=True):
        cache.store_json("area", keys[target], area.to_json())
        areas[target] = area
    return [areas[target] for target in targets]


def _key(array: ArraySpec, family: str, dsp: bool) -> str:
    """Of all that a composed area depends on: finding it again takes no Verilog."""
    return cache.key_of(cache.code_digest(), emitter_versions(), YOSYS.version,
                        array.canonical_json(), family, str(dsp))


def _sized(array: ArraySpec, targets: Sequence[tuple[str, bool]], workers: int | None
           ) -> list[ArrayArea]:
    if not targets:
        return []
    parts = _Parts(array)
    insides = synthesise_many([parts.inside(*target) for target in targets], workers)
    # The others are mapped as the inside was, so that they differ from it by the trimming alone.
    plans = [parts.others(cell) for cell in insides]
    areas = iter(synthesise_many([job for plan in plans for job, _ in plan], workers))
    return [_composed(cell, parts, [(next(areas), count) for _, count in plan])
            for cell, plan in zip(insides, plans, strict=True)]


def _composed(cell: Area, parts: "_Parts", others: list[tuple[Area, int]]) -> ArrayArea:
    """The array from ``cell``, the commonest, and the other parts with their counts."""
    more = sum((area * count for area, count in others if count > 0), cell * parts.insides)
    less = sum((area * -count for area, count in others if count < 0), cell * parts.compared)
    return ArrayArea(cell, replace(more - less, recipe=cell.recipe))


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
        return Job(self._cell.text, self._cell.top, family, dsp)

    @cached_property
    def _cell(self) -> CellText:
        return CellText(self._array.name, self._main)

    @property
    def insides(self) -> int:
        """How many :meth:`inside` cells the grid holds beside those of the stack."""
        return (self._kinds[self._main, ()] - (not self._stack.is_cell)) * self._array.columns

    @property
    def compared(self) -> int:
        """How many of them :meth:`others` counts once more, in what it compares with them."""
        rows, columns = self._array.rows, self._array.columns
        return rows * min(2, columns) + columns * min(2, rows) + 2 * self._shared

    def others(self, inside: Area) -> list[tuple[Job, int]]:
        """Everything beside cells of the area ``inside``, and how often it counts."""

        def job(text: str, top: str = "edge", boxes: tuple[str, ...] = ()) -> Job:
            return Job(text, top, inside.family, inside.dsp, boxes, (inside.recipe,))

        name, rows, columns = self._array.name, self._array.rows, self._array.columns
        dataflow, main = self._array.dataflow, self._cell
        # Only DSP blocks take part in what becomes of the delay lines and first registers.
        whole = inside.dsps > 0
        frame = framed(self._text, self._box, main.renamed(f"{main.top}_first"),
                       {"w_": rows, "n_": columns}, dataflow.north_zeros, whole)
        kinds = [(job(CellText(name, cell).wrapped(zeros)), (count - (not zeros)) * columns)
                 for (cell, zeros), count in self._kinds.items()
                 if (cell, zeros) != (self._main, ())]
        if not self._stack.is_cell:
            stack = CellText(name, self._stack)
            kinds.append((job(stack.text, stack.top), columns))
        parts = [
            *kinds,
            (job(main.ended("w_", min(2, columns))), rows),
            (job(main.ended("n_", min(2, rows))), columns),
            (job(main.twins(dataflow.diagonal_flags)), self._shared),
            (job(frame, name, (f"{self._box}_inside",)), 1),
            (job(main.first("w_", whole)), -rows),
            (job(main.first("n_", whole)), -columns),
        ]
        return [(job, count) for job, count in parts if count]
