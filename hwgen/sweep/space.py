"""The space of a sweep: which arrays, measured how, from a TOML file."""

import hashlib
import json
import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError, Int, Spec
from hwgen.sweep.expression import Expression
from hwgen.sweep.fields import Values, field_names, found, replaced
from hwgen.sweep.plot import Plot
from hwgen.sweep.workload import Workload

MAX_POINTS = 100_000
_TRIES = 1000  # draws for each point wanted of a random sweep, until `where` must have held


class SweepSpec(Spec):
    """A sweep as its file says it.

    Parameters
    ----------
    base : fields that all arrays have; what is left out has its default.
    axes : dotted field names, each with a list of values, or ``{from, to, step}`` for integers.
    where : expressions over fields that must hold for an array to be measured.
    keep : expressions over fields and metrics that must hold for an array to be shown.
    metrics : what to measure, in this order.
    objectives : the metrics that span the Pareto front and that a search improves; the first two
        when left out.
    plugins : Python files with metrics of the user's own, relative to the sweep's folder.
    workload : the product to be computed.
    mode : ``grid`` for all combinations, ``random`` for ``n`` of them, drawn with ``seed``,
        ``search`` for ``n`` of them, each chosen by what came of those before.
    timeout_s : most seconds that a point may take.
    memory_mb : most memory that a worker and all that it started may hold; no limit if left out.
    plots : what to draw beside the fronts; they measure nothing.
    """

    base: dict[str, Any] = Field(default_factory=dict)
    axes: dict[str, Any] = Field(min_length=1)
    where: list[str] = Field(default_factory=list)
    keep: list[str] = Field(default_factory=list)
    metrics: list[str] = Field(min_length=1)
    objectives: list[str] = Field(default_factory=list)
    plugins: list[str] = Field(default_factory=list)
    workload: Workload = Workload()
    mode: Literal["grid", "random", "search"] = "grid"
    n: Int = Field(100, ge=1, le=MAX_POINTS)
    seed: Int = Field(1, ge=0)
    timeout_s: float = Field(900.0, gt=0, le=1e6, strict=False)
    memory_mb: Int | None = Field(None, ge=64)
    plots: list[Plot] = Field(default_factory=list)

    @field_validator("metrics", "objectives")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"value must name each metric once, not {twice!r} twice")
        return names

    @model_validator(mode="after")
    def _objectives_are_metrics(self) -> "SweepSpec":
        other = next((name for name in self.objectives if name not in self.metrics), None)
        if other is not None:
            raise ValueError(f"objectives must be among the metrics {', '.join(self.metrics)}, "
                             f"not {other!r}")
        return self


@dataclass(frozen=True)
class Point:
    """A place in the space.

    Members
    -------
    key : the array's ``config_hash``; of what is no valid spec, a hash of the values.
    spec : the array's canonical JSON, or the values.
    array : None if the values are no valid spec.
    reason : why not.
    """

    key: str
    spec: str
    array: ArraySpec | None
    reason: str = ""


class Space:
    """The points of a sweep.

    Raises
    ------
    InputError
        If an axis is no field, has no values or clashes with another, or an expression is faulty.
    """

    def __init__(self, sweep: SweepSpec, folder: Path | None = None):
        self._folder = folder
        self._base = {"name": "array", **sweep.base}
        self._sweep = sweep
        self.axes: dict[str, Sequence[Any]] = {}
        for name, given in _flat(sweep.axes):
            if name in self.axes:
                raise InputError(f"axes.{name} must be given once, not twice")
            self.axes[name] = _values(name, given)
        self._where = [Expression(text) for text in sweep.where]
        for expression in self._where:
            require_known(expression, field_names())

    @classmethod
    def load(cls, path: Path) -> tuple[SweepSpec, Self]:
        """A sweep and its space from a TOML file."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise InputError(f"sweep must be a readable file, not {str(path)!r} "
                             f"({error.strerror})") from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: sweep must be TOML: {error or 'nesting too deep'}") from None
        sweep = SweepSpec.parse(values, str(path), path.parent)
        return sweep, cls(sweep, path.parent)

    @property
    def size(self) -> int:
        """Combinations of all axes, before ``where``."""
        return prod(map(len, self.axes.values()))

    @cached_property
    def points(self) -> list[Point]:
        """Those to be measured, each once, and those that are no valid spec; none of a search."""
        if self._sweep.mode == "search":
            return []  # they follow from what is measured
        if self._sweep.mode == "random":
            return list(islice(self._distinct(self._drawn()), self._sweep.n))
        if self.size > MAX_POINTS:
            raise InputError(f"grid must have at most {MAX_POINTS:,} points, not {self.size:,}; "
                             'shorten the axes, or set mode = "random" and n')
        return list(self._distinct(iter(range(self.size))))

    def _drawn(self) -> Iterator[int]:
        """Indices in random order, none twice."""
        rng = random.Random(self._sweep.seed)
        if self.size <= MAX_POINTS:
            yield from rng.sample(range(self.size), self.size)
            return
        seen = set[int]()
        for _ in range(_TRIES * self._sweep.n):
            index = rng.randrange(self.size)
            if index not in seen:
                seen.add(index)
                yield index

    def _distinct(self, indices: Iterator[int]) -> Iterator[Point]:
        seen = set[str]()
        for index in indices:
            point = self.at(self._places_at(index))
            if point and point.key not in seen:
                seen.add(point.key)
                yield point

    def _places_at(self, index: int) -> list[int]:
        """Where the point stands on each axis; the last one changes fastest."""
        places = []
        for values in reversed(self.axes.values()):
            index, place = divmod(index, len(values))
            places.append(place)
        return places[::-1]

    def at(self, places: Sequence[int]) -> Point | None:
        """The point with the value at that place of each axis; None if ``where`` rules it out."""
        return self._point({name: values[place] for (name, values), place
                            in zip(self.axes.items(), places, strict=True)})

    def _point(self, chosen: dict[str, Any]) -> Point | None:
        """The point with these values on the axes, or None."""
        values = self._base
        try:
            # Outer fields first: an axis may replace a table, and another a field of it.
            for name in sorted(chosen, key=lambda name: name.count(".")):
                values = replaced(values, name, chosen[name])
            array = ArraySpec.parse(values, "spec", self._folder)
        except InputError as error:
            known = _holds_or_unknown
            point = _refused({**self._base, **chosen} if values is self._base else values, error)
            full = values
        else:
            known = _holds
            point = Point(array.config_hash, array.canonical_json(), array)
            full = json.loads(point.spec) if self._where else {}
        return point if all(known(each, full) for each in self._where) else None


def _refused(values: Values, error: InputError) -> Point:
    text = json.dumps(values, sort_keys=True, default=str)
    reason = " ".join(line.strip() for line in str(error).splitlines()[1:]) or str(error)
    return Point(hashlib.sha256(text.encode()).hexdigest()[:16], text, None, reason)


def _holds(expression: Expression, values: Values) -> bool:
    return expression.holds(lambda name: found(values, name))


def _holds_or_unknown(expression: Expression, values: Values) -> bool:
    """Of what is no spec, an expression over a field that was not given may hold."""
    if any(found(values, name) is None for name in expression.names):
        return True
    try:
        return _holds(expression, values)
    except InputError:
        return True


def require_known(expression: Expression, names: frozenset[str]) -> None:
    """InputError unless the expression names these only."""
    for name, column in expression.names.items():
        if name not in names:
            raise InputError(f"expression {expression.text!r}, column {column}: must name what is "
                             f"known, not {name!r}{nearest(name, names)}")


def nearest(name: str, names: frozenset[str]) -> str:
    """A question that names the likest of ``names``, if one is alike."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    return f"; do you mean {near[0]}?" if near else ""


def _flat(axes: Values, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each axis with its dotted name, whether TOML took the dots for tables or not."""
    for name, given in axes.items():
        full = prefix + name
        if full not in field_names():
            raise InputError(f"axes must be fields of an array, not {full!r}"
                             f"{nearest(full, field_names())}")
        if isinstance(given, dict) and not {"from", "to"} & given.keys():
            yield from _flat(given, f"{full}.")
        else:
            yield full, given


def _values(name: str, given: Any) -> Sequence[Any]:
    """The values of an axis."""
    if isinstance(given, dict):
        return _stepped(name, given)
    if not isinstance(given, list) or not given:
        raise InputError(f"axes.{name} must be a list of values or {{from, to, step}}, not "
                         f"{given!r}")
    return given


def _stepped(name: str, given: Values) -> range:
    """``from`` to ``to``, both of them values if the step meets the end."""
    step = given.get("step", 1)
    numbers = (given.get("from"), given.get("to"), step)
    is_whole: Callable[[Any], bool] = lambda value: type(value) is int  # noqa: E731
    if given.keys() - {"from", "to", "step"} or not all(map(is_whole, numbers)) or step < 1:
        raise InputError(f"axes.{name} must be {{from, to, step}} of integers with a step of 1 or "
                         f"more, not {given!r}")
    values = range(given["from"], given["to"] + 1, step)
    if not 1 <= len(values) <= MAX_POINTS:
        raise InputError(f"axes.{name} must have 1 to {MAX_POINTS:,} values, not {given!r}")
    return values
