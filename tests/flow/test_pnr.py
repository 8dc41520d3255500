"""Whole arrays on devices: what they take, where they do not fit, and when there is an Fmax.

Fmax itself is a figure of `make bench`, not of a test.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow import pnr
from hwgen.flow.cells import Area
from hwgen.flow.devices import DEVICES
from hwgen.flow.nextpnr import TOOLS
from hwgen.flow.pnr import Limits, PlacedArray, Use, place, variants
from hwgen.spec import InputError, ToolError
from hwgen.tools.yowasp import Processes, Tool

TYPES = {
    "ecp5": {"LUT": "TRELLIS_COMB", "FF": "TRELLIS_FF", "DSP": "MULT18X18D", "BRAM": "DP16KD"},
    "ice40": {"cell": "ICESTORM_LC", "DSP": "ICESTORM_DSP", "BRAM": "ICESTORM_RAM"},
    "gowin": {"LUT": "LUT4", "FF": "DFF", "DSP": "MULT9X9", "BRAM": "BSRAM"},
}
"""What a device's capacity counts, by family."""

pytestmark = pytest.mark.usefixtures("cache_folder")


def array(rows: int = 1, columns: int = 1, bits: int = 3, **pe: Any) -> ArraySpec:
    return ArraySpec.parse({"name": "little", "rows": rows, "columns": columns, "pe": {
        "a": {"width": bits}, "b": {"width": bits}, "accumulator": {"width": 8}, **pe}})


def bits_around(spec: ArraySpec) -> tuple[int, int]:
    """Input and output bits but for the clock: payloads, valid and ready of streams, reset."""
    bits = {name: layout.bits for name, layout in spec.streams.items()}
    return bits["a"] + bits["b"] + 4, bits["o"] + 3


@pytest.mark.parametrize("device", ["ecp5-25k", "ice40-hx8k", "gw1n-9"])
def test_array_is_placed_on_each_family(device: str) -> None:
    spec = array(2, 1)  # of one row, the last beat of results is all: no flip-flop for a constant
    placed = place(spec, device, False, (1,))
    inputs, outputs = bits_around(spec)
    registers = placed.uses["cell" if "ice40" in device else "FF"]
    assert registers.boundary == 1 + inputs + 2 * outputs
    assert 0 < registers.array < registers.used <= registers.available
    assert placed.uses["DSP"].used == 0
    assert placed.shortfall == placed.fmax_note == ""
    assert placed.fmax_mhz is not None
    assert placed.critical_path is not None
    assert placed.critical_path.in_array
    ends = placed.critical_path.start, placed.critical_path.end
    assert any(end.signal.startswith("array.") and end.module in ("little", "little_cell")
               for end in ends)
    told = json.loads(json.dumps(placed.to_json()))
    assert told["fits"] is True
    assert told["seeds"] == {"1": placed.fmax_mhz}
    assert placed.critical_path.delay_ns == pytest.approx(1000 / placed.fmax_mhz, rel=0.03)


@pytest.mark.parametrize("device", DEVICES)
def test_capacity_is_what_the_tool_says(device: str, tmp_path: Path) -> None:
    empty = {"modules": {"e": {"ports": {}, "cells": {}, "netnames": {}, "attributes": {}}}}
    (tmp_path / "e.json").write_text(json.dumps(empty))
    options = [*DEVICES[device].options, "--json", "e.json", "--report", "r.json", "--pack-only"]
    if DEVICES[device].pins:
        (tmp_path / "e.cst").write_text("")
        options += ["--vopt", "cst=e.cst"]
    Processes().run(TOOLS[DEVICES[device].family], options, tmp_path, task="pack", timeout_s=60)
    report = json.loads((tmp_path / "r.json").read_text())["utilization"]
    kinds = TYPES[DEVICES[device].family]
    assert DEVICES[device].capacity == {
        name: report.get(kind, {"available": 0})["available"] for name, kind in kinds.items()}


@pytest.mark.parametrize(("device", "bits", "dsps"), [("ecp5-25k", 9, 1), ("gw1n-9", 12, 2),
                                                      ("ice40-up5k", 12, 1)])
def test_fmax_through_dsps_is_told_on_ecp5_only(device: str, bits: int, dsps: int) -> None:
    lines: list[str] = []
    placed = place(array(bits=bits, accumulator={"width": 24}), device, True, (1, 2),
                   progress=lines.append)
    assert placed.uses["DSP"].used == dsps
    if device.startswith("ecp5"):
        assert placed.fmax_mhz is not None
        assert placed.critical_path is not None
        assert placed.critical_path.dsp_ns > 0
        assert "2 of 2 seeds" in lines[-1]
    else:
        assert placed.fmax_mhz is placed.critical_path is None
        assert "leaves out the delays through DSP blocks, and little uses 1" in placed.fmax_note
        told = placed.to_json()
        assert (told["fmax_mhz"], told["fmax_range_mhz"], told["seeds"]) == (None, None, {})
        assert "1 of 1 seeds" in lines[-1]  # which shows that it can be routed


def forbid(monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    """No tool whose title holds `title` may be started."""
    run = Processes.run

    def start(self: Processes, tool: Tool, *arguments: Any, **options: Any) -> None:
        assert title not in tool.title
        run(self, tool, *arguments, **options)

    monkeypatch.setattr(Processes, "run", start)


def test_packed_design_that_does_not_fit_is_not_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pnr, "place_and_route", None)
    small = dict(DEVICES["ecp5-25k"].capacity, LUT=20, FF=10)
    device = DEVICES["ecp5-25k"]
    monkeypatch.setitem(DEVICES, "ecp5-25k", type(device)(
        device.family, device.options, device.logic, small))
    placed = place(array(), "ecp5-25k", False)
    luts, ffs = placed.uses["LUT"].used, placed.uses["FF"].used
    assert placed.shortfall == (f"needs {luts} of 20 LUTs ({5 * luts} %) "
                                f"and {ffs} of 10 FFs ({10 * ffs} %)")
    assert placed.placement is placed.fmax_mhz is None
    assert placed.to_json()["fits"] is False


@pytest.mark.slow
def test_large_design_that_does_not_fit_is_not_synthesised_flat(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pnr, "netlist", None)
    placed = place(array(64, 64, bits=2), "ice40-up5k", False)
    assert placed.composed
    used = placed.uses["cell"].used
    assert used > 64 * 64 * 8
    assert placed.shortfall == (f"needs about {used:,} of 5,280 cells "
                                f"({-(-100 * used // 5280)} %)")


def test_composed_area_close_to_the_capacity_is_not_believed(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    sized = type("Sized", (), {"array": Area("ecp5", False, luts=25_000, recipe="plain")})
    monkeypatch.setattr(pnr, "size", lambda array, targets: [sized])
    assert pnr._composed(array(10, 10), "ecp5-25k", False) is None
    monkeypatch.setattr(pnr, "netlist", None)
    sized.array = Area("ecp5", False, luts=26_000, dsps=40, recipe="plain")  # type: ignore[attr-defined]
    found = place(array(10, 10), "ecp5-25k", False)
    assert found.shortfall == ("needs about 26,000 of 24,288 LUTs (108 %) "
                               "and about 40 of 28 DSPs (143 %)")


@pytest.mark.parametrize(("cells", "dsps"), [
    ({"MULT9X9": 3}, 3), ({"MULT18X18": 3}, 6), ({"MULT36X36": 1, "MULT9X9": 1}, 9)])
def test_gowin_counts_small_multipliers(cells: dict[str, int], dsps: int) -> None:
    assert pnr._resources(Area.of_cells("gowin", True, cells))["DSP"] == dsps


def test_device_without_a_resource_says_so() -> None:
    placed = PlacedArray("ice40-hx8k", True, "plain", {"DSP": Use(4, 0, 0)})
    assert placed.shortfall == "needs 4 of 0 DSPs (it has none)"


@pytest.mark.parametrize(("device", "target", "dsp", "choices"), [
    ("ecp5-45k", None, None, (False, True)), ("ecp5-45k", None, True, (True,)),
    ("ice40-hx8k", None, None, (False,)), ("ice40-hx8k", None, False, (False,)),
    ("ecp5-45k", "ecp5", None, (False,)), ("gw1n-9", "gowin", False, (False,)),
])
def test_variants(device: str, target: str | None, dsp: bool | None,
                  choices: tuple[bool, ...]) -> None:
    assert variants(array(target=target), device, dsp) == choices


@pytest.mark.parametrize(("device", "target", "dsp", "message"), [
    ("ecp5", None, None, "device must be one of ecp5-25k, .*, gw1n-9, not 'ecp5'"),
    ("gw1n-9", "ecp5", None, "device must be of the family ecp5, as the spec's pe.target says, not "
     "gw1n-9 of gowin"),
    ("ecp5-25k", "ecp5", True, "dsp must be left out, not given: the spec's pe.target = 'ecp5'"),
    ("ice40-hx8k", None, True, "dsp must be left out, not given: ice40-hx8k has no DSP blocks"),
])
def test_what_cannot_be_is_refused(device: str, target: str | None, dsp: bool | None,
                                   message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=message):
        variants(array(target=target), device, dsp)


def test_interrupt_keeps_finished_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second seed is interrupted; then only that one is placed."""
    run, started = Processes.run, []

    def counted(self: Processes, tool: Tool, options: list[str], *rest: Any, **more: Any) -> None:
        if "--seed" in options:
            started.append(options[options.index("--seed") + 1])
            if len(started) == 2:
                raise KeyboardInterrupt
        run(self, tool, options, *rest, **more)

    monkeypatch.setattr(Processes, "run", counted)
    spec = array(2, 1)
    with pytest.raises(KeyboardInterrupt):
        place(spec, "ice40-hx8k", False, (11, 12), workers=1)
    assert started == ["11", "12"]
    lines: list[str] = []
    placed = place(spec, "ice40-hx8k", False, (11, 12), progress=lines.append)
    assert started == ["11", "12", "12"]
    assert placed.placement is not None
    assert [layout.seed for layout in placed.placement.layouts] == [11, 12]
    assert "1 of 2 seeds" in lines[-2]
    assert "s left" in lines[-2]
    assert "left" not in lines[-1]


@pytest.mark.parametrize(("limits", "message"), [
    (Limits(timeout_s=0.001), r"synthesise little_boundary on ecp5 in 0\.001 s"),
    (Limits(60, 100), "place and route little_boundary on ecp5-25k within 100 MB of memory"),
])
def test_limits_are_obeyed(limits: Limits, message: str) -> None:
    spec = array(bits=2 if limits.memory_mb == 100 else 4)
    with pytest.raises(ToolError, match=message):
        place(spec, "ecp5-25k", False, (77,), limits=limits)

