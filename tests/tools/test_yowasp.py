"""Running a tool: its failures are told, and it can be stopped at any time."""

import os
import sys
import threading
from pathlib import Path

import pytest

from hwgen.spec import InputError, ToolError
from hwgen.tools import yowasp
from hwgen.tools.yowasp import Processes, Tool

FAKE = """
import os, pathlib, signal, sys, tempfile

def run(arguments):
    if arguments == ["--version"]:
        return int(os.environ.get("FAKE_VERSION_STATUS", "0"))
    what = arguments[0]
    if what == "leave":
        pathlib.Path("out").write_text(tempfile.gettempdir())
    elif what == "fail":
        print("\\n".join(f"line {i}" for i in range(100)), flush=True)
        print("to standard error", file=sys.stderr)
        return 3
    elif what == "interrupted":
        return 130
    elif what == "hang":
        with open(arguments[1], "w"):
            pass
        signal.pause()
    return 0
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """A tool that does as its first argument says; it passes for the package pytest."""
    (tmp_path / "fake_tool.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(yowasp, "_warm", set())
    return Tool("Fake", "pytest", "test", "fake_tool", "run")


def run(tool: Tool, folder: Path, *arguments: str, timeout_s: float = 60) -> None:
    Processes().run(tool, arguments, folder, task="do this", timeout_s=timeout_s)


def test_version_is_that_of_the_package(tool: Tool) -> None:
    assert tool.version == pytest.__version__


def test_tool_runs_in_the_folder_and_keeps_its_temporary_files_there(
    tool: Tool, tmp_path: Path
) -> None:
    run(tool, tmp_path, "leave")
    assert (tmp_path / "out").read_text() == str(tmp_path)


def test_failure_shows_the_end_of_the_log(tool: Tool, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="Fake must do this, but exited with status 3") as failure:
        run(tool, tmp_path, "fail")
    message = str(failure.value)
    assert "line 99" in message
    assert "to standard error" in message
    assert "line 1\n" not in message


def test_timeout_names_its_limit(tool: Tool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ToolError, match=r"Fake must do this in 0\.01 s, but did not"):
        run(tool, tmp_path, "hang", "pipe", timeout_s=0.01)


def test_interrupted_tool_is_an_interrupt(tool: Tool, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tool, tmp_path, "interrupted")


def test_end_kills_what_runs_and_starts_no_more(tool: Tool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    processes, outcome = Processes(), []

    def work() -> None:
        try:
            processes.run(tool, ["hang", "pipe"], tmp_path, task="hang", timeout_s=600)
        except BaseException as error:
            outcome.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    with (tmp_path / "pipe").open():  # opens once the tool does
        processes.end()
    thread.join(timeout=60)
    assert outcome == [KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt):
        processes.run(tool, ["leave"], tmp_path, task="leave", timeout_s=60)
    assert not (tmp_path / "out").exists()


def test_missing_package_names_the_cure() -> None:
    with pytest.raises(InputError, match=r"package yowasp-nothing .*pip install 'hwgen\[any\]'"):
        Tool("Nothing", "yowasp-nothing", "any", "nothing", "run").warm()


def test_tool_that_cannot_run_says_so(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VERSION_STATUS", "7")
    with pytest.raises(ToolError, match=r"exited with status 7; .*set YOWASP_CACHE_DIR"):
        tool.warm()


def test_slow_first_call_is_announced(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(yowasp, "_PATIENCE_S", 0)
    tool.warm()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("hwgen: compiling Fake for this machine, once")
    assert lines[1].startswith("hwgen: Fake is compiled")


def test_second_call_finds_the_tool_warm(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool.warm()
    monkeypatch.setenv("FAKE_VERSION_STATUS", "7")
    tool.warm()
