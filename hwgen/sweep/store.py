"""The results file of sweeps: SQLite, written by one process, read by any number.

A point is kept under its spec's ``config_hash``, each value and failure also under a digest of what
else it depends on.  What belongs to a point is written in one transaction, so that whenever the
process dies, a point is there in full or not at all.
"""

import fcntl
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hwgen.spec import InputError
from hwgen.sweep.measure import Failure, Outcome
from hwgen.sweep.metrics import Metric

APPLICATION_ID = 0x68776765  # "hwge"
VERSION = 1

_SCHEMA = """
CREATE TABLE kinds (metric TEXT PRIMARY KEY, unit TEXT NOT NULL, direction TEXT NOT NULL,
    summary TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE points (hash TEXT PRIMARY KEY, spec TEXT NOT NULL, seconds REAL NOT NULL)
    WITHOUT ROWID;
CREATE TABLE metrics (hash TEXT NOT NULL REFERENCES points, metric TEXT NOT NULL,
    settings TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (hash, metric, settings))
    WITHOUT ROWID;
CREATE TABLE failures (hash TEXT NOT NULL REFERENCES points, metric TEXT NOT NULL,
    settings TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, log TEXT NOT NULL,
    PRIMARY KEY (hash, metric, settings)) WITHOUT ROWID;
"""
_DRAWS = """
CREATE TABLE IF NOT EXISTS draws (search TEXT NOT NULL, number INTEGER NOT NULL,
    places TEXT NOT NULL, notes TEXT NOT NULL, counted INTEGER NOT NULL,
    PRIMARY KEY (search, number)) WITHOUT ROWID;
"""

Settings = Mapping[str, str]
"""Of each metric asked for, the digest of what its values depend on beside the spec."""


@dataclass(frozen=True)
class Stored:
    """What the file knows of a point: the values of the metrics asked for, or a failure."""

    values: dict[str, float]
    failure: Failure | None


@dataclass(frozen=True)
class Draw:
    """A point that a search has chosen.

    Members
    -------
    places : of its values on the axes.
    notes : what the sampler keeps with it, JSON values.
    counted : whether it is one of those that the search may measure; what the file knew before,
        and what is no valid spec, costs nothing.
    """

    places: tuple[int, ...]
    notes: dict[str, Any]
    counted: bool


class Store:
    """A results file, to be used in a ``with`` statement.

    Parameters
    ----------
    read_only : read what is there, also while a sweep writes.

    Raises
    ------
    InputError
        If ``path`` is another kind of file, cannot be written, or is being written by another
        sweep.
    """

    def __init__(self, path: Path, read_only: bool = False):
        self._path, self._read_only = path, read_only
        with ExitStack() as opened:
            if not read_only:
                self._require_alone(opened)
            with self._faults():
                self._database = opened.enter_context(closing(self._opened()))
            self._open = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._open.close()

    def describe(self, metrics: Sequence[Metric]) -> None:
        """Keep what the metrics are, for those who read the file."""
        with self._transaction() as database:
            database.executemany("INSERT OR REPLACE INTO kinds VALUES (?, ?, ?, ?)", [
                (each.name, each.unit, each.direction.value, each.summary) for each in metrics])

    def add(self, spec: str, outcome: Outcome, settings: Settings) -> None:
        """Keep what came of a point, in place of what failed before."""
        key, failure = outcome.key, outcome.failure
        with self._transaction() as database:
            database.execute(
                "INSERT INTO points VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO UPDATE "
                "SET seconds = seconds + ?3", (key, spec, outcome.seconds))
            database.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?)", [
                (key, name, settings[name], value) for name, value in outcome.values.items()])
            self._forget(key, settings)
            if failure:
                database.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?)", (
                    key, failure.metric, settings.get(failure.metric, ""), failure.kind,
                    failure.reason, failure.log))

    def _forget(self, key: str, settings: Settings) -> None:
        self._database.executemany(
            "DELETE FROM failures WHERE hash = ? AND metric = ? AND settings = ?",
            [(key, *each) for each in (*settings.items(), ("", ""))])

    def get(self, key: str, settings: Settings) -> Stored:
        """What is known of a point, with these metrics at these settings."""
        with self._faults():
            values = self._database.execute(
                "SELECT metric, settings, value FROM metrics WHERE hash = ?", (key,)).fetchall()
            failures = self._database.execute(
                "SELECT metric, settings, kind, reason, log FROM failures WHERE hash = ?",
                (key,)).fetchall()
        wanted = {*settings.items(), ("", "")}
        failure = next((Failure(kind, metric, reason, log)
                        for metric, own, kind, reason, log in failures if (metric, own) in wanted),
                       None)
        return Stored({metric: value for metric, own, value in values
                       if (metric, own) in wanted}, failure)

    def add_draw(self, search: str, number: int, draw: Draw) -> None:
        """Keep that a search has chosen a point, before it is measured."""
        with self._transaction() as database:
            database.execute("INSERT INTO draws VALUES (?, ?, ?, ?, ?)", (
                search, number, json.dumps(draw.places), json.dumps(draw.notes), draw.counted))

    def draws(self, search: str) -> list[Draw]:
        """What a search has chosen, in order."""
        with self._faults():
            rows = self._database.execute(
                "SELECT places, notes, counted FROM draws WHERE search = ? ORDER BY number",
                (search,)).fetchall()
        return [Draw(tuple(json.loads(places)), json.loads(notes), bool(counted))
                for places, notes, counted in rows]

    def _require_alone(self, opened: ExitStack) -> None:
        """Hold the lock beside the file until the end."""
        with self._faults():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = opened.enter_context(Path(f"{self._path}-lock").open("ab"))  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"results must be written by one sweep at a time, but another is "
                             f"writing {str(self._path)!r}; give this one a file of its own with "
                             "-o FILE") from None

    def _opened(self) -> sqlite3.Connection:
        place = f"{self._path.absolute().as_uri()}?mode={'ro' if self._read_only else 'rwc'}"
        database = sqlite3.connect(place, uri=True, isolation_level=None)
        try:
            kind, = database.execute("PRAGMA application_id").fetchone()
            version, = database.execute("PRAGMA user_version").fetchone()
            empty = not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if (self._read_only or not empty) and (kind, version) != (APPLICATION_ID, VERSION):
                raise InputError("results must be a new file or one that this version of hwgen "
                                 f"wrote, not {str(self._path)!r}; choose another with -o FILE")
            if self._read_only:
                return database
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")  # also a power cut loses no point
            database.execute("PRAGMA foreign_keys = ON")
            if empty:
                database.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; "
                    f"PRAGMA user_version = {VERSION}; COMMIT;")
            database.executescript(_DRAWS)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is written inside."""
        with self._faults():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"results must be a file that hwgen can write, not "
                             f"{str(self._path)!r} ({reason}); choose another with -o FILE"
                             ) from None


def spec_fields(spec: str) -> dict[str, Any]:
    """The fields of a point from its text in the file."""
    return dict(json.loads(spec))
