"""How well a sweep keeps its workers busy, and what a point costs beside its measurement."""

import time

import pytest

from hwgen.sweep.pool import Pool
from hwgen.sweep.runner import Sweep
from hwgen.sweep.store import Store
from tests.sweep.spaces import written

pytestmark = pytest.mark.bench

BUSY = """
import time
from hwgen.sweep.metrics import metric

@metric()
def busy(array):
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return 1
"""


def seconds(path, jobs, results):
    """From the first worker's start to the last point stored."""
    sweep = Sweep.load(path)
    with Store(results) as store:
        start = time.perf_counter()
        sweep.run(store, Pool(jobs, 60).outcomes)
        return time.perf_counter() - start


def test_pool_efficiency(tmp_path, figure):
    """Points of 0.1 s of work each, as many for each worker; the workers' start is part of it."""
    (tmp_path / "busy.py").write_text(BUSY)
    took = []
    for jobs in (1, 2):
        path = written(tmp_path, axes={"rows": {"from": 1, "to": 120}, "columns": [1, 2][:jobs]},
                       metrics=["busy"], plugins=["busy.py"])
        took.append(seconds(path, jobs, tmp_path / f"{jobs}.sqlite"))
    figure("sweep: pool efficiency at 2 workers", f"{took[0] / took[1]:.0%}", "target 85 %")


def test_cost_of_a_point(tmp_path, figure):
    """Of metrics that take no time."""
    axes = {"rows": {"from": 1, "to": 100}, "columns": {"from": 1, "to": 20}}
    path = written(tmp_path, axes=axes, metrics=["cycles"])
    took = seconds(path, 2, tmp_path / "results.sqlite")
    figure("sweep: points an hour of `cycles` alone", f"{2000 / took * 3600:,.0f}")


def test_points_an_hour(tmp_path, monkeypatch, figure):
    """200 arrays of 8x8, each with a PE of its own: LUTs on ECP5 and error of the multiplier.

    Warm, the results file is new, and what was synthesised is in the cache.
    """
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    axes = {"pe.a.width": {"from": 4, "to": 8}, "pe.pipeline": [0, 1],
            "pe.multiplier.cut": {"from": 0, "to": 3},
            "pe.accumulator.width": {"from": 20, "to": 32, "step": 3}}
    path = written(tmp_path, axes=axes, metrics=["ecp5.luts", "mae"],
                   base={"rows": 8, "columns": 8, "pe": {"multiplier": {"kind": "truncated"}}})
    assert len(Sweep.load(path).space.points) == 200
    for state, target in (("cold", 600), ("warm", 20_000)):
        took = seconds(path, 2, tmp_path / f"{state}.sqlite")
        figure(f"sweep: points an hour, LUTs and error of 200 arrays of 8x8, {state}",
               f"{200 / took * 3600:,.0f}", f"target {target:,}, 2 workers")
