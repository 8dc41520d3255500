"""Metrics: named figures of an array, built in or from a user's Python file.

A metric is a function ``ArraySpec -> float`` under :func:`metric`; one that depends on the product
which the arrays are to compute takes the :class:`~hwgen.sweep.workload.Workload` too.  It raises
``InputError`` for an array to which it does not apply: that point is refused, not failed.
"""

import hashlib
import importlib.util
import inspect
import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.fields import field_names
from hwgen.sweep.pareto import Direction
from hwgen.sweep.workload import Workload

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")

Function = Callable[..., float]

COLUMNS = frozenset({"config_hash", "status", "kept", "reason", "spec"})
"""What exported points have beside the values of axes and metrics."""


def _nothing() -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A figure of an array.

    Members
    -------
    name : as sweeps name it; lower case, may have dots.
    unit : for titles; empty for a plain number.
    direction : which values are the better ones.
    summary : what it is, in a line.
    function : what measures it.
    uses : what of the workload it depends on: nothing, ``size`` or ``content``.
    tools : called once before a sweep; readies the tools and tells the version of what measures.
    """

    name: str
    unit: str
    direction: Direction
    summary: str
    function: Function
    uses: str = ""
    tools: Callable[[], str] = _nothing

    def measure(self, array: ArraySpec, workload: Workload) -> float:
        """Its value for ``array``.

        Raises
        ------
        InputError
            If it does not apply to the array.
        ValueError
            If the function gives no number.
        """
        given = (array, workload) if self.uses else (array,)
        value = self.function(*given)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number:  # NaN: neither better nor worse than anything
            raise ValueError(f"metric {self.name} must be a number, not {value!r}")
        return number

    def settings(self, workload: Workload, version: str) -> str:
        """A digest of all it depends on beside the array."""
        used = getattr(workload, self.uses) if self.uses else ""
        return hashlib.sha256(f"{version}\n{used}".encode()).hexdigest()[:16]


_registered: dict[str, Metric] = {}


def metric(name: str = "", *, unit: str = "", direction: str = "minimise", summary: str = "",
           uses: str = "content", tools: Callable[[], str] = _nothing
           ) -> Callable[[Function], Function]:
    """Make a metric of a function of an array, or of an array and a workload.

    Parameters
    ----------
    name : the function's when left out.
    direction : "minimise", "maximise" or "near zero".
    summary : the first line of the function's docstring when left out.
    uses : of a function with two parameters, what of the workload it depends on: its ``size``
        alone, or the ``content``.

    Raises
    ------
    InputError
        If the name is taken or is none, or the direction is unknown.
    """
    def register(function: Function) -> Function:
        own = name or function.__name__
        if not _NAME.fullmatch(own) or any(map(keyword.iskeyword, own.split("."))):
            raise InputError(f"metric must have a name of lower-case words, not {own!r}")
        if own in field_names():
            raise InputError(f"metric must have a name of its own, not {own!r}, a field's")
        if own in COLUMNS:
            raise InputError(f"metric must have a name of its own, not {own!r}, a column's of the "
                             "exported points")
        if own in _registered:
            raise InputError(f"metric must have a name of its own, not {own!r}, which is taken")
        if direction not in list(Direction):
            raise InputError(f"direction of metric {own} must be one of "
                             f"{', '.join(Direction)}, not {direction!r}")
        lines = (summary or function.__doc__ or own).strip().splitlines()
        takes_workload = len(inspect.signature(function).parameters) > 1
        _registered[own] = Metric(
            name=own, unit=unit, direction=Direction(direction), summary=lines[0], tools=tools,
            function=function, uses=uses if takes_workload else "")
        return function

    return register


def built_in() -> dict[str, Metric]:
    """The metrics of hwgen, by name."""
    from hwgen.sweep import built_in as figures
    from hwgen.sweep import timing

    return {**figures.METRICS, **timing.METRICS}


def take_registered(module: str = "") -> dict[str, Metric]:
    """The metrics that have been registered since the last call, by a module if one is named."""
    taken = {name: own for name, own in _registered.items()
             if module in ("", own.function.__module__)}
    for name in taken:
        del _registered[name]
    return taken


@dataclass(frozen=True)
class PlugIn:
    """A Python file of a user with metrics, as it was when the sweep began."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "PlugIn":
        """The file; InputError if it cannot be read."""
        try:
            return cls(str(path.absolute()), hashlib.sha256(path.read_bytes()).hexdigest())
        except OSError as error:
            raise InputError(f"plugins must be readable Python files, not {str(path)!r} "
                             f"({error.strerror})") from None


@cache
def load_plug_in(plug_in: PlugIn) -> dict[str, Metric]:
    """The metrics of a user's file, which is run.

    Raises
    ------
    InputError
        If it cannot be run or defines no metric.
    """
    built_in()  # whose registration must not take this file's
    take_registered()
    spec = importlib.util.spec_from_file_location(f"hwgen_plug_in_{plug_in.sha256[:16]}",
                                                  plug_in.path)
    if spec is None or spec.loader is None:
        raise InputError(f"plugins must be Python files named *.py, not {plug_in.path!r}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except InputError as error:
        raise InputError(f"{plug_in.path}: {error}") from None
    except Exception as error:  # anything can go wrong in a user's file
        raise InputError(f"{plug_in.path}: must run, but raised {type(error).__name__}: "
                         f"{error}") from error
    found = take_registered()
    if not found:
        raise InputError(f"{plug_in.path}: must define metrics under @metric(...), not none")
    return found


def known_metrics(plug_ins: Sequence[PlugIn]) -> dict[str, Metric]:
    """Built-in metrics, and those of the plug-ins; InputError if a name is taken."""
    known: dict[str, Metric] = built_in()
    for plug_in in plug_ins:
        found = load_plug_in(plug_in)
        for name in found.keys() & known.keys():
            raise InputError(f"{plug_in.path}: metric must have a name of its own, not {name!r}, "
                             "which is taken")
        known |= found
    return known


def version_of(chosen: Metric, plug_ins: Sequence[PlugIn]) -> str:
    """The version of what measures a metric; readies the tools that it needs."""
    from hwgen import __version__

    own: list[Any] = [plug_in.sha256 for plug_in in plug_ins
                      if chosen.name in load_plug_in(plug_in)]
    return f"{own[0] if own else __version__} {chosen.tools()}".strip()
