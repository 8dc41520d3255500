"""`hwgen pnr`: a table for people, JSON for tools, and one clear message for each mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from hwgen.flow import pnr
from hwgen.flow.critical import CriticalPath, End
from hwgen.flow.nextpnr import Layout, Placement
from hwgen.flow.pnr import PlacedArray, Use
from tests.command_line import SMALL, Call, process, refused, toml

PATH = CriticalPath(End("array.grid.w_a", "tiny_cell"), End("array.grid.pe.acc", "tiny_pe"),
                    2.0, 3.9, 4.1)
AROUND = CriticalPath(End("caught", "boundary"), End("folded", "boundary"), 1.0, 0.0, 1.0)


def placed(device: str, dsp: bool, seeds: Any = (1, 2, 3), **fields: Any) -> PlacedArray:
    """What `place` could have found."""
    speeds = dict(zip(seeds, (100.0, 90.0, 98.0), strict=False))
    layouts = tuple(Layout(seed, {}, {}, 1, 0, speed, "") for seed, speed in speeds.items())
    return PlacedArray(**{
        "device": device, "dsp": dsp, "recipe": "plain", "critical_path": PATH,
        "uses": {"LUT": Use(12_000, 20, 43_848), "DSP": Use(4 * dsp, 0, 72)},
        "placement": Placement(device, layouts), **fields})


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Instead of placing, these fields are found; what was asked for is added to them."""
    fields: dict[str, Any] = {}
    asked: list[Any] = []

    def place(array: Any, device: str, dsp: bool, seeds: Any, **options: Any) -> PlacedArray:
        asked.append((device, dsp, list(seeds), options["limits"]))
        options["progress"]("seed 1; 1 of 3 seeds, 2 s, about 4 s left")
        return placed(device, dsp, seeds, **{k: v for k, v in fields.items() if k != "asked"})

    monkeypatch.setattr(pnr, "place", place)
    fields["asked"] = asked
    return fields


def test_table_of_both_choices(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    said = call("pnr", spec, "--seeds", 3)
    assert said.status == 0
    for part in ("tiny on ecp5-45k: 2 x 2 PEs, s4xs4, 10-bit accumulator",
                 "tiny on ecp5-45k with DSP blocks: ", "11,980", "43,848", "27.4 %",
                 "Fmax 98.0 MHz (median of 3 seeds, 90.0 to 100.0)",
                 "critical path of the slowest: 10.0 ns (2.0 logic + 3.9 DSP + 4.1 routing), "
                 "from array.grid.w_a (tiny_cell) to array.grid.pe.acc (tiny_pe)"):
        assert part in said.out
    assert "hwgen: seed 1; 1 of 3 seeds, 2 s, about 4 s left" in said.err
    assert [each[:3] for each in finds["asked"]] == [
        ("ecp5-45k", False, [1, 2, 3]), ("ecp5-45k", True, [1, 2, 3])]


def test_options_are_passed_on(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    assert call("pnr", spec, "--device", "gw1n-9", "--dsp", "--seeds", 1, "--timeout", "7.5",
                "--memory", "500").status == 0
    assert finds["asked"] == [("gw1n-9", True, [1], pnr.Limits(7.5, 500))]


def test_unused_blocks_are_no_second_table(call: Call, spec: Path,
                                           finds: dict[str, Any]) -> None:
    finds["uses"] = {"LUT": Use(50, 20, 100), "DSP": Use(0, 0, 72)}
    said = call("pnr", spec)
    assert said.out.count("tiny on ecp5-45k") == 1
    assert "tiny has no use for DSP blocks" in said.err
    assert call("pnr", spec, "--dsp").out.count("tiny on ecp5-45k with DSP blocks") == 1


def test_one_seed_has_no_spread(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    out = call("pnr", spec, "--seeds", 1, "--no-dsp").out
    assert "Fmax 100.0 MHz (one seed)" in out
    assert "critical path: 10.0 ns" in out


def test_path_around_the_array_is_told(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    assert "lies in the registers around the array" not in call("pnr", spec).out
    finds["critical_path"] = AROUND
    assert "lies in the registers around the array" in call("pnr", spec).out


def test_no_fmax_has_a_reason(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    finds["fmax_note"] = "nobody knows"
    assert "Fmax n/a: nobody knows" in call("pnr", spec).out
    told = json.loads(call("pnr", spec, "--json").out)["placements"][0]
    assert (told["fmax_mhz"], told["fmax_note"]) == (None, "nobody knows")


def test_json(call: Call, spec: Path, finds: dict[str, Any]) -> None:
    told = json.loads(call("pnr", spec, "--json", "--seeds", 3).out)
    assert (told["design"], told["device"]) == ("tiny", "ecp5-45k")
    without, with_dsp = told["placements"]
    assert (without["dsp"], with_dsp["dsp"]) == (False, True)
    assert without["resources"]["LUT"] == {"array": 11_980, "used": 12_000, "boundary": 20,
                                           "available": 43_848}
    assert (without["fmax_mhz"], without["fmax_range_mhz"]) == (98.0, [90.0, 100.0])
    assert without["seeds"] == {"1": 100.0, "2": 90.0, "3": 98.0}
    assert without["critical_path"]["start"] == {"signal": "array.grid.w_a",
                                                 "module": "tiny_cell"}


def test_design_that_does_not_fit_has_status_1(call: Call, spec: Path,
                                               finds: dict[str, Any]) -> None:
    finds |= {"uses": {"LUT": Use(31_022, 20, 24_288), "DSP": Use(0, 0, 28)}, "placement": None}
    said = call("pnr", spec)
    assert said.status == 1
    assert "does not fit: needs 31,022 of 24,288 LUTs (128 %)" in said.out
    said = call("pnr", spec, "--json")
    assert said.status == 1
    assert json.loads(said.out)["placements"][0]["fits"] is False


def test_fitting_one_way_is_enough(call: Call, spec: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def place(array: Any, device: str, dsp: bool, seeds: Any, **_: Any) -> PlacedArray:
        return placed(device, dsp, **{} if dsp else {"uses": {
            "LUT": Use(50_000, 20, 43_848), "DSP": Use(0, 0, 72)}, "placement": None})

    monkeypatch.setattr(pnr, "place", place)
    said = call("pnr", spec)
    assert said.status == 0
    assert "does not fit: needs 50,000 of 43,848 LUTs (115 %)" in said.out
    assert "Fmax 98.0 MHz" in said.out
    assert call("pnr", spec, "--no-dsp").status == 1


def test_interrupt(call: Call, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def place(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pnr, "place", place)
    said = call("pnr", spec)
    assert (said.status, said.out) == (130, "")
    assert "the finished parts stay in the cache" in said.err


@pytest.mark.parametrize(("arguments", "part"), [
    (("--device", "ecp5"), "device must be one of ecp5-25k, ecp5-45k, ecp5-85k, ice40-hx8k, "
                           "ice40-up5k, gw1n-9, not 'ecp5'"),
    (("--device", "ice40-hx8k", "--dsp"), "ice40-hx8k has no DSP blocks"),
    (("--seeds", "0"), "--seeds must be 1 to 100, not 0"),
    (("--seeds", "101"), "--seeds must be 1 to 100, not 101"),
    (("--timeout", "0"), "--timeout must be above 0 seconds, not 0"),
    (("--timeout", "nan"), "--timeout must be above 0 seconds, not nan"),
    (("--memory", "255"), "--memory must be 256 to 1048576 MB, not 255"),
])
def test_mistakes_are_refused(arguments: tuple[str, ...], part: str, call: Call, spec: Path,
                              finds: dict[str, Any]) -> None:
    said = call("pnr", spec, *arguments)
    assert said.err == said.err.splitlines()[-1] + "\n"
    refused(said, part)
    assert finds["asked"] == []


def test_device_must_be_of_the_family_of_the_spec(tmp_path: Path) -> None:
    mapped = {**SMALL, "pe": {**SMALL["pe"], "target": "ice40"}}
    (tmp_path / "mapped.toml").write_text(toml(mapped))
    refused(process("pnr", "mapped.toml", cwd=tmp_path), "device must be of the family ice40",
            "not ecp5-45k of ecp5")


def test_whole_way_on_a_device(call: Call, tmp_path: Path) -> None:
    one = {"name": "one", "rows": 1, "columns": 1, "pe": {
        "a": {"width": 2}, "b": {"width": 2}, "accumulator": {"width": 4}}}
    (tmp_path / "one.toml").write_text(toml(one))
    said = call("pnr", "one.toml", "--device", "ice40-hx8k", "--seeds", 1)
    assert said.status == 0
    assert "one on ice40-hx8k: 1 x 1 PEs, s2xs2, 4-bit accumulator" in said.out
    assert "MHz (one seed)" in said.out
    assert "from array." in said.out
