"""The verb that measures a space of arrays."""

import json
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.app import AsJson, app

if TYPE_CHECKING:
    from hwgen.sweep.measure import Outcome
    from hwgen.sweep.runner import Row, Scheduler, Sweep, Watch
    from hwgen.sweep.space import Point, SweepSpec
    from hwgen.sweep.store import Store

_LINE_EVERY_S = 10.0


@app.command(epilog="Example: hwgen sweep my_sweep.toml --jobs 4 --export points.csv; run the same "
                    "command again to go on where it ended. With mode = \"search\" it measures "
                    "only n points, chosen by what came of those before.")
def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="The space and the metrics.")],
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE",
        help="Results, SQLite [default: <sweep>.sqlite].")] = None,
    jobs: Annotated[int | None, typer.Option(
        help="Processes [default: one a core].")] = None,
    scheduler: Annotated[str | None, typer.Option(
        metavar="HOST:PORT", help="Measure on the workers of the cluster of this dask scheduler "
                                  "instead.")] = None,
    export: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write all points to a file named *.csv, *.json, *.md or *.parquet."
    )] = None,
    retry: Annotated[bool, typer.Option(
        "--retry", help="Measure again what failed or was refused by a metric.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure every array of a space, or the most promising ones, and show the Pareto front."""
    from hwgen.flow.design import write_files
    from hwgen.sweep.export import exporter
    from hwgen.sweep.runner import Sweep
    from hwgen.sweep.store import Store

    write = exporter(export) if export else None
    loaded = Sweep.load(file)
    path = output or Path(f"{file.stem}.sqlite")
    measures = _scheduler(scheduler, jobs, loaded.spec)
    if loaded.spec.mode != "search":
        _require_an_array(file, loaded.space.points)
    with Store(path) as store:
        points, left = _size(loaded, store, retry)
        try:
            with _progress(points, left) as watch:
                ended = loaded.run(store, measures, retry, watch)
        except KeyboardInterrupt:
            points, left = _size(loaded, store)
            _say_how_to_resume(points, left, path)
            raise typer.Exit(130) from None
        rows = loaded.rows(store)
    _require_an_array(file, [row.point for row in rows])
    if export and write:
        write_files(export.parent, {export.name: write(loaded, rows)})
    _report(loaded, rows, path, ended, as_json)


def _scheduler(address: str | None, jobs: int | None, spec: "SweepSpec") -> "Scheduler":
    """The pool of processes, or a cluster."""
    from hwgen.spec import InputError
    from hwgen.sweep.cluster import Cluster
    from hwgen.sweep.pool import Pool

    if address is None:
        if jobs is not None and jobs < 1:
            raise InputError(f"--jobs must be at least 1, not {jobs}")
        return Pool(jobs or os.cpu_count() or 2, spec.timeout_s, spec.memory_mb).outcomes
    if jobs is not None:
        raise InputError(f"--jobs must be left out with --scheduler, not {jobs}: the cluster's "
                         "workers say how many points they measure at a time")
    return Cluster(address, spec.timeout_s, spec.memory_mb).outcomes


def _require_an_array(file: Path, points: "Sequence[Point]") -> None:
    from hwgen.spec import InputError

    if not any(point.array for point in points):
        raise InputError(f"{file}: " + (
            f"space must hold an array, but no point is one; the first: {points[0].reason}"
            if points else "where must hold for some array of the space, not for none"))


def _size(loaded: "Sweep", store: "Store", retry: bool = False) -> tuple[int, int]:
    """Points in all, and those that are left to be measured."""
    undrawn = loaded.left(store)
    return len(loaded.points(store)) + undrawn, len(loaded.todo(store, retry)) + undrawn


def _say_how_to_resume(points: int, left: int, path: Path) -> None:
    command = shlex.join(["hwgen", *sys.argv[1:]])
    print(f"hwgen: interrupted; {points - left} of {points} points are in {path}; "
          f"to go on: {command}", file=sys.stderr)


@contextmanager
def _progress(points: int, todo: int) -> "Iterator[Watch]":
    """A bar with rate and time left on standard error, or elsewhere than on a terminal lines."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    start, done, told = time.monotonic(), Counter[str](), time.monotonic()

    def rate() -> str:
        return f"{3600 * done.total() / max(1e-9, time.monotonic() - start):,.0f} points/h"

    if not console.is_terminal and todo:
        known = f", {points - todo} are there" if todo < points else ""
        print(f"hwgen: measuring {todo} of {points} points{known} ...", file=sys.stderr, flush=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True,
                  disable=not console.is_terminal) as bar:
        task = bar.add_task("sweep", total=todo)

        def watch(outcome: "Outcome") -> None:
            nonlocal told
            done[outcome.failure.kind if outcome.failure else "done"] += 1
            failed = f", {done['failed']} failed" if done["failed"] else ""
            bar.update(task, advance=1, description=f"{rate()}{failed}")
            now = time.monotonic()
            if not console.is_terminal and now - told > _LINE_EVERY_S:
                told = now
                left = (now - start) / done.total() * (todo - done.total())
                print(f"hwgen: {done.total()} of {todo} points{failed}, {rate()}, "
                      f"{left:.0f} s left", file=sys.stderr, flush=True)

        yield watch


def _report(loaded: "Sweep", rows: "list[Row]", path: Path, ended: str, as_json: bool) -> None:
    """Counts, the front, why a search ended, and exit status 1 if a point failed."""
    from hwgen.console import print_table
    from hwgen.sweep.export import as_text, described, point_json, status

    counts = {name: 0 for name in ("done", "failed", "refused")}
    counts.update(Counter(map(status, rows)))
    front = loaded.front(rows)
    if as_json:
        print(json.dumps({"results": str(path), "points": len(rows), **counts,
                          "kept": sum(row.kept for row in rows),
                          **({"search": ended} if ended else {}),
                          "front": [point_json(row) for row in front]}, indent=2))
    else:
        chosen = loaded.objectives
        titles = [f"{each.name} [{each.unit}]" if each.unit else each.name for each in chosen]
        lines = [(*(as_text(row.values[each.name]) for each in chosen), row.point.key,
                  described(loaded, row)) for row in front]
        print_table(f"Pareto front of {' and '.join(each.name for each in chosen)}",
                    (*titles, "config_hash", "array"), lines, right=titles, wrapped=("array",))
        print(f"{path}: {counts['done']} points measured, {counts['refused']} refused, "
              f"{counts['failed']} failed" + (f"; the search ended: {ended}" if ended else ""))
        _tell_first_failure(rows)
    if counts["failed"]:
        raise typer.Exit(1)


def _tell_first_failure(rows: "list[Row]") -> None:
    for kind in ("failed", "refused"):
        row = next((row for row in rows if row.failure and row.failure.kind == kind), None)
        if row and row.failure:
            where = f" at {row.failure.metric}" if row.failure.metric else ""
            print(f"first {kind}: {row.point.key}{where}: {row.failure.reason}", file=sys.stderr)
            if row.failure.log:
                print(row.failure.log, file=sys.stderr)
