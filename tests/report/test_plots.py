"""Static plots."""

import sys
from xml.etree import ElementTree

import pytest

from hwgen.report.content import Report
from hwgen.report.plots import figures
from hwgen.report.style import require_plots
from hwgen.spec import InputError
from tests.report.reports import filled

TEXT = """
metrics = ["ecp5.luts", "mae", "snr_db"]
axes.rows = [2, 4]
axes.pe.multiplier = [{ kind = "exact" }, { kind = "truncated", cut = 6 }]
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    def figures_of(array, index):
        exact = array.pe.multiplier.kind == "exact"
        return {"ecp5.luts": 100.0 * array.rows + 50 * exact, "mae": 0.0 if exact else 80.25,
                "snr_db": float("inf") if exact else 30.0}

    return filled(tmp_path_factory.mktemp("plots"), TEXT, figures_of)


@pytest.fixture(scope="module")
def drawn(report: Report) -> dict[str, bytes]:
    return figures(report)


def texts(svg: bytes) -> str:
    """What matplotlib writes as comments beside its glyphs."""
    return svg.decode()


def test_each_plot_is_svg_and_png(drawn: dict[str, bytes]) -> None:
    names = ("front_ecp5.luts_mae", "front_ecp5.luts_snr_db", "errors", "devices")
    assert set(drawn) == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    for name, content in drawn.items():
        if name.endswith("svg"):
            assert ElementTree.fromstring(content).tag.endswith("svg")
        else:
            assert content.startswith(b"\x89PNG")


def test_titles_tell_what_is_shown(drawn: dict[str, bytes]) -> None:
    assert "small: 2 of 4 points on the front" in texts(drawn["front_ecp5.luts_mae.svg"])
    infinite = texts(drawn["front_ecp5.luts_snr_db.svg"])
    assert "1 of 2 points on the front; 2 infinite, not drawn" in infinite
    assert "truncated s8xs8" in texts(drawn["errors.svg"])
    assert "ecp5-25k" in texts(drawn["devices.svg"])


def test_two_runs_give_the_same_bytes(report: Report, drawn: dict[str, bytes]) -> None:
    assert figures(report) == drawn


def test_says_how_to_install_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'hwgen\[plot\]', or leave out --plots"):
        require_plots()
