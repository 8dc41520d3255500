"""The metrics of a placed array: Fmax on a device, and the multiplications a second it allows."""

from functools import lru_cache, partial

from hwgen.array.mesh import ArraySpec
from hwgen.flow.devices import DEVICES
from hwgen.flow.nextpnr import TOOLS
from hwgen.flow.pnr import PlacedArray, place, variants
from hwgen.spec import InputError
from hwgen.sweep.built_in import yosys_tools
from hwgen.sweep.metrics import Function, metric, take_registered
from hwgen.sweep.workload import Workload

SEEDS = (1, 2, 3)
"""Fmax is the median over these."""


@lru_cache(8)
def _placed(array: ArraySpec, device: str, dsp: bool) -> PlacedArray:
    """The array on the device, with a figure for Fmax; InputError if there is none."""
    if dsp not in variants(array, device):
        raise InputError(f"pe.target must be left out to place an array on {device} with DSP "
                         f"blocks, not {array.pe.target!r}")
    placed = place(array, device, dsp, SEEDS, workers=1)
    if placed.shortfall:
        raise InputError(f"array must fit on {device}, but {placed.shortfall}")
    if placed.fmax_mhz is None:
        raise InputError(f"array must have an Fmax on {device}, but "
                         f"{placed.fmax_note or 'nothing runs from register to register'}")
    return placed


def _fmax(array: ArraySpec, device: str, dsp: bool) -> float:
    fmax = _placed(array, device, dsp).fmax_mhz
    assert fmax is not None  # else there is no such placed array
    return fmax


def _macs(array: ArraySpec, workload: Workload, device: str, dsp: bool) -> float:
    schedule = array.schedule(workload.m, workload.k, workload.n)
    return schedule.macs / schedule.cycles * _fmax(array, device, dsp)


def _luts(array: ArraySpec, device: str, dsp: bool) -> int:
    """Of the array alone, without the registers that it is placed between."""
    uses = _placed(array, device, dsp).uses
    return (uses["LUT"] if "LUT" in uses else uses["cell"]).array


def _functions(device: str, dsp: bool) -> tuple[Function, Function, Function]:
    """Fmax, and with a workload multiplications a second, of the array and of a LUT."""
    def fmax(array: ArraySpec) -> float:
        return _fmax(array, device, dsp)

    def macs(array: ArraySpec, workload: Workload) -> float:
        return _macs(array, workload, device, dsp)

    def macs_per_lut(array: ArraySpec, workload: Workload) -> float:
        return _macs(array, workload, device, dsp) / max(1, _luts(array, device, dsp))

    return fmax, macs, macs_per_lut


def _tools(family: str) -> str:
    """Have Yosys and nextpnr compiled before many processes need them at once."""
    tool = TOOLS[family]
    tool.warm()
    return f"{yosys_tools()} {tool.package} {tool.version}, seeds {SEEDS}"


def _register() -> None:
    """Three metrics a device, without and with DSP blocks: ``ecp5_45k_dsp.fmax``."""
    for device, of in DEVICES.items():
        for dsp in (False, True)[:1 + (of.capacity["DSP"] > 0)]:
            fmax, macs, macs_per_lut = _functions(device, dsp)
            name = f"{device.replace('-', '_')}{'_dsp' if dsp else ''}"
            where = f"on {device} with{'' if dsp else 'out'} DSP blocks, placed and routed"

            tools = partial(_tools, of.family)
            metric(f"{name}.fmax", unit="MHz", direction="maximise", tools=tools,
                   summary=f"Median Fmax {where}")(fmax)
            metric(f"{name}.macs", unit="M MAC/s", direction="maximise", uses="size", tools=tools,
                   summary=f"Multiplications of the product a second {where}")(macs)
            metric(f"{name}.macs_per_lut", unit="M MAC/s/LUT", direction="maximise", uses="size",
                   tools=tools, summary=f"The same over the array's LUTs {where}")(macs_per_lut)


_register()
METRICS = take_registered(__name__)
