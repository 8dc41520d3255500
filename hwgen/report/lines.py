"""The plots that a sweep's file asks for: lines of points that agree in some fields."""

from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from hwgen.report.style import look
from hwgen.sweep.export import as_text
from hwgen.sweep.fields import found
from hwgen.sweep.plot import Plot
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import spec_fields

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Place = tuple[float | str, float]


def lines(plot: Plot, sweep: Sweep, rows: Sequence[Row]) -> "Figure":
    """The kept points, each line in the order of x; those that lack a value are left out.

    Text on x, as the kind of a multiplier, stands in the order of the sweep.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    drawn = series(plot, rows)
    for index, (label, places) in enumerate(drawn.items()):
        axes.plot([x for x, _ in places], [y for _, y in places], label=label, markersize=6,
                  linestyle="-" if len(places) > 1 else "none", **look(index))
    axes.set(title=plot.title, xlabel=_title(plot.x, sweep), ylabel=_title(plot.y, sweep),
             xscale=plot.x_scale, yscale=plot.y_scale)
    if plot.y_scale == "linear" and all(y >= 0 for places in drawn.values() for _, y in places):
        axes.set_ylim(bottom=0)
    axes.set_axisbelow(True)
    axes.grid(alpha=0.25)
    if len(drawn) > 1:
        figure.legend(loc="outside right upper", frameon=False,
                      title=", ".join(name.removeprefix("pe.") for name in plot.series))
    return figure


def series(plot: Plot, rows: Sequence[Row]) -> dict[str, list[Place]]:
    """Label to the places of its points."""
    drawn: dict[str, list[Place]] = {}
    for row in rows:
        fields = spec_fields(row.point.spec)
        known = partial(_known, row, fields)
        x, y = _place(known(plot.x)), _place(known(plot.y))
        if (row.kept and x is not None and isinstance(y, float)
                and all(each.holds(known) for each in plot.conditions)):
            label = ", ".join(as_text(found(fields, name)) or "none" for name in plot.series)
            drawn.setdefault(label, []).append((x, y))
    for places in drawn.values():
        if not any(isinstance(x, str) for x, _ in places):
            places.sort()
    return drawn


def _known(row: Row, fields: dict[str, Any], name: str) -> Any:
    return row.values[name] if name in row.values else found(fields, name)


def _place(value: Any) -> float | str | None:
    """A number, or text for what is none; None where it is not or is infinite."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if isfinite(value) else None
    return None if value is None else as_text(value)


def _title(name: str, sweep: Sweep) -> str:
    unit = next((metric.unit for metric in sweep.metrics if metric.name == name), "")
    return f"{name}, {unit}" if unit else name
