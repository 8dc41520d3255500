"""Any R x C grid of one cell, as parts of parts.

A grid splits in up to four until one cell is left, and equal parts are one module.  So a mesh of
64 x 64 cells is 7 modules, and the Verilog grows with the logarithm of its size.  The grid knows
nothing of the cell's arithmetic: it only joins edges of the same name.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import Literal, Protocol

from amaranth import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.place import place

PARTS = 4


class Cell(Hashable, Protocol):
    """One position of a grid.

    ``west``/``east`` and ``north``/``south`` map port names to bits.  The ports are ``w_<name>``
    and ``n_<name>`` in, ``e_<name>`` and ``s_<name>`` out, besides the enable ``en``.  Names that
    neighbours share are chained; cells in several rows (columns) chain every port of that axis.
    """

    @property
    def module_name(self) -> str: ...
    @property
    def west(self) -> Mapping[str, int]: ...
    @property
    def east(self) -> Mapping[str, int]: ...
    @property
    def north(self) -> Mapping[str, int]: ...
    @property
    def south(self) -> Mapping[str, int]: ...
    def create(self) -> wiring.Component: ...


def cell_signature(cell: Cell) -> wiring.Signature:
    """Ports of one cell: its edges and the enable ``en``."""
    return Grid((cell,), 1).signature


@dataclass(frozen=True)
class Grid:
    """Rows of ``columns`` equal cells; port ``x`` of an edge packs the cells' ports, 0 lowest.

    Columns count from the west.  Data flows south; rows count from ``first_row``: from the north
    edge, or from the south edge where results leave south and row 0 is to be the first of them.
    Equal parts are one module, and the tree of parts of equal cells has at most two sizes a level.

    Parameters
    ----------
    cells : the cell of each row, from the north; what leaves one enters the next.
    """

    cells: tuple[Cell, ...]
    columns: int
    first_row: Literal["north", "south"] = "north"

    @classmethod
    def of(cls, cell: Cell, rows: int, columns: int,
           first_row: Literal["north", "south"] = "north") -> "Grid":
        """``rows`` x ``columns`` equal cells."""
        return cls((cell,) * rows, columns, first_row)

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return len(self.cells)

    @property
    def module_name(self) -> str:
        if self.is_cell:
            return self.cells[0].module_name
        name = self.cells[0].module_name if len(set(self.cells)) == 1 else "cells"
        return f"{name}_{self.rows}x{self.columns}"

    @property
    def is_cell(self) -> bool:
        return self.rows == self.columns == 1

    @property
    def signature(self) -> wiring.Signature:
        top, bottom = self.cells[0], self.cells[-1]
        return wiring.Signature({
            "en": In(1),
            **{f"w_{name}": In(bits * self.rows) for name, bits in top.west.items()},
            **{f"e_{name}": Out(bits * self.rows) for name, bits in top.east.items()},
            **{f"n_{name}": In(bits * self.columns) for name, bits in top.north.items()},
            **{f"s_{name}": Out(bits * self.columns) for name, bits in bottom.south.items()},
        })

    def create(self) -> wiring.Component:
        return self.cells[0].create() if self.is_cell else GridUnit(self)

    @property
    def by_columns(self) -> bool:
        """Whether the columns split; they do first: sums make their ends the wider edge."""
        return self.columns > 1

    def parts(self) -> list["Grid"]:
        """Grids of nearly equal size, :data:`PARTS` at most: columns from the west, or rows.

        A column of different cells splits into its runs of equal ones.
        """
        if self.by_columns:
            return [replace(self, columns=size) for size in _sizes(self.columns)]
        runs = [tuple(run) for _, run in groupby(self.cells)]
        if len(runs) == 1:
            ends = list(accumulate(_sizes(self.rows), initial=0))
            runs = [self.cells[start:end] for start, end in pairwise(ends)]
        ordered = runs if self.first_row == "north" else runs[::-1]
        return [replace(self, cells=cells) for cells in ordered]


def _sizes(size: int) -> list[int]:
    """``size`` in up to :data:`PARTS` nearly equal parts."""
    count = min(size, PARTS)
    return [size // count + (index < size % count) for index in range(count)]


class GridUnit(wiring.Component):
    """The parts of a :class:`Grid`, joined at the edges between them."""

    def __init__(self, spec: Grid):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        along, across = ("we", "ns") if spec.by_columns else ("ns", "we")
        parts = list(enumerate(spec.parts()))
        upstream = not spec.by_columns and spec.first_row == "south"
        offsets, previous, placed = self._offsets(parts, across[0]), None, {}
        for index, part in reversed(parts) if upstream else parts:
            inputs = {name: self._before(name, along[1], previous)
                      for name in _names(part, along[0])}
            inputs |= {name: getattr(self, name)[offsets[index, name]]
                       for name in _names(part, across[0])}
            placed[index] = previous = place(m, platform, f"part{index}", part, en=self.en,
                                             **inputs)
        m.d.comb += [getattr(self, name).eq(getattr(previous, name))
                     for name in _names(spec, along[1])]
        m.d.comb += [getattr(self, name).eq(Cat(getattr(placed[index], name) for index, _ in parts))
                     for name in _names(spec, across[1])]
        return m

    def _before(self, name, out, previous):
        """What drives an input on the axis of the split: the part before, or this grid's own."""
        return getattr(self, name) if previous is None else getattr(previous, out + name[1:])

    def _offsets(self, parts, edge):
        """Bits of this grid's packed ports on the other axis that belong to each part."""
        offsets = {}
        ends: Counter[str] = Counter()
        for index, part in parts:
            for name in _names(part, edge):
                start, bits = ends[name], part.signature.members[name].shape
                offsets[index, name] = slice(start, start + bits)
                ends[name] += bits
        return offsets


def _names(grid: Grid, edge: str) -> list[str]:
    """Ports of a grid on one edge."""
    return [name for name in grid.signature.members if name.startswith(f"{edge}_")]
