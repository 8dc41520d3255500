"""The points of a sweep as CSV or JSON, one each, in the order of the space."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from math import isinf
from pathlib import Path
from typing import Any

from hwgen.spec import InputError
from hwgen.sweep.fields import found
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import spec_fields


def status(row: Row) -> str:
    """``done``, ``failed``, ``refused``, or ``missing`` if the sweep ended before it."""
    if row.failure:
        return row.failure.kind
    return "done" if row.kept or row.values else "missing"


def axis_values(sweep: Sweep, row: Row) -> dict[str, Any]:
    """The point's values on the axes of the sweep."""
    fields = spec_fields(row.point.spec)
    return {name: found(fields, name) for name in sweep.space.axes}


def as_text(value: Any) -> str:
    """A value as tables show it: tables and lists as JSON, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value)


def described(sweep: Sweep, row: Row) -> str:
    """The point in words: ``rows 4, pe.a.width 8``; without the axes that it lacks."""
    return ", ".join(f"{name} {as_text(value)}" for name, value in axis_values(sweep, row).items()
                     if value is not None)


def to_csv(sweep: Sweep, rows: Sequence[Row]) -> str:
    """A line a point: hash, status, whether it is kept, axes, metrics, and why it has none."""
    names = list(sweep.settings)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["config_hash", "status", "kept", *sweep.space.axes, *names, "reason"])
    for row in rows:
        axes = [value if isinstance(value, str) else as_text(value)
                for value in axis_values(sweep, row).values()]
        values = [repr(row.values[name]).removesuffix(".0") if name in row.values else ""
                  for name in names]
        writer.writerow([row.point.key, status(row), int(row.kept), *axes, *values,
                         row.failure.reason if row.failure else ""])
    return text.getvalue()


def to_json(sweep: Sweep, rows: Sequence[Row]) -> str:
    """The metrics and the points, each with its whole spec and its failure's log."""
    metrics = [{"name": each.name, "unit": each.unit, "direction": each.direction.value,
                "summary": each.summary} for each in sweep.metrics]
    return json.dumps({"metrics": metrics, "points": [point_json(row) for row in rows]},
                      indent=2) + "\n"


def point_json(row: Row) -> dict[str, Any]:
    """A point as JSON values; infinities, which JSON lacks, as text that ``float`` reads."""
    values = {name: str(value) if isinf(value) else value for name, value in row.values.items()}
    failure = row.failure
    return {"config_hash": row.point.key, "status": status(row), "kept": row.kept,
            "spec": spec_fields(row.point.spec), "metrics": values,
            **({"failure": {"metric": failure.metric, "reason": failure.reason,
                            "log": failure.log}} if failure else {})}


FORMATS: dict[str, Callable[[Sweep, Sequence[Row]], str]] = {".csv": to_csv, ".json": to_json}
"""What writes a file, by the suffix of its name."""


def exporter(path: Path) -> Callable[[Sweep, Sequence[Row]], str]:
    """What writes ``path``; InputError if no format has its suffix."""
    if path.suffix not in FORMATS:
        raise InputError(f"export must be a file named *{' or *'.join(FORMATS)}, not {str(path)!r}")
    return FORMATS[path.suffix]
