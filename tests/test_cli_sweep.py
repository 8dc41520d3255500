"""The verb that measures a space of arrays, also when it is killed."""

import csv
import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet
import pytest

from hwgen.sweep.runner import Sweep
from hwgen.sweep.store import Store
from tests.command_line import Call, process, refused
from tests.sweep.spaces import written

EXAMPLES = Path(__file__).parents[1] / "docs" / "studies" / "sweep"

LOGGED = '''
import os, signal
from pathlib import Path
from hwgen.sweep.metrics import metric

HERE = Path(__file__).parent

@metric(unit="PEs")
def logged(array):
    """Tells each time that it is called."""
    log = os.open(HERE / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, f"{array.config_hash}\\n".encode())
    os.close(log)
    if array.rows == 3 and (HERE / "interrupt").exists():
        (HERE / "interrupt").unlink()
        os.kill(os.getppid(), signal.SIGINT)
        signal.pause()
    return array.rows * array.columns
'''


def logged(folder: Path, points: int, mode: str = "grid") -> list[str]:
    """Writes a sweep of so many points, and gives the arguments that run it."""
    (folder / "logged.py").write_text(LOGGED)
    most = points // 4 if mode == "grid" else 256
    axes = {"rows": {"from": 1, "to": most}, "columns": [1, 2, 3, 4]}
    written(folder, axes=axes, metrics=["cycles", "logged"], mode=mode, n=points,
            plugins=["logged.py"], timeout_s=60)
    return ["sweep", "sweep.toml", "-o", "r.sqlite", "--jobs", "1"]


def measured(folder: Path) -> list[str]:
    """Hashes of the arrays whose metric was called, in order."""
    log = folder / "log"
    return log.read_text().split() if log.exists() else []


def stored(folder: Path) -> set[str]:
    """Hashes of the points that have all values in the results file."""
    try:
        with sqlite3.connect(f"file:{folder / 'r.sqlite'}?mode=ro", uri=True) as database:
            return {key for key, in database.execute(
                "SELECT hash FROM metrics GROUP BY hash HAVING count(*) = 2")}
    except sqlite3.OperationalError:  # not there yet
        return set()


def killed(arguments: list[str], folder: Path, after: int) -> None:
    """Runs the sweep and kills it as soon as ``after`` points more are stored, or lets it end."""
    aim = len(stored(folder)) + after
    command = [sys.executable, "-m", "hwgen", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and len(stored(folder)) < aim:
            time.sleep(0.003)
        run.kill()


def campaign(folder: Path, kills: int, points: int, mode: str = "grid") -> None:
    """Kills a sweep again and again; no stored point may get lost or be measured once more."""
    arguments = logged(folder, points, mode)
    for index in range(kills):
        before, calls = stored(folder), len(measured(folder))
        killed(arguments, folder, 1 + index % 4)
        assert stored(folder) > before
        assert not set(measured(folder)[calls:]) & before
    before, calls = stored(folder), len(measured(folder))
    assert len(before) < points
    assert process(*arguments, cwd=folder).status == 0
    assert not set(measured(folder)[calls:]) & before
    assert len(stored(folder)) == points == len(set(measured(folder)))
    # What was being measured when a kill came may be measured again, and nothing else.
    assert len(measured(folder)) <= points + 3 * kills
    with sqlite3.connect(folder / "r.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM points").fetchone() == (points,)
        assert database.execute("SELECT count(*) FROM failures").fetchone() == (0,)


def test_kills_lose_no_point_and_repeat_none(tmp_path: Path) -> None:
    campaign(tmp_path, kills=4, points=120)


def test_kills_of_a_search_lose_no_point_and_repeat_none(tmp_path: Path) -> None:
    campaign(tmp_path, kills=2, points=40, mode="search")
    sweep = Sweep.load(tmp_path / "sweep.toml")
    with Store(tmp_path / "r.sqlite") as store:
        killed_keys = [row.point.key for row in sweep.rows(store)]
    for file in tmp_path.glob("r.sqlite*"):
        file.unlink()
    assert process(*logged(tmp_path, 40, "search"), cwd=tmp_path).status == 0
    with Store(tmp_path / "r.sqlite") as store:
        assert [row.point.key for row in sweep.rows(store)] == killed_keys


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "points"), [("grid", 1000), ("search", 250)])
def test_fifty_kills_lose_no_point_and_repeat_none(mode: str, points: int, tmp_path: Path) -> None:
    campaign(tmp_path, kills=50, points=points, mode=mode)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes started here heed Ctrl-C, also if these tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    arguments = logged(tmp_path, 16)
    (tmp_path / "interrupt").touch()
    said = process(*arguments, cwd=tmp_path)
    assert said.status == 130
    assert said.out == ""
    assert "Traceback" not in said.err
    assert ("hwgen: interrupted; 8 of 16 points are in r.sqlite; to go on: hwgen sweep sweep.toml "
            "-o r.sqlite --jobs 1\n") in said.err
    before, calls = stored(tmp_path), len(measured(tmp_path))
    assert len(before) == 8
    again = process(*arguments, cwd=tmp_path)
    assert again.status == 0
    assert "measuring 8 of 16 points, 8 are there" in again.err
    assert "16 points measured, 0 refused, 0 failed" in again.out
    assert not set(measured(tmp_path)[calls:]) & before


SLOW = """
import time
from hwgen.sweep.metrics import metric
print("loading", flush=True)
time.sleep(600)
"""


def on_terminal(arguments: list[str], folder: Path, until: str) -> tuple[int, str]:
    """Status and words of a run in a terminal of its own, where Ctrl-C is typed after ``until``."""
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "hwgen", *arguments])
    said, typed = "", False
    with suppress(OSError):  # which ends a terminal's output
        while raw := os.read(terminal, 1 << 16):
            said += raw.decode(errors="replace")
            if until in said and not typed:
                typed = True
                os.write(terminal, b"\x03")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_ctrl_c_on_a_terminal_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    written(tmp_path, plugins=["slow.py"])
    status, said = on_terminal(["sweep", "sweep.toml"], tmp_path, "loading")
    assert status == 130
    assert "hwgen: interrupted; what was finished is kept" in said
    assert "Traceback" not in said


def test_ctrl_c_on_a_terminal_while_measuring(tmp_path: Path) -> None:
    arguments = logged(tmp_path, 16)
    (tmp_path / "logged.py").write_text(LOGGED.replace("os.kill(os.getppid(), signal.SIGINT)", ""))
    (tmp_path / "interrupt").touch()
    status, said = on_terminal(arguments, tmp_path, "8/16")
    assert status == 130
    assert "hwgen: interrupted; 8 of 16 points are in r.sqlite; to go on: hwgen sweep " in said
    assert "Traceback" not in said


def test_the_example(call: Call, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "x")
    said = call("sweep", "x/example.toml", "--export", "y/points.csv", "--jobs", 1)
    assert said.status == 0
    assert "Pareto front of partial_products and mae" in said.out
    assert "example.sqlite: 14 points measured, 0 refused, 0 failed" in said.out
    assert (tmp_path / "example.sqlite").exists()
    with (tmp_path / "y" / "points.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 14
    front = [line for line in said.out.splitlines() if " rows " in line]
    assert [line.split()[:2] for line in front] == [
        ["26", "12.25"], ["26", "12.25"], ["33", "1.25"], ["33", "1.25"], ["36", "0"], ["36", "0"]]


def test_the_example_of_a_search(call: Call, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "x")
    path = tmp_path / "x" / "search.toml"
    path.write_text(path.read_text().replace("n = 200", "n = 40"))
    said = call("sweep", "x/search.toml", "--export", "points.parquet", "--jobs", 2)
    assert said.status == 0
    assert "Pareto front of bit_operations and nmed" in said.out
    assert ("search.sqlite: 40 points measured, 0 refused, 0 failed; the search ended: n = 40 "
            "points are measured") in said.out
    assert pyarrow.parquet.read_table(tmp_path / "points.parquet").num_rows == 40
    again = call("sweep", "x/search.toml", "--json")
    assert again.err == ""
    told = json.loads(again.out)
    assert (told["points"], told["search"]) == (40, "n = 40 points are measured")


def test_a_search_among_nothing(call: Call, tmp_path: Path) -> None:
    refused(call("sweep", written(tmp_path, mode="search", where=["rows > 100"])),
            "where must hold for some array of the space, not for none")
    refused(call("sweep", written(tmp_path, mode="search", axes={"rows": [0, -1]})),
            "space must hold an array, but no point is one; the first: rows must be at least 1")


def test_in_json_with_failed_points(call: Call, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("from hwgen.sweep.metrics import metric\nimport os\n"
                                     "@metric()\ndef risky(array):\n    print('last words')\n"
                                     "    if array.rows == 2: os._exit(1)\n    return 1\n")
    path = written(tmp_path, axes={"rows": [0, 1, 2]}, metrics=["risky"], plugins=["own.py"])
    said = call("sweep", path, "--json", "--export", "all.json", "--jobs", 1)
    assert said.status == 1
    told = json.loads(said.out)
    assert {name: told[name] for name in ("points", "done", "failed", "refused", "kept")} == {
        "points": 3, "done": 1, "failed": 1, "refused": 1, "kept": 1}
    assert [point["spec"]["rows"] for point in told["front"]] == [1]
    exported = json.loads((tmp_path / "all.json").read_text())
    assert exported["points"][2]["failure"] == {
        "metric": "risky", "reason": "ended its process with status 1", "log": "last words"}
    again = call("sweep", path)
    assert again.status == 1
    assert "first failed: " in again.err
    assert "at risky: ended its process with status 1\nlast words" in again.err
    assert "rows must be at least 1, not 0" in again.err
    (tmp_path / "own.py").write_text((tmp_path / "own.py").read_text().replace("== 2", "== 9"))
    assert call("sweep", path, "--jobs", 1).status == 0


def test_help_names_the_way_to_go_on(call: Call) -> None:
    assert "run the same" in " ".join(call("sweep", "--help").out.split())


@pytest.mark.parametrize(("arguments", "part"), [
    (("none.toml",), "sweep must be a readable file, not 'none.toml'"),
    (("sweep.toml", "--jobs", 0), "--jobs must be at least 1, not 0"),
    (("sweep.toml", "--export", "a.xlsx"), "export must be a file named *.csv or *.json or "
                                           "*.md or *.parquet, not"),
    (("sweep.toml", "-o", "sweep.toml"), "results must be a file that hwgen can write, not"),
    (("nothing.toml",), "nothing.toml: where must hold for some array of the space, not for none"),
    (("wrong.toml",), "wrong.toml: space must hold an array, but no point is one; the first: "
                      "pe.width is not a known field"),
    (("bad.toml",), "bad.toml: 2 faults in the spec\n  metrics is required and missing\n  mode"),
])
def test_refuses(arguments: tuple[object, ...], part: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("mode = 'all'\naxes.rows = [1]\n")
    written(tmp_path, base={"pe": {"width": 8}}).rename(tmp_path / "wrong.toml")
    written(tmp_path, where=["rows > 100"]).rename(tmp_path / "nothing.toml")
    written(tmp_path)
    refused(call("sweep", *arguments), part)
