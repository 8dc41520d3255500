"""Drivers and checks for any array of hwgen, built from its manifest.

One coroutine advances all streams, because waking Python is what a cocotb cycle costs.  Values are
sampled at the rising edge, before the registers change, and driven right after it.
"""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotb.types import LogicArray, Range

from hwgen.array.stream import int_to_words, words_to_int
from hwgen.flow.design import Design


@dataclass
class Stall:
    """How often each stream pauses: chance in a cycle, by stream name; others never pause."""

    chances: dict[str, float]
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __call__(self, stream: str) -> bool:
        chance = self.chances.get(stream, 0.0)
        return chance > 0 and self._random.random() < chance


@dataclass
class Observed:
    """Result beats of a run: fields by name, and the cycle of each beat from the first accept."""

    fields: dict[str, np.ndarray]
    cycles: np.ndarray


class Bench:
    """Clock, reset and all streams of one array.

    Parameters
    ----------
    dut : the cocotb handle of the top module.

    The design is the generated folder named by ``HWGEN_DESIGN``.
    """

    def __init__(self, dut: Any):
        self.design = Design(Path(os.environ["HWGEN_DESIGN"]))
        self.array = self.design.spec
        manifest = self.design.manifest
        self._clock, self._reset = (getattr(dut, manifest[name]) for name in ("clock", "reset"))
        self._ports = {
            name: tuple(getattr(dut, entry[role]) for role in ("valid", "ready", "payload"))
            for name, entry in manifest["streams"].items()
        }
        self._seed = getattr(dut, self.design.seed["port"]) if self.design.seed else None
        self._error = getattr(dut, self.design.error) if self.design.error else None
        self._inputs = [name for name in self._ports if name != "o"]

    async def start(self, seed: int | None = None) -> None:
        """Start the clock and reset the array."""
        Clock(self._clock, 10, "ns", impl="gpi").start()
        await self.reset(seed)

    async def reset(self, seed: int | None = None) -> None:
        """Two cycles of reset, with all streams quiet.

        Parameters
        ----------
        seed : of stochastic rounding, from then on; the spec's when left out.
        """
        if self._seed is not None:
            self._seed.value = self.array.random.seed if seed is None else seed
        self._reset.value = 1
        for name in self._inputs:
            self._ports[name][0].value = 0
        self._ports["o"][1].value = 0
        await RisingEdge(self._clock)
        await RisingEdge(self._clock)
        self._reset.value = 0

    async def error_raised(self) -> None:
        """Wait until the array says that a precision was out of range."""
        await RisingEdge(self._error)

    @property
    def offers_result(self) -> bool:
        """Whether a result beat waits."""
        return bool(self._ports["o"][0].value)

    async def result_offered(self) -> None:
        """Wait until the array offers a result beat."""
        await RisingEdge(self._ports["o"][0])

    async def run(self, beats: dict[str, dict[str, np.ndarray]], *, stall: Stall | None = None,
                  results: int | None = None, max_cycles: int | None = None) -> Observed:
        """Send the operand ``beats`` and take ``results`` result beats, by default all of them.

        Raises
        ------
        TimeoutError
            If the results do not come within ``max_cycles``.
        """
        wanted = len(beats["o"]["last"]) if results is None else results
        if max_cycles is None:
            sent = sum(len(stream["codes"]) for stream in beats.values())
            max_cycles = 2000 + 30 * sent * self.array.pe.most_step_cycles
            max_cycles += self.array.seeding_cycles
        sources = [Source(name, *self._ports[name], self._words(name, beats[name]))
                   for name in self._inputs]
        o_valid, o_ready, o_payload = self._ports["o"]
        taken: list[tuple[int, LogicArray]] = []
        first, was_ready = None, None
        edge = RisingEdge(self._clock)
        for cycle in range(max_cycles):
            for source in sources:
                source.offer(stall is not None and stall(source.name))
            ready = stall is None or not stall("o")
            if ready != was_ready:
                o_ready.value = was_ready = ready
            await edge
            accepted = [source.accepted() for source in sources]
            if first is None and any(accepted):
                first = cycle
            if ready and o_valid.value:
                taken.append((cycle, o_payload.value))
                if len(taken) == wanted:
                    return self._observed(taken, first or 0)
        raise TimeoutError(f"{len(taken)} of {wanted} result beats after {max_cycles} cycles")

    def _words(self, name: str, fields: dict[str, np.ndarray]) -> list[LogicArray]:
        layout = self.design.streams[name]
        shape = Range(layout.bits - 1, "downto", 0)
        return [LogicArray(words_to_int(beat), shape) for beat in layout.pack(fields)]

    def _observed(self, taken: list[tuple[int, LogicArray]], first: int) -> Observed:
        layout = self.design.streams["o"]
        words = np.stack([int_to_words(beat.to_unsigned(), layout) for _, beat in taken])
        return Observed(layout.unpack(words), np.array([cycle for cycle, _ in taken]) - first)


class Source:
    """Offers beats one after the other on a stream; a beat stays until it is accepted."""

    def __init__(self, name: str, valid: Any, ready: Any, payload: Any, beats: list[LogicArray]):
        self.name = name
        self._valid, self._ready, self._payload = valid, ready, payload
        self._beats = iter(beats)
        self._next = next(self._beats, None)
        self._offered = False
        self._driven: bool | None = None

    def offer(self, pause: bool) -> None:
        """Drive the stream for the cycle to come."""
        if not self._offered and self._next is not None and not pause:
            self._payload.value = self._next
            self._offered = True
        if self._offered != self._driven:
            self._valid.value = self._driven = self._offered

    def accepted(self) -> bool:
        """Whether the array took the beat at this rising edge."""
        if not (self._offered and self._ready.value):
            return False
        self._next = next(self._beats, None)
        self._offered = False
        return True
