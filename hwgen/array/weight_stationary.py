"""Weight-stationary mesh: each PE keeps L weights; activations pass east, partial sums south."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Literal

import numpy as np
from amaranth.lib import wiring
from pydantic import Field

from hwgen.array.bank import BankCell
from hwgen.array.feed import SERIAL_FLAGS
from hwgen.array.grid import Grid
from hwgen.array.random import Draws
from hwgen.array.results import requantizers
from hwgen.array.run_ahead import RunAheadCell, RunAheadMesh, cycles
from hwgen.array.schedule import Schedule, TileRun
from hwgen.array.step_bits import StepBits
from hwgen.array.stream import BeatField, BeatLayout
from hwgen.array.weight_stationary_mesh import WeightStationaryCell, WeightStationaryMesh
from hwgen.lfsr import DrawStream
from hwgen.number import Codes
from hwgen.pe.running_sums import BLOCK, RunningSums
from hwgen.spec import InputError, Int, Spec

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


class WeightStationary(Spec):
    """A tile of R*L x C weights stays in the PEs while the rows of the left matrix pass.

    Stream ``b`` preloads a tile of weights, one mesh row of C x L codes a beat, the **last row
    first**.  Stream ``a`` carries one row of the left matrix (R x L codes) a beat with three flags:
    ``last`` on the final row of a tile, ``start`` while a tile begins new sums and ``finish`` while
    it ends them.  A tile that does not start adds to the accumulator bank; one that does not finish
    sends no results.  The next weights load while a tile runs: tiles start ``max(rows, R)`` cycles
    apart.

    Parameters
    ----------
    bank_rows : sums a column that the accumulator bank keeps between tiles, 0 to 65536; without a
        bank, K is at most ``R * L``.
    """

    kind: Literal["weight-stationary"] = "weight-stationary"
    bank_rows: Int = Field(256, ge=0, le=65536)

    def streams(self, array: "ArraySpec") -> dict[str, BeatLayout]:
        """Layouts of the operand and result beats."""
        pe = array.pe
        flags = ("last", "start", "finish") if self.bank_rows else ("last",)
        told = (*(BeatField(flag, 1) for flag in flags), *StepBits(array).beat_fields)
        return {
            "a": BeatLayout((BeatField.of("codes", pe.a, array.rows * pe.lanes), *told)),
            "b": BeatLayout((BeatField.of("codes", pe.b, array.columns * pe.lanes),)),
            "o": BeatLayout((BeatField.of("codes", array.result, array.columns),
                             BeatField("last", 1))),
        }

    def granularity(self, array: "ArraySpec") -> tuple[int, int, int]:
        """Multiples to which M, K and N are filled up with zeros."""
        return 1, array.rows * array.pe.lanes, array.columns

    def max_depth(self, array: "ArraySpec") -> int | None:
        """Any K with a bank, one tile without."""
        return None if self.bank_rows else array.rows * array.pe.lanes

    def fault(self, array: "ArraySpec") -> str | None:
        """What the dataflow cannot do, or None."""
        chunk = array.pe.accumulator.chunk
        if chunk is None:
            return None
        if chunk.steps != array.rows:
            return ("pe.accumulator.chunk.steps must be the rows of a weight-stationary array, "
                    f"{array.rows}, not {chunk.steps}")
        if not self.bank_rows:
            return ("dataflow.bank_rows must be at least 1 with pe.accumulator.chunk, not 0: the "
                    "bank keeps the outer sums")
        return None

    def fold_cycles(self, array: "ArraySpec") -> int:
        """Cycles from a finished running sum to the sum of its chunks: none, the bank adds it."""
        return 0

    def golden(self, array: "ArraySpec", a: Codes, b: Codes, draws: Draws) -> Codes:
        """Sums of ``(M, K) x (K, N)`` codes, K a multiple of R*L; ``(M, N)``.

        Each tile of R*L is summed from zero in order of K, then added to the bank.
        """
        pe, depth = array.pe, array.rows * array.pe.lanes
        inner, bank = RunningSums(pe, array.rows), np.zeros((len(a), b.shape[1]), pe.dtype)
        drawn = self._drawn(array, draws, a.shape, b.shape[1])
        for rows, tile in self._passes(array, len(a), len(b), b.shape[1]):
            k = slice(tile * depth, (tile + 1) * depth)
            acc = inner.of(a[rows, k], b[k], drawn(rows.stop - rows.start))
            bank[rows] = pe.accumulator.golden_join(bank[rows], acc)
        return bank

    def _passes(self, array: "ArraySpec", m: int, k: int, n: int) -> Iterator[tuple[slice, int]]:
        """Rows of the left matrix that are best summed at once, and their tile of K, in order."""
        first, height = 0, max(1, BLOCK // n)
        for size in self._chunk_rows(array, m, k) if array.pe.draw_bits else [m]:
            last = first + size
            for tile in range(k // (array.rows * array.pe.lanes)):
                for row in range(first, last, height):
                    yield slice(row, min(row + height, last)), tile
            first = last

    def _drawn(self, array: "ArraySpec", draws: Draws, shape: tuple[int, ...],
               n: int) -> Callable[[int], Iterable[Codes | int]]:
        """Draws of the next ``count`` beats of ``a`` for each row of PEs, ``(R, count, N)``.

        Each beat is a step; a tile of columns has ``M * K / (R * L)`` of them.
        """
        if not array.pe.draw_bits:
            return lambda count: repeat(0)
        beats = shape[0] * shape[1] // (array.rows * array.pe.lanes)
        first = draws.steps(n // array.columns, beats).swapaxes(0, 1).reshape(-1, n)
        stream = DrawStream(first, array.pe.draw_bits)
        return lambda count: np.broadcast_to(
            stream.take(count), (count, array.rows, n)).swapaxes(0, 1)

    def _chunk_rows(self, array: "ArraySpec", m: int, k: int) -> list[int]:
        """Rows of the left matrix in each tile: all of them, or what the bank holds."""
        if k <= array.rows * array.pe.lanes:
            return [m]
        if not self.bank_rows:
            raise InputError(f"K must be at most {array.rows * array.pe.lanes} (rows * lanes) "
                             f"without an accumulator bank, not {k}; set dataflow.bank_rows")
        full, rest = divmod(m, self.bank_rows)
        return [self.bank_rows] * full + [rest] * bool(rest)

    def operands(self, array: "ArraySpec", a: Codes, b: Codes) -> dict[str, dict[str, Codes]]:
        """The beats of both operand streams for padded ``a`` and ``b``, tile by tile.

        Order of tiles: columns of the result, then chunks of rows, then K innermost.
        """
        rows, columns, lanes = array.rows, array.columns, array.pe.lanes
        depth = rows * lanes
        k_tiles = a.shape[1] // depth
        chunks = np.split(a, np.cumsum(self._chunk_rows(array, *a.shape))[:-1])
        weights = b.reshape(k_tiles, rows, lanes, -1, columns).transpose(3, 0, 1, 4, 2)[:, :, ::-1]
        weights = weights.reshape(-1, k_tiles, rows, columns * lanes)
        passes = [(chunk[:, k * depth : (k + 1) * depth], k)
                  for chunk in chunks for k in range(k_tiles)]
        left = np.concatenate([codes for codes, _ in passes])
        flags = {
            "last": np.concatenate([np.arange(len(c)) == len(c) - 1 for c, _ in passes]),
            "start": np.concatenate([np.full(len(c), k == 0) for c, k in passes]),
            "finish": np.concatenate([np.full(len(c), k == k_tiles - 1) for c, k in passes]),
        }
        column_tiles = len(weights)
        names = [field.name for field in self.streams(array)["a"].fields if field.name in flags]
        return {
            "a": {"codes": np.tile(left, (column_tiles, 1)),
                  **{name: np.tile(flags[name], column_tiles) for name in names}},
            "b": {"codes": np.repeat(weights[:, None], len(chunks), axis=1)
                  .reshape(-1, columns * lanes)},
        }

    def results(self, array: "ArraySpec", product: Codes, k: int) -> dict[str, Codes]:
        """The result beats of a padded ``product`` over ``k``; inverse of :meth:`collect`."""
        m, n = product.shape
        column_tiles = n // array.columns
        codes = product.reshape(m, column_tiles, array.columns).transpose(1, 0, 2)
        ends = np.cumsum(self._chunk_rows(array, m, k)) - 1
        last = np.isin(np.arange(m), ends)
        return {"codes": codes.reshape(-1, array.columns), "last": np.tile(last, column_tiles)}

    def collect(self, array: "ArraySpec", codes: Codes, m: int, n: int) -> Codes:
        """The ``(m, n)`` product from all result beats, ``(beats, C)``."""
        return codes.reshape(-1, m, array.columns).transpose(1, 0, 2).reshape(m, -1)[:, :n]

    def schedule(self, array: "ArraySpec", m: int, k: int, n: int, bits: StepBits) -> Schedule:
        """Cycles of an ``(m, k) x (k, n)`` product."""
        k_tiles = -(-k // (array.rows * array.pe.lanes))
        column_tiles = -(-n // array.columns)
        step_cycles = array.pe.step_cycles(*bits.most)
        chunks = self._chunk_rows(array, m, k)
        if array.run_ahead:
            last = np.concatenate([np.arange(rows) == rows - 1 for rows in chunks
                                   for _ in range(k_tiles)] * column_tiles)
            a_bits = np.full((len(last), array.rows), bits.most[0])
            return self._row_by_row(array, a_bits, np.full(last.sum(), bits.most[1]), last,
                                    m * k * n)
        runs = tuple(TileRun(k_tiles, rows * step_cycles) for rows in chunks * column_tiles)
        return self._schedule(array, runs, m * k * n)

    def schedule_of(self, array: "ArraySpec", a: Codes, b: Codes, bits: StepBits,
                    macs: int) -> Schedule:
        """Cycles of the product of padded ``a`` and ``b``, tile by tile."""
        depth, columns = array.rows * array.pe.lanes, array.columns
        if array.run_ahead:
            beats = self.operands(array, a, b)
            left, right = (beats[side]["codes"].reshape(-1, array.rows, width) for side, width in (
                ("a", array.pe.lanes), ("b", columns * array.pe.lanes)))
            return self._row_by_row(array, bits.of("a", left), bits.of("b", right).max(axis=-1),
                                    beats["a"]["last"], macs)
        left = a.reshape(len(a), -1, depth)
        right = b.reshape(-1, array.rows, depth // array.rows, b.shape[1] // columns, columns)
        right = right.transpose(3, 0, 1, 2, 4)
        a_bits = bits.of("a", left)
        b_bits = bits.of("b", right.reshape(*right.shape[:3], -1)).max(axis=-1)
        of_rows = bits.cycles(a_bits, b_bits[:, None])  # (column tiles, rows, K tiles)
        starts = np.cumsum([0, *self._chunk_rows(array, *a.shape)])[:-1]
        tiles = np.add.reduceat(of_rows, starts, axis=1)
        return self._schedule(array, tuple(TileRun(1, tile) for tile in tiles.ravel().tolist()),
                              macs)

    def _row_by_row(self, array: "ArraySpec", a_bits: Codes, b_bits: Codes, last: Codes,
                    macs: int) -> Schedule:
        """Cycles of rows that run ahead, for the planes of each beat's rows and each tile."""
        run = TileRun(1, cycles(array, a_bits, b_bits, last))
        return Schedule(runs=(run,), spacing=0, preload=0,
                        latency=array.wave_cycles - array.rows + 1, drain=0, macs=macs,
                        multipliers=array.multipliers)

    def _schedule(self, array: "ArraySpec", runs: tuple[TileRun, ...], macs: int) -> Schedule:
        return Schedule(
            runs=runs,
            spacing=array.rows,
            preload=array.rows,
            latency=array.wave_cycles,  # a beat is fetched while weights load
            drain=0,
            macs=macs,
            multipliers=array.multipliers,
        )

    @property
    def north_zeros(self) -> tuple[str, ...]:
        """Inputs of the cells that are zero all along the north edge: none, sums start there."""
        return ()

    @property
    def diagonal_flags(self) -> tuple[str, ...]:
        """Inputs of the cells that are equal all along an anti-diagonal of the grid."""
        return ("w_swap", "w_step", *SERIAL_FLAGS)

    def grid(self, array: "ArraySpec") -> Grid:
        """The PEs; sums start at row 0, the northmost, and widen row by row as they must."""
        kind = (partial(RunAheadCell, waiting=array.run_ahead) if array.run_ahead
                else WeightStationaryCell)
        pes = (array.pe.after(row + 1) for row in range(array.rows))
        cells = tuple(kind(pe, first=row == 0, own_draws=array.own_draws)
                      for row, pe in enumerate(pes))
        return Grid(cells, array.columns)

    def feet(self, array: "ArraySpec") -> Grid:
        """What stands below each column: the accumulator bank, where there is one."""
        tile = array.pe.after(array.rows).format
        if not self.bank_rows:
            return requantizers(array, tile)
        cell = BankCell(pe=array.pe, tile=tile, requantizer=array.requantizer,
                        bank_rows=self.bank_rows, mesh_rows=array.rows)
        return Grid.of(cell, 1, array.columns)

    def create(self, array: "ArraySpec") -> wiring.Component:
        kind = RunAheadMesh if array.run_ahead else WeightStationaryMesh
        return kind(array, self.bank_rows)
