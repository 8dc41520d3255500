"""The comparison of arrays on the digits network: its table, its page, its messages."""

from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import ArrayArea
from hwgen.flow.cells import Area
from hwgen.nn import study
from hwgen.nn.digits import DigitsNetwork
from hwgen.nn.study import HEAD, Outcome, main, measure, table

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "docs/studies/digits").glob("*.toml"))
AREA = ArrayArea(Area.of_cells("ecp5", False, {"LUT4": 7}),
                 Area.of_cells("ecp5", False, {"LUT4": 1234, "TRELLIS_FF": 50}))
OUTCOME = Outcome("mac", "A | B", 0.95, 18899, 18900, AREA)
ROW = "| `mac` | A | B | 95.00% | 18,899 of 18,900 | 7 | 1,234 | 50 |"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes without simulation and synthesis."""
    monkeypatch.setattr(study, "measure", lambda path, _: replace(OUTCOME, name=path.stem))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_spec_loads_and_has_a_title(path: Path) -> None:
    assert ArraySpec.load(path).name == path.stem
    assert path.read_text("utf-8").startswith("# ")


def test_table_ranks_by_accuracy_then_area() -> None:
    small = replace(OUTCOME, name="small", area=ArrayArea(AREA.cell, AREA.cell))
    best = replace(OUTCOME, name="best", accuracy=0.99)
    lines = table([OUTCOME, small, best]).splitlines()
    assert lines[:2] == HEAD.splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == ["best", "small", "mac"]
    assert lines[4] == ROW


def test_network_runs_through_the_verilog(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text('# Stochastic | tiny\nname = "tiny"\nrows = 8\ncolumns = 8\n'
                    '[pe.accumulator]\nwidth = 10\nfrac = -10\nrounding = "stochastic"\n')
    outcome = measure(path, DigitsNetwork.load())
    assert outcome.title == "Stochastic \\| tiny"
    assert outcome.equal == outcome.results == 450 * 42
    assert outcome.accuracy > 0.9
    assert 50 < outcome.area.cell.luts < outcome.area.array.luts


@pytest.mark.usefixtures("measured")
def test_page_keeps_its_text(tmp_path: Path) -> None:
    (tmp_path / "one.toml").touch()
    page = tmp_path / "page.md"
    page.write_text(f"Before\n\n{HEAD}| old |\n| older |\n\nAfter\n")
    assert main([str(tmp_path), "-o", str(page)]) == 1  # one result differs
    assert page.read_text() == f"Before\n\n{HEAD}{ROW.replace('mac', 'one')}\n\nAfter\n"


@pytest.mark.usefixtures("measured")
def test_new_file_is_the_table(tmp_path: Path) -> None:
    (tmp_path / "one.toml").touch()
    main([str(tmp_path), "-o", str(tmp_path / "new.md")])
    assert (tmp_path / "new.md").read_text() == f"{HEAD}{ROW.replace('mac', 'one')}\n"


def test_folder_without_specs_is_refused(tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: folder must hold specs, *.toml, not {str(tmp_path)!r}\n")
