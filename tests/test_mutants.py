"""The comparisons can fail: each planted bug is found by the case named with it."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from amaranth import Signal

from hwgen.arith.accumulator import Accumulator, Requantizer
from hwgen.arith.exact import ExactMultiplierUnit
from hwgen.array import mesh, output_stationary, results, skew, weight_stationary
from hwgen.array.bank import BankCellUnit
from hwgen.array.grid import Grid
from hwgen.array.output_stationary import (
    OutputStationary,
    OutputStationaryCellUnit,
    OutputStationaryMesh,
)
from hwgen.array.weight_stationary import (
    WeightStationary,
    WeightStationaryCellUnit,
    WeightStationaryMesh,
)
from hwgen.number import Overflow, Rounding
from hwgen.pe import parallel
from hwgen.pe.running_sums import RunningSums
from tests.array.products import (
    OS,
    WS,
    array_of,
    expect_cycles,
    expect_golden,
    expect_rtl,
    operands_of,
)
from tests.streams import Bench

ROUNDING = {"lanes": 3, "pipeline": 1, "a": {"width": 6}, "b": {"width": 6},
            "accumulator": {"width": 9, "frac": -3, "rounding": "nearest_even",
                            "overflow": "saturate"}}
NEAREST_UP = {"accumulator": {"frac": -3, "rounding": "nearest_up"}}


def product(array: mesh.ArraySpec, shape: tuple[int, int, int], codes: str = "random",
            **options: Any) -> None:
    expect_rtl(array, *operands_of(array, shape, codes), max_cycles=600, **options)


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


def golden(array: mesh.ArraySpec, kind: str) -> None:
    expect_golden(array, *operands_of(array, (3, 18, 3), kind))


CASES: dict[str, Callable[[], None]] = {
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
    "golden os": lambda: golden(array_of(dataflow=OS, pe=ROUNDING), "small"),
    "golden ws": lambda: golden(array_of(dataflow=WS, pe=ROUNDING), "extremes"),
}


class Mutant(NamedTuple):
    """In the source of ``owner.name`` all ``old`` becomes ``new``, and ``case`` shows it."""

    case: str
    owner: Any
    name: str
    old: str
    new: str


MUTANTS = {
    "nearest even without the kept LSB": Mutant(
        "os rounds", Rounding, "rtl", " + (value >> drop)[0]", ""),
    "nearest up as half down": Mutant(
        "nearest up", Rounding, "rtl", "value + half", "value + (half - 1)"),
    "saturated to the wrong end": Mutant(
        "os rounds", Overflow, "rtl", "Mux(negative,", "Mux(~negative,"),
    "negative codes never inside": Mutant(
        "os rounds", Overflow, "rtl", "inside |= above.all()", "pass"),
    "saturated before rounding": Mutant(
        "os requantizes", Requantizer, "rtl", "rtl(value, self",
        "rtl(self.overflow.rtl(value, self.format(0)), self"),
    "accumulator wraps": Mutant(
        "os rounds", Accumulator, "rtl_add", "self.overflow.rtl", "Overflow.WRAP.rtl"),
    "product loses its sign": Mutant(
        "os", ExactMultiplierUnit, "elaborate", "self.a * self.b", "self.a.as_unsigned() * self.b"),
    "addend not rounded": Mutant(
        "os rounds", parallel.ParallelPEUnit, "elaborate",
        "spec.accumulator.rounding.rtl(total, drop)", "total >> drop"),
    "pipeline not held": Mutant(
        "os stalls", parallel.ParallelPEUnit, "elaborate", "m.If(self.en)", "m.If(1)"),
    "odd lane lost": Mutant("os rounds", parallel, "_tree", " + terms[len(pairs) * 2 :]", ""),
    "slopes swapped": Mutant("os", skew.Triangle, "structure", '== "rising"', '!= "rising"'),
    "delay line not held": Mutant(
        "os stalls", skew.DelayUnit, "elaborate", "m.If(self.en)", "m.If(1)"),
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
        "os rounds", OutputStationaryMesh, "_drain", "2 + self.array.pe.latency", "2"),
    "drain not kept free": Mutant(
        "os short tiles", OutputStationaryMesh, "_accept", "~cooldown.any()", "1"),
    "last step always waits": Mutant(
        "os cycles", OutputStationaryMesh, "_accept", "cooldown.eq(rows - 1)",
        "cooldown.eq(rows)"),
    "beat of a alone accepted": Mutant(
        "os stalls", OutputStationaryMesh, "_accept", "en & self.b.valid & free", "en & free"),
    "wrong last row": Mutant(
        "os", OutputStationaryMesh, "_last_row", "rows - 1\n", "rows - 2\n"),
    "sum not cleared": Mutant(
        "os", OutputStationaryCellUnit, "elaborate", "acc.eq(0), ", ""),
    "bubbles added": Mutant(
        "os stalls", OutputStationaryCellUnit, "elaborate", "m.If(adds)", "m.If(1)"),
    "start ignored": Mutant("ws", BankCellUnit, "elaborate", "Mux(start,", "Mux(0,"),
    "bank written by bubbles": Mutant(
        "ws stalls", BankCellUnit, "elaborate", "self.en & step", "self.en"),
    "bank reads what is being written": Mutant(
        "ws single row", BankCellUnit, "elaborate", "(write,) if", "() if"),
    "bank row not rewound": Mutant(
        "ws", WeightStationaryMesh, "_banked", 'Mux(flags["last"], 0, row + 1)', "row + 1"),
    "bank flags late": Mutant(
        "ws", WeightStationaryMesh, "_banked", "array.rows + array.pe.latency",
        "array.rows + array.pe.latency + 1"),
    "finish ignored": Mutant(
        "ws", WeightStationaryMesh, "elaborate", "step & self.a.payload.finish", "step"),
    "result flag late": Mutant(
        "ws", WeightStationaryMesh, "elaborate", 'array.latency - 1, "valid',
        'array.latency, "valid'),
    "weights swapped by every row": Mutant(
        "ws", WeightStationaryMesh, "_accept", "step & first", "step"),
    "tile before its weights": Mutant(
        "ws stalls", WeightStationaryMesh, "_accept", "(~first | full)", "(first | ~first)"),
    "preload not overlapped": Mutant(
        "ws cycles", WeightStationaryMesh, "_accept", "(~full | swap)", "~full"),
    "weights not held": Mutant(
        "ws stalls", WeightStationaryCellUnit, "elaborate", "m.If(self.w_load)", "m.If(1)"),
    "partial sums too narrow": Mutant(
        "ws saturates", parallel.ParallelPE, "after", "bound * steps", "bound * max(1, steps - 2)"),
    "partial sums lose their sign": Mutant(
        "ws", Grid, "_received", "in sender.cells[-1].signed", "in ()"),
    "narrowed although sums overflow": Mutant(
        "ws saturates", parallel.ParallelPE, "after", "high > self.format.maximum", "high < 0"),
    "golden: nearest even without the kept LSB": Mutant(
        "golden os", Rounding, "golden", " + ((codes >> drop) & 1)", ""),
    "golden: nothing saturates on the way": Mutant(
        "golden ws", RunningSums, "_step_by_step", "if self.saturates", "if False"),
    "golden: floor for all roundings": Mutant(
        "golden os", RunningSums, "_step_by_step",
        "accumulator.golden_round(addend, frac, draw, out=addend)", "addend >> 3"),
    "golden: bank does not saturate": Mutant(
        "golden ws", WeightStationary, "golden", "pe.accumulator.golden_join(bank[rows], acc)",
        "bank[rows] + acc"),
    "golden: one tile": Mutant(
        "golden ws", WeightStationary, "golden", "slice(tile * depth, (tile + 1) * depth)",
        "slice(0, depth)"),
}


def plant(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    """Replace the function by its changed source."""
    function = getattr(mutant.owner, mutant.name)
    source = textwrap.dedent(inspect.getsource(function))
    assert mutant.old in source, "the source has moved on: plant this bug anew"
    made: dict[str, Any] = {}
    exec(source.replace(mutant.old, mutant.new), function.__globals__, made)
    for owner in (mutant.owner, skew, output_stationary, weight_stationary):
        if mutant.name in vars(owner):
            monkeypatch.setattr(owner, mutant.name, made[mutant.name])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case_passes(case: Callable[[], None]) -> None:
    case()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_mutant_is_found(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    plant(monkeypatch, mutant)
    with pytest.raises(AssertionError):
        CASES[mutant.case]()
