"""The results file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwgen.spec import InputError
from hwgen.sweep.measure import Failure, Outcome
from hwgen.sweep.metrics import built_in
from hwgen.sweep.store import Draw, Store, Stored

SETTINGS = {"mae": "1", "cycles": "2"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "results.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


def done(key: str, **values: float) -> Outcome:
    return Outcome(key, values, seconds=0.5)


def table(path: Path, name: str) -> list[tuple[object, ...]]:
    """What another process sees while the store is open."""
    with sqlite3.connect(path) as database:
        return database.execute(f"SELECT * FROM {name}").fetchall()


def test_values_come_back(store: Store, path: Path) -> None:
    assert store.get("k", SETTINGS) == Stored({}, None)
    store.add('{"name":"a"}', done("k", mae=1.5, cycles=float("inf")), SETTINGS)
    assert store.get("k", SETTINGS) == Stored({"mae": 1.5, "cycles": float("inf")}, None)
    assert table(path, "points") == [("k", '{"name":"a"}', 0.5)]


def test_other_settings_are_other_values(store: Store) -> None:
    store.add("{}", done("k", mae=1.5), {"mae": "old"})
    assert store.get("k", SETTINGS).values == {}
    store.add("{}", done("k", mae=2.5, cycles=3), SETTINGS)
    assert store.get("k", SETTINGS).values == {"mae": 2.5, "cycles": 3}
    assert store.get("k", {"mae": "old"}).values == {"mae": 1.5}


def test_a_point_is_kept_once(store: Store, path: Path) -> None:
    store.add("{}", done("k", mae=1), SETTINGS)
    store.add("{}", done("k", mae=1, cycles=2), SETTINGS)
    assert table(path, "points") == [("k", "{}", 1.0)]
    assert len(table(path, "metrics")) == 2


@pytest.mark.parametrize("metric", ["cycles", ""])
def test_failures_with_their_logs_until_it_succeeds(metric: str, store: Store, path: Path) -> None:
    failure = Failure("failed", metric, "crashed", "the\nend")
    store.add("{}", Outcome("k", {"mae": 1.0}, failure), SETTINGS)
    assert store.get("k", SETTINGS) == Stored({"mae": 1.0}, failure)
    store.add("{}", Outcome("k", {}, failure), SETTINGS)
    assert len(table(path, "failures")) == 1
    store.add("{}", done("k", cycles=2), SETTINGS)
    assert store.get("k", SETTINGS) == Stored({"mae": 1.0, "cycles": 2.0}, None)
    assert table(path, "failures") == []


def test_a_failure_at_other_settings_does_not_count(store: Store) -> None:
    store.add("{}", Outcome("k", {}, Failure("failed", "mae", "crashed")), {"mae": "old"})
    assert store.get("k", SETTINGS).failure is None
    assert store.get("k", {"cycles": "2"}).failure is None


def test_all_or_nothing_of_a_point(store: Store, path: Path) -> None:
    with pytest.raises(KeyError):
        store.add("{}", done("k", mae=1, unknown=2), SETTINGS)
    assert table(path, "points") == table(path, "metrics") == []
    store.add("{}", done("k", mae=1), SETTINGS)
    assert len(table(path, "metrics")) == 1


def test_metrics_are_described(store: Store, path: Path) -> None:
    mae, bias = built_in()["mae"], built_in()["bias"]
    store.describe([mae])
    store.describe([mae, bias])
    assert sorted(table(path, "kinds")) == [("bias", "LSB", "near zero", bias.summary),
                                            ("mae", "LSB", "minimise", mae.summary)]


def test_survives_being_closed_and_is_in_wal_mode(path: Path) -> None:
    with Store(path) as store:
        store.add("{}", done("k", mae=1), SETTINGS)
    with Store(path) as store:
        assert store.get("k", SETTINGS).values == {"mae": 1}
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_one_writer(store: Store, path: Path) -> None:
    with pytest.raises(InputError, match="results must be written by one sweep at a time, but"):
        Store(path)
    store.add("{}", done("k", mae=1), SETTINGS)


def test_is_read_while_it_is_written(store: Store, path: Path) -> None:
    store.add("{}", done("k", mae=1.5), SETTINGS)
    with Store(path, read_only=True) as reader:
        assert reader.get("k", SETTINGS).values == {"mae": 1.5}
        store.add("{}", done("k", mae=1.5, cycles=2), SETTINGS)
        assert reader.get("k", SETTINGS).values == {"mae": 1.5, "cycles": 2}
        with pytest.raises(InputError, match="attempt to write a readonly database"):
            reader.add("{}", done("k", mae=9), SETTINGS)


@pytest.mark.parametrize("content", [None, b""])
def test_reading_makes_no_file(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    if content is not None:
        path.write_bytes(content)
    before = list(tmp_path.iterdir())
    with pytest.raises(InputError, match="results must be"):
        Store(path, read_only=True)
    assert list(tmp_path.iterdir()) == before


def test_a_writer_that_has_gone_is_no_hindrance(path: Path) -> None:
    for _ in range(2):
        with Store(path):
            pass


@pytest.mark.parametrize("kind", ["text", "database", "folder", "version", "below a file"])
def test_refuses_other_files(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if kind == "text":
        path.write_text("mine, and no database" * 100)
    elif kind == "folder":
        path.mkdir()
    elif kind == "below a file":
        path.write_text("mine")
        path /= "y"
    else:
        if kind == "version":
            Store(path).__exit__(None, None, None)
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE mine (x)")
            database.execute("PRAGMA user_version = 99")
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(InputError, match=r"results must be .*choose another with -o FILE"):
        Store(path)
    assert before is None or path.read_bytes() == before


def test_draws_of_a_search_come_back_in_order(store: Store) -> None:
    draws = [Draw((0, 3), {"generation": 0}, True), Draw((1, 2**70), {}, False)]
    for number, draw in enumerate(draws):
        store.add_draw("s", number, draw)
    store.add_draw("other", 0, draws[1])
    assert store.draws("s") == draws
    assert store.draws("none") == []


def test_a_file_from_before_there_were_searches(path: Path) -> None:
    with Store(path) as store:
        store.add("{}", done("k", mae=1), SETTINGS)
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE draws")
    with Store(path) as store:
        assert store.draws("s") == []
        assert store.get("k", SETTINGS).values == {"mae": 1}
