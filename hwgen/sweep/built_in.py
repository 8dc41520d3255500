"""The metrics of hwgen: area, cycles, error of products and of dot products, accuracy.

What several metrics of an array share is measured once a process.
"""

from functools import cache, lru_cache
from math import inf, log10

import numpy as np

from hwgen.analysis.error import ErrorMetrics, error_metrics
from hwgen.array.mesh import ArraySpec
from hwgen.flow import verilator, yosys
from hwgen.flow.area import TARGETS, size, targets_of
from hwgen.flow.cells import Area
from hwgen.flow.power import energies
from hwgen.nn.digits import DigitsNetwork
from hwgen.number import exact_dtype
from hwgen.spec import InputError
from hwgen.sweep.metrics import Function, metric, take_registered
from hwgen.sweep.workload import Workload

_KEPT = 8  # arrays whose shared work is remembered


@metric(unit="cycles", uses="size")
def cycles(array: ArraySpec, workload: Workload) -> float:
    """Cycles of the product, at most, when no stream stalls."""
    return array.schedule(workload.m, workload.k, workload.n).cycles


@metric(direction="maximise", uses="size")
def utilisation(array: ArraySpec, workload: Workload) -> float:
    """Share of the multipliers' cycles that did a wanted multiplication, 0 to 1."""
    return array.schedule(workload.m, workload.k, workload.n).utilisation


_errors = lru_cache(_KEPT)(error_metrics)


def _error(array: ArraySpec) -> ErrorMetrics:
    return _errors(array.pe.multiplier, array.pe.operands)


@metric(unit="LSB")
def mae(array: ArraySpec) -> float:
    """Mean of the absolute error of the multiplier, at its product's LSB."""
    return _error(array).mae


@metric(unit="LSB")
def wce(array: ArraySpec) -> float:
    """Greatest absolute error of the multiplier, at its product's LSB."""
    return _error(array).wce


@metric(unit="LSB", direction="near zero")
def bias(array: ArraySpec) -> float:
    """Mean error of the multiplier, at its product's LSB."""
    return _error(array).bias


@lru_cache(_KEPT)
def _sums(array: ArraySpec, workload: Workload) -> tuple[float, float, float]:
    """Mean absolute error, mean square error and mean square of the exact sums, product LSBs."""
    a, b = workload.codes(array)
    dropped = array.pe.operands.product_frac - array.result.frac
    bits = (array.pe.a.width + array.pe.b.width + a.shape[1].bit_length() + max(0, -dropped),
            array.result.width + max(0, dropped))
    dtype = exact_dtype(max(bits) + 1)
    exact = a.astype(dtype) @ b.astype(dtype)
    result = array.golden(a, b).astype(dtype)
    # Both at the finer of the two LSBs, so that the difference is exact.
    error = (result << max(0, dropped)) - (exact << max(0, -dropped))
    scale = 2.0 ** min(0, dropped)
    wrong, right = error.astype(np.float64) * scale, exact.astype(np.float64)
    return (float(np.abs(wrong).mean()), float((wrong * wrong).mean()),
            float((right * right).mean()))


@metric(uses="content")
def nmed(array: ArraySpec, workload: Workload) -> float:
    """Mean absolute error of the results over the greatest magnitude of an exact sum."""
    greatest = max(map(abs, array.pe.operands.exact_bounds)) * workload.k
    return _sums(array, workload)[0] / greatest if greatest else 0.0


@metric(unit="dB", direction="maximise", uses="content")
def snr_db(array: ArraySpec, workload: Workload) -> float:
    """Power of the exact sums over that of the results' error; infinite without an error."""
    _, noise, signal = _sums(array, workload)
    if not noise:
        return inf
    return 10 * log10(signal / noise) if signal else -inf


@cache
def _digits() -> DigitsNetwork:
    return DigitsNetwork.load()


@metric(direction="maximise")
def digits(array: ArraySpec) -> float:
    """Share of the digits network's test images that the array classifies rightly, 0 to 1."""
    return _digits().classify(array, array.golden).accuracy


@lru_cache(_KEPT)
def _area(array: ArraySpec, family: str, dsp: bool) -> Area:
    if (family, dsp) not in targets_of(array):
        raise InputError(f"pe.target must be left out for an area on {family}"
                         f"{' with DSP blocks' if dsp else ''}, not {array.pe.target!r}")
    return size(array, [(family, dsp)], workers=1)[0].array


def yosys_tools() -> str:
    """Have Yosys compiled before many processes need it at once."""
    yosys.warm()
    return " ".join(f"{package} {version}" for package, version in yosys.versions().items())


def _figure(family: str, dsp: bool, field: str) -> Function:
    def figure(array: ArraySpec) -> float:
        return float(getattr(_area(array, family, dsp), field))

    return figure


def _register_areas() -> None:
    """A metric for each figure on each target: ``ecp5.luts``, ``ecp5_dsp.dsps``, ``gates.ffs``."""
    titles = {"luts": "LUTs", "ffs": "flip-flops", "dsps": "DSP blocks", "brams": "block RAMs",
              "gates": "gates of two inputs"}
    for family, dsp in TARGETS:
        fields = ("gates", "ffs") if family == "gates" else ("luts", "ffs", "dsps", "brams")
        for field in fields:
            name = "gates" if field == "gates" else f"{family}{'_dsp' if dsp else ''}.{field}"
            where = "" if family == "gates" else (
                f" on {family} with{'' if dsp else 'out'} DSP blocks")
            metric(name, unit=titles[field].split()[-1] if field != "gates" else "gates",
                   summary=f"{titles[field]} of the whole array{where}, composed from its cells",
                   tools=yosys_tools)(_figure(family, dsp, field))


_register_areas()


def _power_tools() -> str:
    return f"{yosys_tools()} {verilator.tool_versions()}"


@metric(unit="gate toggles/MAC", uses="content", tools=_power_tools)
def energy(array: ArraySpec, workload: Workload) -> float:
    """Relative energy of a MAC of the workload: toggles of gates, weighted, the clock gated."""
    if array.pe.target:
        raise InputError(f"pe.target must be left out for energy, not {array.pe.target!r}")
    return energies(array, {"workload": [workload.codes(array)]})[1].per_mac or 0.0


METRICS = take_registered(__name__)
