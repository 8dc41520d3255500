"""Searches as a whole: their budget, what they skip, and going on with them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep import searching
from hwgen.sweep.measure import Failure, Outcome, Task, measure
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import Store
from tests.sweep.spaces import PLUG_IN, here, written

SIDES = {"from": 1, "to": 16}
FIELDS: dict[str, Any] = {"mode": "search", "n": 40, "metrics": ["pes", "cycles"],
                          "plugins": ["own.py"], "axes": {"rows": SIDES, "columns": SIDES},
                          "workload": {"m": 16, "k": 4, "n": 16}}


def searched(folder: Path, **fields: Any) -> Path:
    """The file of a search for few PEs and few cycles."""
    (folder / "own.py").write_text(PLUG_IN.replace("maximise", "minimise"))
    return written(folder, **{**FIELDS, **fields})


class Counted:
    """Measures in this process, and keeps what it measured."""

    def __init__(self, most: int = 10**9):
        self.keys: list[str] = []
        self._most = most

    def __call__(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            if len(self.keys) == self._most:
                raise KeyboardInterrupt  # as a kill between drawing a point and storing it
            self.keys.append(task.key)
            yield measure(task)


def run(path: Path, results: str = "r.sqlite", most: int = 10**9
        ) -> tuple[str, list[str], list[Row]]:
    """Why it ended, what was measured, and all rows."""
    sweep, counted, ended = Sweep.load(path), Counted(most), ""
    with Store(path.with_name(results)) as store:
        try:
            ended = sweep.run(store, counted)
        except KeyboardInterrupt:
            assert len(counted.keys) == most
        return ended, counted.keys, sweep.rows(store)


def keys(rows: list[Row]) -> list[str]:
    return [row.point.key for row in rows]


def test_measures_n_distinct_points_and_shows_them_in_their_order(tmp_path: Path) -> None:
    ended, measured, rows = run(searched(tmp_path))
    assert ended == "n = 40 points are measured"
    assert len(set(measured)) == len(measured) == 40
    assert keys(rows) == measured
    assert all(row.kept for row in rows)


def test_two_runs_give_the_same_points_and_another_seed_others(tmp_path: Path) -> None:
    _, first, _ = run(searched(tmp_path), "a.sqlite")
    assert run(searched(tmp_path), "b.sqlite")[1] == first
    assert run(searched(tmp_path, seed=2), "c.sqlite")[1] != first


def test_goes_on_after_every_kill_to_the_same_points(tmp_path: Path) -> None:
    path = searched(tmp_path)
    _, whole, _ = run(path, "whole.sqlite")
    pieces: list[str] = []
    for most in (0, 1, 7, 16, 3):
        pieces += run(path, most=most)[1]
    _, last, rows = run(path)
    assert pieces + last == keys(rows) == whole
    assert run(path)[1] == []


def test_an_interrupted_search_knows_what_is_left(tmp_path: Path) -> None:
    path = searched(tmp_path)
    run(path, most=7)
    sweep = Sweep.load(path)
    with Store(tmp_path / "r.sqlite") as store:
        assert sweep.left(store) == 32
        assert len(sweep.todo(store)) == 1  # drawn, and then killed
        assert len(sweep.points(store)) == 8


def test_a_larger_budget_goes_on(tmp_path: Path) -> None:
    _, first, _ = run(searched(tmp_path))
    ended, more, rows = run(searched(tmp_path, n=50))
    assert ended == "n = 50 points are measured"
    assert len(more) == 10
    assert keys(rows) == first + more


def test_another_metric_costs_no_budget(tmp_path: Path) -> None:
    _, first, _ = run(searched(tmp_path))
    _, again, rows = run(searched(tmp_path, metrics=["pes", "cycles", "mae"]))
    assert again == keys(rows) == first
    assert all("mae" in row.values for row in rows)


def test_another_metric_leaves_the_search_as_it_is(tmp_path: Path) -> None:
    _, whole, _ = run(searched(tmp_path, n=60), "whole.sqlite")
    run(searched(tmp_path))
    _, _, rows = run(searched(tmp_path, n=60, metrics=["pes", "cycles", "mae"]))
    assert keys(rows) == whole


def test_what_the_file_knows_is_free(tmp_path: Path) -> None:
    axes = {"rows": SIDES, "columns": [1, 2, 3, 4]}
    _, known, _ = run(searched(tmp_path, mode="grid", axes=axes))
    _, measured, rows = run(searched(tmp_path))
    assert len(measured) == 40
    assert not set(measured) & set(known)
    assert set(keys(rows)) > set(measured)
    assert set(keys(rows)) - set(measured) <= set(known)


def test_ends_when_the_space_is_exhausted(tmp_path: Path) -> None:
    axes = {"rows": [1, 2, 3], "columns": [1, 2]}
    ended, measured, _ = run(searched(tmp_path, axes=axes, where=["rows < 3"]))
    assert ended == "the space is exhausted"
    assert len(measured) == 4
    assert run(searched(tmp_path, axes=axes, where=["rows < 3"]))[:2] == (ended, [])


def test_ends_when_no_new_point_turns_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "TRIES", 5)
    ended, measured, rows = run(searched(tmp_path, n=256))
    assert ended == "no new point turned up in 5 tries"
    assert 10 < len(measured) < 256
    assert keys(rows) == measured


def test_where_and_invalid_points_cost_nothing(tmp_path: Path) -> None:
    sides = {"from": 0, "to": 16}
    ended, measured, rows = run(searched(tmp_path, axes={"rows": sides, "columns": sides},
                                         where=["rows != 3"]))
    assert ended.startswith("n = 40")
    assert len(measured) == 40
    arrays = [row.point.array for row in rows if row.point.array]
    assert len(arrays) == 40
    assert all(array.rows != 3 for array in arrays)
    refused = [row for row in rows if row.point.array is None]
    assert refused
    assert all(row.failure and row.failure.kind == "refused" for row in refused)


def test_failures_cost_a_point_and_stop_nothing(tmp_path: Path) -> None:
    path = searched(tmp_path)

    def risky(tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            rows = ArraySpec.model_validate_json(task.spec).rows
            outcome = measure(task)
            failure = Failure("refused" if rows % 2 else "failed", "cycles", "no")
            yield Outcome(task.key, {"pes": 1.0}, failure) if rows % 4 else outcome

    sweep = Sweep.load(path)
    with Store(tmp_path / "r.sqlite") as store:
        assert sweep.run(store, risky).startswith("n = 40")
        rows = sweep.rows(store)
        assert len(rows) == 40
        assert {row.failure.kind if row.failure else "done" for row in rows} == {
            "refused", "failed", "done"}
        assert [row.point.array.rows % 4 for row in sweep.front(rows) if row.point.array] == [
            0] * len(sweep.front(rows))
        # Asked to, it measures again what failed, and draws nothing more.
        sweep.run(store, here, retry=True)
        assert all(row.kept for row in sweep.rows(store))
        assert len(sweep.rows(store)) == 40


def test_turns_away_from_what_is_not_kept(tmp_path: Path) -> None:
    """Many PEs cost much, so that without the constraint it draws few such points."""
    def many(results: str, **fields: Any) -> int:
        _, _, rows = run(searched(tmp_path, n=100, metrics=["pes", "mae"], **fields), results)
        return sum(row.values["pes"] > 100 for row in rows)

    assert many("a.sqlite", keep=["pes > 100"]) > 1.5 * many("b.sqlite")


def test_points_that_several_workers_measure_come_in_any_order(tmp_path: Path) -> None:
    path = searched(tmp_path)

    def shuffled(tasks: Iterable[Task]) -> Iterator[Outcome]:
        tasks, waiting = iter(tasks), []
        while True:
            while len(waiting) < 3 and (task := next(tasks, None)):
                waiting.append(task)
            if not waiting:
                return
            yield measure(waiting.pop())

    sweep = Sweep.load(path)
    with Store(tmp_path / "r.sqlite") as store:
        sweep.run(store, shuffled)
        rows = sweep.rows(store)
    assert len(set(keys(rows))) == 40
    assert all(row.kept for row in rows)
    assert run(path)[1:] == ([], rows)


def test_infinite_objectives(tmp_path: Path) -> None:
    _, measured, rows = run(searched(
        tmp_path, n=25, metrics=["snr_db", "cycles", "pes"], base={"rows": 2},
        axes={"pe.multiplier": [{"kind": "exact"}, {"kind": "truncated", "cut": 4}],
              "columns": SIDES}))
    assert len(measured) == 25
    assert {row.values["snr_db"] == float("inf") for row in rows} == {True, False}


def test_objectives_decide_what_is_drawn_and_the_front(tmp_path: Path) -> None:
    metrics = ["mae", "pes", "cycles", "utilisation"]
    sweep = Sweep.load(searched(tmp_path, metrics=metrics, objectives=["pes", "utilisation"]))
    assert [each.name for each in sweep.objectives] == ["pes", "utilisation"]
    assert Sweep.load(searched(tmp_path, metrics=metrics)).search != sweep.search
    three = searched(tmp_path, metrics=metrics, objectives=["pes", "utilisation", "cycles"])
    _, measured, rows = run(three)
    assert len(measured) == 40
    sweep = Sweep.load(three)
    fewest = min(row.values["pes"] for row in rows)
    assert fewest in [row.values["pes"] for row in sweep.front(rows)]


def test_a_search_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'hwgen\[sweep\]'"):
        Sweep.load(searched(tmp_path))
