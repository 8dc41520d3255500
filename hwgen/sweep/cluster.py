"""The points of a sweep on the workers of a dask.distributed cluster.

A worker that is lost costs nothing: its points run again on another.  A point whose workers are
lost again and again runs once more at the end, alone; if they still are, it is what ends them, and
it fails.
"""

import logging
import queue
import re
import time
import uuid
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.spec import InputError
from hwgen.sweep.cluster_worker import (
    File,
    Files,
    Order,
    abandon,
    measure_order,
    require_same,
    versions,
)
from hwgen.sweep.measure import Failure, Outcome, Task
from hwgen.sweep.packages import require

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_S = 10.0
WORKERS_S = 30.0  # in which there must be a worker
AHEAD = 2  # points at least that wait for a thread to get free
MAX_FILES_BYTES = 64_000_000
_TICK_S = 0.5


class Cluster:
    """Runs tasks on the cluster of a scheduler.

    Parameters
    ----------
    address : ``HOST:PORT`` of the scheduler.
    timeout_s, memory_mb : what a point may take, as in the pool.

    Raises
    ------
    InputError
        If the address is none, or dask.distributed is not installed; from :meth:`outcomes`, if the
        cluster cannot be reached or has no worker, a worker has another version of what measures,
        or the files to be sent are too large.
    """

    def __init__(self, address: str, timeout_s: float, memory_mb: int | None = None):
        require("distributed", "--scheduler")
        if not re.fullmatch(r"(\w+://)?([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}", address):
            raise InputError(f"--scheduler must be HOST:PORT, not {address!r}")
        self.address = address
        self._limits = (timeout_s, memory_mb)

    def outcomes(self, tasks: Iterable[Task]) -> Generator[Outcome, None, None]:
        """What came of each task, as they finish.

        As many tasks are taken as the workers have threads, and a few more, so that none waits.
        Closing the iterator, or an exception in its midst, cancels all that is outstanding.
        """
        with self._client() as client:
            run = _Run(client, self.address, self._limits)
            try:
                yield from run.outcomes(iter(tasks))
            finally:
                run.end()

    @contextmanager
    def _client(self) -> "Iterator[Client]":
        from distributed import Client

        for logger in ("distributed", "distributed.client"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # what fails is told below
        try:
            client = Client(self.address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(f"--scheduler must be the address of a running dask scheduler, not "
                             f"{self.address} ({_in_a_line(error)}); start one: dask scheduler"
                             ) from None
        try:
            self._require_workers(client)
            yield client
        finally:
            with suppress(OSError):
                client.close(timeout=CONNECT_S)

    def _require_workers(self, client: "Client") -> None:
        """InputError unless there are workers, each of which measures as this process would."""
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError:
            raise self._without_worker() from None
        answers = client.run(require_same, versions(), on_error="return")
        for worker, answer in answers.items():
            if answer is not None:
                raise unfit(worker, answer)

    def _without_worker(self) -> InputError:
        return InputError(f"cluster at {self.address} must have a worker, but none came in "
                          f"{WORKERS_S:g} s; start one: dask worker {self.address}")


def unfit(worker: str, error: BaseException) -> InputError:
    """Why a worker cannot measure."""
    if isinstance(error, InputError):
        return InputError(f"{worker}: {error}")
    return InputError(f"{worker}: workers must have hwgen {versions()['hwgen']}, but: "
                      f"{_in_a_line(error)}")


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class _Run:
    """The tasks of one sweep on a cluster."""

    def __init__(self, client: "Client", address: str, limits: tuple[float, int | None]):
        self._client, self._address, self._limits = client, address, limits
        self._sweep = uuid.uuid4().hex
        self._tasks: dict[Future, Task] = {}
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._files: dict[tuple[str, ...], Future] = {}
        self._suspects: list[Task] = []
        self._worked_s = time.monotonic()

    def outcomes(self, waiting: Iterator[Task]) -> Iterator[Outcome]:
        """What came of each task, as they finish."""
        while True:
            while len(self._tasks) < self._room() and (task := next(waiting, None)):
                self._submit(task)
            if not self._tasks:
                break
            yield from self._finished()
        # A worker takes what waits for it along when it ends, so the innocent may be among these.
        for suspect in self._suspects:
            self._submit(suspect)
            while self._tasks:
                self._room()
                yield from self._finished(alone=True)

    def _finished(self, alone: bool = False) -> Iterator[Outcome]:
        """The outcome of a task if one finishes soon."""
        with suppress(queue.Empty):
            future = self._done.get(timeout=_TICK_S)
            task = self._tasks.pop(future)
            outcome = self._outcome(future, task)
            if outcome or alone:
                yield outcome or Outcome(task.key, {}, Failure(
                    "failed", "", "lost its worker again and again, also when it ran alone"))
            else:
                self._suspects.append(task)

    def end(self) -> None:
        """Cancel what is outstanding, also what is being measured."""
        if self._tasks and self._client.status == "running":
            with suppress(Exception):  # there is nobody to be told, and nothing to be saved
                self._client.cancel(list(self._tasks), force=True)
                self._client.run(abandon, self._sweep, on_error="ignore")
        self._tasks.clear()

    def _room(self) -> int:
        """Tasks that may be outstanding."""
        try:
            threads = sum(self._client.nthreads().values())
        except (CancelledError, OSError):
            raise self._lost() from None
        if self._client.status != "running":
            raise self._lost()
        now = time.monotonic()
        if threads:
            self._worked_s = now
        elif now - self._worked_s > WORKERS_S:
            raise InputError(f"cluster at {self._address} must have a worker, but has had none for "
                             f"{WORKERS_S:g} s; what was finished is kept")
        return threads + max(AHEAD, threads // 4)

    def _lost(self) -> InputError:
        return InputError(f"scheduler {self._address} must stay reachable, but the connection was "
                          "lost; what was finished is kept")

    def _submit(self, task: Task) -> None:
        order = Order(task.to_json(), self._limits, self._sweep, versions())
        future = self._client.submit(measure_order, order, self._shipped(task), pure=False)
        self._tasks[future] = task
        future.add_done_callback(self._done.put)

    def _shipped(self, task: Task) -> "Future":
        """The files that a task names, as a task of its own: what a lost worker had of them comes
        again from the scheduler.
        """
        paths = tuple([each.path for each in task.plug_ins]
                      + [str(task.workload[side]) for side in ("a", "b") if side in task.workload])
        if paths not in self._files:
            files = {path: File.of(Path(path)) for path in paths}
            _require_sendable(files, task)
            self._files[paths] = self._client.submit(dict, files, pure=False)
        return self._files[paths]

    def _outcome(self, future: "Future", task: Task) -> Outcome | None:
        """What came of a task; None if its workers were lost each time."""
        from distributed import KilledWorker

        try:
            error = future.exception()
            if error is None:
                return Outcome.from_json(future.result())
        except (CancelledError, OSError):
            raise self._lost() from None
        if isinstance(error, KilledWorker):
            return None
        if isinstance(error, InputError | ImportError | AttributeError):
            raise unfit("cluster", error)
        reason = f"{type(error).__name__}: {_in_a_line(error)}"
        return Outcome(task.key, {}, Failure("failed", "", reason))


def _require_sendable(files: Files, task: Task) -> None:
    """InputError if the files are too large, or not those that the sweep began with."""
    size = sum(len(file.content) for file in files.values())
    if size > MAX_FILES_BYTES:
        raise InputError(f"files of a sweep on a cluster must be at most {MAX_FILES_BYTES:,} bytes "
                         f"in all, not {size:,}")
    for plug_in in task.plug_ins:
        if files[plug_in.path].sha256 != plug_in.sha256:
            raise InputError(f"plugins must stay as they were when the sweep began, but "
                             f"{plug_in.path} has changed")
