"""How much better a search is than chance: ``python -m hwgen.sweep.search_study SWEEP FIGURE.svg``.

All points of a sweep of two objectives are measured once.  Then searches and random sweeps with
several seeds are held against the whole: how much of its hypervolume their fronts lack after each
point.  The hypervolume is the area that a front dominates, in the box of the kept points of the
whole grid, its sides scaled to 1.
"""

import argparse
import os
import tempfile
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from hwgen.analysis.error_plots import require_matplotlib
from hwgen.analysis.pairs import Reals
from hwgen.flow.design import write_files
from hwgen.spec import InputError
from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.pool import Pool
from hwgen.sweep.runner import Row, Scheduler, Sweep
from hwgen.sweep.space import Space
from hwgen.sweep.store import Store, Stored

SEEDS = range(1, 11)
_STYLE: dict[Any, Any] = {"svg.hashsalt": "hwgen", "font.size": 11}

Grid = dict[str, Row]
"""All arrays of a grid with their values, by hash."""


def of_mode(path: Path, mode: str, seed: int = 1) -> Sweep:
    """The sweep of a file in another mode."""
    sweep = Sweep.load(path)
    spec = sweep.spec.replaced(mode=mode, seed=seed)
    return replace(sweep, spec=spec, space=Space(spec, path.parent))


def whole(path: Path, scheduler: Scheduler) -> Grid:
    """The grid of a sweep, measured."""
    sweep = of_mode(path, "grid")
    points = {point.key: point for point in sweep.space.points if point.array}
    metrics = tuple(each.name for each in sweep.metrics)
    tasks = (Task(key, point.spec, metrics, sweep.plug_ins, dict(sweep.workload_fields))
             for key, point in points.items())
    return {outcome.key: sweep.row(points[outcome.key], Stored(outcome.values, outcome.failure))
            for outcome in scheduler(tasks)}


def rows_of(sweep: Sweep, grid: Grid) -> list[Row]:
    """The points that the sweep measures, in their order."""
    def looked_up(tasks: Iterable[Task]) -> Generator[Outcome, None, None]:
        for task in tasks:
            row = grid[task.key]
            yield Outcome(task.key, row.values, row.failure)

    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "results") as store:
        sweep.run(store, looked_up)
        return sweep.rows(store)


@dataclass(frozen=True)
class Box:
    """The corners of the box in which hypervolumes are measured, as costs."""

    low: Reals
    high: Reals

    @classmethod
    def of(cls, costs: Reals) -> Self:
        """The least that holds all costs, ``(points, 2)``."""
        return cls(costs.min(axis=0), costs.max(axis=0))

    def volume(self, costs: Reals) -> float:
        """Share of the box, 0 to 1, that points of these costs dominate."""
        scaled = (costs - self.low) / np.where(self.high > self.low, self.high - self.low, 1.0)
        total, height = 0.0, 1.0
        for x, y in scaled[np.lexsort(scaled.T[::-1])]:
            total += max(0.0, height - y) * (1.0 - x)
            height = min(height, y)
        return total


def costs_of(sweep: Sweep, rows: Iterable[Row]) -> Reals:
    """The objectives' costs of the kept points, ``(points, 2)``."""
    return np.array([[each.direction.cost(row.values[each.name]) for each in sweep.objectives]
                     for row in rows if row.kept], np.float64).reshape(-1, 2)


def missing(path: Path, grid: Grid, mode: str, seeds: Sequence[int]) -> Reals:
    """Share of the grid's hypervolume that is missing after each point, ``(seeds, points)``."""
    sweep = Sweep.load(path)
    if len(sweep.objectives) != 2:
        raise InputError(f"objectives must be two for a figure, not {len(sweep.objectives)}")
    every = costs_of(sweep, grid.values())
    box = Box.of(every)
    best = box.volume(every)

    def lacking(seed: int) -> list[float]:
        rows = rows_of(of_mode(path, mode, seed), grid)
        return [1 - box.volume(costs_of(sweep, rows[: count + 1])) / best
                for count in range(len(rows))]

    return np.array([lacking(seed) for seed in seeds])


def figure(curves: dict[str, Reals]) -> str:
    """The mean of each mode's seeds, and their range, as SVG."""
    from io import StringIO

    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        drawn = Figure(figsize=(7, 4), layout="constrained")
        axes = drawn.subplots()
        for (mode, lacking), colour in zip(curves.items(), ("C1", "C0"), strict=True):
            count = np.arange(1, lacking.shape[1] + 1)
            axes.fill_between(count, 100 * lacking.min(axis=0), 100 * lacking.max(axis=0),
                              color=colour, alpha=0.2, linewidth=0)
            axes.plot(count, 100 * lacking.mean(axis=0), color=colour,
                      label=f"{mode}, mean and range of {len(lacking)} seeds")
        axes.set(xlabel="points measured", ylabel="hypervolume missing, % of the grid's",
                 yscale="log", ylim=(0.1, 100), xlim=(1, None))
        axes.grid(alpha=0.3)
        axes.legend()
        text = StringIO()
        drawn.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the grid, run the seeds, draw the figure and print the last points' figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweep", type=Path)
    parser.add_argument("figure", type=Path)
    given = parser.parse_args(arguments)
    require_matplotlib()
    sweep = Sweep.load(given.sweep)
    grid = whole(given.sweep, Pool(os.cpu_count() or 2, sweep.spec.timeout_s).outcomes)
    curves = {mode: missing(given.sweep, grid, mode, SEEDS) for mode in ("random", "search")}
    write_files(given.figure.parent, {given.figure.name: figure(curves)})
    for mode, lacking in curves.items():
        last = 100 * lacking[:, -1]
        print(f"{mode}: {lacking.shape[1]} of {len(grid)} points lack {last.mean():.2f} % of the "
              f"hypervolume ({last.min():.2f} to {last.max():.2f} %)")


if __name__ == "__main__":
    main()
