"""Planted bugs: each change of the emitted Verilog must fail the regression."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.bulk import BulkSimulator
from hwgen.flow.cocotb import run_regression
from hwgen.flow.design import Design, generate
from tests.flow.regression import faults, mutated

pytestmark = pytest.mark.planted

PE = {
    "lanes": 2, "pipeline": 1, "a": {"width": 5}, "b": {"width": 4},
    "accumulator": {"width": 9, "overflow": "saturate"},
}
OUTPUT = {"width": 7, "frac": -2}
ARRAYS = {kind: ArraySpec.parse({"name": "dut", "rows": 3, "columns": 2, "dataflow": {"kind": kind},
                                 "pe": PE, "output": OUTPUT})
          for kind in ("output-stationary", "weight-stationary")}
OS, WS = ARRAYS


class Mutant(NamedTuple):
    """A planted bug: ``pattern`` becomes ``new`` once, in the module ``dut`` + ``module``."""

    kind: str
    module: str
    pattern: str
    new: str


def _no_reset(register: str) -> tuple[str, str]:
    return rf"if \(rst\) {register} <= \S+;\n    else if", "if"


def _no_enable(register: str) -> tuple[str, str]:
    return rf"if \(\w+\) {register} <=", f"{register} <="


_BOTH = {
    "subtracts": ("_pe", r"\$signed\(acc_i\) \+ ", "$signed(acc_i) - "),
    "one lane twice": ("_pe", r"\.a\(a\[9:5\]\)", ".a(a[4:0])"),
    "unsigned operand": ("_multiply_exact_s5xs4", r"\$signed\(a\) \*", "a *"),
    "accumulator clamps early": ("_pe", "9'h0ff", "9'h0f0"),
    "pipeline ignores holds": ("_pe", *_no_enable("addend")),
    "skew ignores holds": ("_delay_1x10", *_no_enable("o")),
    "deskew a cycle short": ("_falling_2x7", r"\.i\(i\[6:0\]\)", ".i(i[13:7])"),
    "valid survives reset": ("", *_no_reset("o__valid")),
    "valid ignores holds": ("", r"else if \(\w+\) o__valid", "else o__valid"),
}
_OS = {
    "drain spaced too short": ("", r"last \? 2'h2", "last ? 2'h1"),
    "drain spaced too long": ("", r"last \? 2'h2", "last ? 2'h3"),
    "last row early": ("", r"assign (o__payload\[14\]|\w+) = row == 2'h2",
                       r"assign \1 = row == 2'h1"),
    "row survives reset": ("", *_no_reset("row")),
    "drain survives reset": ("", *_no_reset("start_taps")),
    "sum survives reset": ("_cell", *_no_reset("acc")),
    "sum never cleared": ("_cell", r"\? 9'h0 : ", "? acc : "),
    "drain never shifts": ("_cell", r"w_shift \? n_sum : s_sum", "s_sum"),
    "accepts a alone": ("", r"assign step = ", "assign step = a__valid | "),
}
_WS = {
    "weights swapped late": ("_cell_first", r"& \{ w_swap, en \}", "& { e_swap, en }"),
    "weights load always": ("_cell_first", r"& \{ w_load, en \}", "en"),
    "next weights never free": ("", r"swap \? 1'h0 : full", "full"),
    "accepts before loaded": ("", r"\| full;", "| 1'h1;"),
    "tile begins twice": ("", *_no_reset("first")),
    "half loaded survives reset": ("", *_no_reset("begun")),
    "full survives reset": ("", *_no_reset("full")),
    "bank row survives reset": ("", *_no_reset("row")),
    "bank row never restarts": ("", r"last_ahead\[\d\] \? 8'h0 : ", ""),
    "bank always starts": ("_bank", r"e_start \? 9'h0 : read__data", "9'h0"),
    "bank never starts": ("_bank", r"e_start \? 9'h0 : ", ""),
    "bank ignores holds": ("_bank", r"if \(en\) begin", "begin"),
    "last flag early": ("", r"o__payload = \{ last_taps\[6\]", "o__payload = { last_taps[5]"),
}
MUTANTS = {f"{kind}: {bug}": Mutant(kind, *change)
           for kind, own in ((OS, _OS), (WS, _WS)) for bug, change in (_BOTH | own).items()}

QUICK = {
    "subtracts", "unsigned operand", "skew ignores holds", "valid survives reset",
    "drain spaced too short", "drain spaced too long", "sum survives reset", "last row early",
    "weights swapped late", "tile begins twice", "bank never starts", "bank row survives reset",
}
"""The bugs of the ordinary run, 8 a dataflow."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mutant], Design]:
    """The design of a mutant, in a folder of its own."""
    originals = {kind: generate(array, tmp_path_factory.mktemp(kind))
                 for kind, array in ARRAYS.items()}

    def plant(mutant: Mutant) -> Design:
        original = originals[mutant.kind]
        folder = tmp_path_factory.mktemp("mutant") / "dut"
        shutil.copytree(original.folder, folder)
        design = Design(folder)
        design.verilog.write_text(mutated(
            design.verilog.read_text(), f"dut{mutant.module}", mutant.pattern, mutant.new))
        return design

    return plant


@pytest.mark.parametrize("kind", ARRAYS)
def test_unchanged_array_has_no_fault(kind: str, tmp_path: Path) -> None:
    assert faults(BulkSimulator(generate(ARRAYS[kind], tmp_path))) == []


@pytest.mark.parametrize("bug", [
    bug if bug.split(": ")[1] in QUICK else pytest.param(bug, marks=pytest.mark.slow)
    for bug in MUTANTS])
def test_bulk_regression_finds(bug: str, planted: Callable[[Mutant], Design]) -> None:
    assert faults(BulkSimulator(planted(MUTANTS[bug])))


@pytest.mark.parametrize("bug", [
    "output-stationary: subtracts", "output-stationary: drain survives reset",
    "weight-stationary: bank never starts", "weight-stationary: valid ignores holds",
])
def test_cocotb_regression_finds(bug: str, planted: Callable[[Mutant], Design],
                                 tmp_path: Path) -> None:
    outcomes = run_regression(planted(MUTANTS[bug]), tmp_path)
    assert [outcome.name for outcome in outcomes if outcome.failure is not None]


@pytest.mark.slow
@pytest.mark.parametrize("bug", MUTANTS)
def test_cocotb_regression_finds_all(bug: str, planted: Callable[[Mutant], Design],
                                     tmp_path: Path) -> None:
    outcomes = run_regression(planted(MUTANTS[bug]), tmp_path)
    assert [outcome.name for outcome in outcomes if outcome.failure is not None]
