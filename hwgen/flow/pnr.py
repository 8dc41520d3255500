"""A whole array on a device: what it takes, whether it fits, and how fast its clock can be.

The array is synthesised flat and placed between registers (`hwgen.flow.boundary`), whose cells are
told apart from its own.  Whether it fits is known before it is placed: of a large array from its
composed area, else from the mapped and packed netlist.  On ECP5 the registers beside DSP blocks are
moved into them.
"""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import size
from hwgen.flow.boundary import boundary_name, bounded
from hwgen.flow.cells import Area
from hwgen.flow.critical import CriticalPath, Origins
from hwgen.flow.design import verilog_text
from hwgen.flow.devices import DEVICES
from hwgen.flow.dsp_registers import with_dsp_registers
from hwgen.flow.nextpnr import MEMORY_MB, SEEDS, Placement, packed, place_and_route
from hwgen.flow.yosys import TIMEOUT_S, Job, Progressed, netlist
from hwgen.spec import InputError

DSP_TIMED = ("ecp5",)
"""Families whose timing models know the delay through a DSP block."""

_LARGE = 100  # PEs from which on composing the area first is worth its time
_SURE = 1.05  # a composed area is within a few per cent of the flat one


@dataclass(frozen=True)
class Use:
    """How many of one resource are used.

    Members
    -------
    used : by the array and its boundary.
    boundary : by the boundary alone.
    available : on the device.
    """

    used: int
    boundary: int
    available: int

    @property
    def array(self) -> int:
        """Those of the array."""
        return self.used - self.boundary


@dataclass(frozen=True)
class PlacedArray:
    """An array on a device.

    Members
    -------
    dsp : whether it may use DSP blocks.
    recipe : of its synthesis.
    uses : resource to use; without boundary, about, where `composed`.
    composed : whether the array was found not to fit by its composed area, without its netlist.
    placement : None if the array does not fit.
    fmax_note : why there is no Fmax; "" if there is one.
    critical_path : that of the slowest seed.
    """

    device: str
    dsp: bool
    recipe: str
    uses: Mapping[str, Use]
    composed: bool = False
    placement: Placement | None = None
    fmax_note: str = ""
    critical_path: CriticalPath | None = None

    @property
    def shortfall(self) -> str:
        """What the device has too little of, and how much it would take; "" if it fits."""
        about = "about " if self.composed else ""
        needs = [f"{about}{use.used:,} of {use.available:,} {name}s ({_share(use)})"
                 for name, use in self.uses.items() if use.used > use.available]
        return f"needs {' and '.join(needs)}" if needs else ""

    @property
    def fmax_mhz(self) -> float | None:
        """Median over the seeds; None where `fmax_note` says why."""
        return None if self.fmax_note or not self.placement else self.placement.fmax_mhz

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        timed = self.placement if self.fmax_mhz is not None else None
        return {
            "device": self.device, "dsp": self.dsp, "recipe": self.recipe,
            "fits": not self.shortfall, "shortfall": self.shortfall, "composed": self.composed,
            "resources": {name: {"array": use.array, **vars(use)}
                          for name, use in self.uses.items()},
            "fmax_mhz": self.fmax_mhz,
            "fmax_range_mhz": timed and timed.fmax_range_mhz,
            "fmax_note": self.fmax_note,
            "seeds": {layout.seed: layout.fmax_mhz for layout in timed.layouts} if timed else {},
            "critical_path": self.critical_path and self.critical_path.to_json(),
        }


def _share(use: Use) -> str:
    return f"{math.ceil(100 * use.used / use.available)} %" if use.available else "it has none"


def variants(array: ArraySpec, device: str, dsp: bool | None = None) -> tuple[bool, ...]:
    """Without and with DSP blocks, as far as array and device can; one of both if `dsp` says so.

    Raises
    ------
    InputError : there is no such device, it is not of the family that the array names cells of, or
        neither has DSP blocks.
    """
    if device not in DEVICES:
        raise InputError(f"device must be one of {', '.join(DEVICES)}, not {device!r}")
    family, target = DEVICES[device].family, array.pe.target
    if target and target != family:
        raise InputError(f"device must be of the family {target}, as the spec's pe.target says, "
                         f"not {device} of {family}; leave pe.target out for portable Verilog")
    if dsp and target:
        raise InputError(f"dsp must be left out, not given: the spec's pe.target = {target!r} maps "
                         "products onto LUTs and carry cells")
    if dsp and not DEVICES[device].capacity["DSP"]:
        raise InputError(f"dsp must be left out, not given: {device} has no DSP blocks")
    can = not target and DEVICES[device].capacity["DSP"] > 0
    return (False, True)[:1 + can] if dsp is None else (dsp,)


@dataclass(frozen=True)
class Limits:
    """Of one run of a tool: seconds, and MB of memory for nextpnr."""

    timeout_s: float = TIMEOUT_S
    memory_mb: int = MEMORY_MB


def place(array: ArraySpec, device: str, dsp: bool, seeds: Sequence[int] = SEEDS, *,
          limits: Limits = Limits(), workers: int | None = None,
          progress: Progressed | None = None) -> PlacedArray:
    """Synthesise, place and route the array, once for each seed.

    With DSP blocks whose delays are not known, one seed shows that it can be routed.  Everything
    finished is kept, so that after an interrupt the same call goes on where it was.

    Parameters
    ----------
    workers : how many seeds at a time, one a core by default.
    progress : called with one line after each step, with the time passed and the time left.

    Raises
    ------
    InputError : as `variants`; or a tool is not installed.
    ToolError : a tool failed or reached a limit.
    """
    variants(array, device, dsp)
    too_large = _composed(array, device, dsp)
    if too_large:
        return too_large
    text, top = bounded(verilog_text(array), array.name), boundary_name(array.name)
    family = DEVICES[device].family
    area, mapped = netlist(Job(text, top, family, dsp, timeout_s=limits.timeout_s), progress)
    if area.dsps and family == "ecp5":
        mapped = with_dsp_registers(mapped, top)
    origins = Origins(json.loads(mapped)["modules"][top]["cells"], text, top)
    used = packed(mapped, top=top, device=device, **vars(limits))
    found = PlacedArray(device, dsp, area.recipe, _uses(device, used, origins.boundary))
    if found.shortfall:
        return found
    note = _note(array, device, area)
    chosen = seeds[:1] if note else seeds
    meter = _Meter(len(chosen), progress)
    placement = place_and_route(mapped, top=top, device=device, seeds=chosen,
                                workers=workers, progress=meter.note, **vars(limits))
    path = None if note else origins.path(placement.critical_path)
    return PlacedArray(device, dsp, area.recipe, found.uses, False, placement, note, path)


def _composed(array: ArraySpec, device: str, dsp: bool) -> PlacedArray | None:
    """What a large array takes, if that is clearly more than there is."""
    if array.rows * array.columns < _LARGE:
        return None
    (sized,) = size(array, [(DEVICES[device].family, dsp)])
    available = DEVICES[device].capacity
    needed = _resources(sized.array)
    uses = {name: Use(needed[name], 0, available[name]) for name in available}
    if all(use.used <= _SURE * use.available for use in uses.values()):
        return None
    return PlacedArray(device, dsp, sized.array.recipe, uses, composed=True)


def _resources(area: Area) -> dict[str, int]:
    """The least that an area takes of each resource."""
    nines = area.cells.get("MULT9X9", 0) + 8 * area.cells.get("MULT36X36", 0)
    dsps = nines + 2 * area.cells.get("MULT18X18", 0) if area.family == "gowin" else area.dsps
    return {"LUT": area.luts, "FF": area.ffs, "cell": max(area.luts, area.ffs), "DSP": dsps,
            "BRAM": area.brams}


def _uses(device: str, used: Mapping[str, int], boundary: Mapping[str, int]) -> dict[str, Use]:
    """On iCE40 a flip-flop takes a logic cell, in which its XOR has room."""
    around = {**boundary, "cell": boundary["FF"]}
    return {name: Use(used[name], around.get(name, 0), available)
            for name, available in DEVICES[device].capacity.items()}


def _note(array: ArraySpec, device: str, area: Area) -> str:
    """Why there is no Fmax, if there is none."""
    family = DEVICES[device].family
    if not area.dsps or family in DSP_TIMED:
        return ""
    return (f"nextpnr's timing model of {family} leaves out the delays through DSP blocks, and "
            f"{array.name} uses {area.dsps}: --no-dsp gives a figure for LUTs")


@dataclass
class _Meter:
    """Adds to the line of each seed how many are done, the time passed and the time left."""

    total: int
    progress: Progressed | None
    done: int = 0
    start: float = field(default_factory=time.monotonic)

    def note(self, line: str) -> None:
        self.done += 1
        passed = time.monotonic() - self.start
        left = passed / self.done * (self.total - self.done)
        more = f", about {left:.0f} s left" if self.done < self.total else ""
        if self.progress:
            self.progress(f"{line}; {self.done} of {self.total} seeds, {passed:.0f} s{more}")
