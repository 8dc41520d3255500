"""Runs an array in Amaranth's simulator: drives its streams beat by beat, with random pauses.

Nothing is compared here; the tests do that.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from amaranth import ResetInserter, Signal
from amaranth.sim import Simulator

from hwgen.array.mesh import ArraySpec
from hwgen.array.stream import int_to_words, words_to_int
from hwgen.number import Codes

Before = Callable[[Any, "Bench", Signal], Awaitable[None]]
"""A process that runs first: the simulator's context, a bench of its own, and the reset."""


class Run(NamedTuple):
    """What came out of stream ``o``: codes ``(beats, C)``, ``last`` flags and the cycle of each.

    Cycle 0 is the first one in which an operand beat was accepted.
    """

    codes: Codes
    last: Codes
    cycles: Codes


class Bench:
    """Drives and watches all streams of one array, cycle by cycle."""

    def __init__(self, dut: Any, words: dict[str, list[int]], stall: dict[str, float], seed: int):
        self.dut, self.words, self.stall = dut, words, stall
        self.rng = np.random.default_rng(seed)
        self.sent = dict.fromkeys(words, 0)
        self.offered = dict.fromkeys(words, False)
        self.accepted: list[int] = []
        self.taken: list[int] = []
        self.cycles: list[int] = []

    def drive(self, ctx: Any) -> None:
        """Offer the next beats; a beat once offered stays until it is accepted."""
        for name, todo in self.words.items():
            more = self.sent[name] < len(todo)
            goes = self.offered[name] or self.rng.random() >= self.stall[name]
            self.offered[name] = more and goes
            port = getattr(self.dut, name)
            ctx.set(port.valid, self.offered[name])
            # What stands on an idle stream must not matter.
            beat = todo[self.sent[name]] if self.offered[name] else self._noise(port)
            ctx.set(port.payload.as_value(), beat)
        ctx.set(self.dut.o.ready, self.rng.random() >= self.stall["o"])

    def _noise(self, port: Any) -> int:
        bits = len(port.payload.as_value())
        return int.from_bytes(self.rng.bytes(bits // 8 + 1), "little") & ((1 << bits) - 1)

    def watch(self, ctx: Any, cycle: int) -> None:
        """Note the beats that move in this cycle."""
        for name in self.words:
            port = getattr(self.dut, name)
            if ctx.get(port.valid) and ctx.get(port.ready):
                self.sent[name] += 1
                self.offered[name] = False
                self.accepted.append(cycle)
        o = self.dut.o
        if ctx.get(o.valid) and ctx.get(o.ready):
            self.taken.append(ctx.get(o.payload.as_value()))
            self.cycles.append(cycle)

    async def step(self, ctx: Any, cycle: int) -> None:
        """One cycle of the clock."""
        self.drive(ctx)
        clock = ctx.tick()
        self.watch(ctx, cycle)
        await clock

    async def run(self, ctx: Any, results: int, max_cycles: int, after: int) -> None:
        """Until ``results`` beats came, and ``after`` cycles more to catch one too many."""
        end = max_cycles
        for cycle in range(max_cycles):
            await self.step(ctx, cycle)
            if len(self.taken) == results and end == max_cycles:
                end = cycle + after
            if cycle == end:
                return
        raise AssertionError(f"{len(self.taken)} of {results} result beats"
                             f" after {max_cycles} cycles")


def simulate_streams(array: ArraySpec, beats: Mapping[str, Any], results: int, *,
                     stall: float | Mapping[str, float] = 0.0, seed: int = 0,
                     max_cycles: int = 20000, before: Before | None = None) -> Run:
    """Send the operand ``beats`` and return the result beats: ``results`` of them, or too many.

    Parameters
    ----------
    stall : chance that a stream pauses in a cycle, one for all or by stream name.
    before : runs first (a reset test).

    Raises
    ------
    AssertionError
        If there are fewer than ``results`` beats after ``max_cycles``.
    """
    dut, words = array.create(), packed(array, beats)
    chances = {name: stall.get(name, 0.0) if isinstance(stall, Mapping) else stall
               for name in ("a", "b", "o")}
    bench, reset = Bench(dut, words, chances, seed), Signal()

    async def testbench(ctx: Any) -> None:
        if array.draws:
            ctx.set(dut.seed, array.random.seed)
        if before is not None:
            await before(ctx, Bench(dut, words, chances, seed + 1), reset)
        await bench.run(ctx, results, max_cycles, after=array.latency + array.rows)

    simulate(ResetInserter(reset)(dut), testbench)
    layout = array.streams["o"]
    values = layout.unpack(np.stack([int_to_words(beat, layout) for beat in bench.taken]))
    return Run(values["codes"], values["last"][:, 0], np.array(bench.cycles) - bench.accepted[0])


def packed(array: ArraySpec, beats: Mapping[str, Any]) -> dict[str, list[int]]:
    """The operand beats by stream, each as one integer."""
    return {name: [words_to_int(row) for row in array.streams[name].pack(beats[name])]
            for name in ("a", "b")}


def simulate(dut: Any, testbench: Callable[[Any], Awaitable[None]]) -> None:
    """Run ``testbench`` on ``dut``; clocked where it has registers."""
    sim = Simulator(dut)
    sim.add_clock(1e-6, if_exists=True)
    sim.add_testbench(testbench)
    sim.run()


def simulate_product(array: ArraySpec, a: Codes, b: Codes, **options: Any) -> tuple[Codes, int]:
    """The product that the RTL computes, and its cycles as the schedule counts them."""
    beats = array.beats(a, b)
    run = simulate_streams(array, beats, len(beats["o"]["codes"]), **options)
    return array.collect(run.codes, a.shape[0], b.shape[1]), int(run.cycles[-1]) + 1
