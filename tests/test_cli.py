"""The command line: each verb does its work, and each mistake is one clear message, status 2."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.arith.accumulator import Accumulator, Requantizer
from hwgen.array.mesh import ArraySpec
from hwgen.array.random import RandomSource
from hwgen.flow import verilator
from hwgen.flow.cells import Area
from hwgen.flow.cocotb import TestOutcome as Outcome
from hwgen.flow.design import Design
from hwgen.pe.parallel import ParallelPE
from tests.command_line import SMALL, Call, Said, process, refused, toml

VERBS = ("new", "check", "gen", "sim", "synth", "pnr", "error", "accwidth", "search-multiplier",
         "sweep", "report", "list", "doctor")


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(verb: str, call: Call) -> None:
    said = call(verb, "--help")
    assert said.status == 0
    assert f"Example: hwgen {verb}" in said.out
    assert "--json" in said.out
    assert said.err == ""


def test_help_names_every_verb(call: Call) -> None:
    out = call("--help").out
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert "First steps: hwgen new my.toml" in out


def test_version(call: Call) -> None:
    assert call("--version") == Said(0, f"hwgen {hwgen.__version__}\n", "")


@pytest.mark.parametrize("arguments", [("no-such-verb",), ("gen",), ("gen", "x", "--no-such")])
def test_wrong_usage_has_status_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    said = process(*arguments, cwd=tmp_path)
    assert said.status == 2
    assert "Traceback" not in said.err


@pytest.mark.parametrize("kind", ["output-stationary", "weight-stationary"])
def test_new_writes_the_defaults(kind: str, call: Call, tmp_path: Path) -> None:
    said = call("new", "My array-2.toml", "--dataflow", kind)
    assert said.status == 0
    assert "next: hwgen gen" in said.out
    written = ArraySpec.load(tmp_path / "My array-2.toml")
    assert written == ArraySpec.parse({"name": "my_array_2", "dataflow": {"kind": kind}})


def test_new_explains_every_field(call: Call, tmp_path: Path) -> None:
    """A comment beside each line, and every field of a spec, the optional ones commented out."""
    call("new", "a.toml")
    text = (tmp_path / "a.toml").read_text()
    shown = tomllib.loads("\n".join(
        line[2:] if line.startswith("# ") and ("=" in line or line.startswith("# [")) and
        not line.startswith('# "') else line for line in text.splitlines()))
    assert shown["pe"].keys() == ParallelPE.model_fields.keys()
    assert shown.keys() == ArraySpec.model_fields.keys()
    for table, part in ((shown["pe"]["accumulator"], Accumulator), (shown["output"], Requantizer)):
        assert table.keys() | {"random_bits"} == part.model_fields.keys()  # not with every rounding
    assert "random_bits" in text
    assert shown["random"].keys() == RandomSource.model_fields.keys()
    ArraySpec.parse(shown)


def test_new_takes_a_size(call: Call, tmp_path: Path) -> None:
    said = call("new", "a.toml", "--rows", 3, "--columns", 5, "--json")
    assert json.loads(said.out) == {"spec": "a.toml", "name": "a", "preset": "default"}
    array = ArraySpec.load(tmp_path / "a.toml")
    assert (array.rows, array.columns) == (3, 5)


def test_new_refuses_to_overwrite(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("mine")
    refused(call("new", "a.toml"), "a.toml must be a new file", "--force")
    assert (tmp_path / "a.toml").read_text() == "mine"
    assert call("new", "a.toml", "--force").status == 0
    assert ArraySpec.load(tmp_path / "a.toml").name == "a"


@pytest.mark.parametrize(("file", "name"), [
    ("9lives.toml", "array_9lives"), ("_.toml", "array"), ("wire.toml", "array_wire"),
    ("Ä.toml", "array"),
    (f"{'x' * 80}.toml", "x" * 64), ("a.b.toml", "a_b")])
def test_new_makes_a_name_of_any_file(file: str, name: str, call: Call, tmp_path: Path) -> None:
    assert call("new", file).status == 0
    assert ArraySpec.load(tmp_path / file).name == name


@pytest.mark.parametrize(("arguments", "part"), [
    (("--rows", "0"), "rows must be at least 1, not 0"),
    (("--columns", "257"), "columns must be at most 256, not 257"),
    (("--dataflow", "none"), "dataflow must be of a kind among"),
    (("--dataflow", 'x"\ny = 1'), "dataflow must be of a kind among"),
])
def test_new_checks_before_it_writes(arguments: tuple[str, ...], part: str, call: Call,
                                     tmp_path: Path) -> None:
    refused(call("new", "a.toml", *arguments), part)
    assert not (tmp_path / "a.toml").exists()


def test_check_tells_what_a_spec_means(call: Call, spec: Path) -> None:
    said = call("check", spec)
    assert said.status == 0
    assert "signed 4 bits, 0 fraction x signed 4 bits" in said.out
    facts = json.loads(call("check", spec, "--json").out)
    array = ArraySpec.load(spec)
    assert facts["config_hash"] == array.config_hash
    assert str(array.latency) in facts["latency"]
    assert str(array.schedule(64, 64, 64).cycles) in facts["cycles"]


def test_check_of_an_array_without_bank(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(toml(
        {"name": "a", "dataflow": {"kind": "weight-stationary", "bank_rows": 0}}))
    assert "(64 x 8) x (8 x 64)" in call("check", "a.toml").out


def test_check_prints_the_schema(call: Call) -> None:
    schema = json.loads(call("check", "--schema").out)
    assert schema["properties"].keys() == ArraySpec.model_fields.keys()


def test_check_asks_for_a_spec(call: Call) -> None:
    refused(call("check"), "SPEC.toml must be given, or --schema")


FAULTS: dict[str, tuple[str | bytes, str]] = {
    "unknown field": ('name = "a"\nrow = 3', "row is not a known field; known here: columns"),
    "wrong type": ('name = "a"\nrows = "8"', "rows must be an integer, not '8'"),
    "a float": ('name = "a"\nrows = 8.0', "rows must be an integer, not 8.0"),
    "true": ('name = "a"\nrows = true', "rows must be an integer, not True"),
    "width 0": ('name = "a"\n[pe.a]\nwidth = 0', "pe.a.width must be at least 1, not 0"),
    "width 33": ('name = "a"\n[pe.a]\nwidth = 33', "pe.a.width must be at most 32, not 33"),
    "a million rows": ('name = "a"\nrows = 1000000', "rows must be at most 256, not 1000000"),
    "no name": ("rows = 2", "name is required and missing"),
    "empty": ("", "name is required and missing"),
    "bad name": ('name = "A"', "name must be text matching"),
    "a keyword": ('name = "wire"', "name must be no keyword of Verilog, not 'wire'"),
    "no table": ('name = "a"\npe = 3', "pe must be a table"),
    "unknown kind": ('name = "a"\n[dataflow]\nkind = "x"', "dataflow must be of a kind among"),
    "not TOML": ("name = ", "spec must be TOML: "),
    "binary": (b"\xff\xfe\x00", "must be TOML in UTF-8"),
    "deep": ("a = " + "[" * 20_000, "spec must be TOML"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ["check", "gen", "sim", "synth", "pnr"])
def test_faulty_spec_is_explained(verb: str, fault: str, call: Call, tmp_path: Path) -> None:
    text, part = FAULTS[fault]
    (tmp_path / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(call(verb, "bad.toml"), part, "bad.toml")
    assert os.listdir(tmp_path) == ["bad.toml"]


def test_all_faults_are_told_at_once(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('name = "A"\nrows = 0\nx = 1\n[pe.b]\nwidth = 99\n')
    said = call("check", "bad.toml")
    refused(said, "4 faults in the spec", "rows", "x is not", "pe.b", "name")
    assert said.err.count("\n  ") == 4


@pytest.mark.parametrize("verb", ["check", "gen", "sim", "synth", "pnr"])
@pytest.mark.parametrize("file", ["missing.toml", "."])
def test_unreadable_spec(verb: str, file: str, call: Call) -> None:
    refused(call(verb, file), "spec must be a readable file, not ")


def test_missing_spec_names_the_verb_that_writes_one(call: Call) -> None:
    refused(call("gen", "missing.toml"), "write one with: hwgen new missing.toml")


@pytest.mark.parametrize("arguments", [
    ("check", "bad.toml"), ("gen", "missing.toml"), ("gen", "good.toml", "-o", "bad.toml/x"),
    ("sim", "good.toml", "--simulator", "x"), ("synth", "good.toml", "--family", "x")])
def test_mistakes_have_status_2_in_a_process(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("rows = 1000000")
    (tmp_path / "good.toml").write_text(toml(SMALL))
    refused(process(*arguments, cwd=tmp_path))


def test_gen_writes_the_folder(call: Call, spec: Path, tmp_path: Path) -> None:
    said = call("gen", spec)
    assert said.status == 0
    design = Design(tmp_path / "rtl_out" / "tiny")
    assert design.spec == ArraySpec.load(spec)
    assert design.spec.config_hash in said.out
    assert design.verilog.is_file()


def test_multiplier_of_a_file_becomes_part_of_the_design(call: Call, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    np.save(tmp_path / "specs" / "mul.npy", np.random.default_rng(1).integers(0, 256, (16, 16)))
    (tmp_path / "specs" / "own.toml").write_text(toml({**SMALL, "pe": {
        **SMALL["pe"], "multiplier": {"kind": "table", "file": "mul.npy"}}}))
    for arguments in (("check",), ("check", "--json"), ("gen", "-o", "out")):
        said = call(arguments[0], "specs/own.toml", *arguments[1:])
        assert said.status == 0
        assert len(said.out + said.err) < 1000
    (tmp_path / "specs" / "mul.npy").unlink()
    assert Design(tmp_path / "out").spec.config_hash in said.out
    refused(call("check", "specs/own.toml"), "pe.multiplier.file must be a readable file, not",
            "specs/mul.npy")


def test_gen_into_a_folder_in_json(call: Call, spec: Path, tmp_path: Path) -> None:
    told = json.loads(call("gen", spec, "-o", "x/y", "--json").out)
    design = Design(tmp_path / "x" / "y")
    assert told == {"folder": "x/y", "config_hash": design.manifest["config_hash"],
                    "files": sorted(design.manifest["sha256"])}


def test_gen_into_a_file(call: Call, spec: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(call("gen", spec, "-o", "file"), "output folder must be writable, not 'file'", "-o DIR")


def test_sim_runs_the_regression(call: Call, spec: Path, tmp_path: Path) -> None:
    said = call("sim", spec, "--only", "one_step", "--json")
    assert said.status == 0
    told = json.loads(said.out)
    assert (told["design"], told["passed"], told["failed"]) == ("tiny", 1, 0)
    assert [test["name"] for test in told["tests"]] == ["one_step"]
    assert (tmp_path / "rtl_out" / "tiny" / "sim" / "simulation.log").is_file()


def outcomes(monkeypatch: pytest.MonkeyPatch, *failures: str | None) -> None:
    monkeypatch.setattr("hwgen.flow.cocotb.run_regression", lambda *_, **__: [
        Outcome(f"test{index}", failure, 0.1) for index, failure in enumerate(failures)])


def test_sim_of_a_failing_design_has_status_1(call: Call, spec: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, None, "beat 3 is wrong", "")
    said = call("sim", spec)
    assert said.status == 1
    assert said.out.splitlines() == [
        "pass  test0", "FAIL  test1: beat 3 is wrong", "FAIL  test2",
        "tiny: 1 passed, 2 failed"]
    told = json.loads(call("sim", spec, "--json").out)
    assert (told["passed"], told["failed"]) == (1, 2)
    assert told["tests"][1]["failure"] == "beat 3 is wrong"


def test_sim_tells_where_waves_are(call: Call, spec: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, None)
    said = call("sim", spec, "--waves")
    assert said.out.splitlines()[-1] == ("tiny: 1 passed, 0 failed; waves in "
                                         "rtl_out/tiny/sim/tiny.fst")


@pytest.mark.parametrize(("arguments", "part"), [
    (("--simulator", "modelsim"), "--simulator must be verilator or icarus, not 'modelsim'"),
    (("--network", "cifar"), "--network must be digits, not 'cifar'"),
    (("--only", "no_such_test"), "no test ran; see "),
])
def test_sim_refuses(arguments: tuple[str, ...], part: str, call: Call, spec: Path) -> None:
    refused(call("sim", spec, *arguments), part)


def test_sim_without_a_compiler(spec: Path, tmp_path: Path) -> None:
    said = process("sim", spec, cwd=tmp_path, CXX="nonexistent")
    refused(said, "C++ compiler must be on PATH, not missing: 'nonexistent'", "apt install g++")


def test_network_too_deep_for_the_array(call: Call, tmp_path: Path) -> None:
    """Without a bank K is at most rows * lanes, and the digits network has more."""
    (tmp_path / "shallow.toml").write_text(toml(
        {**SMALL, "name": "shallow", "pe": {}, "dataflow": {
            "kind": "weight-stationary", "bank_rows": 0}}))
    refused(call("sim", "shallow.toml", "--network", "digits"),
            "K must be at most 2 (rows * lanes)", "set dataflow.bank_rows")


def test_network_runs(call: Call, tmp_path: Path) -> None:
    (tmp_path / "int8.toml").write_text(toml({"name": "int8", "rows": 4, "columns": 4}))
    said = call("sim", "int8.toml", "--network", "digits", "--json")
    assert said.status == 0
    told = json.loads(said.out)
    assert told["wrong"] == 0
    assert told["accuracy"] == told["golden_accuracy"] > 0.9
    assert told["results"] > told["images"]


def area(family: str, dsp: bool, luts: int = 12345) -> Area:
    return Area(family, dsp, luts=luts, ffs=678, recipe="plain",
                gates=99 if family == "gates" else None)


def test_synth_prints_a_table(call: Call, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.flow.area.synthesise_many",
                        lambda jobs: [area(job.family, job.dsp) for job in jobs])
    monkeypatch.setattr("hwgen.flow.area.size_flat", lambda array, targets: [
        area(*target) for target in targets])
    said = call("synth", spec, "--flat")
    assert said.status == 0
    for part in ("tiny: 2 x 2 PEs", "ice40", "ecp5 + DSP", "12,345", "678"):
        assert part in said.out


@pytest.mark.parametrize(("arguments", "targets"), [
    ((), 9), (("--family", "ecp5"), 2), (("--family", "ecp5", "--family", "gates"), 3),
    (("--no-dsp",), 5), (("--dsp",), 4), (("--family", "ice40", "--dsp"), 1)])
def test_synth_chooses_targets(arguments: tuple[str, ...], targets: int, call: Call, spec: Path,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.flow.area.size_flat", lambda array, targets: [
        area(*target) for target in targets])
    told = json.loads(call("synth", spec, "--flat", "--json", *arguments).out)
    assert told["composed"] is False
    assert len(told["areas"]) == targets


def test_check_tells_the_cells_of_a_mapped_multiplier(call: Call, spec: Path) -> None:
    spec.write_text(toml({**SMALL, "pe": {"target": "ice40"}}))
    assert "exact, 103 cells of ice40 in rows with the accumulator's adder" in (
        call("check", spec).out)


def test_synth_sizes_a_mapped_array_on_its_target_alone(call: Call, spec: Path) -> None:
    spec.write_text(toml({**SMALL, "pe": {"a": {"width": 3}, "b": {"width": 3}, "target": "ice40",
                                          "accumulator": {"width": 6}}}))
    told = json.loads(call("synth", spec, "--json").out)
    assert [(area["family"], area["dsp"], area["part"]) for area in told["areas"]] == [
        ("ice40", False, "PE"), ("ice40", False, "array")]
    refused(call("synth", spec, "--family", "ecp5"), "--family must be ice40 without DSP blocks")


def test_synth_sizes_cell_and_array(call: Call, spec: Path) -> None:
    spec.write_text(toml({**SMALL, "pe": {"a": {"width": 2}, "b": {"width": 2},
                                          "accumulator": {"width": 4}}}))
    told = json.loads(call("synth", spec, "--family", "ice40", "--no-dsp", "--json").out)
    cell, array = told["areas"]
    assert (cell["part"], array["part"]) == ("PE", "array")
    assert 0 < cell["luts"] < array["luts"] < 10 * cell["luts"]
    assert told["composed"] is True


@pytest.mark.parametrize(("arguments", "part"), [
    (("--family", "virtex"), "--family must be one of ice40, ecp5, gowin, xilinx7, gates, not "
                             "'virtex'"),
    (("--family", "gates", "--dsp"), "--dsp must go with an FPGA family"),
])
def test_synth_refuses(arguments: tuple[str, ...], part: str, call: Call, spec: Path) -> None:
    refused(call("synth", spec, *arguments), part)


def test_list_shows_the_choices(call: Call) -> None:
    told = json.loads(call("list", "--json").out)
    assert set(told["dataflow"]) == {"output-stationary", "weight-stationary"}
    assert set(told["overflow"]) == {"wrap", "saturate"}
    assert set(told["synthesis family"]) == {"ice40", "ecp5", "gowin", "xilinx7", "gates"}
    assert "exact" in told["multiplier"]
    assert told["metric"]["mae"].startswith("Mean of the absolute error")
    assert told["target"].keys() == {"ecp5", "gowin", "ice40", "xilinx7"}
    assert "CCU2C" in told["target"]["ecp5"]
    text = call("list").out
    assert all(name in text for group in told.values() for name in group)
    assert all(told["rounding"].values())


def test_doctor_is_content_here(call: Call) -> None:
    said = call("doctor")
    assert said.status == 0
    assert "MISS" not in said.out
    told = json.loads(call("doctor", "--json").out)
    assert all(finding["cure"] is None for finding in told)
    assert call("doctor", "--quiet") == Said(0, "", "")


def test_doctor_tells_the_cure(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    verilator.compiler.cache_clear()
    monkeypatch.setenv("CXX", "nonexistent")
    said = call("doctor")
    verilator.compiler.cache_clear()
    assert said.status == 2
    assert "MISS  C++ compiler     none\n      cure: C++ compiler must be on PATH" in said.out


@pytest.mark.parametrize(("error", "status", "message"), [
    (KeyboardInterrupt, 130, "hwgen: interrupted; what was finished is kept\n"),
    (BrokenPipeError, 0, None)])
def test_interruptions_are_quiet(error: type[BaseException], status: int, message: str | None,
                                 tmp_path: Path) -> None:
    program = ("import sys; from hwgen import cli\n"
               f"def stop(): raise {error.__name__}\n"
               "cli.app = stop\ncli.main()\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=False, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(Path(hwgen.__file__).parents[1])})
    assert done.returncode == status
    assert done.stderr == (message or "")


def test_pipe_that_is_closed_early_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run([f"{sys.executable} -m hwgen check --schema | head -c 10"], shell=True,
                          capture_output=True, text=True, check=False, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(Path(hwgen.__file__).parents[1])})
    assert done.stderr == ""
