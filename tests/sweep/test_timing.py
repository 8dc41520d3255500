"""Metrics of placed arrays: those of the placement itself, or a refusal that says why."""

from typing import Any

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.devices import DEVICES
from hwgen.flow.pnr import place
from hwgen.spec import InputError
from hwgen.sweep.metrics import built_in
from hwgen.sweep.pareto import Direction
from hwgen.sweep.timing import METRICS, SEEDS
from hwgen.sweep.workload import Workload

LANES = Workload(m=5, k=12, n=3)


def array(rows: int = 1, columns: int = 1, **pe: Any) -> ArraySpec:
    return ArraySpec.parse({"name": "a", "rows": rows, "columns": columns, "pe": {
        "lanes": 2, "a": {"width": 3}, "b": {"width": 3}, "accumulator": {"width": 10}, **pe}})


def test_every_device_has_them_without_and_with_the_blocks_that_it_has() -> None:
    places = {name.replace("-", "_") for name in DEVICES}
    places |= {f"{name.replace('-', '_')}_dsp" for name, device in DEVICES.items()
               if device.capacity["DSP"]}
    assert METRICS.keys() == {f"{place}.{figure}" for place in places
                              for figure in ("fmax", "macs", "macs_per_lut")}
    assert all(metric.direction is Direction.MAXIMISE for metric in METRICS.values())
    assert METRICS.keys() <= built_in().keys()


@pytest.mark.parametrize("device", ["ice40-hx8k", "ecp5-25k"])
def test_figures_are_those_of_the_placement(device: str) -> None:
    spec, name = array(), device.replace("-", "_")
    placed = place(spec, device, False, SEEDS)
    fmax, macs, per_lut = (METRICS[f"{name}.{figure}"].measure(spec, LANES)
                           for figure in ("fmax", "macs", "macs_per_lut"))
    assert fmax == placed.fmax_mhz
    schedule = spec.schedule(5, 12, 3)
    assert macs == pytest.approx(fmax * 5 * 12 * 3 / schedule.cycles)
    luts = placed.uses["cell" if "ice40" in device else "LUT"]
    assert per_lut == pytest.approx(macs / (luts.used - luts.boundary))


@pytest.mark.parametrize(("name", "spec", "message"), [
    ("ice40_up5k_dsp.fmax", array(1, 1, a={"width": 12}, b={"width": 12}, lanes=1,
                                  accumulator={"width": 32}),
     r"array must have an Fmax on ice40-up5k, but nextpnr's timing model of ice40 leaves out"),
    ("ice40_up5k.macs", array(16, 16),
     r"array must fit on ice40-up5k, but needs"),
    ("ecp5_25k.fmax", array(target="ice40", a={"width": 8}, b={"width": 8}),
     r"device must be of the family ice40, as the spec's pe.target says, not ecp5-25k"),
    ("ecp5_25k_dsp.fmax", array(target="ecp5", a={"width": 8}, b={"width": 8}),
     r"pe.target must be left out to place an array on ecp5-25k with DSP blocks, not 'ecp5'"),
], ids=["untimed", "too_large", "other_family", "mapped"])
def test_an_array_without_such_a_figure_is_refused(name: str, spec: ArraySpec, message: str
                                                   ) -> None:
    with pytest.raises(InputError, match=message):
        METRICS[name].measure(spec, LANES)
