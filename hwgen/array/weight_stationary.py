"""Weight-stationary mesh: each PE keeps L weights; activations pass east, partial sums south."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from pydantic import Field

from hwgen.array.bank import BankCell
from hwgen.array.grid import Cell, Grid
from hwgen.array.results import ResultStream, requantizers
from hwgen.array.schedule import Schedule, TileRun
from hwgen.array.skew import Triangle, delayed, taps
from hwgen.array.stream import BeatField, BeatLayout
from hwgen.number import Codes
from hwgen.pe.parallel import ParallelPE
from hwgen.place import place
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
        return {
            "a": BeatLayout((BeatField.of("codes", pe.a, array.rows * pe.lanes),
                             *(BeatField(flag, 1) for flag in flags))),
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

    def golden(self, array: "ArraySpec", a: Codes, b: Codes) -> Codes:
        """Sums of ``(M, K) x (K, N)`` codes, K a multiple of R*L; ``(M, N)``.

        Each tile of R*L is summed from zero in order of K, then added to the bank.
        """
        pe, depth = array.pe, array.rows * array.pe.lanes
        zero = np.zeros((a.shape[0], b.shape[1]), pe.dtype)
        bank = None
        for tile in range(0, a.shape[1], depth):
            acc = zero
            for k in range(tile, tile + depth, pe.lanes):
                left = a[:, None, k : k + pe.lanes].astype(pe.dtype)
                right = b[k : k + pe.lanes].T[None].astype(pe.dtype)
                acc = pe.golden_step(acc, left, right)
            bank = acc if bank is None else pe.accumulator.golden_add(bank, acc)
        return zero if bank is None else bank

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
        names = [field.name for field in self.streams(array)["a"].fields[1:]]
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

    def schedule(self, array: "ArraySpec", m: int, k: int, n: int) -> Schedule:
        """Cycles of an ``(m, k) x (k, n)`` product."""
        k_tiles = -(-k // (array.rows * array.pe.lanes))
        column_tiles = -(-n // array.columns)
        chunks = self._chunk_rows(array, m, k)
        return Schedule(
            runs=tuple(TileRun(k_tiles, rows) for rows in chunks * column_tiles),
            spacing=array.rows,
            preload=array.rows,
            latency=array.latency,
            drain=0,
            macs=m * k * n,
            multipliers=array.multipliers,
        )

    @property
    def north_zeros(self) -> tuple[str, ...]:
        """Inputs of the cells that are zero all along the north edge: none, sums start there."""
        return ()

    @property
    def diagonal_flags(self) -> tuple[str, ...]:
        """Inputs of the cells that are equal all along an anti-diagonal of the grid."""
        return ("w_swap",)

    def grid(self, array: "ArraySpec") -> Grid:
        """The PEs; sums start at row 0, the northmost, and widen row by row as they must."""
        pes = (array.pe.after(row + 1) for row in range(array.rows))
        cells = tuple(WeightStationaryCell(pe, first=row == 0) for row, pe in enumerate(pes))
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
        return WeightStationaryMesh(array, self.bank_rows)


@dataclass(frozen=True)
class WeightStationaryCell(Cell):
    """PE with its weights, the next weights, and the activation and partial sum passing by.

    Parameters
    ----------
    pe : the PE, its accumulator as wide as sums are when they leave this row.
    first : whether sums begin here: nothing comes from the north.
    """

    pe: ParallelPE
    first: bool

    @property
    def module_name(self) -> str:
        return "cell_first" if self.first else f"cell_sum{self.pe.format.width}"

    @property
    def signed(self) -> tuple[str, ...]:
        return ("sum",) if self.pe.format.signed else ()

    @property
    def west(self) -> dict[str, int]:
        return {"a": self.pe.a.width * self.pe.lanes, "swap": 1, "load": 1}

    @property
    def north(self) -> dict[str, int]:
        sums = {} if self.first else {"sum": self.pe.format.width}
        return {"b": self.pe.b.width * self.pe.lanes, **sums}

    @property
    def south(self) -> dict[str, int]:
        return {"b": self.pe.b.width * self.pe.lanes, "sum": self.pe.format.width}

    def create(self) -> wiring.Component:
        return WeightStationaryCellUnit(self)


class WeightStationaryCellUnit(wiring.Component):
    """Hardware of :class:`WeightStationaryCell`.

    ``load`` takes the next weights from the row above; ``swap``, which travels with the first
    activation of a tile, makes them the current ones.
    """

    def __init__(self, spec: WeightStationaryCell):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        a = Signal(len(self.w_a), reset_less=True)
        weight, next_weight = (Signal(len(self.n_b), name=name, reset_less=True)
                               for name in ("weight", "next_weight"))
        total = Signal(self.spec.pe.format.width, reset_less=True)
        swap, load = Signal(name="swap"), Signal(name="load")
        before = Const(0, len(total)) if self.spec.first else self.n_sum
        pe = place(m, platform, "pe", self.spec.pe, en=self.en, a=a, b=weight, acc_i=before)
        with m.If(self.en):
            m.d.sync += [a.eq(self.w_a), swap.eq(self.w_swap), load.eq(self.w_load)]
            m.d.sync += total.eq(pe.acc_o)
            with m.If(self.w_load):
                m.d.sync += next_weight.eq(self.n_b)
            with m.If(self.w_swap):
                m.d.sync += weight.eq(next_weight)
        m.d.comb += [
            self.e_a.eq(a), self.e_swap.eq(swap), self.e_load.eq(load),
            self.s_b.eq(next_weight), self.s_sum.eq(total),
        ]
        return m


class WeightStationaryMesh(wiring.Component):
    """Skew, grid, preload control, accumulator bank and result stream of the array.

    Members
    -------
    a : ``In``, activations; waits until a tile's weights are loaded.
    b : ``In``, weights of the next tile; waits until the loaded ones are in use.
    o : ``Out``, result stream.
    """

    def __init__(self, array: "ArraySpec", bank_rows: int):
        self.array = array
        self.bank_rows = bank_rows
        super().__init__(array.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        array, pe = self.array, self.array.pe
        results = ResultStream(m, platform, array, self.o)
        en = results.en
        step, swap, loads = self._accept(m, en)
        skew_a = place(m, platform, "skew_a", Triangle(pe.a.width * pe.lanes, array.rows, "rising"),
                       en=en, i=self.a.payload.codes)
        skew_b = place(m, platform, "skew_b",
                       Triangle(pe.b.width * pe.lanes, array.columns, "rising"),
                       en=en, i=self.b.payload.codes)
        grid = place(m, platform, "grid", array.dataflow.grid(array), en=en,
                     w_a=skew_a.o, w_load=loads,
                     w_swap=taps(m, en, swap, array.rows, "rising", "swap_taps"),
                     n_b=skew_b.o)
        last = delayed(m, en, step & self.a.payload.last, array.latency, "last_taps")
        if self.bank_rows:
            finish = step & self.a.payload.finish
            codes = self._banked(m, platform, en, step, grid.s_sum)
        else:
            finish = step
            codes = results.requantized(array.dataflow.feet(array), grid.s_sum)
        results.send(codes, delayed(m, en, finish, array.latency - 1, "valid_taps"), last)
        return m

    def _accept(self, m, en):
        """Accept activations once their weights are complete, weights once they can be replaced.

        Row r of the grid loads on every weight beat of a tile but the first r, so that beat 0
        comes to rest in the last row.
        """
        rows = self.array.rows
        full, first = Signal(name="full"), Signal(name="first", init=1)
        step, swap, beat, loaded = (Signal(name=name)
                                    for name in ("step", "swap", "beat", "loaded"))
        begun = Signal(rows - 1)
        m.d.comb += [
            step.eq(self.a.valid & (~first | full)),
            swap.eq(step & first),
            beat.eq(self.b.valid & (~full | swap)),
            loaded.eq(beat & (begun[-1] if rows > 1 else 1)),
            self.a.ready.eq(en & (~first | full)),
            self.b.ready.eq(en & (~full | swap)),
        ]
        with m.If(en):
            with m.If(step):
                m.d.sync += first.eq(self.a.payload.last)
            with m.If(loaded):
                m.d.sync += [full.eq(1), begun.eq(0)]
            with m.Else():
                with m.If(swap):
                    m.d.sync += full.eq(0)
                with m.If(beat):
                    m.d.sync += begun.eq(Cat(beat, begun))
        return step, swap, Cat(Const(1, 1), begun) & beat.replicate(rows)

    def _banked(self, m, platform, en, step, sums):
        """Result codes of the accumulator bank, whose flags run a cycle ahead of the sums."""
        array = self.array
        feet = array.dataflow.feet(array)
        ahead = array.rows + array.pe.latency
        flags = {name: delayed(m, en, flag, ahead, f"{name}_ahead") for name, flag in (
            ("step", step), ("start", self.a.payload.start), ("last", self.a.payload.last))}
        row = Signal(feet.cells[0].west["row"])
        with m.If(en & flags["step"]):
            m.d.sync += row.eq(Mux(flags["last"], 0, row + 1))
        bank = place(m, platform, "feet", feet, en=en, n_sum=sums, w_row=row,
                     w_step=flags["step"], w_start=flags["start"])
        return bank.s_code
