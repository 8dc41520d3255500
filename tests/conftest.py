"""Hypothesis profiles, the ordinary run and ``HYPOTHESIS_PROFILE=slow``; the command line."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hwgen import cli
from tests.command_line import SMALL, Call, Said, toml

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("ordinary", max_examples=150, deadline=None, derandomize=True,
                          suppress_health_check=_CHECKS)
settings.register_profile("slow", max_examples=3000, deadline=None, print_blob=True,
                          suppress_health_check=_CHECKS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
         tmp_path: Path) -> Call:
    """Runs the command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["hwgen", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return run


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(toml(SMALL))
    return path
