"""The cocotb regression: it passes on every array, and fails on wrong hardware."""

import shutil
import sys
from pathlib import Path

import pytest
from pylibfst import ffi, fstReaderIterBlocks, get_scopes_signals2, lib

from hwgen.flow import cocotb
from hwgen.flow.cocotb import TestOutcome as Outcome
from hwgen.flow.cocotb import bench_folder, run_regression
from hwgen.flow.design import Design, generate
from hwgen.spec import InputError, ToolError
from tests.flow.conftest import DesignOf
from tests.flow.varied import VARIED, random_array

CHECKS = {
    "random_operands_and_cycles", "extremes_only", "back_to_back_short_tiles", "one_step",
    "digits_first_tiles", "reset_while_a_result_waits",
    *(f"pauses_change_nothing/stream={stream}" for stream in ("a", "b", "o", "every")),
    *(f"reset_in_mid_tile/cycles={cycles}" for cycles in (1, 5, 17)),
}

PRECISION_CHECKS = {
    "precision_of_each_tile",
    *(f"precision_out_of_range/above={above}" for above in (False, True)),
}


def check_passed(outcomes: list[Outcome], design: Design) -> None:
    checks = CHECKS | ({"another_seed"} if design.spec.draws else set())
    checks |= PRECISION_CHECKS if design.error else set()
    assert {outcome.name: outcome.failure for outcome in outcomes} == dict.fromkeys(checks)


@pytest.mark.parametrize("name", VARIED)
def test_regression_passes(name: str, design_of: DesignOf, tmp_path: Path) -> None:
    design = design_of(name)
    check_passed(run_regression(design, tmp_path), design)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 125))
def test_regression_passes_on_random_array(seed: int, tmp_path: Path) -> None:
    design = generate(random_array(seed), tmp_path)
    check_passed(run_regression(design, tmp_path / "sim"), design)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not on PATH")
@pytest.mark.parametrize("name", VARIED)
def test_regression_passes_in_icarus(name: str, design_of: DesignOf, tmp_path: Path) -> None:
    design = design_of(name)
    check_passed(run_regression(design, tmp_path, simulator="icarus"), design)


def test_icarus_runs_or_is_asked_for(design_of: DesignOf, tmp_path: Path) -> None:
    design = design_of("os_tall_lanes")
    if shutil.which("iverilog"):
        check_passed(run_regression(design, tmp_path, simulator="icarus"), design)
    else:
        with pytest.raises(InputError, match="^iverilog must be on PATH"):
            run_regression(design, tmp_path, simulator="icarus")


def test_missing_icarus_names_the_cure(design_of: DesignOf, tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="^iverilog must be on PATH .*; install it, or leave"):
        run_regression(design_of("os_one_pe"), tmp_path, simulator="icarus")


def test_waves_in_icarus_are_refused(design_of: DesignOf, tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    with pytest.raises(InputError, match="^waves must be recorded with --simulator verilator"):
        run_regression(design_of("os_one_pe"), tmp_path, simulator="icarus",
                       waves=tmp_path / "w.fst")


def fst_values(path: Path) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Width of each signal of an FST file by full name, and the values that it takes."""
    handle = lib.fstReaderOpen(str(path).encode())
    assert handle != ffi.NULL, f"{path} is no FST file"
    signals = get_scopes_signals2(handle)[1].by_name
    values: dict[int, set[str]] = {}
    lib.fstReaderSetFacProcessMaskAll(handle)
    fstReaderIterBlocks(handle, lambda _, time, facility, value: values.setdefault(
        facility, set()).add(ffi.string(value).decode()))
    lib.fstReaderClose(handle)
    return ({name: signal.length for name, signal in signals.items()},
            {name: values.get(signal.handle, set()) for name, signal in signals.items()})


def test_waves_hold_ports_and_inner_signals(design_of: DesignOf, tmp_path: Path) -> None:
    design = design_of("ws_bank_5")
    waves = tmp_path / "traced.fst"
    outcomes = run_regression(design, tmp_path / "sim", waves=waves, only="random_operands")
    assert [outcome.failure for outcome in outcomes] == [None]
    widths, values = fst_values(waves)
    # Verilator writes the range into the name.
    ports = {port: next(name for name in widths if name.split(" ")[0].endswith(f".{port}"))
             for port in design.ports}
    for port in ("clk", "rst", "a__valid", "a__ready", "b__valid", "o__valid"):
        assert values[ports[port]] >= {"0", "1"}, port
    assert widths[ports["o__payload"]] == design.streams["o"].bits
    assert len(values[ports["o__payload"]]) > 10
    weights = [name for name in widths if name.split(" ")[0].endswith(".weight")]
    assert len(weights) == design.spec.rows * design.spec.columns
    assert all(len(values[name]) > 1 for name in weights)


def test_only_selects_tests(design_of: DesignOf, tmp_path: Path) -> None:
    outcomes = run_regression(design_of("os_one_pe"), tmp_path, only="pauses.*stream=[ab]")
    assert [outcome.name[-1] for outcome in outcomes] == ["a", "b"]


def test_no_test_is_no_success(design_of: DesignOf, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^no test ran; see "):
        run_regression(design_of("os_one_pe"), tmp_path, only="no_such_test")


def test_failures_of_an_earlier_run_are_forgotten(design_of: DesignOf, tmp_path: Path) -> None:
    (tmp_path / "results.xml").write_text("not XML")
    outcomes = run_regression(design_of("os_one_pe"), tmp_path, only="one_step")
    assert [(outcome.name, outcome.failure) for outcome in outcomes] == [("one_step", None)]


def test_search_path_is_left_as_it_was(design_of: DesignOf, tmp_path: Path) -> None:
    before = list(sys.path)
    run_regression(design_of("os_one_pe"), tmp_path, only="one_step")
    assert sys.path == before


def test_missing_benches_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cocotb, "__file__", str(tmp_path / "hwgen" / "flow" / "cocotb.py"))
    with pytest.raises(InputError, match="^cocotb benches must be beside the package"):
        bench_folder()


def test_installed_benches_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cocotb, "__file__", str(tmp_path / "hwgen" / "flow" / "cocotb.py"))
    for folder in (tmp_path / "sim", tmp_path / "hwgen" / "_sim"):
        folder.mkdir(parents=True)
        (folder / "array_bench.py").touch()
        assert bench_folder() == folder


def test_broken_verilog_is_a_tool_error(design_of: DesignOf, tmp_path: Path) -> None:
    shutil.copytree(design_of("os_one_pe").folder, tmp_path / "broken")
    design = Design(tmp_path / "broken")
    design.verilog.write_text(design.verilog.read_text().replace("endmodule", "endmodul", 1))
    with pytest.raises(ToolError, match="^Verilator refused os_one_pe.v"):
        run_regression(design, tmp_path)
