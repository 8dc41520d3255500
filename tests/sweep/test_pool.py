"""Worker processes, and what happens in them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.metrics import PlugIn
from hwgen.sweep.pool import Pool

RISKY = '''
import os, subprocess, sys, time
from pathlib import Path
from hwgen.sweep.metrics import metric

@metric(unit="PEs")
def risky(array):
    print("on standard output")
    print("on standard error", file=sys.stderr)
    match array.rows:
        case 2: os._exit(7)
        case 3: os.kill(os.getpid(), 9)
        case 4: os.abort()
        case 5: raise RuntimeError("boom")
        case 6:
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            Path(__file__).with_name("pids").write_text(f"{os.getpid()} {child.pid}")
            time.sleep(600)
        case 11: hoard()
        case 12:
            child = subprocess.Popen([sys.executable, __file__])
            Path(__file__).with_name("pids").write_text(f"{os.getpid()} {child.pid}")
            child.wait()
        case 7: assert sys.stdin.read() == ""
    return array.rows * array.columns

def hoard():
    kept = []
    while True:
        kept.append(b"x" * 1_000_000)
        time.sleep(0.002)

if __name__ == "__main__":
    hoard()
'''


@pytest.fixture
def risky(tmp_path: Path) -> PlugIn:
    path = tmp_path / "risky.py"
    path.write_text(RISKY)
    return PlugIn.of(path)


def tasks(plug_in: PlugIn, *rows: int) -> list[Task]:
    arrays = [ArraySpec(name="a", rows=count) for count in rows]
    return [Task(array.config_hash, array.canonical_json(), ("cycles", "risky"), (plug_in,))
            for array in arrays]


def run(pool: Pool, todo: list[Task]) -> dict[int, Outcome]:
    """Outcomes by the array's rows."""
    rows = {task.key: ArraySpec.model_validate_json(task.spec).rows for task in todo}
    return {rows[outcome.key]: outcome for outcome in pool.outcomes(todo)}


def has_gone(pid: int) -> bool:
    """Whether the process has ended, a zombie or not there at all."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_every_way_to_fail_is_an_outcome_and_the_pool_goes_on(risky: PlugIn) -> None:
    outcomes = run(Pool(1, 60), tasks(risky, 1, 2, 3, 4, 5, 7, 8))
    assert {rows: outcome.values["risky"] for rows, outcome in outcomes.items()
            if not outcome.failure} == {1: 8, 7: 56, 8: 64}
    reasons = {rows: outcome.failure.reason for rows, outcome in outcomes.items()
               if outcome.failure}
    assert reasons == {
        2: "ended its process with status 7",
        3: "ended its process by SIGKILL; it may have run out of memory",
        4: "ended its process by SIGABRT",
        5: "RuntimeError: boom",
    }
    for outcome in outcomes.values():
        if outcome.failure:
            assert (outcome.failure.kind, outcome.failure.metric) == ("failed", "risky")
            assert outcome.failure.log.startswith("on standard output\non standard error")
            # Of this point alone, although one process measured several.
            assert outcome.failure.log.count("on standard error") == 1


def test_a_time_out_ends_the_process_and_its_children(risky: PlugIn) -> None:
    outcomes = run(Pool(2, 3), tasks(risky, 1, 6))
    failure = outcomes[6].failure
    assert failure
    assert failure.reason == "took longer than 3 s"
    assert outcomes[1].values["risky"] == 8
    pids = Path(risky.path).with_name("pids").read_text().split()
    assert [has_gone(int(pid)) for pid in pids] == [True, True]


@pytest.mark.parametrize("rows", [11, 12], ids=["itself", "child"])
def test_too_much_memory_ends_the_process_and_its_children(rows: int, risky: PlugIn) -> None:
    outcomes = run(Pool(1, 60, memory_mb=400), tasks(risky, rows, 1))
    failure = outcomes[rows].failure
    assert failure
    assert (failure.kind, failure.metric) == ("failed", "risky")
    assert failure.reason == "held more than 400 MB of memory"
    assert "on standard error" in failure.log
    assert outcomes[1].values["risky"] == 8
    pids = Path(risky.path).with_name("pids")
    assert all(has_gone(int(pid)) for pid in (pids.read_text().split() if pids.exists() else []))


def test_takes_a_task_only_for_a_free_worker(risky: PlugIn) -> None:
    taken: list[Task] = []
    outcomes = Pool(1, 60).outcomes(taken.append(task) or task for task in tasks(risky, 1, 9, 10))
    next(outcomes)
    assert len(taken) == 1
    outcomes.close()
    assert len(taken) == 1


def test_nothing_to_do_starts_nothing() -> None:
    assert list(Pool(4, 60).outcomes([])) == []


def test_a_large_task_arrives_whole(risky: PlugIn) -> None:
    """More than a pipe holds, sent while the process is still starting."""
    task, = tasks(risky, 1)
    large = Task(task.key, task.spec + " " * 2_000_000, task.metrics, task.plug_ins)
    outcome, = Pool(1, 60).outcomes([large])
    assert outcome.failure is None


def test_workers_end_when_the_pool_is_left_in_the_midst(risky: PlugIn) -> None:
    pids = Path(risky.path).with_name("pids")

    def interrupted() -> Iterator[Task]:
        yield from tasks(risky, 1, 6)
        while not pids.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Pool(3, 60).outcomes(interrupted()))
    assert all(has_gone(int(pid)) for pid in pids.read_text().split())
    assert os.getpid() not in map(int, pids.read_text().split())
