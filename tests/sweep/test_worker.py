"""The worker process on its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

from hwgen.array.mesh import ArraySpec
from hwgen.sweep.measure import Outcome, Task
from tests.sweep.test_pool import has_gone

SLOW = '''
import os, subprocess, sys, time
from pathlib import Path
from hwgen.sweep.metrics import metric

@metric()
def slow(array):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(__file__).with_name("pid").write_text(str(child.pid))
    time.sleep(600)
'''


def started() -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-m", "hwgen.sweep.worker"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, start_new_session=True, text=True)


def task(*metrics: str, **fields: object) -> str:
    array = ArraySpec(name="a")
    values = {"key": "k", "spec": array.canonical_json(), "metrics": metrics, "plug_ins": (),
              "workload": {}, **fields}
    return json.dumps(values) + "\n"


def test_a_line_for_each_metric_and_the_outcome() -> None:
    with started() as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(task("cycles", "utilisation") + task("cycles"))
        process.stdin.flush()
        lines = [json.loads(process.stdout.readline()) for _ in range(6)]
        process.stdin.close()
    assert lines[0] == {"ready": process.pid}
    assert lines[1:3] + lines[4:5] == [{"metric": "cycles"}, {"metric": "utilisation"},
                                       {"metric": "cycles"}]
    assert Outcome.from_json(lines[3]["outcome"]).values.keys() == {"cycles", "utilisation"}
    assert Outcome.from_json(lines[5]["outcome"]).values == {"cycles": 4120}


def test_ends_with_its_children_when_its_input_does(tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text(SLOW)
    pid = tmp_path / "pid"
    with started() as process:
        assert process.stdin
        process.stdin.write(task("slow", plug_ins=[{"path": str(path), "sha256": "0"}]))
        process.stdin.flush()
        while not (pid.exists() and pid.read_text()):
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.close()
        assert process.wait(60) == -9
    child = int(pid.read_text())
    while not has_gone(child):
        time.sleep(0.01)


def test_travels_as_the_pool_sends_it() -> None:
    assert Task.from_json(task("cycles")).metrics == ("cycles",)
