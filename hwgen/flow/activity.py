"""Switching activity of an array: its mapped netlist, Verilated, on real operands."""

import ctypes
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.flow.bulk import BulkSimulator, wrapper
from hwgen.flow.cells import Area
from hwgen.flow.design import Design, generate
from hwgen.flow.probes import ProbedNetlist, probed
from hwgen.flow.verilator import build_model
from hwgen.flow.yosys import Job, netlist
from hwgen.number import Codes
from hwgen.spec import ToolError
from hwgen.tools.yowasp import say

_NEVER = 2**62


@dataclass(frozen=True)
class Activity:
    """What a run counted.

    Members
    -------
    counts : of each probe of the netlist, summed over its instances, int64.
    cycles : clock cycles, from the first accepted beat to the last result.
    macs : multiplications that the products asked for, padding left out.
    """

    counts: Codes
    cycles: int
    macs: int


class GateLevelArray:
    """An array as a netlist of a family's cells that counts toggles.

    Parameters
    ----------
    family : one of :data:`hwgen.flow.recipes.FAMILIES`; no DSP blocks, no RAM.

    Raises
    ------
    InputError
        If a tool is not installed.
    ToolError
        If one failed.
    """

    def __init__(self, array: ArraySpec, family: str = "gates"):
        self.array, self.family = array, family
        with tempfile.TemporaryDirectory(prefix="hwgen-power-") as folder:
            self._design: Design = generate(array, Path(folder), vectors=False)
            job = Job(self._design.verilog.read_text(encoding="utf-8"), array.name, family,
                      apart=True)
            self.area: Area
            self.area, text = netlist(job, say)
            self.netlist: ProbedNetlist = probed(json.loads(text)["modules"], array.name)
            _ = self._design.spec  # what the simulator reads of the folder
        library = build_model(
            "power.so", self.netlist.verilog, array.name, shared=True,
            wrapper=wrapper(self._design, "Vtop", probes=len(self.netlist.probes)))
        self._library = ctypes.CDLL(str(library))
        self._library.toggles_read.restype = ctypes.c_int64
        self._simulator = BulkSimulator(self._design, library)

    def run(self, products: Sequence[tuple[Codes, Codes]]) -> Activity:
        """The activity of products ``(M, K) x (K, N)``, each after a reset, without stalls.

        Raises
        ------
        InputError
            If the array cannot compute one of them.
        ToolError
            If a result differs from the golden's.
        """
        parts = [self._product(a, b) for a, b in products]
        return Activity(np.sum([part.counts for part in parts], axis=0),
                        sum(part.cycles for part in parts), sum(part.macs for part in parts))

    def idle(self, cycles: int) -> Activity:
        """The activity of so many cycles without a valid operand, once all is still."""
        start = self.array.seeding_cycles + self.array.wave_cycles
        self._clear(start)
        self._simulator.idle(start + cycles)
        return self._read(0)

    def _product(self, a: Codes, b: Codes) -> Activity:
        beats = self.array.beats(a, b)
        golden = beats["o"]["codes"]
        self._clear(_NEVER)
        found = self._simulator.run(beats, len(golden)).fields["codes"]
        wrong = int(np.count_nonzero(found != golden))
        if wrong:
            raise ToolError(f"netlist of {self.array.name} on {self.family} must compute what the "
                            f"golden does, but {wrong} of {golden.size} results differ")
        return self._read(a.shape[0] * a.shape[1] * b.shape[1])

    def _clear(self, start: int) -> None:
        self._library.toggles_clear(ctypes.c_int64(start))

    def _read(self, macs: int) -> Activity:
        counts = np.zeros(len(self.netlist.probes), np.int64)
        pointer = counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
        return Activity(counts, self._library.toggles_read(pointer), macs)
