"""Random bits of an array: where its draws come from, in the golden and in the mesh."""

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from pydantic import Field

from hwgen.array.grid import Cell, Grid
from hwgen.array.skew import eastward
from hwgen.lfsr import (
    SEED_BITS,
    DrawSource,
    Seeder,
    Words,
    ahead,
    draws,
    keys,
    load_cycles,
    states,
)
from hwgen.number import Codes
from hwgen.pe.dot_product import DotProductPE
from hwgen.place import place
from hwgen.spec import InputError, Int, Spec

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec

MAX_SEED = (1 << SEED_BITS) - 1


class RandomSource(Spec):
    """The sources of stochastic rounding.

    Every PE has draws of its own for its steps, or those of a column share them; the requantizers
    always have one source a column.  Draw ``n`` of a source depends on the seed and on ``n`` only:
    on how many steps (or results) came since the reset, never on the clock.

    Parameters
    ----------
    sharing : ``pe`` for a source a PE (31 flip-flops each), ``column`` for a source a column, whose
        draws travel with the column's operand or sum.
    seed : 0 to 2**28 - 1, what drivers put on the port ``seed`` while the array is reset.
    """

    sharing: Literal["pe", "column"] = "column"
    seed: Int = Field(1, ge=0, le=MAX_SEED)

    def chosen(self, seed: int | None) -> int:
        """``seed``, or the spec's for None.

        Raises
        ------
        InputError
            If the seed lies outside its range.
        """
        seed = self.seed if seed is None else seed
        if not 0 <= seed <= MAX_SEED:
            raise InputError(f"seed must be 0 to {MAX_SEED}, not {seed}")
        return seed

    def seeding_cycles(self, array: "ArraySpec") -> int:
        """Cycles after a reset in which no operand is accepted: the sources are being seeded."""
        chains = ((array.source_rows, array.pe.draw_bits), (1, array.result_draw_bits))
        return max((1 + load_cycles(rows * array.columns, bits) for rows, bits in chains if bits),
                   default=0)


@dataclass(frozen=True)
class Draws:
    """The draws of an array since a reset, for the golden."""

    array: "ArraySpec"
    seed: int

    def steps(self, count: int, distance: int) -> Words:
        """The sources of the PEs before ``count`` steps ``distance`` apart, from step 0.

        ``(count, R, C)``, or ``(count, 1, C)`` where columns share: registers of a
        :class:`~hwgen.lfsr.DrawStream`.
        """
        array, bits = self.array, self.array.pe.draw_bits
        rows = array.source_rows
        first = keys(self.seed, rows * array.columns, bits)
        registers = states(first).reshape(1, rows, array.columns)
        while len(registers) < count:
            later = ahead(registers[: count - len(registers)], len(registers) * distance * bits)
            registers = np.concatenate([registers, later])
        return registers

    def results(self, count: int) -> Codes:
        """Of ``count`` result beats, if their conversion draws: ``(count, C)``."""
        bits = self.array.result_draw_bits
        return draws(keys(self.seed, self.array.columns, bits, second=True), count, bits)


class SeededCell(Cell):
    """A cell that may have a source of random bits, a link in the chain of all of them."""

    @property
    @abstractmethod
    def source_bits(self) -> int:
        """Random bits of each draw of its source, 0 without one."""

    @property
    def common(self) -> tuple[str, ...]:
        return ("en", "load") if self.source_bits else ("en",)

    @property
    def seeds(self) -> dict[str, int]:
        """What enters the source in the west and leaves it in the east."""
        return {"seed": self.source_bits} if self.source_bits else {}


def own_draw(m: Module, platform: Any, cell: Any, step: Any) -> Any:
    """The draw of a :class:`SeededCell`'s source, used up by ``step``."""
    source = place(m, platform, "source", DrawSource(len(cell.w_seed)), load=cell.load,
                   step=cell.en & step, seed=cell.w_seed)
    m.d.comb += cell.e_seed.eq(source.draw)
    return source.draw


@dataclass(frozen=True)
class PECell(SeededCell):
    """A PE of a mesh and the draws that it takes.

    Parameters
    ----------
    own_draws : whether the PE has a source of random bits; if not, draws come from the north.
    """

    pe: DotProductPE
    own_draws: bool = field(default=False, kw_only=True)

    @property
    def source_bits(self) -> int:
        return self.pe.draw_bits if self.own_draws else 0

    @property
    def shared_draws(self) -> dict[str, int]:
        """What comes from the north and goes on south where a column shares its draws."""
        shared = self.pe.draw_bits > 0 and not self.own_draws
        return {"draw": self.pe.draw_bits} if shared else {}


def passing_draw(m: Module, cell: Any) -> Signal:
    """A column's draw on its way south: from the north a cycle ago."""
    draw = Signal(len(cell.n_draw), name="draw", reset_less=True)
    with m.If(cell.en):
        m.d.sync += draw.eq(cell.n_draw)
    m.d.comb += cell.s_draw.eq(draw)
    return draw


@dataclass(frozen=True)
class SourceCell(SeededCell):
    """The head of a column: the draws that its PEs share."""

    bits: int

    @property
    def module_name(self) -> str:
        return "source"

    @property
    def source_bits(self) -> int:
        return self.bits

    @property
    def west(self) -> dict[str, int]:
        return {"step": 1, **self.seeds}

    @property
    def north(self) -> dict[str, int]:
        return {}

    @property
    def south(self) -> dict[str, int]:
        return {"draw": self.bits}

    def create(self) -> wiring.Component:
        return SourceCellUnit(self)


class SourceCellUnit(wiring.Component):
    """Hardware of :class:`SourceCell`: ``w_step`` uses up the draw that stands on ``s_draw``."""

    def __init__(self, spec: SourceCell):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        eastward(m, self, "step")
        m.d.comb += self.s_draw.eq(own_draw(m, platform, self, self.w_step))
        return m


class Randomness:
    """The seeders of a mesh; ``busy`` holds its operands back until all sources are seeded."""

    def __init__(self, m: Module, platform: Any, array: "ArraySpec", top: Any):
        self._m, self._platform, self._array, self._top = m, platform, array, top
        busy = [seeder.busy for seeder in (self.steps, self.results) if seeder is not None]
        self.busy = Signal(name="seeding")
        m.d.comb += self.busy.eq(reduce(or_, busy or [Const(0)]))

    @cached_property
    def steps(self) -> Any:
        """The seeder of the PEs' chain; None without stochastic rounding."""
        array = self._array
        return self._seeder("seed_steps", array.pe.draw_bits, array.columns * array.source_rows,
                            False)

    @cached_property
    def results(self) -> Any:
        """The seeder of the requantizers' chain; None without stochastic rounding."""
        array = self._array
        return self._seeder("seed_results", array.result_draw_bits, array.columns, True)

    def _seeder(self, name: str, bits: int, sources: int, second: bool) -> Any:
        if not bits:
            return None
        return place(self._m, self._platform, name, Seeder(bits, sources, second),
                     seed=self._top.seed)

    def grid_inputs(self, en: Any, step: Any) -> dict[str, Any]:
        """What the grid of PEs takes; ``step`` is high with a step's operands at the north edge."""
        if self.steps is None:
            return {}
        array = self._array
        if array.own_draws:
            return {"load": self.steps.load}
        heads = place(self._m, self._platform, "sources",
                      Grid.of(SourceCell(array.pe.draw_bits), 1, array.columns), en=en,
                      load=self.steps.load, w_step=step, w_seed=self.steps.o)
        return {"n_draw": heads.s_draw}

    def chain(self, grid: Any) -> None:
        """Join the sources of all PEs: the end of a row seeds the next row's first PE."""
        if self._array.own_draws:
            chained = self._array.pe.draw_bits * (self._array.rows - 1)
            self._m.d.comb += [
                grid.w_seed[: self._array.pe.draw_bits].eq(self.steps.o),
                grid.w_seed[self._array.pe.draw_bits :].eq(grid.e_seed[:chained]),
            ]

    def feet_inputs(self, send: Any) -> dict[str, Any]:
        """What the feet take; ``send`` is high with column 0's result."""
        if self.results is None:
            return {}
        return {"load": self.results.load, "w_seed": self.results.o, "w_send": send}
