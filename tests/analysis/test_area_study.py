"""The study renews what stands between the markers of a document, and nothing else."""

from dataclasses import replace

import pytest

from hwgen.analysis import area_study
from hwgen.analysis.area_plots import SHOWN, area_figure
from hwgen.analysis.area_study import main, table
from hwgen.analysis.error import error_metrics
from hwgen.analysis.multiplier_area import Point
from hwgen.arith.catalogue import DrumMultiplier, ExactMultiplier, TruncatedMultiplier
from hwgen.arith.multiplier import Operands
from hwgen.number import Fixed

DOCUMENT = """Before.
<!-- one:begin -->
old
<!-- one:end -->
After. <!-- two:begin --> without an end
"""
OPERANDS = Operands(*[Fixed(width=4, signed=False)] * 2)


@pytest.fixture
def tables(monkeypatch):
    made = []

    def make(name):
        made.append(name)
        return f"new {name}\n"

    monkeypatch.setattr(area_study, "TABLES", {
        name: lambda name=name: make(name) for name in ("one", "two", "three")})
    return made


def test_only_what_has_a_place_is_measured(tables, tmp_path):
    path = tmp_path / "area.md"
    path.write_text(DOCUMENT)
    assert main([str(path)]) == 0
    assert path.read_text() == DOCUMENT.replace("old", "new one")
    assert tables == ["one"]
    assert list(tmp_path.iterdir()) == [path]


def test_figure_goes_beside_the_document(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(area_study, "figure", lambda target: f"<svg>{target}</svg>")
    path = tmp_path / "area.md"
    path.write_text("![ECP5](area_ecp5.svg)\n")
    assert main([str(path)]) == 0
    assert (tmp_path / "area_ecp5.svg").read_text() == "<svg>ecp5</svg>"


def test_missing_document_is_told(tmp_path, capsys):
    assert main([str(tmp_path / "none.md")]) == 2
    assert "error: document must be readable, not" in capsys.readouterr().err


def test_table_is_markdown():
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_figure_shows_each_family_and_is_the_same_twice():
    pytest.importorskip("matplotlib")
    specs = [(ExactMultiplier(), True, 19), (ExactMultiplier(), False, 40),
             (TruncatedMultiplier(cut=3), True, 12), (DrumMultiplier(segment_bits=3), False, 30)]
    points = [Point(error_metrics(spec, OPERANDS), spec.kind, mapped, cells)
              for spec, mapped, cells in specs]
    points.append(replace(points[2], kind="searched", cells=11))
    svg = area_figure("title", {"unsigned": points})
    assert svg == area_figure("title", {"unsigned": points})
    assert svg.count('id="axes_') == len(SHOWN)
    assert all(f"<!-- {name} -->" in svg for name in ("drum (synthesised)", "searched"))
    assert svg.startswith("<?xml")
