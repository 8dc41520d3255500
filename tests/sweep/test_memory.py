"""The memory that processes hold."""

import os
import subprocess
import sys

import pytest

from hwgen.sweep import memory
from hwgen.sweep.memory import MemoryUse

HOLD = "kept = b'x' * 50_000_000; print(len(kept), flush=True); input()"


def test_counts_all_processes_of_a_group_and_no_other() -> None:
    holders = []
    for _ in range(2):
        holder = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE,
                                  process_group=holders[0].pid if holders else 0)
        holders.append(holder)
        assert holder.stdout
        holder.stdout.readline()
    held = MemoryUse().of_group(holders[0].pid)
    for holder in holders:
        holder.communicate(b"\n")
    assert 100 < held < 200
    assert MemoryUse().of_group(holders[0].pid) == 0


def test_looks_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(memory, "_by_group", lambda: looks.append(1) or {7: 5.0})
    monkeypatch.setattr(memory.time, "monotonic", lambda: now)
    use, now = MemoryUse(), 0.0
    seen = []
    for now in (0.0, 0.05, 0.09, 0.11, 0.12, 0.3):  # noqa: B007, read by the clock above
        seen.append(use.of_group(7))
    assert seen == [5.0] * 6
    assert len(looks) == 3


def test_this_process_holds_some() -> None:
    assert MemoryUse().of_group(os.getpgid(0)) > 1
