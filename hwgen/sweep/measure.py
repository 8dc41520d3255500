"""One point of a sweep: what is to be measured, and what came of it.

A :class:`Task` and an :class:`Outcome` are plain values that travel as JSON, and :func:`measure`
needs nothing else, so that a point can run in any process on any machine.
"""

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError, ToolError
from hwgen.sweep.metrics import PlugIn, known_metrics
from hwgen.sweep.workload import Workload

LOG_LINES = 20

Kind = Literal["failed", "refused"]


@dataclass(frozen=True)
class Failure:
    """Why a point has no figures.

    Members
    -------
    kind : "refused" if the user's input rules the point out, "failed" if measuring it went wrong.
    metric : at which metric; empty if the point is no valid spec.
    reason : in a line or a few.
    log : the end of what was printed meanwhile.
    """

    kind: Kind
    metric: str
    reason: str
    log: str = ""


@dataclass(frozen=True)
class Task:
    """A point to be measured.

    Members
    -------
    key : the spec's ``config_hash``.
    spec : its canonical JSON.
    metrics : names of what to measure, in order.
    plug_ins : the files with the metrics of the user.
    workload : the fields of the product to be computed.
    """

    key: str
    spec: str
    metrics: tuple[str, ...]
    plug_ins: tuple[PlugIn, ...] = ()
    workload: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """In one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` gave."""
        values = json.loads(text)
        return cls(**{**values, "metrics": tuple(values["metrics"]),
                      "plug_ins": tuple(PlugIn(**each) for each in values["plug_ins"])})


@dataclass(frozen=True)
class Outcome:
    """What came of a point: a value for each metric, or for those before the one that failed."""

    key: str
    values: dict[str, float]
    failure: Failure | None = None
    seconds: float = 0.0

    def to_json(self) -> str:
        """In one line."""
        return json.dumps(asdict(self))  # infinities as Python's own JSON reads them

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` gave."""
        values = json.loads(text)
        failure = values.pop("failure")
        return cls(**values, failure=Failure(**failure) if failure else None)


def measure(task: Task, begin: Callable[[str], None] = lambda metric: None) -> Outcome:
    """Measure a point; whatever a metric raises becomes a failure.

    Parameters
    ----------
    begin : called with the name of each metric before it is measured.
    """
    start, values, name, failure = time.monotonic(), dict[str, float](), "", None
    try:
        known = known_metrics(task.plug_ins)
        array = ArraySpec.parse(json.loads(task.spec), folder=None)
        workload = Workload.parse(task.workload, "workload", folder=None)
        for name in task.metrics:
            begin(name)
            values[name] = known[name].measure(array, workload)
    except InputError as error:
        kind: Kind = "failed" if isinstance(error, ToolError) else "refused"
        failure = Failure(kind, name, str(error))
    except (Exception, SystemExit) as error:
        log = "".join(traceback.format_exception(error)).splitlines()[-LOG_LINES:]
        failure = Failure("failed", name, f"{type(error).__name__}: {error}", "\n".join(log))
    return Outcome(task.key, values, failure, time.monotonic() - start)
