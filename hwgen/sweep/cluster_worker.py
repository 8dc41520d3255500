"""What a sweep runs in the workers of a cluster.

A dask worker measures nothing itself: each of its threads has a process as the pool has them, so
that crashes and limits are the same there.  It stays for the next point, and ends with the worker.
"""

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from hwgen import __version__
from hwgen.flow import yosys
from hwgen.spec import InputError
from hwgen.sweep.measure import Task
from hwgen.sweep.memory import MemoryUse
from hwgen.sweep.metrics import PlugIn
from hwgen.sweep.process import Limits, WorkerProcess, ready


@dataclass(frozen=True)
class File:
    """A file that tasks name, as it is sent to the workers."""

    name: str
    sha256: str
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, path: Path) -> "File":
        """A copy of the file there."""
        content = path.read_bytes()
        return cls(path.name, hashlib.sha256(content).hexdigest(), content)


Files = Mapping[str, File]
"""Files by the path that they have for the sweep."""


@cache
def versions() -> dict[str, str]:
    """Of what values depend on: hwgen, and the tools that measure."""
    try:
        return {"hwgen": __version__, **yosys.versions()}
    except InputError:  # no area can be measured here
        return {"hwgen": __version__}


def require_same(wanted: Mapping[str, str]) -> None:
    """Raise InputError unless this worker measures with these versions."""
    for package, version in wanted.items():
        own = versions().get(package, "none")
        if own != version:
            raise InputError(f"workers must have {package} {version}, as this sweep has, not {own}")


@dataclass(frozen=True)
class Order:
    """A task for a worker of a cluster.

    Members
    -------
    task : a :class:`Task`, as JSON.
    limits : what it may take.
    sweep : which sweep it is of, to be able to abandon it.
    versions : what the worker must measure with.
    """

    task: str
    limits: tuple[float, int | None]
    sweep: str
    versions: dict[str, str]


@dataclass
class _Bench:
    """The process of a thread, and for whom it works."""

    sweep: str = ""
    process: WorkerProcess | None = None
    use: MemoryUse = field(default_factory=MemoryUse)

    def measure(self, task: Task, limits: Limits) -> str:
        if self.process is None:
            self.process = WorkerProcess(limits, self.use, task)
        else:
            self.process.limits = limits
            self.process.give(task)
        while True:
            (process, readable), *_ = ready([self.process]) or [(self.process, False)]
            outcome = process.read() if readable else process.excess()
            if outcome is not None:
                return outcome.to_json()


_benches: dict[int, _Bench] = {}
_abandoned: set[str] = set()


def measure_order(order: Order, files: Files) -> str:
    """Measure a point within its limits; the outcome as JSON."""
    from distributed import get_worker

    require_same(order.versions)
    task = _with_files(Task.from_json(order.task), files,
                       Path(get_worker().local_directory) / "hwgen")
    bench = _benches.setdefault(threading.get_ident(), _Bench())
    bench.sweep = order.sweep
    try:
        if order.sweep in _abandoned:
            raise InputError("sweep must go on for its points to be measured")
        return bench.measure(task, Limits(*order.limits))
    finally:
        bench.sweep = ""


def abandon(sweep: str) -> None:
    """End at once what this worker measures for a sweep."""
    _abandoned.add(sweep)
    for bench in list(_benches.values()):
        if bench.sweep == sweep and bench.process:
            bench.process.kill()


def _with_files(task: Task, files: Files, folder: Path) -> Task:
    """The task with the paths that its files have here."""
    plug_ins = tuple(PlugIn(_placed(files[each.path], folder), each.sha256)
                     for each in task.plug_ins)
    codes = {side: _placed(files[str(path)], folder) for side, path in task.workload.items()
             if str(path) in files}
    return replace(task, plug_ins=plug_ins, workload={**task.workload, **codes})


def _placed(file: File, folder: Path) -> str:
    """The path of the file in a folder, where it is written unless it is there."""
    path = folder / file.sha256 / file.name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{file.name}.{threading.get_ident()}.part")
        part.write_bytes(file.content)
        os.replace(part, path)
    return str(path)
