"""The plots that a sweep's file asks for."""

from math import inf
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hwgen.report.content import Report
from hwgen.report.lines import lines, series
from hwgen.report.plots import figures
from hwgen.report.style import content, styled
from hwgen.spec import InputError
from hwgen.sweep.plot import Plot
from hwgen.sweep.runner import Sweep
from tests.report.reports import filled

TEXT = """
metrics = ["ecp5.luts", "snr_db"]
keep = ["rows != 16"]
axes.pe.multiplier = [{ kind = "truncated", cut = 6 }, { kind = "exact" }]
axes.rows = [4, 2, 16]
[[plots]]
x = "rows"
y = "ecp5.luts"
series = ["pe.multiplier.kind", "pe.multiplier.cut"]
x_scale = "log"
title = "LUTs"
[[plots]]
x = "pe.multiplier.kind"
y = "snr_db"
[[plots]]
x = "rows"
y = "snr_db"
where = ["ecp5.luts < 300", "pe.multiplier.kind == 'truncated'"]
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    def made_up(array: Any, index: int) -> dict[str, float]:
        exact = array.pe.multiplier.kind == "exact"
        return {"ecp5.luts": 100.0 * array.rows + 50 * exact,
                "snr_db": inf if exact and array.rows == 2 else 30.0 + array.rows}

    return filled(tmp_path_factory.mktemp("lines"), TEXT, made_up)


def test_a_line_for_each_series_in_the_order_of_x(report: Report) -> None:
    first, second, third = report.sweep.spec.plots
    assert series(first, report.rows) == {
        "truncated, 6": [(2.0, 200.0), (4.0, 400.0)], "exact, none": [(2.0, 250.0), (4.0, 450.0)]}
    # Infinite values have no place; text stands in the order of the sweep.
    assert series(second, report.rows) == {
        "": [("truncated", 34.0), ("truncated", 32.0), ("exact", 34.0)]}
    assert series(third, report.rows) == {"": [(2.0, 32.0)]}


def test_the_figure_has_them(report: Report) -> None:
    figure = lines(report.sweep.spec.plots[0], report.sweep, report.rows)
    axes, = figure.axes
    assert [list(line.get_xdata()) for line in axes.lines] == [[2, 4], [2, 4]]
    assert [list(line.get_ydata()) for line in axes.lines] == [[200, 400], [250, 450]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("rows", "ecp5.luts, LUTs")
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_title()) == ("log", "linear", "LUTs")
    legend, = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["truncated, 6", "exact, none"]
    assert legend.get_title().get_text() == "multiplier.kind, multiplier.cut"


def test_a_report_draws_them(report: Report) -> None:
    drawn = figures(report)
    assert {"plot_1.svg", "plot_1.png", "plot_2.svg", "plot_2.png"} <= drawn.keys()
    with styled():
        assert drawn["plot_2.svg"] == content(
            lines(report.sweep.spec.plots[1], report.sweep, report.rows), "svg")
    assert ElementTree.fromstring(drawn["plot_1.svg"]).tag.endswith("svg")


@pytest.mark.parametrize(("plot", "message"), [
    ({"x": "row", "y": "cycles"},
     r"plots must name fields, or metrics that are measured, not 'row'; do you mean rows\?"),
    ({"x": "rows", "y": "mae"},
     "plots must name fields, or metrics that are measured, not 'mae'"),
    ({"x": "rows", "y": "cycles", "series": ["cycles"]}, "plots must name fields, not 'cycles'"),
    ({"x": "rows", "y": "cycles", "where": ["mae < 3"]}, "must name what is known, not 'mae'"),
])
def test_unknown_names_are_refused(tmp_path: Path, plot: dict[str, Any], message: str) -> None:
    file = tmp_path / "s.toml"
    inline = ", ".join(f"{name} = {value!r}" for name, value in plot.items())
    file.write_text(f'metrics = ["cycles"]\naxes.rows = [1, 2]\nplots = [{{ {inline} }}]\n')
    with pytest.raises(InputError, match=message):
        Sweep.load(file)


def test_scales_are_known() -> None:
    with pytest.raises(InputError, match="y_scale"):
        Plot.parse({"x": "rows", "y": "cycles", "y_scale": "cubic"})
