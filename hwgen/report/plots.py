"""The report's plots as SVG and PNG, for papers and slides."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.report.content import Report, multiplier_of
from hwgen.report.error_map import ErrorMap, error_map
from hwgen.report.gauges import Gauge, gauges
from hwgen.report.lines import lines
from hwgen.report.style import COLOURS, content, look, require_plots, styled
from hwgen.sweep.fields import found
from hwgen.sweep.metrics import Metric
from hwgen.sweep.pareto import Direction, front
from hwgen.sweep.runner import Row
from hwgen.sweep.store import spec_fields

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAPS = 12  # on the sheet of error maps
_BARS = 16  # points on the sheet of devices


def figures(report: Report) -> dict[str, bytes]:
    """File name to content; the same bytes on every run with the same versions.

    A front of the first metric and each other one, the plots that the sweep's file asks for, the
    error maps of the multipliers on the front of the first two metrics, and how much of each
    device the points on it take.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    require_plots()
    drawn: dict[str, bytes] = {}
    with styled():
        first, *others = report.sweep.metrics
        for other in others:
            drawn |= _files(f"front_{first.name}_{other.name}", _front(report, first, other))
        for number, plot in enumerate(report.sweep.spec.plots, 1):
            drawn |= _files(f"plot_{number}", lines(plot, report.sweep, report.rows))
        maps = _maps(report)
        if maps:
            drawn |= _files("errors", _errors(maps))
        measured = gauges(list(report.sweep.settings))
        if measured and report.front:
            drawn |= _files("devices", _devices(report, measured))
    return drawn


def _files(name: str, figure: "Figure") -> dict[str, bytes]:
    return {f"{name}.{kind}": content(figure, kind) for kind in ("svg", "png")}


def _front(report: Report, x: Metric, y: Metric) -> "Figure":
    """All kept points, by the kind of their multiplier; those that no other beats stand out."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axes = figure.add_subplot()
    kept = [row for row in report.rows if row.kept]
    rows = [row for row in kept if isfinite(row.values[x.name]) and isfinite(row.values[y.name])]
    best = {id(rows[index]) for index in front(
        [[row.values[x.name], row.values[y.name]] for row in rows], [x.direction, y.direction])}
    kinds = sorted({_kind(row) for row in rows})
    for place, kind in enumerate(kinds):
        style: dict[str, Any] = {**look(place), "linestyle": "none"}
        own = [row for row in rows if _kind(row) == kind]
        axes.plot(*_places([row for row in own if id(row) not in best], x, y), alpha=0.35,
                  markersize=4, **style)
        axes.plot(*_places([row for row in own if id(row) in best], x, y), markersize=7,
                  markeredgecolor="black", zorder=3, **style)
        axes.plot([], [], label=kind, **style)
    line = sorted((row for row in rows if id(row) in best),
                  key=lambda row: x.direction.cost(row.values[x.name]))
    axes.step(*_places(line, x, y), where="post", color="0.3", linewidth=1)
    left_out = f"; {len(kept) - len(rows)} infinite, not drawn" if len(rows) < len(kept) else ""
    axes.set(title=f"{report.title}: {len(best)} of {len(rows)} points on the front{left_out}",
             xlabel=_title(x), ylabel=_title(y))
    for metric, set_scale, set_limit in ((x, axes.set_xscale, axes.set_xlim),
                                         (y, axes.set_yscale, axes.set_ylim)):
        _scale([_place(row, metric) for row in rows], metric, set_scale, set_limit)
    axes.set_axisbelow(True)
    axes.grid(alpha=0.25)
    if len(kinds) > 1:
        figure.legend(loc="outside right upper", frameon=False)
    return figure


def _places(rows: Sequence[Row], x: Metric, y: Metric) -> tuple[list[float], list[float]]:
    return [_place(row, x) for row in rows], [_place(row, y) for row in rows]


def _place(row: Row, metric: Metric) -> float:
    """The value; its size if it is the better, the nearer it is to zero."""
    value = row.values[metric.name]
    return abs(value) if metric.direction is Direction.NEAR_ZERO else value


def _scale(values: Sequence[float], metric: Metric, set_scale: Callable[..., Any],
           set_limit: Callable[..., Any]) -> None:
    """Logarithmic, with zero below it, where the values span more than a decade and a half."""
    sizes = [value for value in values if value > 0]
    if (metric.direction is Direction.MAXIMISE or not sizes or min(values) < 0
            or max(sizes) <= 30 * min(sizes)):
        return
    if min(values) > 0:
        set_scale("log")
    else:
        set_scale("symlog", linthresh=min(sizes), linscale=0.8)
        set_limit(-0.15 * min(sizes), 2 * max(sizes))


def _title(metric: Metric) -> str:
    unit = f", {metric.unit}" if metric.unit not in ("", metric.name) else ""
    better = {Direction.MINIMISE: "less", Direction.MAXIMISE: "more",
              Direction.NEAR_ZERO: "less"}[metric.direction]
    name = f"|{metric.name}|" if metric.direction is Direction.NEAR_ZERO else metric.name
    return f"{name}{unit} ({better} is better)"


def _kind(row: Row) -> str:
    return str(found(spec_fields(row.point.spec), "pe.multiplier.kind"))


def _maps(report: Report) -> list[ErrorMap]:
    """Of the multipliers on the front that err."""
    keys = dict.fromkeys(filter(None, map(multiplier_of, report.front)))
    return [each for each in (error_map(*key) for key in keys) if each.greatest][:_MAPS]


def _errors(maps: Sequence[ErrorMap]) -> "Figure":
    from matplotlib.figure import Figure

    across = min(4, len(maps))
    down = -(-len(maps) // across)
    figure = Figure(figsize=(3.6 * across, 3.3 * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, each in zip(grid, maps, strict=False):
        limit = each.greatest
        image = axes.imshow(each.means.T, origin="lower", aspect="auto", interpolation="nearest",
                            cmap="RdBu_r", vmin=-limit, vmax=limit,
                            extent=(each.a[0] - 0.5, each.a[1] + 0.5, each.b[0] - 0.5,
                                    each.b[1] + 0.5))
        axes.set(xlabel="a", ylabel="b")
        axes.set_title("\n".join(_wrapped(each.title)), fontsize=9)
        figure.colorbar(image, ax=axes)
    for axes in grid[len(maps):]:
        axes.set_visible(False)
    figure.suptitle("Mean error of the multipliers on the front, LSB")
    return figure


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 34)


def _devices(report: Report, measured: Sequence[Gauge]) -> "Figure":
    """A panel a device: of each point on the front the resource that it takes most of."""
    from matplotlib.figure import Figure

    points = report.front[:_BARS]
    panels: dict[str, list[Gauge]] = {}
    for gauge in measured:
        title = f"{gauge.device}{' with DSP blocks' if gauge.dsp else ''}"
        panels.setdefault(title, []).append(gauge)
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(figsize=(1.6 + 3.2 * across, down * (1.2 + 0.24 * len(points))),
                    layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes, (title, own) in zip(grid, panels.items(), strict=False):
        _bars(axes, points, own)
        axes.set(title=title, xlabel="use, %")
    for axes in grid[len(panels):]:
        axes.set_visible(False)
    return figure


def _bars(axes: "Axes", points: Sequence[Row], own: Sequence[Gauge]) -> None:
    resources = list(dict.fromkeys(gauge.resource for gauge in own))
    for place, gauge in enumerate(own):
        shares = [_share(gauge, row.values) for row in points]
        heights = np.arange(len(points)) + (place - (len(own) - 1) / 2) * 0.8 / len(own)
        axes.barh(heights, shares, 0.8 / len(own), label=gauge.resource,
                  color=COLOURS[resources.index(gauge.resource)])
    axes.set_yticks(range(len(points)), [row.point.key[:8] for row in points], family="monospace",
                    fontsize=8)
    axes.invert_yaxis()
    axes.axvline(100, color="0.3", linewidth=1, linestyle=":")
    axes.legend(frameon=False, fontsize=8)


def _share(gauge: Gauge, values: Mapping[str, float]) -> float:
    used = gauge.used(values)
    return 100 * used / gauge.capacity if used and gauge.capacity else 0.0
