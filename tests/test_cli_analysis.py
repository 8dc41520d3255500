"""The verbs that analyse a spec's arithmetic."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from hwgen.analysis import error
from hwgen.array.mesh import ArraySpec
from tests.analysis.families import Truncated
from tests.command_line import SMALL, Call, process, refused, toml


@pytest.fixture
def approximate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The multiplier of every spec drops its two lowest columns."""
    load = ArraySpec.load.__func__  # type: ignore[attr-defined]

    def loaded(cls: type[ArraySpec], path: Path) -> ArraySpec:
        array = load(cls, path)
        pe = array.pe.model_copy(update={"multiplier": Truncated(cut=2)})
        return array.model_copy(update={"pe": pe})

    monkeypatch.setattr(ArraySpec, "load", classmethod(loaded))


@pytest.mark.usefixtures("approximate")
def test_error_prints_a_table_and_writes_the_folder(call: Call, spec: Path,
                                                    tmp_path: Path) -> None:
    said = call("error", spec)
    assert said.status == 0
    assert "truncated s4xs4, cut 2: all 256 pairs" in said.out
    for part in ("MAE", "1.25", "LSB", "mean of |e|", "WCE is at a = -5, b = -5",
                 "closed-form bound of the family: 5", "in rtl_out/tiny/error: error.json"):
        assert part in said.out
    folder = tmp_path / "rtl_out" / "tiny" / "error"
    assert {path.name for path in folder.iterdir()} == {
        "error.json", "error_map.png", "error_map.svg", "error_histogram.png",
        "error_histogram.svg"}
    assert json.loads((folder / "error.json").read_text())["wce"] == 5


@pytest.mark.usefixtures("approximate")
def test_error_in_json_without_plots(call: Call, spec: Path, tmp_path: Path) -> None:
    said = call("error", spec, "-o", "x/y", "--json", "--no-plots")
    told = json.loads(said.out)
    assert (told["design"], told["mae"], told["exhaustive"]) == ("tiny", 1.25, True)
    assert told["config_hash"] == ArraySpec.load(spec).config_hash
    assert [path.name for path in (tmp_path / "x" / "y").iterdir()] == ["error.json"]
    assert (tmp_path / "x" / "y" / "error.json").read_text() == said.out


def test_error_without_matplotlib(call: Call, spec: Path, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(error, "error_metrics", None)  # refused before anything is measured
    refused(call("error", spec), "matplotlib must be installed", "pip install 'hwgen[plot]'",
            "--no-plots")
    assert not (tmp_path / "rtl_out").exists()


def test_error_into_a_file(call: Call, spec: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = call("error", spec, "--no-plots", "-o", "file")
    assert said.status == 2
    assert "output folder must be writable, not 'file'" in said.err


def test_accwidth_prints_a_table(call: Call, spec: Path) -> None:
    """K = 9: 9 * 64 = 576 takes 11 bits signed, and the spec has 10."""
    said = call("accwidth", spec, "--length", 9)
    assert said.status == 0
    for part in ("tiny: accumulator for 9 terms", "worst case  11 bits signed  -504 to 576",
                 "hoeffding", "normal", "overflow <= ",
                 "accumulator of 10 bits signed can overflow; set accumulator.width = 11"):
        assert part in said.out
    assert "never overflows" in call("accwidth", spec, "--length", 7).out


def test_accwidth_in_json(call: Call, spec: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1, -8], [2, 7]], np.int8))
    np.save(tmp_path / "a.npy", np.array([3, 3, 4], np.uint8))
    told = json.loads(call("accwidth", spec, "--weights", "w.npy", "--activations", "a.npy",
                           "--a-range", "-1:4", "--probability", "1e-3", "--json").out)
    assert (told["design"], told["length"], told["never_overflows"]) == ("tiny", 2, True)
    assert [width["method"] for width in told["widths"]] == [
        "worst case", "weights", "hoeffding", "normal"]
    weights = told["widths"][1]
    assert (weights["low"], weights["high"], weights["bits"], weights["column"]) == (-39, 36, 7, 1)


def test_accwidth_ranges(call: Call, spec: Path) -> None:
    told = json.loads(call("accwidth", spec, "--length", 3, "--a-range", "-2:1",
                           "--b-range=0:5", "--json").out)
    assert (told["widths"][0]["low"], told["widths"][0]["high"]) == (-30, 15)


@pytest.mark.parametrize(("arguments", "part"), [
    ((), "length must be given, or weights; for example: --length 576"),
    (("--length", "0"), "length must be 1 to 4194304, not 0"),
    (("--length", "2", "--a-range", "x"), "range of a must be LOW:HIGH"),
    (("--length", "2", "--b-range", "-8:8"), "range of b must be LOW:HIGH within -8:7"),
    (("--length", "2", "--probability", "1"), "probability must be above 0 and below 1, not 1.0"),
    (("--weights", "none.npy"), "weights must be a readable file, not 'none.npy'"),
    (("--weights", "tiny.toml"), "weights must be one array of integers in a .npy file"),
    (("--weights", "w.npy", "--length", "2"), "weights must be a matrix of 2 rows (K)"),
    (("--weights", "flat.npy"), "weights must be a matrix of 3 rows (K), not of shape (3,)"),
    (("--weights", "big.npy"), "weights must hold codes of -8 to 7, not 8 to 8"),
    (("--length", "2", "--activations", "big.npy"), "activations must hold codes of -8 to 7"),
])
def test_accwidth_refuses(arguments: tuple[str, ...], part: str, call: Call, spec: Path,
                          tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.ones((3, 2), int))
    np.save(tmp_path / "flat.npy", np.ones(3, int))
    np.save(tmp_path / "big.npy", np.full((2, 2), 8))
    said = call("accwidth", spec, *arguments)
    assert said.status == 2
    assert said.out == ""
    assert part in said.err.splitlines()[-1]


@pytest.mark.parametrize("verb", [("error",), ("accwidth", "--length", "3")])
def test_bad_spec_in_a_process(verb: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(toml({**SMALL, "rows": 0}))
    refused(process(verb[0], "bad.toml", *verb[1:], cwd=tmp_path), "rows must be at least 1")
