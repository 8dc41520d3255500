"""The points of a sweep as CSV, JSON, Markdown or Parquet, one each, in the order of the space."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from math import isinf
from pathlib import Path
from typing import Any

from hwgen.spec import InputError
from hwgen.sweep.fields import found
from hwgen.sweep.packages import require
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
        axes = map(as_text, axis_values(sweep, row).values())
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


def to_markdown(sweep: Sweep, rows: Sequence[Row]) -> str:
    """A table of the kept points: axes, and metrics with their units; ``*`` marks the front."""
    best = {row.point.key for row in sweep.front(rows)}
    titles = [*sweep.space.axes, *(f"{each.name}, {each.unit}" if each.unit else each.name
                                   for each in sweep.metrics), "front"]
    lines = [titles, ["---"] * len(titles)]
    lines += [[*map(as_text, axis_values(sweep, row).values()),
               *(_figure(row.values[name]) for name in sweep.settings),
               "*" if row.point.key in best else ""] for row in rows if row.kept]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _figure(value: float) -> str:
    """Four digits, or all of a whole number."""
    return f"{value:,.0f}" if value == round(value, 0) else f"{value:.4g}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def to_parquet(sweep: Sweep, rows: Sequence[Row]) -> bytes:
    """The columns of :func:`to_csv` as numbers and text, and ``spec``, as JSON.

    Values of an axis are integers, numbers, truth values or text if all of them are, else what CSV
    has.  What is not there is null.  The unit, the direction and the summary of a metric are
    metadata of its field.
    """
    import pyarrow
    from pyarrow import parquet

    columns: dict[str, Any] = {
        "config_hash": pyarrow.array([row.point.key for row in rows], pyarrow.string()),
        "status": pyarrow.array(map(status, rows), pyarrow.string()),
        "kept": pyarrow.array([row.kept for row in rows], pyarrow.bool_())}
    values = [axis_values(sweep, row) for row in rows]
    columns |= {name: _column([each[name] for each in values]) for name in sweep.space.axes}
    columns |= {name: pyarrow.array([row.values.get(name) for row in rows], pyarrow.float64())
                for name in sweep.settings}
    columns |= {
        "reason": pyarrow.array([row.failure.reason if row.failure else None for row in rows],
                                pyarrow.string()),
        "spec": pyarrow.array([row.point.spec for row in rows], pyarrow.string())}
    told = {each.name: {"unit": each.unit, "direction": each.direction.value,
                        "summary": each.summary} for each in sweep.metrics}
    schema = pyarrow.schema([pyarrow.field(name, column.type, metadata=told.get(name))
                             for name, column in columns.items()])
    file = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns, schema=schema), file)
    return bytes(file.getvalue())


def _column(values: Sequence[Any]) -> Any:
    """Values of an axis, None where a point lacks it."""
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pyarrow.array(values, pyarrow.float64())
    types = {int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_(),
             str: pyarrow.string()}
    if len(kinds) == 1 and (found_type := types.get(kinds.copy().pop())):
        return pyarrow.array(values, found_type)
    return pyarrow.array([None if value is None else as_text(value) for value in values],
                         pyarrow.string())


def point_json(row: Row) -> dict[str, Any]:
    """A point as JSON values; infinities, which JSON lacks, as text that ``float`` reads."""
    values = {name: str(value) if isinf(value) else value for name, value in row.values.items()}
    failure = row.failure
    return {"config_hash": row.point.key, "status": status(row), "kept": row.kept,
            "spec": spec_fields(row.point.spec), "metrics": values,
            **({"failure": {"metric": failure.metric, "reason": failure.reason,
                            "log": failure.log}} if failure else {})}


Exporter = Callable[[Sweep, Sequence[Row]], str | bytes]

FORMATS: dict[str, Exporter] = {".csv": to_csv, ".json": to_json, ".md": to_markdown,
                                ".parquet": to_parquet}
"""What writes a file, by the suffix of its name."""


def exporter(path: Path) -> Exporter:
    """What writes ``path``; InputError if no format has its suffix, or its package is missing."""
    if path.suffix not in FORMATS:
        raise InputError(f"export must be a file named *{' or *'.join(FORMATS)}, not {str(path)!r}")
    if path.suffix == ".parquet":
        require("pyarrow", "Parquet")
    return FORMATS[path.suffix]
