"""How much memory processes hold, from Linux' ``/proc``."""

import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hwgen.spec import InputError

LOOK_EVERY_S = 0.1
_PROC = Path("/proc")


def require_proc() -> None:
    """Raise InputError where the memory of processes cannot be read."""
    if not (_PROC / "self" / "stat").exists():
        raise InputError("memory_mb must be left out where there is no /proc, as on this system")


@dataclass
class MemoryUse:
    """Resident memory of groups of processes, looked at ten times a second at most.

    A page that two processes share counts twice.
    """

    _megabytes: dict[int, float] = field(default_factory=dict)
    _looked_s: float = float("-inf")

    def of_group(self, group: int) -> float:
        """Megabytes that the processes of a group hold."""
        now = time.monotonic()
        if now - self._looked_s >= LOOK_EVERY_S:
            self._megabytes, self._looked_s = _by_group(), now
        return self._megabytes.get(group, 0.0)


def _by_group() -> dict[int, float]:
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6
    megabytes: dict[int, float] = defaultdict(float)
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            try:
                # After the name, which may hold anything: field 5 is the group, field 24 the pages.
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
                megabytes[int(fields[2])] += int(fields[21]) * page_mb
            except (OSError, IndexError):  # it has ended meanwhile
                continue
    return megabytes
