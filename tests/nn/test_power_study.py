"""The study of energies: a row by hand, and the page that it writes."""

from pathlib import Path

import pytest

from hwgen.flow.power import Energy
from hwgen.nn import power_study
from hwgen.nn.power_study import ARRAYS, array_of, main, row

BEGIN, END = "<!-- power-study:begin -->\n", "<!-- power-study:end -->\n"


ROOT = Path(__file__).parents[2]


def energy(macs: int, pes: float, multipliers: float, clock: float) -> Energy:
    parts = {"PEs": {"logic": pes, "clock": clock},
             "multipliers": {"logic": multipliers, "clock": 0.0}}
    return Energy("x", 10, macs, parts, {}, {}, {}, ungated_clock=2 * clock)


def test_row_by_hand() -> None:
    idle, digits, random = energy(0, 0, 0, 640), energy(10, 20, 50, 30), energy(10, 40, 130, 30)
    assert row("x", idle, digits, random) == (
        "| x | 1 | 10 | 20 | 0.50 | 13 | 50% | 50% | 0% | 30% |\n")


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_valid(name: str) -> None:
    assert array_of(ARRAYS[name]).multipliers in (64, 512)


def test_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(power_study, "table", lambda: "measured\n")
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}old\n{END}after\n")
    assert main([str(page)]) == 0
    assert page.read_text() == f"before\n{BEGIN}measured\n{END}after\n"
    page.write_text("nothing")
    assert main([str(page)]) == 2
    assert "page must hold the lines <!-- power-study:begin -->" in capsys.readouterr().err
    assert main([str(tmp_path / "none.md")]) == 2
    assert "page must be a readable file" in capsys.readouterr().err


def test_shipped_page_has_a_row_for_each_array() -> None:
    text = (ROOT / "docs" / "power.md").read_text()
    rows = text.partition(BEGIN)[2].partition(END)[0].splitlines()
    assert [line.split(" | ")[0][2:] for line in rows[4:]] == list(ARRAYS)
