"""Bulk simulator: the Verilated array as a shared library, driven from NumPy without VPI."""

import ctypes
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.array.stream import Words
from hwgen.flow.design import Design
from hwgen.flow.templates import render
from hwgen.flow.verilator import build_model
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
    """Runs long workloads on the emitted Verilog of a design."""

    design: Design

    @cached_property
    def _run(self):
        ports = {name: {role: _member(entry[role]) for role in ("valid", "ready", "payload")}
                 for name, entry in self.design.manifest["streams"].items()}
        wrapper = render("bulk.cpp.j2", top=self.design.top, o=ports["o"],
                         inputs=[entry for name, entry in ports.items() if name != "o"],
                         clock=self.design.manifest["clock"], reset=self.design.manifest["reset"],
                         seed=self.design.seed)
        verilog = self.design.verilog.read_text(encoding="utf-8")
        path = build_model("bulk.so", verilog, self.design.top, wrapper=wrapper, shared=True,
                           repeated=self.design.repeated)
        function = ctypes.CDLL(str(path)).hwgen_run
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
            max_cycles = int(stalls * 8 * (sum(map(len, words.values())) + results + 1000))
            max_cycles += 2 * self.design.spec.seeding_cycles
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

    def product(self, a: Codes, b: Codes, *, stall: float = 0.0, stall_seed: int = 1,
                random_seed: int | None = None) -> Codes:
        """The ``(M, K) x (K, N)`` product that the Verilog computes, just after a reset."""
        beats = self.design.spec.beats(a, b, random_seed)
        run = self.run(beats, len(beats["o"]["last"]), stall=stall, stall_seed=stall_seed,
                       random_seed=random_seed)
        return self.design.spec.collect(run.fields["codes"], a.shape[0], b.shape[1])


def _member(port: str) -> str:
    """The C++ name of a port: Verilator spells a double underscore in hexadecimal."""
    return port.replace("__", "___05F")


def _pointer(words: Words):
    return words.ctypes.data_as(_WORDS)
