"""Whole sweeps, run in this process."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.measure import Outcome, Task, measure
from hwgen.sweep.runner import Sweep
from hwgen.sweep.store import Store
from tests.sweep.spaces import PLUG_IN, here, run_here, written


def resumed(path: Path, retry: bool = False) -> list[tuple[int, tuple[str, ...]]]:
    """Rows and metrics of what a run measures, in ``results.sqlite``."""
    measured = []

    def watched(tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            measured.append((ArraySpec.model_validate_json(task.spec).rows, task.metrics))
            yield measure(task)

    with Store(path.with_name("results.sqlite")) as store:
        Sweep.load(path).run(store, watched, retry)
    return measured


def test_values_are_those_of_the_arrays(tmp_path: Path) -> None:
    sweep, rows = run_here(written(tmp_path, base={"columns": 2}, workload={"m": 5, "k": 6,
                                                                          "n": 7}))
    assert [row.values for row in rows] == [
        {"cycles": schedule.cycles, "utilisation": schedule.utilisation}
        for side in (1, 2, 4)
        for schedule in [ArraySpec(name="array", rows=side, columns=2).schedule(5, 6, 7)]]
    assert all(row.kept and row.failure is None for row in rows)
    assert list(sweep.settings) == ["cycles", "utilisation"]


def test_nothing_is_measured_twice(tmp_path: Path) -> None:
    both = ("cycles", "utilisation")
    assert resumed(written(tmp_path)) == [(1, both), (2, both), (4, both)]
    assert resumed(written(tmp_path)) == []
    assert resumed(written(tmp_path, axes={"rows": [1, 2, 3, 4]})) == [(3, both)]


def test_only_what_is_missing_of_a_point_is_measured(tmp_path: Path) -> None:
    axes = {"rows": [1]}
    resumed(written(tmp_path, axes=axes))
    assert resumed(written(tmp_path, axes=axes, metrics=["mae", "cycles"])) == [(1, ("mae",))]
    other = {"axes": axes, "metrics": ["mae", "cycles", "utilisation"], "workload": {"k": 8}}
    assert resumed(written(tmp_path, **other)) == [(1, ("cycles", "utilisation"))]
    assert resumed(written(tmp_path, **{**other, "workload": {"k": 8, "seed": 9}})) == []


def test_a_changed_plug_in_measures_again(tmp_path: Path) -> None:
    path = written(tmp_path, axes={"rows": [2]}, metrics=["pes", "cycles"], plugins=["own.py"])
    (tmp_path / "own.py").write_text(PLUG_IN)
    _, (row,) = run_here(path)
    assert row.values["pes"] == 16
    (tmp_path / "own.py").write_text(PLUG_IN.replace("* array", "+ array"))
    assert resumed(path) == [(2, ("pes",))]
    _, (row,) = run_here(path)
    assert row.values["pes"] == 10


def test_an_interrupted_sweep_keeps_what_was_finished(tmp_path: Path) -> None:
    path = written(tmp_path)

    def interrupted(tasks: Iterable[Task]) -> Iterator[Outcome]:
        yield measure(next(iter(tasks)))
        raise KeyboardInterrupt

    sweep = Sweep.load(path)
    with Store(tmp_path / "results.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            sweep.run(store, interrupted)
        assert len(sweep.todo(store)) == 2
        assert [bool(row.values) for row in sweep.rows(store)] == [True, False, False]
        assert [row.kept for row in sweep.rows(store)] == [True, False, False]
    assert [rows for rows, _ in resumed(path)] == [2, 4]


def failing(folder: Path) -> Path:
    """A sweep whose first point is no spec, second fails, third is refused; the fourth is fine."""
    (folder / "own.py").write_text(PLUG_IN.replace("    return", """\
    from hwgen.spec import InputError
    if array.rows == 1: raise RuntimeError("boom")
    if array.rows == 2: raise InputError("rows must not be 2")
    return"""))
    return written(folder, axes={"rows": [0, 1, 2, 3]}, metrics=["cycles", "pes"],
                   plugins=["own.py"])


def test_failed_and_refused_points_are_kept_with_their_reasons(tmp_path: Path) -> None:
    path, seen = failing(tmp_path), Counter[str]()
    sweep = Sweep.load(path)
    with Store(tmp_path / "results.sqlite") as store:
        sweep.run(store, here, watch=lambda outcome: seen.update([
            outcome.failure.kind if outcome.failure else "done"]))
        rows = sweep.rows(store)
    assert seen == {"refused": 2, "failed": 1, "done": 1}
    assert [row.failure and (row.failure.kind, row.failure.metric, row.failure.reason)
            for row in rows] == [("refused", "", "rows must be at least 1, not 0"),
                                 ("failed", "pes", "RuntimeError: boom"),
                                 ("refused", "pes", "rows must not be 2"), None]
    assert "RuntimeError" in rows[1].failure.log
    assert rows[1].values.keys() == {"cycles"}
    assert [row.kept for row in rows] == [False, False, False, True]


def test_failed_points_are_measured_again_when_asked(tmp_path: Path) -> None:
    path = failing(tmp_path)
    assert [rows for rows, _ in resumed(path)] == [1, 2, 3]
    assert resumed(path) == []
    assert resumed(path, retry=True) == [(1, ("pes",)), (2, ("pes",))]
    assert resumed(path) == []


@pytest.mark.parametrize(("keep", "kept"), [
    ([], [1, 2, 4]), (["cycles < 200000"], [2, 4]), (["rows != 2", "utilisation > 0"], [1, 4]),
    (["pe.multiplier.cut < 3"], []), (["rows * cycles > 1e9 or rows == 4"], [4]),
])
def test_keep(keep: list[str], kept: list[int], tmp_path: Path) -> None:
    _, rows = run_here(written(tmp_path, base={"columns": 1}, keep=keep))
    assert [row.point.array.rows for row in rows if row.kept] == kept


def test_front_of_the_first_two_metrics_and_of_kept_points(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUG_IN.replace("maximise", "minimise"))
    fields: dict[str, Any] = {"axes": {"rows": [1, 2, 4], "columns": [1, 4]},
                              "metrics": ["pes", "cycles", "mae"], "plugins": ["own.py"]}
    sweep, rows = run_here(written(tmp_path, **fields))
    places = [(row.point.array.rows, row.point.array.columns) for row in sweep.front(rows)]
    assert places == [(1, 1), (2, 1), (1, 4), (2, 4), (4, 4)]
    sweep, rows = run_here(written(tmp_path, **fields, keep=["rows > 1"]))
    places = [(row.point.array.rows, row.point.array.columns) for row in sweep.front(rows)]
    assert places == [(2, 1), (4, 1), (2, 4), (4, 4)]


def test_front_of_one_metric(tmp_path: Path) -> None:
    sweep, rows = run_here(written(tmp_path, metrics=["cycles"]))
    assert [row.point.array.rows for row in sweep.front(rows)] == [4]


@pytest.mark.parametrize(("fields", "part"), [
    ({"metrics": ["cycle"]}, "metrics must be among cycles, utilisation, "),
    ({"keep": ["mae < 3"]}, "must name what is known, not 'mae'"),
    ({"keep": ["cycles <"]}, "expression 'cycles <', column"),
    ({"plugins": ["none.py"]}, "plugins must be readable Python files, not"),
    ({"workload": {"a": "a.npy", "b": "b.npy"}}, "workload.a must be a matrix of codes"),
])
def test_refuses(fields: dict[str, Any], part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        Sweep.load(written(tmp_path, **fields))
    assert part in str(refusal.value)
