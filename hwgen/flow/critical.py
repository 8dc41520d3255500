"""The slowest path of a placed array, in the names of the array's modules."""

import bisect
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from hwgen.flow.boundary import ARRAY, CAUGHT, FOLDED

BOUNDARY = "boundary"
"""What a cell outside the array is said to be in."""

_DSP = re.compile(r"MULT\d+X\d+|SB_MAC16")
# What Yosys adds to the name of a signal to name the cell that drives it, and what iCE40's packer
# adds to that: the cell's type and port.
_ADDED = re.compile(r"_(?:TRELLIS_FF|SB_DFF|SB_LUT4|SB_MAC16|DFF|LUT\d|CCU2C|ALU|MULT\d)\w*$|_LC$")
_LINE = re.compile(r"design\.v:(\d+)")
_FED = re.compile(r"(.*?)_(?:D|DI)_(?:SB_LUT4|LUT\d|CCU2C|ALU|PFUMX|L6MUX21|MUX2)\w*$")


@dataclass(frozen=True)
class End:
    """A register at one end of a path.

    Members
    -------
    signal : a name of its output, in the instances that hold it or that it goes to.
    module : whose register it is; "" if that is not known.
    """

    signal: str
    module: str

    @property
    def in_array(self) -> bool:
        """Whether it is no register of the boundary."""
        return self.module != BOUNDARY

    @property
    def instance(self) -> str:
        """The path of instances of `signal`."""
        return self.signal.rpartition(".")[0] or ARRAY if self.in_array else BOUNDARY

    def __str__(self) -> str:
        return f"{self.signal} ({self.module})" if self.module else self.signal


@dataclass(frozen=True)
class CriticalPath:
    """What the clock waits for, from register to register, in ns."""

    start: End
    end: End
    logic_ns: float
    dsp_ns: float
    routing_ns: float

    @property
    def delay_ns(self) -> float:
        """All of it, with the registers' own delays, which are in `logic_ns`."""
        return self.logic_ns + self.dsp_ns + self.routing_ns

    @property
    def in_array(self) -> bool:
        """Whether it ends in a register of the array, or leaves the array."""
        return self.end.in_array or self.end.signal == CAUGHT

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "in_array": self.in_array}

    def __str__(self) -> str:
        parts = {"logic": self.logic_ns, "DSP": self.dsp_ns, "routing": self.routing_ns}
        times = " + ".join(f"{time:.1f} {name}" for name, time in parts.items() if time)
        return f"{self.delay_ns:.1f} ns ({times}), from {self.start} to {self.end}"


class Origins:
    """Finds where the cells of a mapped netlist come from.

    Parameters
    ----------
    cells : of the module that was placed, as Yosys writes them in JSON.
    verilog : the text that was synthesised.
    top : the module around the array.
    """

    def __init__(self, cells: Mapping[str, Any], verilog: str, top: str):
        self._cells, self._verilog, self._top = cells, verilog, top

    @cached_property
    def _modules(self) -> list[tuple[int, str]]:
        """First line and name of each module."""
        return [(number, found[1]) for number, line in enumerate(self._verilog.splitlines(), 1)
                if (found := re.match(r"module (\w+)", line))]

    def path(self, described: str) -> CriticalPath | None:
        """The path that `Layout.critical_path` describes, if it describes one."""
        steps = [line.split(None, 3) for line in described.splitlines()]
        if not steps:
            return None
        times = {"logic": 0.0, "dsp": 0.0, "routing": 0.0}
        for _, delay, kind, where in steps:
            part = "routing" if kind == "routing" else "dsp" if _DSP.search(where) else "logic"
            times[part] += float(delay)
        return CriticalPath(self._end(steps[0][3]), self._end(steps[-1][3]),
                            *(round(time, 2) for time in times.values()))

    @cached_property
    def boundary(self) -> dict[str, int]:
        """Flip-flops around the array, and the XORs before those that fold."""
        ours = [name for name, cell in self._cells.items()
                if "FF" in cell["type"] and self._module(name) == BOUNDARY]
        return {"FF": len(ours), "LUT": sum(name.startswith(FOLDED) for name in ours) - 1}

    def _end(self, cell: str) -> End:
        """The register in a placed cell, which may be called after the LUT that feeds it."""
        name = cell.removesuffix("_DFFLC").removesuffix("_LC")
        fed = _FED.match(name)
        name = fed[1] if fed and fed[1] in self._cells else name
        signal = _ADDED.sub("", name)
        return End(signal, self._module(name))

    def _module(self, cell: str) -> str:
        source = self._cells.get(cell, {}).get("attributes", {}).get("src", "")
        line = _LINE.search(source)
        if line is None:
            return "" if cell.startswith(f"{ARRAY}.") else BOUNDARY
        index = bisect.bisect(self._modules, (int(line[1]), "~")) - 1
        module = self._modules[index][1] if index >= 0 else ""
        return BOUNDARY if module == self._top else module
