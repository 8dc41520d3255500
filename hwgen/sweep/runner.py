"""Runs a sweep: what the results file lacks is measured, and stored as it comes.

Run again, it goes on where it ended, however that was.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Self

from hwgen.spec import InputError
from hwgen.sweep.expression import Expression
from hwgen.sweep.fields import field_names, found
from hwgen.sweep.measure import Failure, Outcome, Task
from hwgen.sweep.metrics import Metric, PlugIn, known_metrics, version_of
from hwgen.sweep.packages import require
from hwgen.sweep.pareto import front
from hwgen.sweep.plot import Plot
from hwgen.sweep.searching import Searching
from hwgen.sweep.space import Point, Space, SweepSpec, nearest, require_known
from hwgen.sweep.store import Store, Stored, spec_fields

Scheduler = Callable[[Iterable[Task]], Generator[Outcome, None, None]]
"""Measures tasks, in any order, and yields what came of each.

It takes a task only when it can begin with it, and ends all work when it is closed.
"""

Watch = Callable[[Outcome], None]
"""Called with what came of each point, once it is stored."""


@dataclass(frozen=True)
class Row:
    """A point with all that is known of it.

    Members
    -------
    values : of the metrics asked for, in their order; without those that are missing.
    failure : why some are missing; None if none are, or if the point was not reached.
    kept : whether ``keep`` holds.
    """

    point: Point
    values: dict[str, float]
    failure: Failure | None
    kept: bool


@dataclass(frozen=True)
class Sweep:
    """A sweep that can be run: its space, and the metrics it asks for.

    Raises
    ------
    InputError
        From :meth:`load`, if anything in the file is not as it must be.
    """

    spec: SweepSpec
    space: Space
    plug_ins: tuple[PlugIn, ...]
    metrics: tuple[Metric, ...]
    workload_fields: dict[str, object]

    @classmethod
    def load(cls, path: Path) -> Self:
        """From its TOML file, with its plug-ins, which are run."""
        spec, space = Space.load(path)
        if spec.mode == "search":
            require("optuna", 'mode = "search"')
        plug_ins = tuple(PlugIn.of(path.parent / name) for name in spec.plugins)
        known = known_metrics(plug_ins)
        for name in spec.metrics:
            if name not in known:
                raise InputError(f"metrics must be among {', '.join(known)}, not {name!r}"
                                 f"{nearest(name, frozenset(known))}")
        spec = spec.replaced(workload=spec.workload.sized())
        sweep = cls(spec, space, plug_ins, tuple(known[name] for name in spec.metrics),
                    spec.workload.model_dump(exclude_none=True))
        for expression in sweep.keep:
            require_known(expression, field_names() | set(spec.metrics))
        for plot in spec.plots:
            _require_drawable(plot, spec.metrics)
        return sweep

    @cached_property
    def keep(self) -> tuple[Expression, ...]:
        """What must hold of a point for it to be shown."""
        return tuple(map(Expression, self.spec.keep))

    @cached_property
    def objectives(self) -> tuple[Metric, ...]:
        """The metrics that span the front."""
        by_name = {metric.name: metric for metric in self.metrics}
        return tuple(by_name[name] for name in self.spec.objectives) or self.metrics[:2]

    @cached_property
    def guides(self) -> frozenset[str]:
        """Names of the metrics that tell which points are good: objectives, and those in ``keep``.
        """
        named = {name for expression in self.keep for name in expression.names}
        return frozenset({each.name for each in self.objectives}
                         | named.intersection(self.spec.metrics))

    @cached_property
    def search(self) -> str:
        """A digest of all that the points which a search draws depend on."""
        spec = self.spec.model_dump(include={"base", "axes", "where", "keep", "seed"})
        told = {**spec, "objectives": [each.name for each in self.objectives],
                "settings": {name: self.settings[name] for name in sorted(self.guides)}}
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:16]

    @cached_property
    def settings(self) -> dict[str, str]:
        """Of each metric, the digest of what it depends on beside the array; readies its tools."""
        versions = {metric.name: version_of(metric, self.plug_ins) for metric in self.metrics}
        return {metric.name: metric.settings(self.spec.workload, versions[metric.name])
                for metric in self.metrics}

    def run(self, store: Store, scheduler: Scheduler, retry: bool = False,
            watch: Watch = lambda outcome: None) -> str:
        """Measure what ``store`` lacks; tells why a search ended, if it is one.

        Parameters
        ----------
        retry : measure failed points again, and those that a metric refused.
        """
        store.describe(self.metrics)
        searching = Searching(self, store) if self.spec.mode == "search" else None
        begun: dict[str, Point] = {}

        def tasks() -> Iterator[Task]:
            drawn = searching.points() if searching else ()
            for point in chain(self.todo(store, retry), drawn):
                if point.array is None:
                    outcome = Outcome(point.key, {}, Failure("refused", "", point.reason))
                    store.add(point.spec, outcome, self.settings)
                    watch(outcome)
                else:
                    begun[point.key] = point
                    yield self._task(point, store)

        with closing(scheduler(tasks())) as outcomes:
            for outcome in outcomes:
                point = begun.pop(outcome.key)
                store.add(point.spec, outcome, self.settings)
                if searching:
                    searching.tell(point)
                watch(outcome)
        return searching.ended if searching else ""

    def points(self, store: Store) -> list[Point]:
        """All points in the order of the space; of a search those drawn so far, in their order."""
        if self.spec.mode != "search":
            return self.space.points
        drawn = [self.space.at(draw.places) for draw in store.draws(self.search)]
        return list({point.key: point for point in drawn if point}.values())

    def left(self, store: Store) -> int:
        """Points that a search has yet to draw."""
        if self.spec.mode != "search":
            return 0
        return max(0, self.spec.n - sum(draw.counted for draw in store.draws(self.search)))

    def todo(self, store: Store, retry: bool = False) -> list[Point]:
        """The points of which ``store`` lacks something."""
        return [point for point in self.points(store)
                if not self.settled(store.get(point.key, self.settings), retry)]

    def settled(self, stored: Stored, retry: bool = False) -> bool:
        """Whether nothing is left to be measured of a point."""
        if stored.failure:
            return not (retry and stored.failure.metric)
        return stored.values.keys() == self.settings.keys()

    def _task(self, point: Point, store: Store) -> Task:
        known = store.get(point.key, self.settings).values
        missing = tuple(name for name in self.settings if name not in known)
        return Task(point.key, point.spec, missing, self.plug_ins, dict(self.workload_fields))

    def rows(self, store: Store) -> list[Row]:
        """All points as :meth:`points` has them, with what ``store`` knows of them."""
        return [self.row(point, store.get(point.key, self.settings))
                for point in self.points(store)]

    def row(self, point: Point, stored: Stored) -> Row:
        """A point with what is known of it."""
        values = {name: stored.values[name] for name in self.settings if name in stored.values}
        whole = len(values) == len(self.settings) and stored.failure is None
        kept = whole and not any(self.broken(point, values))
        return Row(point, values, stored.failure, kept)

    def broken(self, point: Point, values: Mapping[str, float]) -> list[bool]:
        """Of each expression of ``keep``, whether it does not hold of a point with these values."""
        fields = spec_fields(point.spec) if self.keep else {}
        return [not each.holds(lambda name: values[name] if name in values else found(fields, name))
                for each in self.keep]

    def front(self, rows: Sequence[Row]) -> list[Row]:
        """The kept points that no other beats in the objectives."""
        kept = [row for row in rows if row.kept]
        indices = front([[row.values[metric.name] for metric in self.objectives] for row in kept],
                        [metric.direction for metric in self.objectives])
        return [kept[index] for index in indices]


def _require_drawable(plot: Plot, metrics: Sequence[str]) -> None:
    known = field_names() | set(metrics)
    for condition in plot.conditions:
        require_known(condition, known)
    for name in (plot.x, plot.y, *plot.series):
        if name not in known or (name in plot.series and name in metrics):
            must = "fields" if name in plot.series else "fields, or metrics that are measured"
            raise InputError(f"plots must name {must}, not {name!r}{nearest(name, known)}")
