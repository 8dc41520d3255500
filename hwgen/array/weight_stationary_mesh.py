"""Hardware of a weight-stationary array: its cells, its preload control and its streams."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.utils import bits_for

from hwgen.arith.group_precision import ones_of
from hwgen.array.feed import SerialFeed, detector, feed, plane_inputs, serial
from hwgen.array.plane_store import plane
from hwgen.array.random import PECell, Randomness, own_draw, passing_draw
from hwgen.array.results import ResultStream
from hwgen.array.skew import delayed, eastward, skewed, taps
from hwgen.place import place

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


@dataclass(frozen=True)
class WeightStationaryCell(PECell):
    """PE with its weights, the next weights, and the activation and partial sum passing by.

    The PE's accumulator is as wide as sums are when they leave this row.

    Parameters
    ----------
    first : whether sums begin here: nothing comes from the north.
    """

    first: bool

    @property
    def module_name(self) -> str:
        return "cell_first" if self.first else f"cell_sum{self.pe.format.width}"

    @property
    def signed(self) -> tuple[str, ...]:
        return ("sum",) if self.pe.format.signed else ()

    @property
    def west(self) -> dict[str, int]:
        step = {"step": 1} if self.own_draws or self.pe.flags else {}
        return {"a": self.pe.port_bits("a"), "swap": 1, "load": 1, **step,
                **dict.fromkeys(self.pe.flags, 1), **self.plane, **self.seeds}

    @property
    def plane(self) -> dict[str, int]:
        """What tells which plane of the weights is taken, if they are taken so."""
        by_planes = self.pe.port_bits("b") < self.weight_bits
        return {"plane": max(1, bits_for(self.pe.b.width - 1))} if by_planes else {}

    @property
    def weight_bits(self) -> int:
        """Bits of a PE's weights."""
        return self.pe.b.width * self.pe.lanes

    @property
    def north(self) -> dict[str, int]:
        sums = {} if self.first else {"sum": self.pe.format.width}
        return {"b": self.weight_bits, **sums, **self.shared_draws}

    @property
    def south(self) -> dict[str, int]:
        return {"b": self.weight_bits, "sum": self.pe.format.width,
                **self.shared_draws}

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
        eastward(m, self, "swap")
        eastward(m, self, "load")
        step = eastward(m, self, "step") if "step" in self.spec.west else None
        pe = place(m, platform, "pe", self.spec.pe, en=self.en, a=a, b=self._taken(m, weight),
                   acc_i=self._before(m), **plane_inputs(m, self, step),
                   **self._draw(m, platform, step))
        with m.If(self.en):
            m.d.sync += a.eq(self.w_a)
            with m.If(self.w_load):
                m.d.sync += next_weight.eq(self.n_b)
            with m.If(self.w_swap):
                m.d.sync += weight.eq(next_weight)
        m.d.comb += [self.e_a.eq(a), self.s_b.eq(next_weight),
                     self.s_sum.eq(self._sum(m, pe.acc_o, step))]
        return m

    def _before(self, m):
        """The sum of the rows above."""
        return Const(0, self.spec.pe.format.width) if self.spec.first else self.n_sum

    def _sum(self, m, acc, step):
        """The sum with this row's step, for the row below."""
        total = Signal(self.spec.pe.format.width, name="total", reset_less=True)
        with m.If(self.en):
            m.d.sync += total.eq(acc)
        return total

    def _taken(self, m, weight):
        """The weights, or a plane of them."""
        if not self.spec.plane:
            return weight
        index = Signal(len(self.w_plane), name="plane", reset_less=True)
        with m.If(self.en):
            m.d.sync += index.eq(self.w_plane)
        m.d.comb += self.e_plane.eq(index)
        return plane(weight, self.spec.pe.b.width, index)

    def _draw(self, m, platform, step):
        """The PE's random bits, where it takes any: of its own source, or passing by."""
        if self.spec.own_draws:
            return {"draw": own_draw(m, platform, self, step)}
        if self.spec.shared_draws:
            passing_draw(m, self)
            return {"draw": self.n_draw}
        return {}


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
        array = self.array
        results = ResultStream(m, platform, array, self.o)
        randomness = Randomness(m, platform, array, self)
        en = results.en
        operands = feed(m, platform, array, en, {"a": self.a}, randomness.busy)
        operands.report(self)
        step, swap, loads = self._accept(m, platform, en, operands, randomness.busy)
        a = skewed(m, platform, "skew_a", en, operands.codes["a"], array.rows, "rising")
        b = skewed(m, platform, "skew_b", en, self.b.payload.codes, array.columns, "rising")
        grid = place(m, platform, "grid", array.dataflow.grid(array), en=en,
                     w_a=a, w_load=loads,
                     w_swap=taps(m, en, swap, array.rows, "rising", "swap_taps"),
                     n_b=b, **self._draws(m, en, step, randomness),
                     **self._planes(m, platform, en, operands))
        randomness.chain(grid)
        self._send(m, results, randomness, grid.s_sum, step, operands.beat, array.rows)
        return m

    def _send(self, m, results, randomness, sums, step, beat, rows):
        """Requantize and send the sums of a step that has ``rows`` rows to go."""
        array, en = self.array, results.en
        wave_cycles = array.wave_cycles - array.rows + rows
        last = delayed(m, en, step & beat.last, wave_cycles, "last_taps")
        finish = step & beat.finish if self.bank_rows else step
        # The flags of the bank run a cycle ahead of the sums.
        ahead = rows + array.pe.latency
        send = delayed(m, en, finish, ahead + (not self.bank_rows), "send_taps")
        foot = randomness.feet_inputs(send)
        if self.bank_rows:
            foot |= self._bank_inputs(m, en, step, beat, ahead)
        codes = results.requantized(array.dataflow.feet(array), sums, **foot)
        results.send(codes, delayed(m, en, finish, wave_cycles - 1, "valid_taps"), last)

    def _draws(self, m, en, step, randomness):
        """Inputs of the grid for stochastic rounding."""
        array = self.array
        # A column's draws come with the operands in the registers of its first PE.
        inputs = randomness.grid_inputs(en, delayed(m, en, step, 1, "drawing"))
        if array.own_draws or array.pe.flags:
            inputs["w_step"] = taps(m, en, step, array.rows, "rising", "step_taps")
        return inputs

    def _planes(self, m, platform, en, operands):
        """Inputs of the grid that tell of planes."""
        array = self.array
        inputs = {f"w_{name}": flag for name, flag in operands.flags(
            lambda flag, name: taps(m, en, flag, array.rows, "rising", name)).items()}
        if array.pe.port_bits("b") < array.pe.b.width * array.pe.lanes:
            planes = operands.plane_b.replicate(array.rows)
            inputs["w_plane"] = skewed(m, platform, "skew_plane", en, planes, array.rows, "rising")
        return inputs

    def _accept(self, m, platform, en, operands, busy):
        """Take activations once their weights are complete, weights once they can be replaced.

        Row r of the grid loads on every weight beat of a tile but the first r, so that beat 0
        comes to rest in the last row.
        """
        rows = self.array.rows
        full, first = Signal(name="full"), Signal(name="first", init=1)
        free, step, swap, beat, loaded = (Signal(name=name) for name in (
            "b_ready", "step", "swap", "beat", "loaded"))
        begun = Signal(rows - 1)
        begins = first & operands.first
        operands.allow(~begins | full)
        m.d.comb += [
            step.eq(operands.go & operands.last),
            swap.eq(operands.go & begins),
            free.eq((~full | swap) & ~busy),
            beat.eq(self.b.valid & free),
            loaded.eq(beat & (begun[-1] if rows > 1 else 1)),
            self.b.ready.eq(en & free),
        ]
        with m.If(en):
            with m.If(step):
                m.d.sync += first.eq(operands.beat.last)
            with m.If(loaded):
                m.d.sync += [full.eq(1), begun.eq(0)]
            with m.Else():
                with m.If(swap):
                    m.d.sync += full.eq(0)
                with m.If(beat):
                    m.d.sync += begun.eq(Cat(beat, begun))
        if isinstance(operands, SerialFeed) and not operands.tells("b"):
            bits = self._weight_bits(m, platform, en & beat, en & loaded, en & swap, begins)
            m.d.comb += operands.bits["b"].eq(bits)
        return step, swap, Cat(Const(1, 1), begun) & beat.replicate(rows)

    def _weight_bits(self, m, platform, beat, loaded, swap, begins):
        """Planes of the widest of a tile's weights, used from ``begins`` on."""
        waiting = self._loaded_bits(m, platform, beat, loaded)
        current = Signal(waiting.shape(), name="weight_bits", reset_less=True)
        with m.If(swap):
            m.d.sync += current.eq(waiting)
        return Mux(begins, waiting, current)

    def _loaded_bits(self, m, platform, beat, loaded):
        """Planes of the loaded weights, found as they come."""
        found = detector(m, platform, serial(self.array), "b", self.b.payload.codes)
        so_far = Signal(found.mask.shape(), name="weight_mask")
        waiting = Signal(found.precision.shape(), name="loaded_bits", reset_less=True)
        mask = found.mask | so_far
        with m.If(loaded):
            m.d.sync += [waiting.eq(ones_of(mask)), so_far.eq(0)]
        with m.Elif(beat):
            m.d.sync += so_far.eq(mask)
        return waiting

    def _bank_inputs(self, m, en, step, beat, ahead):
        """What the accumulator bank takes beside the sums, a cycle before them."""
        array = self.array
        flags = {name: delayed(m, en, flag, ahead, f"{name}_ahead") for name, flag in (
            ("step", step), ("start", beat.start), ("last", beat.last))}
        row = Signal(array.dataflow.feet(array).cells[0].west["row"])
        with m.If(en & flags["step"]):
            m.d.sync += row.eq(Mux(flags["last"], 0, row + 1))
        return {"w_row": row, "w_step": flags["step"], "w_start": flags["start"]}
