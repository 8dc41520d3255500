"""The grid: any size of cells, joined as neighbours, and few distinct modules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring

from hwgen.array.grid import PARTS, Cell, Grid
from tests.streams import simulate

BITS = 16


@dataclass(frozen=True)
class MixingCell(Cell):
    """Passes east and south what depends on both inputs and on the way they took."""

    module_name = "mix"
    west = {"x": BITS}
    north = {"y": BITS}
    south = {"y": BITS, "z": 4}

    def create(self) -> wiring.Component:
        return MixingCellUnit()


@dataclass(frozen=True)
class FootCell(MixingCell):
    """A cell for a single row: what leaves south has other names than what enters north."""

    south = {"z": 4}


class MixingCellUnit(wiring.Component):
    def __init__(self) -> None:
        super().__init__(MixingCell().signature)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += [self.e_x.eq(self.w_x * 3 + self.n_y + self.en),
                     self.s_y.eq(self.n_y * 5 + self.w_x), self.s_z.eq(self.w_x >> 3)]
        return m


def expected(west: list[int], north: list[int]) -> tuple[list[int], list[int], list[int]]:
    """East codes by row and south codes by column, rows from the north."""
    mask, tails = (1 << BITS) - 1, [0] * len(north)
    east, columns = [], list(north)
    for x in west:
        for column, y in enumerate(columns):
            tails[column] = x >> 3 & 15
            columns[column], x = y * 5 + x & mask, x * 3 + y + 1 & mask
        east.append(x)
    return east, columns, tails


def pack(codes: list[int], bits: int = BITS) -> int:
    return sum(code << i * bits for i, code in enumerate(codes))


@pytest.mark.parametrize("first_row", ["north", "south"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (2, 1), (1, 5), (5, 1), (2, 2),
                                               (3, 4), (4, 3), (5, 7)])
def test_neighbours(rows: int, columns: int, first_row: Literal["north", "south"]) -> None:
    rng = np.random.default_rng(rows * 10 + columns)
    west, north = (rng.integers(0, 1 << BITS, size).tolist() for size in (rows, columns))
    dut = Grid.of(MixingCell(), rows, columns, first_row).create()
    order = slice(None) if first_row == "north" else slice(None, None, -1)
    seen: list[int] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.en, 1)
        ctx.set(dut.w_x, pack(west[order]))
        ctx.set(dut.n_y, pack(north))
        seen.extend(ctx.get(port) for port in (dut.e_x, dut.s_y, dut.s_z))

    simulate(dut, testbench)
    east, south, tails = expected(west, north)
    assert seen == [pack(east[order]), pack(south), pack(tails, 4)]


def tree(grid: Grid) -> Iterator[Grid]:
    yield grid
    if not grid.is_cell:
        for part in grid.parts():
            yield from tree(part)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (8, 8), (57, 61), (256, 1), (1, 255),
                                               (256, 256)])
def test_distinct_modules_grow_with_the_logarithm(rows: int, columns: int) -> None:
    found, new = set(), {Grid.of(MixingCell(), rows, columns)}
    while new:
        found |= new
        new = {part for grid in new if not grid.is_cell for part in grid.parts()}
    # At most two sizes a level.
    assert len(found) <= 1 + 2 * (levels(rows) + levels(columns))


def levels(size: int) -> int:
    """How often a side splits until one cell is left."""
    return 0 if size == 1 else 1 + levels(-(-size // PARTS))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 5), (7, 2)])
def test_every_cell_once(rows: int, columns: int) -> None:
    grids = list(tree(Grid.of(MixingCell(), rows, columns, "south")))
    assert sum(grid.is_cell for grid in grids) == rows * columns
    assert all(grid.first_row == "south" for grid in grids)
    for grid in grids:
        if not grid.is_cell:
            parts = grid.parts()
            assert 2 <= len(parts) <= PARTS
            assert sum(part.rows * part.columns for part in parts) == grid.rows * grid.columns


@pytest.mark.parametrize(("rows", "columns", "sizes"), [
    (3, 5, [(3, 2), (3, 1), (3, 1), (3, 1)]), (3, 2, [(3, 1), (3, 1)]),
    (3, 1, [(1, 1), (1, 1), (1, 1)]), (11, 1, [(3, 1), (3, 1), (3, 1), (2, 1)]),
])
def test_columns_split_before_rows(rows: int, columns: int,
                                   sizes: list[tuple[int, int]]) -> None:
    parts = Grid.of(MixingCell(), rows, columns).parts()
    assert [(part.rows, part.columns) for part in parts] == sizes


@dataclass(frozen=True)
class WideningCell(Cell):
    """Negates what comes from the north, in ``bits``."""

    bits: int
    copied: tuple[str, ...]
    module_name = "widen"
    west: ClassVar[dict[str, int]] = {}

    @property
    def signed(self) -> tuple[str, ...]:
        return self.copied

    @property
    def north(self) -> dict[str, int]:
        return {"y": self.bits}

    def create(self) -> wiring.Component:
        return WideningCellUnit(self)


class WideningCellUnit(wiring.Component):
    def __init__(self, spec: WideningCell) -> None:
        super().__init__(spec.signature)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.s_y.eq(-self.n_y)
        return m


@pytest.mark.parametrize(("signed", "expected"), [((), 2**9 - 13), (("y",), 3)])
@pytest.mark.parametrize("columns", [1, 3])
def test_ports_widen_between_rows(signed: tuple[str, ...], expected: int, columns: int) -> None:
    cells = tuple(WideningCell(bits, signed) for bits in (4, 4, 8, 8, 9))
    dut = Grid(cells, columns).create()

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.n_y, pack([13] * columns, 4))
        assert ctx.get(dut.s_y) == pack([expected] * columns, 9)

    simulate(dut, testbench)


def test_names_and_ports() -> None:
    grid = Grid.of(MixingCell(), 3, 2)
    assert grid.module_name == "mix_3x2"
    assert Grid.of(MixingCell(), 1, 1).module_name == "mix"
    widths = {name: member.shape for name, member in grid.signature.members.items()}
    assert widths == {"en": 1, "w_x": 48, "e_x": 48, "n_y": 32, "s_y": 32, "s_z": 8}


def test_row_of_feet_may_change_names() -> None:
    ports = Grid.of(FootCell(), 1, 3).signature.members
    assert "s_y" not in ports
    assert ports["s_z"].shape == 12
