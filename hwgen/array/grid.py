"""Any R x C grid of one cell, as parts of parts.

A grid splits in up to four until one cell is left, and equal parts are one module.  So a mesh of
64 x 64 cells is 7 modules, and the Verilog grows with the logarithm of its size.  The grid knows
nothing of the cell's arithmetic: it only joins edges of the same name.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Grid:
    """``rows`` x ``columns`` cells; port ``x`` of an edge packs the cells' ports, index 0 lowest.

    Columns count from the west.  Data flows south; rows count from ``first_row``: from the north
    edge, or from the south edge where results leave south and row 0 is to be the first of them.
    Equal parts are one module, and the tree of parts has at most two sizes a level.
    """

    cell: Cell
    rows: int
    columns: int
    first_row: Literal["north", "south"] = "north"

    @property
    def module_name(self) -> str:
        if self.is_cell:
            return self.cell.module_name
        return f"{self.cell.module_name}_{self.rows}x{self.columns}"

    @property
    def is_cell(self) -> bool:
        return self.rows == self.columns == 1

    @property
    def signature(self) -> wiring.Signature:
        cell = self.cell
        return wiring.Signature({
            "en": In(1),
            **{f"w_{name}": In(bits * self.rows) for name, bits in cell.west.items()},
            **{f"e_{name}": Out(bits * self.rows) for name, bits in cell.east.items()},
            **{f"n_{name}": In(bits * self.columns) for name, bits in cell.north.items()},
            **{f"s_{name}": Out(bits * self.columns) for name, bits in cell.south.items()},
        })

    def create(self) -> wiring.Component:
        return self.cell.create() if self.is_cell else GridUnit(self)

    @property
    def by_columns(self) -> bool:
        """Whether the columns split; they do first: sums make their ends the wider edge."""
        return self.columns > 1

    def parts(self) -> list["Grid"]:
        """Up to :data:`PARTS` grids of nearly equal size: columns from the west, or rows."""
        size = self.columns if self.by_columns else self.rows
        count = min(size, PARTS)
        sizes = [size // count + (index < size % count) for index in range(count)]
        return [Grid(self.cell, self.rows, n, self.first_row) if self.by_columns
                else Grid(self.cell, n, self.columns, self.first_row) for n in sizes]


class GridUnit(wiring.Component):
    """The parts of a :class:`Grid`, joined at the edges between them."""

    def __init__(self, spec: Grid):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec, cell = self.spec, self.spec.cell
        along, across = ("w", cell.west, "e", cell.east), ("n", cell.north, "s", cell.south)
        if not spec.by_columns:
            along, across = across, along
        parts = list(enumerate(spec.parts()))
        upstream = not spec.by_columns and spec.first_row == "south"
        placed, previous = {}, None
        for index, part in reversed(parts) if upstream else parts:
            start = sum(other.columns if spec.by_columns else other.rows
                        for _, other in parts[:index])
            size = part.columns if spec.by_columns else part.rows
            placed[index] = previous = place(
                m, platform, f"part{index}", part, en=self.en,
                **self._along(along, previous), **self._across(across, start, size))
        for port in along[3]:
            m.d.comb += self._port(along[2], port).eq(getattr(previous, f"{along[2]}_{port}"))
        for port in across[3]:
            packed = Cat(getattr(placed[index], f"{across[2]}_{port}") for index, _ in parts)
            m.d.comb += self._port(across[2], port).eq(packed)
        return m

    def _port(self, edge, port):
        return getattr(self, f"{edge}_{port}")

    def _along(self, axis, previous):
        """Inputs on the axis of the split: this grid's own, or what the part before sends on."""
        into, inputs, out, _ = axis
        return {f"{into}_{port}": self._port(into, port) if previous is None
                else getattr(previous, f"{out}_{port}") for port in inputs}

    def _across(self, axis, start, size):
        """Inputs on the other axis: each part's own bits of the packed ports."""
        into, inputs, _, _ = axis
        return {f"{into}_{port}": self._port(into, port)[bits * start : bits * (start + size)]
                for port, bits in inputs.items()}
