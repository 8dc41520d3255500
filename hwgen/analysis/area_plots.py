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
_MARKS = "os^vDPXhp<>d"
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
        kinds = sorted({point.kind for points in sets.values() for point in points
                        if any(error_of(point, metric) for metric in SHOWN)} - {"searched"})
        grid = figure.subplots(len(sets), len(SHOWN), squeeze=False, sharex="col", sharey=True)
        for row, (name, points) in zip(grid, sets.items(), strict=True):
            for axes, metric in zip(row, SHOWN, strict=True):
                _draw(axes, points, metric, kinds)
            row[0].set_ylabel(f"{name}\ncells")
        grid[0][0].set_ylim(0, 1.03 * max(p.cells for points in sets.values() for p in points))
        for axes, metric in zip(grid[-1], SHOWN, strict=True):
            axes.set_xlabel(f"{METRICS[metric].label.rstrip('%')}, %")
        figure.suptitle(title)
        handles = {label: handle for row in grid for handle, label in zip(
            *row[0].get_legend_handles_labels(), strict=True)}
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5,
                      fontsize="small")
        with io.StringIO() as buffer:
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            return buffer.getvalue()


def _draw(axes: "Axes", points: Sequence[Point], metric: str, kinds: Sequence[str]) -> None:
    styles = {kind: (_MARKS[place % len(_MARKS)], f"C{place % 10}", 5)
              for place, kind in enumerate(kinds)} | {"searched": ("*", "k", 8)}
    for kind, (mark, color, size) in styles.items():
        chosen = [point for point in points if point.kind == kind and error_of(point, metric)]
        if not chosen:
            continue
        mapped = chosen[0].mapped
        axes.plot([error_of(point, metric) for point in chosen], [point.cells for point in chosen],
                  mark, color=color, ms=size, ls="", fillstyle="full" if mapped else "none",
                  label=f"{kind}{'' if mapped else ' (synthesised)'}")
    best = [point for point in front(points, metric) if error_of(point, metric)]
    axes.step([error_of(point, metric) for point in best], [point.cells for point in best],
              where="pre", color="0.6", lw=1, zorder=0)
    for mapped, style in ((True, "-"), (False, "--")):
        exact = min(point.cells for point in points
                    if point.kind == "exact" and point.mapped == mapped)
        axes.axhline(exact, color="k", lw=1, ls=style,
                     label=f"exact, {'mapped' if mapped else 'synthesised'}")
    axes.set_xscale("log")
    axes.grid(alpha=0.3)
