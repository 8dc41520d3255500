"""Output-stationary mesh: each PE keeps one sum; operands pass through, results drain south."""

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Literal

import numpy as np
from amaranth import Const, Module, Mux, Signal
from amaranth.lib import wiring

from hwgen.array.feed import SERIAL_FLAGS, feed, plane_inputs
from hwgen.array.grid import Grid
from hwgen.array.random import Draws, PECell, Randomness, own_draw, passing_draw
from hwgen.array.results import ResultStream, requantizers
from hwgen.array.schedule import Schedule, TileRun
from hwgen.array.skew import delayed, eastward, skewed, taps
from hwgen.array.step_bits import StepBits
from hwgen.array.stream import BeatField, BeatLayout
from hwgen.lfsr import DrawStream, Words
from hwgen.number import Codes
from hwgen.pe.running_sums import BLOCK, RunningSums
from hwgen.place import place
from hwgen.spec import Spec

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


class OutputStationary(Spec):
    """A tile of R x C sums stays in the PEs while K/L steps of operands pass.

    Stream ``a`` carries a step of the left matrix (R rows of L codes) with ``last`` on the final
    step of a tile, stream ``b`` a step of the right one (C columns of L codes), stream ``o`` one
    result row of C codes a beat, row 0 first.  While a tile drains the next one accumulates:
    tiles start ``max(K/L, R)`` cycles apart.
    """

    kind: Literal["output-stationary"] = "output-stationary"

    def streams(self, array: "ArraySpec") -> dict[str, BeatLayout]:
        """Layouts of the operand and result beats."""
        pe = array.pe
        return {
            "a": BeatLayout((BeatField.of("codes", pe.a, array.rows * pe.lanes),
                             BeatField("last", 1), *StepBits(array).beat_fields)),
            "b": BeatLayout((BeatField.of("codes", pe.b, array.columns * pe.lanes),)),
            "o": BeatLayout((BeatField.of("codes", array.result, array.columns),
                             BeatField("last", 1))),
        }

    def granularity(self, array: "ArraySpec") -> tuple[int, int, int]:
        """Multiples to which M, K and N are filled up with zeros."""
        return array.rows, array.pe.lanes, array.columns

    def max_depth(self, array: "ArraySpec") -> int | None:
        """Any K."""
        return None

    def fault(self, array: "ArraySpec") -> str | None:
        """What the dataflow cannot do, or None."""
        if array.run_ahead:
            return ("pe.precision.run_ahead must be 0 in an output-stationary array, whose rows "
                    f"share the operands of b, not {array.run_ahead}")
        return None

    def fold_cycles(self, array: "ArraySpec") -> int:
        """Cycles from a finished running sum to the sum of its chunks."""
        return int(array.pe.accumulator.chunk is not None)

    def golden(self, array: "ArraySpec", a: Codes, b: Codes, draws: Draws) -> Codes:
        """Sums of ``(M, K) x (K, N)`` codes, K a multiple of L, in order of K; ``(M, N)``."""
        pe, steps = array.pe, a.shape[1] // array.pe.lanes
        chunk = min(steps, pe.accumulator.chunk.steps if pe.accumulator.chunk else steps)
        inner, depth = RunningSums(pe, chunk), chunk * pe.lanes
        tiles = a.reshape(-1, array.rows, a.shape[1])
        sums = np.zeros((*tiles.shape[:2], b.shape[1]), pe.dtype)
        height = max(1, BLOCK // sums[0].size)
        sources = self._sources(array, draws, sums.shape, steps) if pe.draw_bits else None
        for first in range(0, len(tiles), height):
            block = slice(first, first + height)
            drawn = repeat(0) if sources is None else iter(DrawStream(sources[block], pe.draw_bits))
            for k in range(0, a.shape[1], depth):
                acc = inner.of(tiles[block, :, k : k + depth], b[k : k + depth], drawn)
                sums[block] = pe.accumulator.golden_join(sums[block], acc)
        return sums.reshape(-1, b.shape[1])

    def _sources(self, array: "ArraySpec", draws: Draws, shape: tuple[int, ...],
                 steps: int) -> Words:
        """The sources before the first step of each tile, ``(tiles' rows, R or 1, N)``.

        Tile ``t`` has steps ``t * steps`` onward.
        """
        across = shape[2] // array.columns
        first = draws.steps(shape[0] * across, steps)
        first = first.reshape(shape[0], across, -1, array.columns).swapaxes(1, 2)
        return first.reshape(shape[0], -1, shape[2])

    def operands(self, array: "ArraySpec", a: Codes, b: Codes) -> dict[str, dict[str, Codes]]:
        """The beats of both operand streams for padded ``a`` and ``b``, tile by tile."""
        rows, columns, lanes = array.rows, array.columns, array.pe.lanes
        steps = a.shape[1] // lanes
        # (row tile, row, step, lane) -> one beat a (row tile, step), repeated for each column tile.
        left = (a.reshape(-1, rows, steps, lanes).transpose(0, 2, 1, 3)
                .reshape(-1, steps, rows * lanes))
        right = (b.reshape(steps, lanes, -1, columns).transpose(2, 0, 3, 1)
                 .reshape(-1, steps, columns * lanes))
        tiles = len(left) * len(right)
        last = np.tile(np.arange(steps) == steps - 1, tiles)
        return {
            "a": {"codes": np.repeat(left, len(right), axis=0).reshape(-1, rows * lanes),
                  "last": last},
            "b": {"codes": np.tile(right, (len(left), 1, 1)).reshape(-1, columns * lanes)},
        }

    def results(self, array: "ArraySpec", product: Codes, k: int) -> dict[str, Codes]:
        """The result beats of a padded ``product`` over ``k``; inverse of :meth:`collect`."""
        m, n = product.shape
        tiles = product.reshape(m // array.rows, array.rows, n // array.columns, array.columns)
        codes = tiles.transpose(0, 2, 1, 3).reshape(-1, array.columns)
        return {"codes": codes, "last": np.arange(len(codes)) % array.rows == array.rows - 1}

    def collect(self, array: "ArraySpec", codes: Codes, m: int, n: int) -> Codes:
        """The ``(m, n)`` product from all result beats, ``(beats, C)``."""
        row_tiles = -(-m // array.rows)
        tiles = codes.reshape(row_tiles, -1, array.rows, array.columns).transpose(0, 2, 1, 3)
        return tiles.reshape(row_tiles * array.rows, -1)[:m, :n]

    def schedule(self, array: "ArraySpec", m: int, k: int, n: int, bits: StepBits) -> Schedule:
        """Cycles of an ``(m, k) x (k, n)`` product."""
        tiles = -(-m // array.rows) * -(-n // array.columns)
        steps = -(-k // array.pe.lanes)
        run = TileRun(tiles, steps * array.pe.step_cycles(*bits.most))
        return self._schedule(array, (run,), m * k * n)

    def schedule_of(self, array: "ArraySpec", a: Codes, b: Codes, bits: StepBits,
                    macs: int) -> Schedule:
        """Cycles of the product of padded ``a`` and ``b``, tile by tile."""
        rows, columns, lanes = array.rows, array.columns, array.pe.lanes
        left = a.reshape(len(a) // rows, rows, -1, lanes).swapaxes(1, 2)
        right = b.reshape(-1, lanes, b.shape[1] // columns, columns).transpose(2, 0, 1, 3)
        a_bits, b_bits = (bits.of(side, codes.reshape(*codes.shape[:2], -1))
                          for side, codes in (("a", left), ("b", right)))
        cycles = bits.cycles(a_bits[:, None], b_bits).sum(axis=-1)
        return self._schedule(array, tuple(TileRun(1, tile) for tile in cycles.ravel().tolist()),
                              macs)

    def _schedule(self, array: "ArraySpec", runs: tuple[TileRun, ...], macs: int) -> Schedule:
        return Schedule(
            runs=runs,
            spacing=array.rows,
            preload=0,
            latency=array.latency,
            drain=array.rows - 1,
            macs=macs,
            multipliers=array.multipliers,
        )

    @property
    def north_zeros(self) -> tuple[str, ...]:
        """Inputs of the cells that are zero all along the north edge."""
        return ("n_sum", "w_shift")

    @property
    def diagonal_flags(self) -> tuple[str, ...]:
        """Inputs of the cells that are equal all along an anti-diagonal of the grid."""
        return ("w_valid", "w_last", "w_flush", *SERIAL_FLAGS)

    def grid(self, array: "ArraySpec") -> Grid:
        """The PEs; row 0 is southmost, so that its result leaves first."""
        cell = OutputStationaryCell(pe=array.pe, own_draws=array.own_draws)
        return Grid.of(cell, array.rows, array.columns, "south")

    def feet(self, array: "ArraySpec") -> Grid:
        """What stands below each column."""
        return requantizers(array, array.pe.result_format)

    def create(self, array: "ArraySpec") -> wiring.Component:
        return OutputStationaryMesh(array)


@dataclass(frozen=True)
class OutputStationaryCell(PECell):
    """PE with its sum, its drain register and the operands on their way east and south."""

    @property
    def module_name(self) -> str:
        return "cell"

    @property
    def west(self) -> dict[str, int]:
        return {
            "a": self.pe.port_bits("a"), "valid": 1, "last": 1, "shift": 1,
            **dict.fromkeys(self.pe.flags, 1),
            **({"flush": 1} if self.pe.accumulator.chunk else {}),
            **self.seeds,
        }

    @property
    def north(self) -> dict[str, int]:
        return {"b": self.pe.port_bits("b"), "sum": self.pe.result_format.width,
                **self.shared_draws}

    def create(self) -> wiring.Component:
        return OutputStationaryCellUnit(self)


class OutputStationaryCellUnit(wiring.Component):
    """Hardware of :class:`OutputStationaryCell`.

    ``valid`` adds a step to the sum; ``last`` (only with ``valid``) also moves the sum to the drain
    register and clears it.  ``shift`` moves the sum of the northern neighbour into the drain
    register.  With chunks ``flush`` (only with ``valid``) ends one: a cycle later it is added to
    the outer sum, which then is what ``last`` moves.
    """

    def __init__(self, spec: OutputStationaryCell):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        pe_spec = self.spec.pe
        a, b = (Signal(len(port), name=name, reset_less=True)
                for name, port in (("a", self.w_a), ("b", self.n_b)))
        valid, last = eastward(m, self, "valid"), eastward(m, self, "last")
        eastward(m, self, "shift")
        acc = Signal(pe_spec.format.shape)
        drain = Signal(pe_spec.result_format.width, reset_less=True)
        pe = place(m, platform, "pe", pe_spec, en=self.en, a=a, b=b, acc_i=acc,
                   **plane_inputs(m, self, valid), **self._draw(m, platform, valid))
        adds = delayed(m, self.en, valid, pe_spec.latency, "adds")
        ends = delayed(m, self.en, last, pe_spec.latency, "ends")
        clears = self._flushes(m) if pe_spec.accumulator.chunk else ends
        with m.If(self.en):
            m.d.sync += [a.eq(self.w_a), b.eq(self.n_b)]
            with m.If(adds):
                m.d.sync += acc.eq(pe.acc_o)
            with m.If(clears):
                m.d.sync += acc.eq(0)
        total = pe.acc_o
        if pe_spec.accumulator.chunk:
            total, ends = self._chunks(m, pe.acc_o, clears, ends)
        with m.If(self.en):
            with m.If(ends):
                m.d.sync += drain.eq(total)
            with m.Elif(self.w_shift):
                m.d.sync += drain.eq(self.n_sum)
        m.d.comb += [self.e_a.eq(a), self.s_b.eq(b), self.s_sum.eq(drain)]
        return m

    def _draw(self, m, platform, valid):
        """The PE's random bits, where it takes any: of its own source, or passing by."""
        if self.spec.own_draws:
            return {"draw": own_draw(m, platform, self, valid)}
        return {"draw": passing_draw(m, self)} if self.spec.shared_draws else {}

    def _flushes(self, m):
        """High with the inner sum of a chunk that ends."""
        flush = eastward(m, self, "flush")
        return delayed(m, self.en, flush, self.spec.pe.latency, "flushes")

    def _chunks(self, m, inner, flushes, ends):
        """The outer sum with the chunk that ended a cycle ago, and when a tile's is complete."""
        accumulator = self.spec.pe.accumulator
        chunk = Signal(self.spec.pe.format.shape, name="chunk", reset_less=True)
        outer = Signal(self.spec.pe.result_format.shape, name="outer")
        total = Signal(outer.shape(), name="total")
        joins = delayed(m, self.en, flushes, 1, "joins")
        complete = delayed(m, self.en, ends, 1, "complete")
        m.d.comb += total.eq(accumulator.rtl_join(outer, chunk))
        with m.If(self.en):
            with m.If(flushes):
                m.d.sync += chunk.eq(inner)
            with m.If(joins):
                m.d.sync += outer.eq(Mux(complete, 0, total))
        return total, complete


class OutputStationaryMesh(wiring.Component):
    """Skew, grid, drain control and result stream of an output-stationary array.

    Members
    -------
    a, b : ``In``, operand streams; a beat of both is accepted in the same cycle.
    o : ``Out``, result stream.
    """

    def __init__(self, array: "ArraySpec"):
        self.array = array
        super().__init__(array.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        array = self.array
        results = ResultStream(m, platform, array, self.o)
        randomness = Randomness(m, platform, array, self)
        en = results.en
        operands = feed(m, platform, array, en, {"a": self.a, "b": self.b}, randomness.busy)
        operands.report(self)
        step, last = self._accept(m, en, operands)

        def row_taps(flag, name):
            return taps(m, en, flag, array.rows, "falling", name)

        a = skewed(m, platform, "skew_a", en, operands.codes["a"], array.rows, "falling")
        b = skewed(m, platform, "skew_b", en, operands.codes["b"], array.columns, "rising")
        valid_taps, last_taps = row_taps(step, "valid_taps"), row_taps(last, "last_taps")
        flags = {f"w_{name}": flag for name, flag in operands.flags(row_taps).items()}
        drains, shifts = self._drain(m, en, last_taps[0])
        valid = delayed(m, en, drains, array.columns - 1, "drain_taps")
        grid = place(m, platform, "grid", array.dataflow.grid(array), en=en,
                     w_a=a, w_valid=valid_taps, w_last=last_taps, w_shift=shifts,
                     n_b=b, n_sum=Const(0, array.pe.result_format.width * array.columns),
                     **self._flushes(m, en, step, last), **flags,
                     **randomness.grid_inputs(en, step))
        randomness.chain(grid)
        codes = results.requantized(array.dataflow.feet(array), grid.s_sum,
                                    **randomness.feet_inputs(drains))
        results.send(codes, valid, self._last_row(m, results))
        return m

    def _accept(self, m, en, operands):
        """Take operands, but hold back a tile's last step until the drain is free."""
        rows = self.array.rows
        cooldown = Signal(range(rows))
        operands.allow(~(operands.beat.last & operands.last) | ~cooldown.any())
        step, last = Signal(name="step"), Signal(name="last")
        m.d.comb += [
            step.eq(operands.go & operands.last),
            last.eq(step & operands.beat.last),
        ]
        with m.If(en):
            with m.If(last):
                m.d.sync += cooldown.eq(rows - 1)
            with m.Elif(cooldown.any()):
                m.d.sync += cooldown.eq(cooldown - 1)
        return step, last

    def _flushes(self, m, en, step, last):
        """The steps that end a chunk, for each row of PEs."""
        chunk = self.array.pe.accumulator.chunk
        if not chunk:
            return {}
        count = Signal(range(chunk.steps), name="chunk_step")
        flush = Signal(name="flush")
        m.d.comb += flush.eq(last | (step & (count == chunk.steps - 1)))
        with m.If(en & step):
            m.d.sync += count.eq(Mux(flush, 0, count + 1))
        return {"w_flush": taps(m, en, flush, self.array.rows, "falling", "flush_taps")}

    def _drain(self, m, en, last):
        """R cycles from the one in which column 0 is complete: its drain and the rows that shift.

        Row 0 leaves first, so row i takes from its neighbour R - 1 - i times.  Then it is empty,
        just when the next tile's sum can arrive, which no further shift may overwrite.
        """
        rows = self.array.rows
        start = delayed(m, en, last, 2 + self.array.finish_cycles, "start_taps")
        # Thermometers of the sums still to leave.
        waiting, left = Signal(rows - 1, name="waiting"), Signal(rows, name="left")
        m.d.comb += left.eq(Mux(start, (1 << rows) - 1, waiting))
        with m.If(en):
            m.d.sync += waiting.eq(left >> 1)
        return left[0], left >> 1

    def _last_row(self, m, results):
        """High while the last row of a tile is on the result stream."""
        row = Signal(range(self.array.rows))
        last = row == self.array.rows - 1
        with m.If(results.en & results.valid):
            m.d.sync += row.eq(Mux(last, 0, row + 1))
        return last
