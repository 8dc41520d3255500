"""Points on dask.distributed: the same results as the pool's, whatever happens to the workers."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.spec import InputError
from hwgen.sweep import cluster as module
from hwgen.sweep.cluster import AHEAD, Cluster, unfit
from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.metrics import PlugIn
from hwgen.sweep.pool import Pool
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import Store
from tests.command_line import Call, process, refused
from tests.sweep.spaces import PLUG_IN, written
from tests.sweep.test_pool import RISKY, has_gone, run, tasks

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    """The address of a cluster of two workers in this process."""
    with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
            dashboard_address="127.0.0.1:0") as started:
        yield started.scheduler_address.removeprefix("tcp://")


@pytest.fixture
def risky(tmp_path: Path) -> PlugIn:
    path = tmp_path / "risky.py"
    # What is sent to the workers lies elsewhere there.
    path.write_text(RISKY.replace("Path(__file__)", f"Path({str(path)!r})"))
    return PlugIn.of(path)


def without_time(outcome: Outcome) -> Outcome:
    return replace(outcome, seconds=0.0)


def test_every_outcome_is_the_pools(local: str, risky: PlugIn) -> None:
    """Values, crashes, exceptions, time-outs and their logs."""
    todo = tasks(risky, 1, 2, 5, 6, 7, 8)
    found, expected = (run(scheduler, todo) for scheduler in (Cluster(local, 4), Pool(2, 4)))
    assert found.keys() == expected.keys() == {1, 2, 5, 6, 7, 8}
    for rows, outcome in found.items():
        failure, wanted = outcome.failure, expected[rows].failure
        if failure and wanted and "Traceback" in wanted.log:  # with the path of the plug-in
            assert failure.log.splitlines()[-1] == wanted.log.splitlines()[-1]
            outcome = replace(outcome, failure=replace(failure, log=wanted.log))
        assert without_time(outcome) == without_time(expected[rows])
    assert sum(outcome.failure is not None for outcome in found.values()) == 3


def test_a_limit_of_memory(local: str, risky: PlugIn) -> None:
    outcome, = Cluster(local, 60, memory_mb=400).outcomes(tasks(risky, 11))
    assert outcome.failure
    assert outcome.failure.reason == "held more than 400 MB of memory"


def test_plug_ins_and_codes_are_sent(local: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUG_IN + f"""
@metric()
def elsewhere(array, workload):
    return __file__ != {str(tmp_path / "own.py")!r} and not workload.a.startswith({str(tmp_path)!r})
""")
    rng = np.random.default_rng(1)
    for side in ("a", "b"):
        np.save(tmp_path / f"{side}.npy", rng.integers(-8, 8, (6, 6)))
    path = written(tmp_path, metrics=["pes", "nmed", "elsewhere"], plugins=["own.py"],
                   base={"pe": {"multiplier": {"kind": "truncated", "cut": 3}}},
                   workload={"a": "a.npy", "b": "b.npy"})
    sweep = Sweep.load(path)
    nmed: list[list[float]] = []
    for name, scheduler in (("pool", Pool(1, 60)), ("cluster", Cluster(local, 60))):
        with Store(tmp_path / name) as store:
            sweep.run(store, scheduler.outcomes)
            rows = sweep.rows(store)
        assert [row.values["elsewhere"] for row in rows] == [float(name == "cluster")] * 3
        nmed.append([row.values["nmed"] for row in rows])
    assert nmed[0] == nmed[1]
    assert min(nmed[0]) > 0


def test_takes_few_more_tasks_than_there_are_threads(local: str, risky: PlugIn) -> None:
    taken: list[Task] = []
    outcomes = Cluster(local, 60).outcomes(
        taken.append(task) or task for task in tasks(risky, 1, *range(13, 40)))
    next(outcomes)
    assert len(taken) == 2 + AHEAD
    outcomes.close()
    assert len(taken) == 2 + AHEAD


def test_leaving_it_ends_what_is_being_measured(local: str, risky: PlugIn) -> None:
    pids = Path(risky.path).with_name("pids")

    def interrupted() -> Iterator[Task]:
        yield from tasks(risky, 6, 8)
        while not pids.exists() or not pids.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Cluster(local, 60).outcomes(interrupted()))
    gone = [int(pid) for pid in pids.read_text().split()]
    while not all(map(has_gone, gone)):
        time.sleep(0.01)


def test_a_search_runs_on_it(local: str, tmp_path: Path) -> None:
    sides = {"from": 1, "to": 16}
    path = written(tmp_path, mode="search", n=20, axes={"rows": sides, "columns": sides})
    sweep = Sweep.load(path)
    with Store(tmp_path / "r.sqlite") as store:
        assert sweep.run(store, Cluster(local, 60).outcomes) == "n = 20 points are measured"
        assert len({row.point.key for row in sweep.rows(store)}) == 20


def test_the_command_line_refuses(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
                                  ) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    path = written(tmp_path)
    refused(call("sweep", path, "--scheduler", "127.0.0.1:9"),
            "--scheduler must be the address of a running dask scheduler, not 127.0.0.1:9")
    refused(call("sweep", path, "--scheduler", "127.0.0.1:9", "--jobs", 2),
            "--jobs must be left out with --scheduler, not 2")
    refused(call("sweep", path, "--scheduler", "here"), "--scheduler must be HOST:PORT, not 'here'")


@pytest.mark.parametrize("address", ["here", "host", "host:", ":1", "a b:1", "host:port", ""])
def test_refuses_addresses(address: str) -> None:
    with pytest.raises(InputError, match=f"--scheduler must be HOST:PORT, not {address!r}"):
        Cluster(address, 60)


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch, risky: PlugIn) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    with pytest.raises(InputError, match=r"--scheduler must be the address of a running dask "
                                         r"scheduler, not 127.0.0.1:9 \(.*\); start one: dask "):
        list(Cluster("127.0.0.1:9", 60).outcomes(tasks(risky, 1)))


def test_a_cluster_without_workers(monkeypatch: pytest.MonkeyPatch, risky: PlugIn) -> None:
    monkeypatch.setattr(module, "WORKERS_S", 0.2)
    with (distributed.LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1",
                                   dashboard_address="127.0.0.1:0") as empty,
          pytest.raises(InputError, match=r"must have a worker, but none came in 0.2 s; start one: "
                                          r"dask worker tcp://127")):
        list(Cluster(empty.scheduler_address, 60).outcomes(tasks(risky, 1)))


def test_workers_of_another_version(local: str, monkeypatch: pytest.MonkeyPatch, risky: PlugIn
                                    ) -> None:
    monkeypatch.setattr(module, "versions", lambda: {"hwgen": "9.9"})
    with pytest.raises(InputError, match=rf"^tcp://.*: workers must have hwgen 9.9, as this sweep "
                                         rf"has, not {hwgen.__version__}"):
        list(Cluster(local, 60).outcomes(tasks(risky, 1)))
    # One that came later is found out by the first point that it gets.
    monkeypatch.setattr(Cluster, "_require_workers", lambda self, client: None)
    with pytest.raises(InputError, match="cluster: workers must have hwgen 9.9, as this sweep"):
        list(Cluster(local, 60).outcomes(tasks(risky, 1)))


def test_workers_without_hwgen() -> None:
    error = unfit("tcp://h:1", ModuleNotFoundError("No module named 'hwgen'"))
    assert str(error) == (f"tcp://h:1: workers must have hwgen {hwgen.__version__}, but: "
                          "No module named 'hwgen'")


def test_files_that_cannot_be_sent(local: str, monkeypatch: pytest.MonkeyPatch, risky: PlugIn
                                   ) -> None:
    Path(risky.path).write_text(RISKY + "\n")
    with pytest.raises(InputError, match="plugins must stay as they were when the sweep began"):
        list(Cluster(local, 60).outcomes(tasks(risky, 1)))
    monkeypatch.setattr(module, "MAX_FILES_BYTES", 100)
    with pytest.raises(InputError, match="files of a sweep on a cluster must be at most 100 bytes"):
        list(Cluster(local, 60).outcomes(tasks(risky, 1)))


def test_names_the_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"package distributed must be installed for --scheduler; "
                                         r"run: pip install 'hwgen\[sweep\]'"):
        Cluster("host:1", 60)


def dask(*arguments: str, folder: Path) -> "subprocess.Popen[bytes]":
    """A process of a cluster, in a session of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(hwgen.__file__).parents[1]),
                   "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]],
            cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)


class Commanded:
    """A scheduler and two workers, each started as a user does it."""

    def __init__(self, folder: Path):
        self.folder = folder
        file = folder / "scheduler.json"
        self.scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                              "--dashboard-address", "127.0.0.1:0", "--scheduler-file",
                              str(file), folder=folder / "scheduler")
        while not file.exists():
            assert self.scheduler.poll() is None, (folder / "scheduler" / "log").read_text()
            time.sleep(0.02)
        self.address = self._address(file)
        self.workers = [dask("worker", self.address, "--host", "127.0.0.1", "--nthreads", "1",
                             "--no-dashboard", folder=folder / f"worker{index}")
                        for index in range(2)]
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2)

    @staticmethod
    def _address(file: Path) -> str:
        while True:
            try:
                return str(json.loads(file.read_text())["address"].removeprefix("tcp://"))
            except ValueError:  # only half of it is written
                time.sleep(0.02)

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """The process and its session at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def commanded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    with ExitStack() as stack:
        started = Commanded(tmp_path_factory.mktemp("dask"))
        for each in (started.scheduler, *started.workers):
            stack.callback(lambda each=each: each.poll() is not None or started.kill(each))
        yield started


LOGGED = '''
import os, signal, time
from pathlib import Path
from hwgen.sweep.metrics import metric

@metric()
def logged(array, workload):
    """Tells each time that it is called."""
    log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, f"{{array.config_hash}} {{os.getppid()}}\\n".encode())
    os.close(log)
    time.sleep(0.2)
    if array.rows == {deadly}:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return array.rows * array.columns
'''


def logged(folder: Path, points: int, deadly: int = 0) -> list[Any]:
    """Writes a sweep of so many points, and gives the arguments that run it."""
    (folder / "own.py").write_text(LOGGED.format(log=str(folder / "log"), deadly=deadly))
    written(folder, axes={"rows": {"from": 1, "to": points}}, metrics=["cycles", "logged"],
            plugins=["own.py"])
    return ["sweep", "sweep.toml", "-o", "r.sqlite"]


def rows_of(folder: Path) -> list[Row]:
    sweep = Sweep.load(folder / "sweep.toml")
    with Store(folder / "r.sqlite") as store:
        return sweep.rows(store)


def calls(folder: Path) -> list[list[str]]:
    """Hash and dask worker of each call."""
    log = folder / "log"
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def test_a_worker_that_is_killed_loses_nothing(commanded: Commanded, tmp_path: Path) -> None:
    arguments = logged(tmp_path, 24)
    command = [sys.executable, "-m", "hwgen", *arguments, "--scheduler", commanded.address]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as sweeping:
        while len({worker for _, worker in calls(tmp_path)}) < 2 or len(calls(tmp_path)) < 6:
            assert sweeping.poll() is None, sweeping.communicate()
            time.sleep(0.01)
        commanded.kill(commanded.workers[1])
        out, err = sweeping.communicate()
    assert sweeping.returncode == 0, err
    assert "24 points measured, 0 refused, 0 failed" in out
    rows = rows_of(tmp_path)
    assert [row.values["logged"] for row in rows] == [8.0 * side for side in range(1, 25)]
    with sqlite3.connect(tmp_path / "r.sqlite") as database:
        assert database.execute("SELECT count(*) FROM metrics").fetchone() == (48,)
        assert database.execute("SELECT count(*) FROM failures").fetchone() == (0,)
    # What the lost worker was measuring was measured again, and nothing else.
    assert 24 <= len(calls(tmp_path)) <= 28


def test_a_point_that_ends_its_worker_fails_alone(commanded: Commanded, tmp_path: Path) -> None:
    said = process(*logged(tmp_path, 6, deadly=2), "--scheduler", commanded.address, cwd=tmp_path)
    assert said.status == 1
    assert "5 points measured, 0 refused, 1 failed" in said.out
    failure = rows_of(tmp_path)[1].failure
    assert failure
    assert failure.reason == "lost its worker again and again, also when it ran alone"


def test_a_scheduler_that_goes_ends_the_sweep_with_a_message(commanded: Commanded, tmp_path: Path
                                                             ) -> None:
    arguments = logged(tmp_path, 400)
    command = [sys.executable, "-m", "hwgen", *arguments, "--scheduler", commanded.address]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as sweeping:
        while len(calls(tmp_path)) < 3:
            assert sweeping.poll() is None, sweeping.communicate()
            time.sleep(0.01)
        commanded.kill(commanded.scheduler)
        out, err = sweeping.communicate()
    assert (sweeping.returncode, out) == (2, "")
    assert err.splitlines()[-1] == (
        f"hwgen: scheduler {commanded.address} must stay reachable, but the connection was lost; "
        "what was finished is kept")
    assert "Traceback" not in err
