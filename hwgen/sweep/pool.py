"""A pool of worker processes that survives what happens in them.

A worker that crashes, is killed, takes too long or holds too much memory costs the point that it
was measuring, which becomes a failed one; another takes its place.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.memory import MemoryUse
from hwgen.sweep.process import Limits, WorkerProcess, ready


@dataclass(frozen=True)
class Pool:
    """Runs tasks in ``jobs`` processes, each within the :class:`Limits`."""

    jobs: int
    timeout_s: float
    memory_mb: int | None = None

    @cached_property
    def limits(self) -> Limits:
        """What measuring a point may take."""
        return Limits(self.timeout_s, self.memory_mb)

    def outcomes(self, tasks: Iterable[Task]) -> Generator[Outcome, None, None]:
        """What came of each task, as they finish.

        A task is taken from ``tasks`` only when a worker is free for it.  Closing the iterator, or
        an exception in its midst, ends all workers at once.
        """
        waiting, use = iter(tasks), MemoryUse()
        workers: list[WorkerProcess] = []
        try:
            for task in islice(waiting, self.jobs):
                workers.append(WorkerProcess(self.limits, use, task))
            yield from _served(workers, waiting)
        finally:
            for worker in workers:
                worker.end()
                worker.log.close()


def _served(workers: list[WorkerProcess], waiting: Iterator[Task]) -> Iterator[Outcome]:
    """Outcomes of all workers, each of which gets the next task when it has finished one."""
    busy = list(workers)
    while busy:
        for worker, readable in ready(busy):
            outcome = worker.read() if readable else worker.excess()
            if outcome is None:
                continue
            yield outcome
            task = next(waiting, None)
            if task is None:
                worker.end()
                busy.remove(worker)
            else:
                worker.give(task)
