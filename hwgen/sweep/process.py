"""One process that measures points, watched from outside: how it ends, and what it may take."""

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import hwgen
from hwgen.sweep.measure import LOG_LINES, Failure, Outcome, Task
from hwgen.sweep.memory import LOOK_EVERY_S, MemoryUse, require_proc

_SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_START_TIMEOUT_S = 120.0  # to import what measures, on a busy machine
_LOG_BYTES = 20_000


@dataclass(frozen=True)
class Limits:
    """What measuring a point may take.

    Parameters
    ----------
    timeout_s : most seconds.
    memory_mb : most memory that the process and all that it started may hold.

    Raises
    ------
    InputError
        If there is a limit of memory on a system where memory cannot be read.
    """

    timeout_s: float
    memory_mb: int | None = None

    def __post_init__(self) -> None:
        if self.memory_mb is not None:
            require_proc()


def ready(busy: "Sequence[WorkerProcess]") -> "list[tuple[WorkerProcess, bool]]":
    """Workers that have something to read (True) or whose limits are to be looked at; waits."""
    with selectors.DefaultSelector() as selector:
        for worker in busy:
            selector.register(worker.output, selectors.EVENT_READ, worker)
        patience = min(worker.due for worker in busy) - time.monotonic()
        told = [key.data for key, _ in selector.select(max(0.0, patience))]
    now = time.monotonic()
    due = [worker for worker in busy if worker not in told and worker.due <= now]
    return [(worker, True) for worker in told] + [(worker, False) for worker in due]


def _log() -> IO[bytes]:
    """A file without a name, so that nothing is left of it when the process is killed."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115, closed by who has the process
    # The worker appends, so that the file can be emptied for the next task.
    flags = fcntl.fcntl(file, fcntl.F_GETFL)
    fcntl.fcntl(file, fcntl.F_SETFL, flags | os.O_APPEND)
    return file


@dataclass(eq=False)
class WorkerProcess:
    """One process, started anew when it has gone, and the task that it works on."""

    limits: Limits
    use: MemoryUse
    task: Task
    log: IO[bytes] = field(default_factory=_log)
    metric: str = ""
    deadline: float = 0.0
    due: float = 0.0
    started: bool = False
    _start_s: float = 0.0
    _buffer: bytes = b""
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.give(self.task)

    @property
    def output(self) -> int:
        """What to wait for."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def give(self, task: Task) -> None:
        """Have the next task measured, by a new process if the last one has gone."""
        self.task, self.metric = task, ""
        self.log.truncate(0)
        if self._process is None:
            self._launch()
        self._start_s = time.monotonic()
        self._allow(self.limits.timeout_s if self.started else _START_TIMEOUT_S)
        self._send(task)

    def excess(self) -> Outcome | None:
        """The outcome of a task that exceeds a limit, or None as long as it keeps them."""
        assert self._process is not None
        limit_mb = self.limits.memory_mb
        if limit_mb is not None and self.use.of_group(self._process.pid) > limit_mb:
            return self._failed(f"held more than {limit_mb} MB of memory")
        if self.deadline <= time.monotonic():
            return self._failed(f"took longer than {self.limits.timeout_s:g} s" if self.started else
                                f"must start to measure in {_START_TIMEOUT_S:g} s, but did not")
        self._look_again()
        return None

    def _allow(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self._look_again()

    def _look_again(self) -> None:
        """Say when the limits are to be looked at next."""
        soon = time.monotonic() + LOOK_EVERY_S
        self.due = self.deadline if self.limits.memory_mb is None else min(self.deadline, soon)

    def read(self) -> Outcome | None:
        """What came of the task, or None as long as it is being measured."""
        assert self._process is not None
        raw = os.read(self.output, 1 << 16)
        if not raw:
            return self._failed(_ending(self._process.wait()))
        *lines, self._buffer = (self._buffer + raw).split(b"\n")
        for line in lines:
            values = json.loads(line)
            if "ready" in values:
                self.started = True
                self._allow(self.limits.timeout_s)
            self.metric = values.get("metric", self.metric)
            if "outcome" in values:
                return self._with_log(Outcome.from_json(values["outcome"]))
        return None

    def kill(self) -> None:
        """Kill the process and all that it started; whoever reads from it sees that it has gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the process and all that it started, and forget it."""
        self.kill()
        process, self._process = self._process, None
        if process is None:
            return
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()

    def _launch(self) -> None:
        paths = [str(Path(hwgen.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment = {**dict.fromkeys(_SINGLE_THREADED, "1"), **os.environ,
                       "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self.started, self._buffer = False, b""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hwgen.sweep.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment,
            start_new_session=True, bufsize=0)

    def _send(self, task: Task) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        line = task.to_json().encode() + b"\n"
        with suppress(BrokenPipeError):  # it has gone: its output ends, which tells how
            while line:
                line = line[self._process.stdin.write(line):]

    def _failed(self, reason: str) -> Outcome:
        """The outcome of a task whose process has gone, or has to go."""
        seconds = time.monotonic() - self._start_s
        self.end()
        return Outcome(self.task.key, {}, Failure("failed", self.metric, reason, self._tail()),
                       seconds)

    def _with_log(self, outcome: Outcome) -> Outcome:
        failure = outcome.failure
        if failure is None or failure.kind == "refused":
            return outcome
        log = "\n".join(part for part in (self._tail(), failure.log) if part)
        return Outcome(outcome.key, outcome.values,
                       Failure("failed", failure.metric, failure.reason, log), outcome.seconds)

    def _tail(self) -> str:
        handle = self.log.fileno()
        start = max(0, os.fstat(handle).st_size - _LOG_BYTES)
        text = os.pread(handle, _LOG_BYTES, start).decode(errors="replace")
        return "\n".join(text.rstrip().splitlines()[-LOG_LINES:])


def _ending(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"ended its process with status {status}"
    name = signal.Signals(-status).name
    hint = "; it may have run out of memory" if name == "SIGKILL" else ""
    return f"ended its process by {name}{hint}"
