"""A page of the docs from its sweep."""

from pathlib import Path

import pytest

from hwgen.report import study as study_module
from hwgen.report.study import main, study
from hwgen.spec import InputError

BEGIN, END = "<!-- points:begin -->\n", "<!-- points:end -->\n"
TEXT = """
metrics = ["cycles", "utilisation"]
axes.rows = [2, 4]
plots = [{ x = "rows", y = "cycles" }]
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "grown.toml").write_text(TEXT)
    path = tmp_path / "grown.md"
    path.write_text(f"# Grown\n\n{BEGIN}old\n{END}\nIn words.\n")
    return path


def test_renews_the_table_and_the_figure(page: Path) -> None:
    assert study(page, jobs=1) == 0
    text = page.read_text()
    assert text.startswith(f"# Grown\n\n{BEGIN}\n| rows | cycles, cycles | utilisation | front |\n")
    assert text.endswith(f"\n\n{END}\nIn words.\n")
    assert "| 2 | 16,396 | 0.9993 | * |\n| 4 |" in text
    figure = page.with_name("grown_1.svg").read_bytes()
    assert study(page, jobs=1) == 0
    assert (page.read_text(), page.with_name("grown_1.svg").read_bytes()) == (text, figure)


def test_a_page_without_marks_is_left_alone(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page.write_text("# Grown\n")
    with pytest.raises(InputError, match="page must hold the lines <!-- points:begin -->"):
        study(page, jobs=1)
    monkeypatch.setattr("sys.argv", ["study", str(page)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert page.read_text() == "# Grown\n"
    assert not page.with_name("grown_1.svg").exists()


def test_failed_points_make_the_status(page: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    (page.parent / "bad.py").write_text(
        "from hwgen.sweep.metrics import metric\n@metric()\ndef bad(array):\n    return 1 / 0\n")
    page.with_suffix(".toml").write_text(TEXT.replace('["cycles"', '["bad", "cycles"')
                                         + 'plugins = ["bad.py"]\n')
    monkeypatch.setattr("sys.argv", ["study", str(page), "--jobs", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "bad: ZeroDivisionError: division by zero" in capsys.readouterr().err


def test_what_is_written_meanwhile_stays(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = study_module._measured

    def slow(*arguments: object) -> object:
        page.write_text(page.read_text().replace("In words.", "In better words."))
        return measured(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(study_module, "_measured", slow)
    assert study(page, jobs=1) == 0
    assert page.read_text().endswith(f"\n\n{END}\nIn better words.\n")
