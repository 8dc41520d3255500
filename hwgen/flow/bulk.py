"""Bulk simulator: the Verilated array as a shared library, driven from NumPy without VPI."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hwgen.array.stream import Words
from hwgen.flow.design import Design
from hwgen.flow.templates import render
from hwgen.flow.verilator import Model, build_model, build_models
from hwgen.number import Codes

_I64 = ctypes.c_int64
_WORDS = ctypes.POINTER(ctypes.c_uint32)


class _Source(ctypes.Structure):
    _fields_ = [("words", _WORDS), ("words_per_beat", _I64), ("beats", _I64), ("sent", _I64),
                ("offered", ctypes.c_bool)]


class _Sink(ctypes.Structure):
    _fields_ = [("words", _WORDS), ("words_per_beat", _I64), ("beats", _I64), ("taken", _I64),
                ("cycles", ctypes.POINTER(_I64))]


@dataclass(frozen=True)
class BulkRun:
    """What came out of a run.

    Members
    -------
    fields : result fields by name, ``(beats, count) int64``.
    cycles : cycle of each result beat, ``(beats,) int64``; cycle 0 accepts the first operand beat.
    simulated_cycles : clock cycles that the run took.
    """

    fields: dict[str, Codes]
    cycles: Codes
    simulated_cycles: int


@dataclass(frozen=True)
class BulkSimulator:
    """Runs long workloads on the emitted Verilog of a design.

    Parameters
    ----------
    compiled : what :func:`simulators` compiled it into, with others; one of its own if None.
    """

    design: Design
    compiled: Path | None = None

    @cached_property
    def _run(self):
        path = self.compiled or build_model(
            "bulk.so", self.design.verilog.read_text(encoding="utf-8"), self.design.top,
            wrapper=wrapper(self.design, "Vtop"), shared=True, repeated=self.design.repeated)
        function = ctypes.CDLL(str(path))[f"run_{self.design.top}"]
        function.restype = _I64
        function.argtypes = [ctypes.POINTER(_Source), ctypes.POINTER(_Sink), ctypes.c_double,
                             ctypes.c_uint64, ctypes.c_uint32, _I64, _I64, ctypes.POINTER(_I64)]
        return function

    def build(self) -> None:
        """Compile the model now; otherwise the first run does."""
        _ = self._run

    def run(self, beats: dict[str, dict[str, Codes]], results: int, *, stall: float = 0.0,
            stall_seed: int = 1, random_seed: int | None = None, reset_at: int = -1,
            max_cycles: int | None = None) -> BulkRun:
        """Send all operand ``beats`` and take ``results`` result beats.

        Parameters
        ----------
        beats : stream, field, codes, as :meth:`ArraySpec.beats` gives them.
        stall : chance that a stream pauses in a cycle, each stream on its own.
        stall_seed : of the pauses.
        random_seed : of stochastic rounding, on the port ``seed``; the spec's when left out.
        reset_at : cycle in which the array is reset once and every stream starts again.

        Raises
        ------
        InputError
            If ``random_seed`` lies outside its range.
        TimeoutError
            If the results do not come within ``max_cycles``.
        """
        layouts = self.design.streams
        words = {name: layouts[name].pack(beats[name]) for name in layouts if name != "o"}
        if max_cycles is None:
            stalls = 1 / (1 - stall) ** 3
            spec, sent = self.design.spec, sum(map(len, words.values()))
            max_cycles = int(stalls * 8 * (sent * spec.pe.most_step_cycles + results + 1000))
            max_cycles += 2 * spec.seeding_cycles
        taken = np.zeros((results, layouts["o"].words), np.uint32)
        cycles = np.zeros(results, np.int64)
        sources = (_Source * len(words))(*(
            _Source(_pointer(packed), packed.shape[1], len(packed), 0, False)
            for packed in words.values()))
        sink = _Sink(_pointer(taken), taken.shape[1], results, 0,
                     cycles.ctypes.data_as(ctypes.POINTER(_I64)))
        first = _I64()
        simulated = self._run(sources, ctypes.byref(sink), stall, stall_seed,
                              self.design.spec.random.chosen(random_seed), reset_at, max_cycles,
                              ctypes.byref(first))
        if sink.taken < results:
            raise TimeoutError(f"{sink.taken} of {results} result beats after {simulated} cycles")
        return BulkRun(layouts["o"].unpack(taken), cycles - first.value, simulated)

    def idle(self, cycles: int) -> None:
        """Clock the array for so many cycles after a reset without any operand."""
        sources = (_Source * (len(self.design.streams) - 1))()
        never = _Sink(beats=1)
        self._run(sources, ctypes.byref(never), 0.0, 1, self.design.spec.random.seed, -1, cycles,
                  ctypes.byref(_I64()))

    def product(self, a: Codes, b: Codes, *, stall: float = 0.0, stall_seed: int = 1,
                random_seed: int | None = None) -> Codes:
        """The ``(M, K) x (K, N)`` product that the Verilog computes, just after a reset."""
        beats = self.design.spec.beats(a, b, random_seed)
        run = self.run(beats, len(beats["o"]["last"]), stall=stall, stall_seed=stall_seed,
                       random_seed=random_seed)
        return self.design.spec.collect(run.fields["codes"], a.shape[0], b.shape[1])


def simulators(designs: Sequence[Design]) -> list[BulkSimulator]:
    """Simulators of many small arrays of different names, compiled as one library.

    A tenth of the time to build, because the compiler does not optimise, and five times that to
    run: for campaigns over many arrays.
    """
    models = [Model(design.top, design.verilog.read_text(encoding="utf-8"),
                    wrapper(design, f"V{design.top}"), tuple(design.repeated))
              for design in designs]
    compiled = build_models("bulk.so", models)
    return [BulkSimulator(design, compiled) for design in designs]


def wrapper(design: Design, model: str, probes: int = 0) -> str:
    """The C++ function that runs the Verilated class ``model`` of a design.

    It counts what so many ``probes`` of a netlist report.
    """
    ports = {name: {role: _member(entry[role]) for role in ("valid", "ready", "payload")}
             for name, entry in design.manifest["streams"].items()}
    return render("bulk.cpp.j2", model=model, top=design.top, o=ports["o"],
                  inputs=[entry for name, entry in ports.items() if name != "o"],
                  clock=design.manifest["clock"], reset=design.manifest["reset"],
                  seed=design.seed, probes=probes)


def _member(port: str) -> str:
    """The C++ name of a port: Verilator spells a double underscore in hexadecimal."""
    return port.replace("__", "___05F")


def _pointer(words: Words):
    return words.ctypes.data_as(_WORDS)
