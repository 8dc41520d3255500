"""Finding a browser: one that is missing is told, never passed over."""

import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.report import browser


def test_takes_the_first_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("google-chrome", "chromium-browser"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_browser() == str(tmp_path / "chromium-browser")


class Playwright:
    """Stands in for Playwright with a browser in a place."""

    def __init__(self, place: Path):
        self.chromium = SimpleNamespace(executable_path=str(place))

    def __enter__(self) -> "Playwright":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is open."""


def test_else_playwrights_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    own = tmp_path / "chrome"
    monkeypatch.setattr(browser, "sync_playwright", lambda: Playwright(own))
    with pytest.raises(FileNotFoundError, match=r"install one with: \.ci/browser"):
        browser.find_browser()
    own.touch()
    assert browser.find_browser() == str(own)
