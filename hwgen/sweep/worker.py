"""The process that measures points for a pool: a task a line in, what came of it a line out.

It ends, with all processes that it started, as soon as its standard input does: so it never
outlives the sweep, however that ended.  What metrics print goes to its standard error.
"""

import json
import os
import queue
import signal
import sys
import threading
from typing import Any

from hwgen.sweep.measure import Task, measure


def main() -> None:
    """Measure every task that standard input brings, in order."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(tasks,), daemon=True).start()

    def answer(values: Any) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    answer({"ready": os.getpid()})
    while True:
        outcome = measure(Task.from_json(tasks.get()), lambda name: answer({"metric": name}))
        sys.stdout.flush()
        sys.stderr.flush()
        answer({"outcome": outcome.to_json()})


def _receive(tasks: "queue.SimpleQueue[str]") -> None:
    # Not sys.stdin: a metric that reads it would take a task away, or wait for one.
    with os.fdopen(os.dup(0), encoding="utf-8") as lines:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        for line in lines:
            tasks.put(line)
    os.killpg(0, signal.SIGKILL)  # the pool started this process as the leader of its group


if __name__ == "__main__":
    main()
