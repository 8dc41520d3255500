"""Any R x C grid of one cell, as parts of parts.

A grid splits in up to four until one cell is left, and equal parts are one module.  So a mesh of
64 x 64 cells is 7 modules, and the Verilog grows with the logarithm of its size.  The grid knows
nothing of the cell's arithmetic: it only joins edges of the same name.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import Literal

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.structure import Part, StructuralUnit, Structure, Wires, Zeros, port_of

PARTS = 4


def split_evenly(size: int) -> list[int]:
    """``size`` in up to :data:`PARTS` nearly equal parts."""
    count = min(size, PARTS)
    return [size // count + (index < size % count) for index in range(count)]


class Cell(ABC):
    """One position of a grid; its subclasses are frozen dataclasses.

    ``west``/``east`` and ``north``/``south`` map port names to bits.  The ports are ``w_<name>``
    and ``n_<name>`` in, ``e_<name>`` and ``s_<name>`` out, besides the flags ``common`` to all
    cells, which always include the enable ``en``.  Names that
    neighbours share are chained; cells in several rows (columns) chain every port of that axis.
    Between different cells a port may widen: ``signed`` names those that copy their sign then.
    """

    @property
    @abstractmethod
    def module_name(self) -> str: ...

    @property
    def common(self) -> Collection[str]:
        return ("en",)

    @property
    @abstractmethod
    def west(self) -> Mapping[str, int]: ...

    @property
    def east(self) -> Mapping[str, int]:
        return self.west

    @property
    @abstractmethod
    def north(self) -> Mapping[str, int]: ...

    @property
    def south(self) -> Mapping[str, int]:
        return self.north

    @property
    def signed(self) -> Collection[str]:
        return ()

    @property
    def signature(self) -> wiring.Signature:
        return Grid((self,), 1).signature

    @abstractmethod
    def create(self) -> wiring.Component: ...


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
            **{name: In(1) for name in top.common},
            **{f"w_{name}": In(bits * self.rows) for name, bits in top.west.items()},
            **{f"e_{name}": Out(bits * self.rows) for name, bits in top.east.items()},
            **{f"n_{name}": In(bits * self.columns) for name, bits in top.north.items()},
            **{f"s_{name}": Out(bits * self.columns) for name, bits in bottom.south.items()},
        })

    def create(self) -> wiring.Component:
        return self.cells[0].create() if self.is_cell else StructuralUnit(self)

    @property
    def by_columns(self) -> bool:
        """Whether the columns split; they do first: sums make their ends the wider edge."""
        return self.columns > 1

    def parts(self) -> list["Grid"]:
        """Grids of nearly equal size, :data:`PARTS` at most: columns from the west, or rows.

        A column of different cells splits into its runs of equal ones.
        """
        if self.by_columns:
            return [replace(self, columns=size) for size in split_evenly(self.columns)]
        runs = [tuple(run) for _, run in groupby(self.cells)]
        if len(runs) == 1:
            ends = list(accumulate(split_evenly(self.rows), initial=0))
            runs = [self.cells[start:end] for start, end in pairwise(ends)]
        ordered = runs if self.first_row == "north" else runs[::-1]
        return [replace(self, cells=cells) for cells in ordered]

    def structure(self) -> Structure | None:
        """The parts, joined at the edges between them; None for a single cell."""
        if self.is_cell:
            return None
        along, across = ("we", "ns") if self.by_columns else ("ns", "we")
        parts = [(f"part{index}", part) for index, part in enumerate(self.parts())]
        upstream = not self.by_columns and self.first_row == "south"
        sides = self._sides(parts, across[0])
        joined: dict[str, Part] = {}
        before = None
        for label, part in reversed(parts) if upstream else parts:
            received = {name: self._received(name, part, along[1], before)
                        for name in _names(part, along[0])}
            common = {name: (port_of(self, name),) for name in part.cells[0].common}
            joined[label] = Part(part, {**common, **received, **sides[label]})
            before = label, part
        ends = {name: (port_of(part, name, label),) for name in _names(self, along[1])}
        return Structure(joined, ends | {
            name: tuple(port_of(part, name, label) for label, part in parts)
            for name in _names(self, across[1])})

    def _sides(self, parts: list[tuple[str, "Grid"]], edge: str) -> dict[str, dict[str, Wires]]:
        """Each part's own bits of the packed inputs on the axis that does not split."""
        ends: Counter[str] = Counter()
        sides: dict[str, dict[str, Wires]] = {label: {} for label, _ in parts}
        for label, part in parts:
            for name in _names(part, edge):
                start = ends[name]
                ends[name] += len(port_of(part, name))
                sides[label][name] = (port_of(self, name)[start : ends[name]],)
        return sides

    def _received(self, name: str, part: "Grid", out: str,
                  before: tuple[str, "Grid"] | None) -> Wires:
        """What drives an input on the axis of the split: the part before, or this grid's own."""
        if before is None:
            return (port_of(self, name),)
        label, sender = before
        value = port_of(sender, out + name[1:], label)
        missing = len(port_of(part, name)) - len(value)
        if name[2:] in sender.cells[-1].signed:
            return (value, *[value[len(value) - 1 :]] * missing)
        return (value, Zeros(missing)) if missing else (value,)


def _names(grid: Grid, edge: str) -> list[str]:
    """Ports of a grid on one edge."""
    return [name for name in grid.signature.members if name.startswith(f"{edge}_")]
