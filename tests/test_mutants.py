"""The comparisons can fail: each planted bug is found by the case named with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from amaranth import Signal

from hwgen import lfsr
from hwgen.arith import delay
from hwgen.arith.accumulator import Accumulator, Requantizer
from hwgen.arith.exact import ExactMultiplierUnit
from hwgen.array import feed, mesh, random, results, skew
from hwgen.array.bank import BankCellUnit
from hwgen.array.feed import ParallelFeed, SerialFeed
from hwgen.array.grid import Grid
from hwgen.array.output_stationary import (
    OutputStationary,
    OutputStationaryCellUnit,
    OutputStationaryMesh,
)
from hwgen.array.planes import PlaneSequencerUnit
from hwgen.array.random import Draws, Randomness, SourceCellUnit
from hwgen.array.row_feed import RowFeedUnit
from hwgen.array.run_ahead import RunAheadCellUnit, RunAheadMesh
from hwgen.array.weight_stationary import WeightStationary
from hwgen.array.weight_stationary_mesh import WeightStationaryCellUnit, WeightStationaryMesh
from hwgen.lfsr import DrawSourceUnit, SeederUnit
from hwgen.number import Overflow, Rounding
from hwgen.pe import parallel
from hwgen.pe.dot_product import DotProductPE
from hwgen.pe.running_sums import RunningSums
from hwgen.pe.serial import SerialPEUnit
from tests.array.products import (
    OS,
    WS,
    array_of,
    expect_cycles,
    expect_golden,
    expect_rtl,
    operands_of,
)
from tests.planted import Mutant, plant
from tests.streams import Bench

pytestmark = pytest.mark.planted

ROUNDING = {"lanes": 3, "pipeline": 1, "a": {"width": 6}, "b": {"width": 6},
            "accumulator": {"width": 9, "frac": -3, "rounding": "nearest_even",
                            "overflow": "saturate"}}
NEAREST_UP = {"accumulator": {"frac": -3, "rounding": "nearest_up"}}
FLOOR = {"accumulator": {"frac": -3, "rounding": "floor"}}
# Products of -2 to 4: the lowest sum of eight, -16, fits, the highest does not.
NARROW = {"accumulator": {"width": 5, "overflow": "saturate"}, "a": {"width": 2}, "b": {"width": 2}}
CHUNKS = {"a": {"width": 4}, "b": {"width": 4},
          "accumulator": {"width": 7, "overflow": "saturate",
                          "chunk": {"steps": 3, "width": 8, "overflow": "wrap"}}}

DYNAMIC = {"kind": "dynamic"}
ACTIVATIONS = {"kind": "activation-serial", "lanes": 2, "pipeline": 2, "a": {"width": 4},
               "b": {"width": 4}, "precision": DYNAMIC}
BOTH = {"kind": "both-serial", "lanes": 2, "a": {"width": 4}, "b": {"width": 4},
        "precision": DYNAMIC}
AHEAD = {**BOTH, "kind": "activation-serial", "precision": {**DYNAMIC, "run_ahead": 1}}


def draws(dataflow: dict[str, Any], sharing: str, rows: int = 3) -> mesh.ArraySpec:
    """Draws of three bits for the steps and of two for the results."""
    pe = {"a": {"width": 5}, "b": {"width": 5},
          "accumulator": {"width": 14, "frac": -4, "rounding": "stochastic",
                          "random_bits": 3}}
    output = {"width": 10, "frac": -6, "rounding": "stochastic"}
    return array_of(rows, 2, dataflow=dataflow, pe=pe, output=output,
                    random={"sharing": sharing, "seed": 5})


def product(array: mesh.ArraySpec, shape: tuple[int, int, int], codes: str = "random",
            **options: Any) -> None:
    a, b = operands_of(array, shape, codes)
    expect_golden(array, a, b)
    expect_rtl(array, a, b, max_cycles=600, **options)


def serial(array: mesh.ArraySpec, shape: tuple[int, int, int], **options: Any) -> None:
    """Codes of all sizes; without stalls in the cycles of the schedule."""
    a, b = operands_of(array, shape)
    a = a >> np.random.default_rng(0).integers(0, 4, a.shape)
    b = b >> np.random.default_rng(1).integers(0, 4, (len(b), 1))
    run = expect_rtl(array, a, b, max_cycles=3000, **options)
    assert options or run.cycles[-1] + 1 == array.schedule_of(a, b).cycles


def reset(array: mesh.ArraySpec) -> None:
    for cycles in range(1, 10):
        async def interrupt(ctx: Any, bench: Bench, reset: Signal, cycles: int = cycles) -> None:
            for cycle in range(cycles):
                await bench.step(ctx, cycle)
            ctx.set(reset, 1)
            await ctx.tick()
            ctx.set(reset, 0)

        product(array, (4, 4, 4), before=interrupt)


def cycles(array: mesh.ArraySpec) -> None:
    expect_cycles(array, *operands_of(array, (3, 6, 4)))


def golden(array: mesh.ArraySpec, kind: str, depth: int = 18) -> None:
    expect_golden(array, *operands_of(array, (3, depth, 8), kind))


CASES: dict[str, Callable[[], Any]] = {
    "os": lambda: product(array_of(dataflow=OS), (4, 3, 4)),
    "os rounds": lambda: product(array_of(dataflow=OS, pe=ROUNDING, output={
        "width": 6, "frac": -5, "signed": False}), (6, 9, 4)),
    "os stalls": lambda: product(array_of(dataflow=OS, pe=ROUNDING), (4, 9, 4), stall=0.5),
    "os short tiles": lambda: product(array_of(3, 2, dataflow=OS), (9, 1, 4)),
    "os reset": lambda: reset(array_of(3, 3, dataflow=OS)),
    "os requantizes": lambda: product(array_of(dataflow=OS, output={"width": 8, "frac": -2}),
                                      (4, 3, 4)),
    "nearest up": lambda: product(array_of(dataflow=OS, pe=NEAREST_UP), (4, 7, 4)),
    "ws": lambda: product(array_of(dataflow=WS), (4, 5, 4)),
    "floor": lambda: product(array_of(dataflow=OS, pe=FLOOR), (4, 7, 4)),
    "os draws": lambda: product(draws(OS, "column"), (7, 5, 4)),
    "os draws stalls": lambda: product(draws(OS, "column"), (7, 5, 4), stall=0.4),
    "os own draws": lambda: product(draws(OS, "pe"), (7, 5, 4)),
    "os own draws stalls": lambda: product(draws(OS, "pe"), (7, 5, 4), stall=0.4),
    "os draws reset": lambda: reset(draws(OS, "column")),
    "ws draws": lambda: product(draws(WS, "column"), (5, 7, 4)),
    "ws draws stalls": lambda: product(draws(WS, "column"), (5, 7, 4), stall=0.4),
    "ws own draws stalls": lambda: product(draws(WS, "pe"), (5, 7, 4), stall=0.4),
    "ws draws reset": lambda: reset(draws({**WS, "bank_rows": 2}, "pe")),
    "os chunks": lambda: product(array_of(dataflow=OS, pe=CHUNKS), (4, 7, 4), "extremes"),
    "ws chunks": lambda: product(array_of(3, 2, dataflow=WS, pe=CHUNKS), (4, 8, 4), "extremes"),
    "golden draws": lambda: golden(draws(OS, "pe"), "random"),
    "golden ws draws": lambda: golden(draws({**WS, "bank_rows": 2}, "column", 2), "random"),
    "golden chunks": lambda: golden(array_of(dataflow=OS, pe=CHUNKS), "extremes", 17),
    "golden ws chunks": lambda: golden(array_of(3, 2, dataflow=WS, pe=CHUNKS), "extremes"),
    "ws saturates midway": lambda: product(array_of(8, 1, dataflow=WS, pe=NARROW), (200, 8, 2),
                                           "extremes"),
    # Four products of -8 * -8 are 256, one more than fits; their lowest sum, -224, fits.
    "ws saturates": lambda: product(array_of(4, 1, dataflow=WS, pe={"accumulator": {
        "width": 9, "overflow": "saturate"}, "a": {"width": 4}, "b": {"width": 4}}), (1, 4, 1),
        "lowest"),
    "ws stalls": lambda: product(array_of(3, 2, dataflow={**WS, "bank_rows": 3}), (7, 9, 4),
                                 stall=0.5),
    "ws single row": lambda: product(array_of(1, 2, dataflow={**WS, "bank_rows": 1}), (4, 5, 2)),
    "ws reset": lambda: reset(array_of(3, 3, dataflow=WS)),
    "ws cycles": lambda: cycles(array_of(3, 2, dataflow=WS)),
    "os cycles": lambda: cycles(array_of(3, 2, dataflow=OS, pe={"lanes": 2})),
    "os serial": lambda: serial(array_of(2, 2, dataflow=OS, pe=ACTIVATIONS), (4, 5, 4)),
    "os serial stalls": lambda: [serial(array_of(2, 2, dataflow=OS, pe=ACTIVATIONS), (4, 5, 4),
                                        stall=0.5, seed=seed) for seed in range(4)],
    "ws serial": lambda: serial(array_of(2, 2, dataflow={**WS, "bank_rows": 1}, pe=BOTH),
                                (3, 16, 4)),
    "ws serial activations": lambda: serial(array_of(
        2, 2, dataflow={**WS, "bank_rows": 1}, pe={**ACTIVATIONS, "lanes": 1}), (7, 16, 2)),
    "run ahead": lambda: serial(array_of(3, 2, dataflow={**WS, "bank_rows": 24}, pe=AHEAD),
                                (24, 6, 2)),
    "run ahead short": lambda: serial(array_of(3, 2, dataflow={**WS, "bank_rows": 2}, pe=AHEAD),
                                      (5, 18, 2)),
    "golden os": lambda: golden(array_of(dataflow=OS, pe=ROUNDING), "small"),
    "golden ws": lambda: golden(array_of(dataflow=WS, pe=ROUNDING), "extremes"),
}

ONE_STEP = "Mux(self.load, Cat(state[bits:], self.seed), Cat(state[1:], (low ^ high)[0]))"
MUTANTS = {
    "floor as towards zero": Mutant(
        "floor", Rounding, "rtl", "return value.shift_right(drop)",
        "return (value + Mux(value[-1], (1 << drop) - 1, 0)).shift_right(drop)"),
    "draw joined without carry": Mutant(
        "os draws", Rounding, "rtl", "(value.shift_right(unused) + draw)",
        "(value.shift_right(unused) | draw)"),
    "draw at the bottom of the dropped bits": Mutant(
        "os draws", Rounding, "rtl", "return (value.shift_right(unused) + draw).shift_right",
        "return (value + draw).shift_right(unused).shift_right"),
    "golden: draw at the bottom of the dropped bits": Mutant(
        "golden draws", Rounding, "golden", "left_shift(draw, drop - bits,",
        "left_shift(draw, 0,"),
    "register steps once a draw": Mutant(
        "os draws", DrawSourceUnit, "elaborate",
        "Cat(state[bits:], Mux(self.load, self.seed, low ^ high))", ONE_STEP),
    "draw used before its operands": Mutant(
        "os draws", OutputStationaryCellUnit, "_draw",
        'return {"draw": passing_draw(m, self)}',
        'return {"draw": (passing_draw(m, self), self.n_draw)[1]}'),
    "draw used after its operands": Mutant(
        "ws draws", WeightStationaryCellUnit, "_draw", """passing_draw(m, self)
        return {"draw": self.n_draw}""", 'return {"draw": passing_draw(m, self)}'),
    "own draws advanced by the clock": Mutant(
        "os own draws", random, "own_draw", "step=cell.en & step", "step=1"),
    "own draws advanced while the mesh holds": Mutant(
        "os own draws stalls", random, "own_draw", "step=cell.en & step", "step=step"),
    "own draws advanced by bubbles": Mutant(
        "ws own draws stalls", WeightStationaryMesh, "_draws", 'taps(m, en, step,',
        'taps(m, en, Const(1),'),
    "column's draws advanced by bubbles": Mutant(
        "os draws stalls", SourceCellUnit, "elaborate", "self, self.w_step)", "self, 1)"),
    "column's draws advanced while the mesh holds": Mutant(
        "os draws stalls", random, "own_draw", "cell.en & step", "step"),
    "column's draws a step early": Mutant(
        "ws draws", WeightStationaryMesh, "_draws", 'delayed(m, en, step, 1, "drawing")', "step"),
    "results' draws advanced by every cycle": Mutant(
        "os draws", results.RequantizerCellUnit, "elaborate", "self, self.w_send)",
        "self, 1)"),
    "bank's draws advanced by every cycle": Mutant(
        "ws draws", BankCellUnit, "elaborate", 'eastward(m, self, "send"))',
        '(eastward(m, self, "send"), 1)[1])'),
    "bank's draws advanced a cycle early": Mutant(
        "ws draws", BankCellUnit, "elaborate", 'eastward(m, self, "send"))',
        '(eastward(m, self, "send"), self.w_send)[1])'),
    "rows seeded alike": Mutant(
        "os own draws", Randomness, "chain", "grid.e_seed[:chained]",
        "self.steps.o.replicate(self._array.rows - 1)"),
    "results seeded like the steps": Mutant(
        "os draws", SeederUnit, "elaborate", "spec.second", "False"),
    "seeder a bit a cycle": Mutant(
        "os draws", SeederUnit, "elaborate", "_leap(state, spec.bits)", "_leap(state, 1)"),
    "seeding a cycle short": Mutant(
        "os draws", SeederUnit, "elaborate", "left.eq(load_cycles(spec.sources, spec.bits))",
        "left.eq(load_cycles(spec.sources, spec.bits) - 1)"),
    "operands not held back while seeding": Mutant(
        "os draws", ParallelFeed, "allow", " & ~self._busy", ""),
    "reset does not seed again in os": Mutant(
        "os draws reset", SeederUnit, "elaborate", "Signal(init=1)",
        "Signal(init=1, reset_less=True)"),
    "reset does not seed again in ws": Mutant(
        "ws draws reset", SeederUnit, "elaborate", "Signal(init=1)",
        "Signal(init=1, reset_less=True)"),
    "golden: sharing mixed up": Mutant(
        "golden draws", Draws, "steps", "= array.source_rows", "= 1"),
    "golden: chain the other way": Mutant("golden draws", lfsr, "keys", "[::-1]", ""),
    "golden: tiles draw alike": Mutant(
        "golden draws", OutputStationary, "_sources", "across, steps)", "across, 0)"),
    "golden: tiles of columns draw alike": Mutant(
        "golden ws draws", WeightStationary, "_drawn", "array.columns, beats)",
        "array.columns, 0)"),
    "golden: tiles of K draw before the bank's chunks": Mutant(
        "golden ws draws", WeightStationary, "_passes", "if array.pe.draw_bits", "if False"),
    "flush a step late": Mutant(
        "os chunks", OutputStationaryMesh, "_flushes", "chunk.steps - 1", "chunk.steps"),
    "chunk not flushed at last": Mutant(
        "os chunks", OutputStationaryMesh, "_flushes", "flush.eq(last | ", "flush.eq("),
    "chunk not cleared": Mutant(
        "os chunks", OutputStationaryCellUnit, "elaborate", "m.If(clears)", "m.If(ends)"),
    "outer sum not cleared": Mutant(
        "os chunks", OutputStationaryCellUnit, "_chunks", "Mux(complete, 0, total)", "total"),
    "outer sum saturates like the inner one": Mutant(
        "os chunks", Accumulator, "rtl_join", "_outer_overflow", "overflow"),
    "bank saturates like the inner sum": Mutant(
        "ws chunks", Accumulator, "rtl_join", "_outer_overflow", "overflow"),
    "golden: flush a step late": Mutant(
        "golden chunks", OutputStationary, "golden", "accumulator.chunk.steps if",
        "accumulator.chunk.steps + 1 if"),
    "golden: chunk not flushed at last": Mutant(
        "golden chunks", OutputStationary, "golden", "range(0, a.shape[1], depth)",
        "range(0, a.shape[1] - depth + 1, depth)"),
    "golden: outer sum saturates like the inner one": Mutant(
        "golden ws chunks", Accumulator, "golden_join", "_outer_overflow", "overflow"),
    "nearest even without the kept LSB": Mutant(
        "os rounds", Rounding, "rtl", " + (value >> drop)[0]", ""),
    "nearest up as half down": Mutant(
        "nearest up", Rounding, "rtl", "value + half", "value + (half - 1)"),
    "saturated to the wrong end": Mutant(
        "os rounds", Overflow, "rtl", "Mux(negative,", "Mux(~negative,"),
    "negative codes never inside": Mutant(
        "os rounds", Overflow, "rtl", "inside |= above.all()", "pass"),
    "saturated before rounding": Mutant(
        "os requantizes", Requantizer, "rtl", "rtl_round(value,",
        "rtl_round(self.overflow.rtl(value, self.format(0)),"),
    "accumulator wraps": Mutant(
        "os rounds", Accumulator, "rtl_add", "self.overflow.rtl", "Overflow.WRAP.rtl"),
    "product loses its sign": Mutant(
        "os", ExactMultiplierUnit, "elaborate", "self.a * self.b", "self.a.as_unsigned() * self.b"),
    "addend not rounded": Mutant(
        "os rounds", parallel.ParallelPEUnit, "_addend",
        "spec.accumulator.rtl_round(_tree(products), spec.operands.product_frac, draw)",
        "_tree(products) >> spec.accumulator.drop(spec.operands.product_frac)"),
    "pipeline not held": Mutant(
        "os stalls", delay, "later", "m.If(en)", "m.If(1)"),
    "odd lane lost": Mutant("os rounds", parallel, "_tree", " + terms[len(pairs) * 2 :]", ""),
    "slopes swapped": Mutant("os", skew.Triangle, "structure", '== "rising"', '!= "rising"'),
    "delay line not held": Mutant(
        "os stalls", skew.DelayUnit, "elaborate", "m.If(self.en)", "m.If(1)"),
    "flags not held on their way east": Mutant(
        "os stalls", skew, "eastward", "m.If(cell.en)", "m.If(1)"),
    "flags survive a reset in os": Mutant(
        "os reset", skew, "taps", "name=name", "name=name, reset_less=True"),
    "flags survive a reset in ws": Mutant(
        "ws reset", skew, "taps", "name=name", "name=name, reset_less=True"),
    "rows upside down": Mutant("os", OutputStationary, "grid", '"south"', '"north"'),
    "mesh not held": Mutant("os stalls", results.ResultStream, "__init__", "~self.valid | o.ready",
                            "1"),
    "foot not held": Mutant("os stalls", results.RequantizerCellUnit, "elaborate", "m.If(self.en)",
                            "m.If(1)"),
    "drain shifts once too few": Mutant(
        "os", OutputStationaryMesh, "_drain", "left[0], left >> 1", "left[0], left >> 2"),
    "drain ignores the pipeline": Mutant(
        "os rounds", OutputStationaryMesh, "_drain", "2 + self.array.finish_cycles", "2"),
    "drain not kept free": Mutant(
        "os short tiles", OutputStationaryMesh, "_accept", "~cooldown.any()", "1"),
    "last step always waits": Mutant(
        "os cycles", OutputStationaryMesh, "_accept", "cooldown.eq(rows - 1)",
        "cooldown.eq(rows)"),
    "beat of a alone accepted": Mutant(
        "os stalls", feed, "_join", "if others else ready", "if not others else ready"),
    "wrong last row": Mutant(
        "os", OutputStationaryMesh, "_last_row", "rows - 1\n", "rows - 2\n"),
    "sum not cleared": Mutant(
        "os", OutputStationaryCellUnit, "elaborate", "m.d.sync += acc.eq(0)", "pass"),
    "bubbles added": Mutant(
        "os stalls", OutputStationaryCellUnit, "elaborate", "m.If(adds)", "m.If(1)"),
    "start ignored": Mutant("ws", BankCellUnit, "elaborate", "Mux(start,", "Mux(0,"),
    "bank written by bubbles": Mutant(
        "ws stalls", BankCellUnit, "elaborate", "self.en & step", "self.en"),
    "bank reads what is being written": Mutant(
        "ws single row", BankCellUnit, "elaborate", "(write,) if", "() if"),
    "bank of unequal steps reads what is being written": Mutant(
        "ws serial activations", BankCellUnit, "elaborate", " or pe.flags", ""),
    "sign plane added": Mutant(
        "os serial", SerialPEUnit, "_negate", 'flags.get("negate")', "None"),
    "sum of a step kept for the next": Mutant(
        "os serial", SerialPEUnit, "_step_sum", "kept.eq(0)", "kept.eq(total)"),
    "planes added while none come": Mutant(
        "os serial stalls", SerialPEUnit, "_step_sum", 'm.Elif(flags["run"])', "m.Else()"),
    "every pair of planes doubles": Mutant(
        "ws serial", SerialPEUnit, "_step_sum", 'if "double" in flags else kept << 1',
        "if 0 else kept << 1"),
    "serial pipeline not held": Mutant(
        "os serial stalls", delay, "later", "m.If(en)", "m.If(1)"),
    "significance ends a pair early": Mutant(
        "ws serial", PlaneSequencerUnit, "_following", "(self.a == 0)", "(self.a == 1)"),
    "planes go on without the mesh": Mutant(
        "os serial stalls", PlaneSequencerUnit, "elaborate", "self.en & self.go", "self.go"),
    "beat let go a plane early": Mutant(
        "os serial", SerialFeed, "allow", "(self.go & self.last)", "self.go"),
    "planes found of the beat to come": Mutant(
        "os serial", SerialFeed, "_drive_bits",
        'bits.eq(self._kept(found.precision, f"found_{side}"))', "bits.eq(found.precision)"),
    "planes of the weights to come": Mutant(
        "ws serial", WeightStationaryMesh, "_weight_bits", "Mux(begins, waiting, current)",
        "waiting"),
    "planes of a tile's last weights alone": Mutant(
        "ws serial", WeightStationaryMesh, "_loaded_bits", "found.mask | so_far", "found.mask"),
    "step before the sum from above": Mutant(
        "run ahead", RowFeedUnit, "elaborate", "self.summed & self.space", "self.space"),
    "sum in the way of the row below": Mutant(
        "run ahead", RowFeedUnit, "elaborate", "self.summed & self.space", "self.summed"),
    "newest sum for the oldest": Mutant(
        "run ahead", RunAheadCellUnit, "_waiting", "chosen = kept[-1]",
        "place_of, chosen = Const(0), kept[-1]"),
    "weights overwritten before a row's swap": Mutant(
        "run ahead short", RunAheadMesh, "_weights", "~(reaches & loaded).any() & ~busy", "~busy"),
    "queue of a row overrun": Mutant(
        "run ahead", RunAheadMesh, "_rows", "Cat(row.room for row in rows).all()", "rows[0].room"),
    "bank row not rewound": Mutant(
        "ws", WeightStationaryMesh, "_bank_inputs", 'Mux(flags["last"], 0, row + 1)', "row + 1"),
    "bank flags late": Mutant(
        "ws", WeightStationaryMesh, "_bank_inputs", ", ahead, ",
        ", ahead + 1, "),
    "finish ignored": Mutant(
        "ws", WeightStationaryMesh, "_send", "step & beat.finish", "step"),
    "result flag late": Mutant(
        "ws", WeightStationaryMesh, "_send", 'wave_cycles - 1, "valid',
        'wave_cycles, "valid'),
    "weights swapped by every row": Mutant(
        "ws", WeightStationaryMesh, "_accept", "operands.go & begins", "step"),
    "tile before its weights": Mutant(
        "ws stalls", WeightStationaryMesh, "_accept", "~begins | full", "Const(1)"),
    "preload not overlapped": Mutant(
        "ws cycles", WeightStationaryMesh, "_accept", "(~full | swap)", "~full"),
    "weights not held": Mutant(
        "ws stalls", WeightStationaryCellUnit, "elaborate", "m.If(self.w_load)", "m.If(1)"),
    "partial sums too narrow": Mutant(
        "ws saturates", DotProductPE, "after", "bound * steps", "bound * max(1, steps - 2)"),
    "partial sums lose their sign": Mutant(
        "ws", Grid, "_received", "in sender.cells[-1].signed", "in ()"),
    "narrowed although sums overflow": Mutant(
        "ws saturates midway", DotProductPE, "after", "high > self.format.maximum",
        "high < 0"),
    "golden: nearest even without the kept LSB": Mutant(
        "golden os", Rounding, "golden", " + ((codes >> drop) & 1)", ""),
    "golden: nothing saturates on the way": Mutant(
        "golden ws", RunningSums, "_step_by_step", "if self.saturates", "if False"),
    "golden: floor for all roundings": Mutant(
        "golden os", RunningSums, "_step_by_step",
        "accumulator.rounding.golden(addend, drop, draw, bits, out=addend)", "addend >> 3"),
    "golden: bank does not saturate": Mutant(
        "golden ws", WeightStationary, "golden", "pe.accumulator.golden_join(bank[rows], acc)",
        "bank[rows] + acc"),
    "golden: one tile": Mutant(
        "golden ws", WeightStationary, "golden", "slice(tile * depth, (tile + 1) * depth)",
        "slice(0, depth)"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case_passes(case: Callable[[], None]) -> None:
    case()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_mutant_is_found(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    plant(monkeypatch, mutant)
    with pytest.raises(AssertionError):
        CASES[mutant.case]()
