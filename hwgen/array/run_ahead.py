"""Weight-stationary mesh whose rows run ahead of each other, each in the precision of its codes.

A row takes the beats of its own queue as fast as their planes allow.  What it has summed waits, in
registers of the row below, for the row below to come as far.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.utils import bits_for

from hwgen.arith.delay import later
from hwgen.array.feed import Fields, serial
from hwgen.array.random import Randomness
from hwgen.array.results import ResultStream
from hwgen.array.row_feed import BEAT_FLAGS, RowFeed
from hwgen.array.skew import delayed, skewed
from hwgen.array.step_bits import StepBits
from hwgen.array.weight_stationary_mesh import (
    WeightStationaryCell,
    WeightStationaryCellUnit,
    WeightStationaryMesh,
)
from hwgen.number import Codes
from hwgen.place import place

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


@dataclass(frozen=True)
class RunAheadCell(WeightStationaryCell):
    """A cell that keeps partial sums from above until its own row needs them.

    Parameters
    ----------
    waiting : sums that it can keep beside the one that its northern neighbour still holds.
    """

    waiting: int

    @property
    def west(self) -> dict[str, int]:
        return {**super().west, "oldest": bits_for(self.waiting)}

    @property
    def north(self) -> dict[str, int]:
        return super().north | ({} if self.first else self._pushes)

    @property
    def south(self) -> dict[str, int]:
        return super().south | self._pushes

    @property
    def _pushes(self) -> dict[str, int]:
        """High in the cycle in which a neighbour's sum, or its draw, makes way for the next."""
        return {"push": 1, **({"drawn": 1} if self.shared_draws else {})}

    def create(self) -> wiring.Component:
        return RunAheadCellUnit(self)


class RunAheadCellUnit(WeightStationaryCellUnit):
    """Hardware of :class:`RunAheadCell`; ``oldest`` tells, with a step, where its sum waits."""

    spec: RunAheadCell

    def _sum(self, m, acc, step):
        """The row's sum of the last step; kept until the next."""
        adds = delayed(m, self.en, step, self.spec.pe.latency, "adds")
        total = Signal(self.spec.pe.format.width, name="total", reset_less=True)
        with m.If(self.en & adds):
            m.d.sync += total.eq(acc)
        m.d.comb += self.s_push.eq(adds)
        return total

    def _before(self, m):
        oldest = self._oldest(m)
        if self.spec.first:
            return Const(0, self.spec.pe.format.width)
        oldest = later(m, self.en, oldest, self.spec.pe.latency, "oldest_later")
        return self._waiting(m, self.n_sum, self.n_push, oldest, "sum")

    def _oldest(self, m):
        """``oldest``, on its way east."""
        if not hasattr(self, "_oldest_kept"):
            self._oldest_kept = Signal(len(self.w_oldest), name="oldest", reset_less=True)
            with m.If(self.en):
                m.d.sync += self._oldest_kept.eq(self.w_oldest)
            m.d.comb += self.e_oldest.eq(self._oldest_kept)
        return self._oldest_kept

    def _waiting(self, m, newest, push, place_of, name):
        """The value that waits in ``place_of``, 0 being still the neighbour's."""
        kept = [newest]
        for index in range(self.spec.waiting):
            register = Signal(len(newest), name=f"{name}_{index}", reset_less=True)
            with m.If(self.en & push):
                m.d.sync += register.eq(kept[-1])
            kept.append(register)
        chosen = kept[-1]
        for index in reversed(range(self.spec.waiting)):
            chosen = Mux(place_of == index, kept[index], chosen)
        return chosen

    def _draw(self, m, platform, step):
        if not self.spec.shared_draws:
            return super()._draw(m, platform, step)
        draw = self.n_draw
        if not self.spec.first:
            draw = self._waiting(m, self.n_draw, self.n_drawn, self._oldest(m), "draw")
        used = Signal(len(draw), name="draw", reset_less=True)
        with m.If(self.en & step):
            m.d.sync += used.eq(draw)
        m.d.comb += [self.s_draw.eq(used), self.s_drawn.eq(step)]
        return {"draw": draw}


class RunAheadMesh(WeightStationaryMesh):
    """Queues of the rows, grid, preload control, accumulator bank and result stream of the array.

    Members
    -------
    a : ``In``, activations; a beat is taken when every row has room for its part.
    b : ``In``, weights of the next tile; a row's go to it once it uses its last ones.
    o : ``Out``, result stream.
    """

    def elaborate(self, platform) -> Module:
        m = Module()
        array = self.array
        results = ResultStream(m, platform, array, self.o)
        randomness = Randomness(m, platform, array, self)
        en, busy = results.en, randomness.busy
        swaps, loaded = (Signal(array.rows, name=name) for name in ("swaps", "loaded_rows"))
        loads, b_bits = self._weights(m, platform, en, busy, swaps, loaded)
        rows = self._rows(m, platform, en, busy, loaded, b_bits)
        m.d.comb += swaps.eq(Cat(row.swap for row in rows))
        b = skewed(m, platform, "skew_b", en, self.b.payload.codes, array.columns, "rising")
        grid_unit = array.dataflow.grid(array)
        flags = [name for name in grid_unit.cells[0].west if hasattr(rows[0], name)]
        grid = place(m, platform, "grid", grid_unit, en=en, w_load=loads, n_b=b,
                     w_oldest=self._oldest(m, en, rows),
                     **{f"w_{name}": Cat(getattr(row, name) for row in rows) for name in flags},
                     **randomness.grid_inputs(en, delayed(m, en, rows[0].step, 1, "drawing")))
        randomness.chain(grid)
        beat = Fields({name: getattr(rows[-1], f"o_{name}") for name in BEAT_FLAGS})
        self._send(m, results, randomness, grid.s_sum, rows[-1].step, beat, 1)
        return m

    def _rows(self, m, platform, en, busy, loaded, b_bits):
        """The feeds of all rows, each with its part of every beat of ``a``."""
        array, payload = self.array, self.a.payload
        unit = RowFeed(serial(array), queued(array))
        begin = Signal(name="tile_begins", init=1)
        room, push = (Signal(name=name) for name in ("room", "push"))
        flags = {name: getattr(payload, name) if hasattr(payload, name) else Const(1)
                 for name in BEAT_FLAGS if name != "begin"}
        self._summed, self._space = (Signal(array.rows, name=name) for name in ("summed", "space"))
        rows = [place(m, platform, f"row{row}", unit, en=en, push=push,
                      i=payload.codes.word_select(row, unit.code_bits), i_begin=begin,
                      **{f"i_{name}": flag for name, flag in flags.items()}, b_bits=b_bits,
                      loaded=loaded[row], summed=self._summed[row], space=self._space[row])
                for row in range(array.rows)]
        m.d.comb += [
            room.eq(Cat(row.room for row in rows).all() & ~busy),
            push.eq(self.a.valid & room), self.a.ready.eq(en & room),
        ]
        with m.If(en & push):
            m.d.sync += begin.eq(payload.last)
        return rows

    def _oldest(self, m, en, rows):
        """Where each row's sum from above waits; counts how many wait above each row."""
        most, oldest = self.array.run_ahead + 1, [Const(0, bits_for(self.array.run_ahead))]
        m.d.comb += [self._summed[0].eq(1), self._space[-1].eq(1)]
        for row in range(1, len(rows)):
            waiting = Signal(range(most + 1), name=f"waiting{row}")
            with m.If(en):
                m.d.sync += waiting.eq(waiting + rows[row - 1].step - rows[row].step)
            m.d.comb += [self._summed[row].eq(waiting.any()),
                         self._space[row - 1].eq(waiting != most)]
            oldest.append((waiting - 1)[: len(oldest[0])])
        return Cat(oldest)

    def _weights(self, m, platform, en, busy, swaps, loaded):
        """Take weights as far down as rows have swapped; loads of all rows, planes of the next.

        Beat k of a tile is the first to reach row k's next weights.
        """
        rows = self.array.rows
        begun = Signal(rows - 1, name="begun")
        free, beat, complete = (Signal(name=name) for name in ("b_ready", "beat", "complete"))
        reaches = Cat(Const(1, 1), begun) & ~Cat(begun, Const(0, 1))
        m.d.comb += [
            free.eq(~(reaches & loaded).any() & ~busy), self.b.ready.eq(en & free),
            beat.eq(self.b.valid & free), complete.eq(beat & reaches[-1]),
        ]
        with m.If(en):
            with m.If(complete):
                m.d.sync += [loaded.eq(-1), begun.eq(0)]
            with m.Else():
                m.d.sync += loaded.eq(loaded & ~swaps)
                with m.If(beat):
                    m.d.sync += begun.eq(Cat(beat, begun))
        bits = Const(1)
        if "b" in serial(self.array).sides:
            bits = self._loaded_bits(m, platform, en & beat, en & complete)
        return Cat(Const(1, 1), begun) & beat.replicate(rows), bits


def queued(array: "ArraySpec") -> int:
    """Beats that a row holds: the one that it takes, those to run ahead with, and one coming."""
    return array.run_ahead + 2


def cycles(array: "ArraySpec", a_bits: Codes, b_bits: Codes, last: Codes) -> int:
    """From the first accepted beat to the last step of the last row, both counted.

    Each row takes its steps one after the other, a step no sooner than its beat, its weights and
    the sum from above are there and the row below has room for its own.

    Parameters
    ----------
    a_bits : planes of each beat of ``a`` in each row, ``(beats, R)``.
    b_bits : planes of each tile's weights, ``(tiles,)``.
    last : whether each beat is the last of its tile.
    """
    rows, ahead, queue = array.rows, array.run_ahead, queued(array)
    b_bits = b_bits[np.cumsum(last) - last][:, None]  # of each beat's tile
    planes = StepBits(array).cycles(a_bits, b_bits).tolist()
    before = [-1] * rows
    done = [before]  # of beat m in place m + 1
    swapped, loaded, accepted, begins = before, _loaded(before, -1), -1, True
    for beat, counts in enumerate(planes):
        if begins and beat:
            loaded = _loaded(swapped, loaded)
        accepted = max(accepted, max(done[beat + 1 - queue]) if beat >= queue else -1) + 1
        firsts = [max(ended, accepted, loaded if begins else 0) + 1 for ended in done[beat]]
        ends = list[int]()
        for row, (first, count) in enumerate(zip(firsts, counts, strict=True)):
            above = ends[-1] + 1 if row else 0
            room = done[beat - ahead][row + 1] + 1 if row + 1 < rows and beat > ahead else 0
            ends.append(max(first + count - 1, above, room))
        if begins:
            swapped = [end if count == 1 else first
                       for end, count, first in zip(ends, counts, firsts, strict=True)]
        done.append(ends)
        begins = bool(last[beat])
    return done[-1][-1] + 1


def _loaded(swapped: list[int], before: int) -> int:
    """When the last of a tile's weights is accepted; row k's once it has swapped to the last."""
    for swap in swapped:
        before = max(before, swap) + 1
    return before
