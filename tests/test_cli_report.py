"""The verb that shows a sweep."""

import json
import sys
from pathlib import Path

import pytest

from hwgen.sweep.store import Store
from tests.command_line import Call, refused
from tests.sweep.spaces import run_here, written


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A sweep that was run, into ``results.sqlite``."""
    path = written(tmp_path)
    run_here(path)
    return path


@pytest.mark.usefixtures("measured")
def test_writes_the_page(call: Call, tmp_path: Path) -> None:
    said = call("report", "sweep.toml", "--results", "results.sqlite")
    assert said.status == 0
    assert said.out == "sweep.html: 3 points measured, 0 refused, 0 failed; 3 on the front\n"
    text = (tmp_path / "sweep.html").read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    call("report", "sweep.toml", "--results", "results.sqlite", "-o", "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == text


@pytest.mark.usefixtures("measured")
def test_json_and_plots(call: Call, tmp_path: Path) -> None:
    said = call("report", "sweep.toml", "--results", "results.sqlite", "-o", "out/page.html",
                "--plots", "figures", "--json")
    assert said.status == 0
    plots = [f"front_cycles_utilisation.{kind}" for kind in ("png", "svg")]
    assert json.loads(said.out) == {
        "report": "out/page.html", "points": 3, "done": 3, "failed": 0, "refused": 0, "missing": 0,
        "kept": 3, "front": 3, "plots": plots}
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == plots


def test_tells_what_is_missing_while_the_sweep_runs(call: Call, tmp_path: Path) -> None:
    written(tmp_path)
    with Store(tmp_path / "sweep.sqlite"):  # and holds the file
        said = call("report", "sweep.toml")
    assert said.status == 0
    assert "0 points measured, 0 refused, 0 failed, 3 not reached yet; 0 on the front" in said.out


def test_without_results_says_how_to_get_them(call: Call, tmp_path: Path) -> None:
    written(tmp_path)
    refused(call("report", "sweep.toml"), "results must be the file of a sweep that was run, not "
            "'sweep.sqlite'; measure it with: hwgen sweep sweep.toml -o sweep.sqlite")


@pytest.mark.usefixtures("measured")
def test_plots_need_matplotlib(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    refused(call("report", "sweep.toml", "--results", "results.sqlite", "--plots", "figures"),
            "pip install 'hwgen[plot]'")
    assert not (tmp_path / "sweep.html").exists()
