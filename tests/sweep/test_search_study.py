"""A search against chance, on a real space all of whose points are known."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hwgen.spec import InputError
from hwgen.sweep import search_study
from hwgen.sweep.search_study import Box, Grid, missing, whole
from tests.sweep.spaces import here, written

BIT_OPERATIONS = Path(__file__).parents[2] / "docs" / "studies" / "sweep" / "bit_operations.py"
POINTS = 100


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Broken-array multipliers in arrays of 4 x 4, most of them worse than others."""
    widths = {"from": 4, "to": 7}
    return written(
        tmp_path_factory.mktemp("study"), mode="search", n=POINTS,
        metrics=["bit_operations", "nmed"], plugins=[str(BIT_OPERATIONS)],
        base={"rows": 4, "columns": 4, "pe": {"multiplier": {"kind": "broken-array"}}},
        axes={"pe.a.width": widths, "pe.b.width": widths,
              "pe.multiplier.horizontal": {"from": 0, "to": 3},
              "pe.multiplier.vertical": {"from": 0, "to": 7},
              "pe.accumulator.width": [10, 16]},
        where=["pe.multiplier.vertical <= pe.a.width + pe.b.width - 4",
               "pe.multiplier.horizontal < pe.b.width"],
        workload={"m": 12, "k": 12, "n": 12})


@pytest.fixture(scope="module")
def grid(path: Path) -> Grid:
    return whole(path, here)


def test_the_grid_is_measured(path: Path, grid: Grid) -> None:
    assert len(grid) > 800
    assert all(row.kept for row in grid.values())


def test_search_beats_chance_at_the_same_budget(path: Path, grid: Grid) -> None:
    search, chance = (missing(path, grid, mode, range(1, 5)) for mode in ("search", "random"))
    assert search.shape == chance.shape == (4, POINTS)
    assert (np.diff(search) <= 1e-12).all()  # a front never gets worse
    assert search[:, -1].mean() < 0.5 * chance[:, -1].mean()
    assert search[:, -1].max() < chance[:, -1].mean()


def test_volume() -> None:
    box = Box.of(np.array([[0.0, 20.0], [4.0, 0.0]]))
    assert box.volume(np.array([[0.0, 20.0], [4.0, 0.0]])) == 0
    assert box.volume(np.array([[0.0, 0.0]])) == 1
    assert box.volume(np.array([[3.0, 5.0], [1.0, 10.0], [2.0, 15.0]])) == 0.375 + 0.0625
    assert box.volume(np.empty((0, 2))) == 0


def test_command(path: Path, grid: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                 capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(search_study, "whole", lambda path, scheduler: grid)
    monkeypatch.setattr(search_study, "SEEDS", [1])
    search_study.main([str(path), str(tmp_path / "x" / "search.svg")])
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:5] for line in told] == [
        ["random:", "100", "of", str(len(grid)), "points"],
        ["search:", "100", "of", str(len(grid)), "points"]]
    assert ElementTree.parse(tmp_path / "x" / "search.svg").getroot().tag.endswith("svg")


def test_two_objectives(path: Path, grid: Grid) -> None:
    other = path.with_name("one.toml")
    other.write_text(path.read_text() + '\nobjectives = ["nmed"]\n')
    with pytest.raises(InputError, match="objectives must be two for a figure, not 1"):
        missing(other, grid, "search", [1])
