"""Drives a unit with one stream in and one out, cycle by cycle, with random pauses."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from amaranth import ResetInserter, Signal
from amaranth.hdl import Value

from hwgen.accel.group_format import GroupFormat
from hwgen.number import Codes
from tests.combinational import packed
from tests.streams import simulate

Beats = Sequence[dict[str, int]]


class Streamed(NamedTuple):
    """The beats that came out and the cycle of each; cycle 0 is that of the first beat accepted."""

    beats: list[dict[str, int]]
    cycles: list[int]


def stream_through(unit: Any, beats: Beats, results: int, *, stall: float = 0.0, seed: int = 0,
                   max_cycles: int = 3000, reset_at: int = -1) -> Streamed:
    """Send all ``beats``; ``results`` beats that come out, or too many.

    Parameters
    ----------
    stall : chance that each stream pauses in a cycle.
    reset_at : cycle of a reset, after which everything is sent once more.

    Raises
    ------
    AssertionError
        If there are fewer after ``max_cycles``, or a beat on offer changes.
    """
    dut, reset = unit.create(), Signal()
    out: list[dict[str, int]] = []
    cycles: list[int] = []
    accepted: list[int] = []

    async def testbench(ctx: Any) -> None:
        rng = np.random.default_rng(seed)
        waiting, end = None, max_cycles
        for cycle in range(max_cycles):
            starts = cycle == reset_at
            if starts:
                for gone in (out, cycles, accepted):
                    gone.clear()
                waiting = None
            ctx.set(reset, starts)
            offered = len(accepted) < len(beats) and not starts and bool(
                waiting == "i" or rng.random() >= stall)
            ctx.set(dut.i.valid, offered)
            fill(ctx, dut.i.payload, beats[len(accepted)] if offered else None, rng)
            ready = bool(rng.random() >= stall)
            ctx.set(dut.o.ready, ready)
            waiting = "i" if offered and not ctx.get(dut.i.ready) else None
            if offered and not waiting:
                accepted.append(cycle)
            if ctx.get(dut.o.valid) and not starts:
                beat = {name: ctx.get(Value.cast(dut.o.payload[name]))
                        for name in dut.o.payload.shape().members}
                if ready:
                    out.append(beat)
                    cycles.append(cycle)
            await ctx.tick()
            if len(out) == results and end == max_cycles:
                end = cycle + 20  # one too many would show by then
            if cycle == end:
                return
        raise AssertionError(f"{len(out)} of {results} beats after {max_cycles} cycles")

    simulate(ResetInserter(reset)(dut), testbench)
    return Streamed(out, [cycle - accepted[0] for cycle in cycles])


def fill(ctx: Any, payload: Any, beat: dict[str, int] | None, rng: np.random.Generator) -> None:
    """Put a beat on a stream; noise where there is none, for that must not matter."""
    for name in payload.shape().members:
        field = Value.cast(payload[name])
        noise = int.from_bytes(rng.bytes(len(field) // 8 + 1), "little") % (1 << len(field))
        ctx.set(field, noise if beat is None else beat[name])


def group_beats(spec: GroupFormat, codes: Codes) -> list[dict[str, int]]:
    """A tensor as the packer takes it."""
    groups = spec.grouped(codes).tolist()
    return [{"codes": packed(group, spec.width), "last": int(index == len(groups) - 1)}
            for index, group in enumerate(groups)]


def word_beats(words: Sequence[int]) -> list[dict[str, int]]:
    """A tensor's bus words as the unpacker takes them."""
    return [{"word": word, "last": int(index == len(words) - 1)}
            for index, word in enumerate(words)]


def decoded_beats(spec: GroupFormat, words: list[int]) -> list[dict[str, int]]:
    """What the golden says that comes out of the unpacker; no codes where there is an error."""
    decoded = spec.decode(words)
    last = len(decoded.errors) - 1
    return [{"codes": -1 if error else packed(group, spec.width), "last": int(index == last),
             "error": int(error)}
            for index, (group, error) in enumerate(zip(decoded.codes.tolist(),
                                                       decoded.errors.tolist(), strict=True))]


def without_faulty_codes(beats: Beats) -> list[dict[str, int]]:
    """What came out of the unpacker; the codes of a group with an error mean nothing."""
    return [{**beat, "codes": -1} if beat["error"] else beat for beat in beats]
