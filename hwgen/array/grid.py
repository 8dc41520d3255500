"""Any R x C grid of one cell, as halves of halves.

A grid splits in two until one cell is left, and equal halves are one module.  So a mesh of 64 x 64
cells is 13 modules, and neither elaboration nor Verilog grows with more than the logarithm of its
size.  The grid knows nothing of the cell's arithmetic: it only joins edges of the same name.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from amaranth import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.place import place


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
    Equal halves are one module, and the tree of halves has at most two sizes a level.
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

    def halves(self) -> tuple["Grid", "Grid"]:
        """West and east columns; of a single column, its low and high rows.

        Columns split first because the edge across a column carries sums, the wider one.
        """
        size = self.rows if self.columns == 1 else self.columns
        low = (size + 1) // 2
        sizes = [(n, 1) if self.columns == 1 else (self.rows, n) for n in (low, size - low)]
        first, second = (Grid(self.cell, *each, self.first_row) for each in sizes)
        return first, second


class GridUnit(wiring.Component):
    """Two halves of a :class:`Grid`, joined at the edge between them."""

    def __init__(self, spec: Grid):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec, cell = self.spec, self.spec.cell
        low_spec, high_spec = spec.halves()
        low = place(m, platform, "low", low_spec)
        high = place(m, platform, "high", high_spec)
        m.d.comb += [low.en.eq(self.en), high.en.eq(self.en)]
        if spec.columns > 1:
            m.d.comb += self._chain("w", cell.west, "e", cell.east, low, high)
            m.d.comb += self._share("n", cell.north, "s", cell.south, low, high)
        else:
            first, last = (low, high) if spec.first_row == "north" else (high, low)
            m.d.comb += self._chain("n", cell.north, "s", cell.south, first, last)
            m.d.comb += self._share("w", cell.west, "e", cell.east, low, high)
        return m

    def _chain(self, into, inputs, out, outputs, first, last):
        """What enters ``first`` passes through the edge between the halves and leaves ``last``."""
        for name in inputs:
            yield getattr(first, f"{into}_{name}").eq(getattr(self, f"{into}_{name}"))
            yield getattr(last, f"{into}_{name}").eq(getattr(first, f"{out}_{name}"))
        for name in outputs:
            yield getattr(self, f"{out}_{name}").eq(getattr(last, f"{out}_{name}"))

    def _share(self, into, inputs, out, outputs, low, high):
        """Packed ports along the split are the low half's bits, then the high half's."""
        for name in inputs:
            halves = Cat(getattr(low, f"{into}_{name}"), getattr(high, f"{into}_{name}"))
            yield halves.eq(getattr(self, f"{into}_{name}"))
        for name in outputs:
            halves = Cat(getattr(low, f"{out}_{name}"), getattr(high, f"{out}_{name}"))
            yield getattr(self, f"{out}_{name}").eq(halves)
