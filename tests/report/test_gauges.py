"""How much of a device an array takes."""

from hwgen.flow.devices import DEVICES
from hwgen.report.gauges import Gauge, gauges


def by_name(metrics: list[str]) -> dict[tuple[str, str], Gauge]:
    return {(gauge.device, gauge.resource): gauge for gauge in gauges(metrics)}


def test_only_what_was_measured_has_a_gauge() -> None:
    assert gauges(["mae", "cycles", "xilinx7.luts"]) == []
    assert {gauge.device for gauge in gauges(["ecp5.luts"])} == {
        name for name, device in DEVICES.items() if device.family == "ecp5"}


def test_capacity_is_the_devices() -> None:
    found = by_name(["gowin.luts", "gowin.ffs", "gowin.brams"])
    assert {resource: gauge.capacity for (_, resource), gauge in found.items()} == {
        "LUT": 8640, "FF": 6480, "BRAM": 26}


def test_dsp_blocks_apart() -> None:
    found = gauges(["ecp5.luts", "ecp5_dsp.luts", "ecp5_dsp.dsps"])
    assert [(gauge.dsp, gauge.resource) for gauge in found if gauge.device == "ecp5-25k"] == [
        (False, "LUT"), (True, "LUT"), (True, "DSP")]


def test_an_ice40_cell_holds_a_lut_and_a_flip_flop() -> None:
    assert by_name(["ice40.luts"]) == {}
    cell = by_name(["ice40.luts", "ice40.ffs"])["ice40-up5k", "cell"]
    assert cell.used({"ice40.luts": 10, "ice40.ffs": 30}) == 30
    assert cell.used({"ice40.luts": 10}) is None
    assert cell.at_least


def test_a_gowin_dsp_may_count_twice() -> None:
    found = gauges(["gowin_dsp.luts", "gowin_dsp.dsps"])
    assert {gauge.resource: gauge.at_least for gauge in found} == {"LUT": False, "DSP": True}
