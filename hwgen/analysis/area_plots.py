"""Figures of area against error, for the multipliers of all families on one FPGA family."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hwgen.analysis.error import METRICS
from hwgen.analysis.error_plots import require_matplotlib
from hwgen.analysis.multiplier_area import Point, error_of, front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = ("mae_percent", "wce_percent", "mre_percent")
_MARKS = "os^vDP*Xhp<>d"
_STYLE: dict[Any, Any] = {"svg.hashsalt": "hwgen", "font.size": 10, "axes.titlesize": 11}


def area_figure(title: str, sets: Mapping[str, Sequence[Point]]) -> str:
    """SVG with a row of panels for each set of points, one panel for each of :data:`SHOWN`.

    Cells, linear, over the error, logarithmic; lines at the exact multiplier, mapped and
    synthesised; a step line along the points that no other beats.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context, rcdefaults, rcParams
    from matplotlib.figure import Figure

    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        figure = Figure(figsize=(12, 1.2 + 3.6 * len(sets)), layout="constrained")
        grid = figure.subplots(len(sets), len(SHOWN), squeeze=False, sharex="col", sharey=True)
        for row, (name, points) in zip(grid, sets.items(), strict=True):
            for axes, metric in zip(row, SHOWN, strict=True):
                _draw(axes, points, metric)
            row[0].set_ylabel(f"{name}\ncells")
        for axes, metric in zip(grid[-1], SHOWN, strict=True):
            axes.set_xlabel(f"{METRICS[metric].label.rstrip('%')}, %")
        figure.suptitle(title)
        figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
        with io.StringIO() as buffer:
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            return buffer.getvalue()


def _draw(axes: "Axes", points: Sequence[Point], metric: str) -> None:
    approximate = [point for point in points if error_of(point, metric)]
    kinds = sorted({point.kind for point in approximate})
    for place, kind in enumerate(kinds):
        chosen = [point for point in approximate if point.kind == kind]
        mapped = chosen[0].mapped
        axes.plot([error_of(point, metric) for point in chosen], [point.cells for point in chosen],
                  _MARKS[place % len(_MARKS)], color=f"C{place % 10}", ms=5, ls="",
                  fillstyle="full" if mapped else "none",
                  label=f"{kind}{'' if mapped else ' (synthesised)'}")
    best = front(approximate, metric)
    axes.step([error_of(point, metric) for point in best], [point.cells for point in best],
              where="post", color="0.6", lw=1, zorder=0)
    for mapped, style in ((True, "-"), (False, "--")):
        exact = min(point.cells for point in points
                    if point.kind == "exact" and point.mapped == mapped)
        axes.axhline(exact, color="k", lw=1, ls=style,
                     label=f"exact, {'mapped' if mapped else 'synthesised'}")
    axes.set(xscale="log", ylim=(0, None))
    axes.grid(alpha=0.3)
