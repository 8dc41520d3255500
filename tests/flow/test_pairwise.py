"""Every two choices of a spec meet in an array whose emitted Verilog equals the golden."""

from itertools import combinations
from pathlib import Path

import pytest

from hwgen.flow.bulk import simulators
from hwgen.flow.design import Design, generate
from tests.flow.pairwise import (
    AXES,
    SERIAL,
    array_of,
    covering,
    feasible_pairs,
    pairs,
    product_kind,
)
from tests.flow.regression import faults, mutated

ARRAYS = 160
BATCHES = 8
"""Tests that the arrays are spread over: each compiles one library."""

CASES = covering(ARRAYS)


def names(batch: int) -> dict[str, int]:
    """The arrays of a batch, and their numbers."""
    return {f"pair{number}": number for number in range(batch, len(CASES), BATCHES)}


def generated(batch: dict[str, int], folder: Path) -> list[Design]:
    return [generate(array_of(name, CASES[number]), folder / name, vectors=False)
            for name, number in batch.items()]


def check_batch(designs: list[Design]) -> dict[str, list[str]]:
    """The faults of each array that has any, by name."""
    found = {simulator.design.top: faults(simulator) for simulator in simulators(designs)}
    return {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_arrays_pass_the_bulk_regression(batch: int, tmp_path: Path) -> None:
    assert check_batch(generated(names(batch), tmp_path)) == {}


def test_all_feasible_pairs_meet() -> None:
    met = {pair for case in CASES for pair in pairs(case)}
    assert met == feasible_pairs()
    assert len(CASES) == ARRAYS
    assert len({tuple(case.items()) for case in CASES}) > 0.95 * ARRAYS


def test_only_these_pairs_cannot_meet() -> None:
    every = sum(len(AXES[one]) * len(AXES[other]) for one, other in combinations(AXES, 2))
    roundings = len(AXES["rounding"]) - 1
    assert len(feasible_pairs()) == every - roundings - 1
    assert ("dataflow", "ws_no_bank", "accumulator", "chunked") not in feasible_pairs()
    assert ("accumulator", "exact", "rounding", "nearest_up") not in feasible_pairs()


def test_set_is_the_same_every_time() -> None:
    assert covering(ARRAYS) == CASES


def test_set_is_not_much_larger_than_the_largest_two_axes_ask() -> None:
    """The families and the roundings alone need a case for each of their pairs."""
    assert len(AXES["multiplier"]) * len(AXES["rounding"]) <= len(covering(0)) <= 120


@pytest.mark.parametrize("case", CASES, ids=str)
def test_array_is_what_its_case_says(case: dict[str, object]) -> None:
    array = array_of("dut", case)
    pe = array.pe
    assert pe.multiplier.kind == product_kind(case)
    assert (pe.kind == "parallel") == (case["multiplier"] not in SERIAL)
    assert (array.rows, array.columns) == case["shape"]
    assert (pe.lanes, pe.pipeline) == (case["lanes"], case["pipeline"])
    assert "su"[not pe.a.signed] + "su"[not pe.b.signed] == case["signedness"]
    assert array.dataflow.kind == ("output-stationary" if case["dataflow"] == "os"
                                   else "weight-stationary")
    assert (array.max_depth is not None) == (case["dataflow"] == "ws_no_bank")
    assert (pe.accumulator.chunk is not None) == (case["accumulator"] == "chunked")
    drops = pe.accumulator.drop(pe.operands.product_frac)
    assert (drops > 0) == (case["accumulator"] == "frac" or case["rounding"] != "floor")
    rounding = case["rounding"]
    if isinstance(rounding, tuple):
        assert pe.draw_bits == (drops if rounding[0] == "all" else rounding[0])
        assert array.random.sharing == rounding[1]
    else:
        assert (pe.draw_bits, pe.accumulator.rounding) == (0, rounding)
    assert (array.result_draw_bits > 0) == (case["output"] == "stochastic")
    assert (array.output is None) == (case["output"] == "none")


# Of an output-stationary array whose columns share draws of three bits.
_PLANTED = {
    "draw not added": ("_pe", r" \+ draw", ""),
    "taps of the source": ("_draw_3", r"\^ state\[9:7\]", "^ state[5:3]"),
    "draws repeat": ("_draw_3", r", state\[30:3\]", ", state[29:2]"),
    "draws ignore holds": ("_source", r"en & w_step", "w_step"),
    "draws step with the clock": ("_source", r"en & w_step", "en"),
    "seed is not read": ("_seed_steps", r"(_05_ = .*)seed\[16:13\]", r"\1 4'h0"),
    "seeding begins once": ("_seed_steps", r"if \(rst\) fresh <= \S+\n    else if", "if"),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The faults of arrays with a bug each, by its name, and of the right array, in one library."""
    number = next(number for number, case in enumerate(CASES) if case["dataflow"] == "os" and
                  case["rounding"] == (3, "column") and case["lanes"] == 1)
    names = {bug: bug.replace(" ", "_") for bug in ("none", *_PLANTED)}
    designs = generated(dict.fromkeys(names.values(), number), tmp_path_factory.mktemp("planted"))
    for (module, pattern, new), design in zip(_PLANTED.values(), designs[1:], strict=True):
        text = design.verilog.read_text()
        design.verilog.write_text(mutated(text, f"{design.top}{module}", pattern, new))
    found = check_batch(designs)
    return {bug: found.get(name, []) for bug, name in names.items()}


@pytest.mark.planted
@pytest.mark.parametrize("bug", _PLANTED)
def test_planted_bug_is_found(bug: str, planted: dict[str, list[str]]) -> None:
    assert planted[bug]


def test_array_beside_planted_bugs_has_no_fault(planted: dict[str, list[str]]) -> None:
    assert planted["none"] == []
