"""A process that measures, from the outside."""

import threading
import time
from pathlib import Path

import pytest

from hwgen.spec import InputError
from hwgen.sweep import memory
from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.memory import MemoryUse
from hwgen.sweep.metrics import PlugIn
from hwgen.sweep.process import Limits, WorkerProcess, ready
from tests.sweep.test_pool import RISKY, has_gone, tasks


@pytest.fixture
def risky(tmp_path: Path) -> PlugIn:
    path = tmp_path / "risky.py"
    path.write_text(RISKY)
    return PlugIn.of(path)


def measured(worker: WorkerProcess) -> Outcome:
    """What comes of the task that it has."""
    while True:
        for each, readable in ready([worker]):
            outcome = each.read() if readable else each.excess()
            if outcome:
                return outcome


def given(limits: Limits, task: Task) -> WorkerProcess:
    return WorkerProcess(limits, MemoryUse(), task)


def test_stays_for_the_next_task_with_other_limits(risky: PlugIn) -> None:
    first, slow, last = tasks(risky, 1, 6, 8)
    worker = given(Limits(60), first)
    assert measured(worker).values["risky"] == 8
    worker.limits = Limits(0.3)
    worker.give(slow)
    failure = measured(worker).failure
    assert failure
    assert failure.reason == "took longer than 0.3 s"
    worker.limits = Limits(60, memory_mb=2000)
    worker.give(last)
    assert measured(worker).values["risky"] == 64
    worker.end()
    worker.end()  # does nothing


def test_may_be_killed_from_another_thread(risky: PlugIn, tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def kill() -> None:
        while not pids.exists() or not pids.read_text():
            time.sleep(0.01)
        worker.kill()

    worker = given(Limits(60), tasks(risky, 6)[0])
    killer = threading.Thread(target=kill)
    killer.start()
    failure = measured(worker).failure
    killer.join()
    assert failure
    assert failure.reason.startswith("ended its process by SIGKILL")
    assert all(has_gone(int(pid)) for pid in pids.read_text().split())


def test_refuses_a_limit_where_memory_cannot_be_read(monkeypatch: pytest.MonkeyPatch,
                                                     tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    Limits(60)
    with pytest.raises(InputError, match="memory_mb must be left out where there is no /proc"):
        Limits(60, memory_mb=100)
