"""How quickly a report of thousands of points answers, and how large it is."""

import time
from math import inf
from random import Random
from statistics import median

import pytest

from hwgen.report.page import page
from tests.report.browser import browser
from tests.report.reports import built

pytestmark = pytest.mark.bench

TEXT = """
metrics = ["ecp5.luts", "mae", "cycles", "ecp5.ffs", "bias", "wce", "snr_db", "utilisation"]
[axes]
rows = [2, 4, 8, 16]
columns = [2, 4, 8, 16]
dataflow.kind = ["output-stationary", "weight-stationary"]
pe.a.width = [6, 8, 10, 12]
pe.accumulator.width = [20, 22, 24, 28, 32]
pe.pipeline = [0, 1]
pe.multiplier = [{ kind = "exact" }, { kind = "truncated", cut = 5 }, { kind = "mitchell" },
                 { kind = "drum", segment_bits = 4 }]
""".replace(",\n     ", ",")

ACTIONS = {
    "axis": """(select) => { const names = [...select.options].map((option) => option.value);
        select.value = names[(names.indexOf(select.value) + 1) % names.length];
        select.dispatchEvent(new Event("change")); }""",
    "filter": "(box) => box.click()",
    "sort": "(head) => head.click()",
    "choose": "(row) => row.click()",
}
PLACES = {"axis": "#axes select", "filter": "#facets input[type=checkbox]",
          "sort": "#all-table th button", "choose": "#all-table tbody tr:nth-child(7)"}
TIMED = """async ([place, action]) => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    await frame();
    const element = document.querySelector(place);
    const start = performance.now();
    action(element);
    await frame();
    return performance.now() - start;
}"""


def figures(array, index):
    """Of a plausible spread; no tool is run."""
    rng = Random(index)
    exact, error = array.pe.multiplier.kind == "exact", 40 * rng.random() + 1
    luts = array.rows * array.columns * (9 * array.pe.a.width + 20 * rng.random())
    schedule = array.schedule(64, 64, 64)
    return {"ecp5.luts": float(int(luts)), "mae": 0.0 if exact else error,
            "cycles": float(schedule.cycles), "ecp5.ffs": float(int(luts / 2)),
            "bias": 0.0 if exact else rng.uniform(-error, error),
            "wce": 0.0 if exact else 9 * error,
            "snr_db": inf if exact else 60 - error, "utilisation": schedule.utilisation}


def test_thousands_of_points(tmp_path, figure):
    """From an action to the frame that shows what came of it, without a GPU."""
    report = built(tmp_path, TEXT, figures)
    start = time.perf_counter()
    page(report.report)
    seconds = time.perf_counter() - start
    points = report.report.counts["points"]
    assert points == 5120
    with browser() as chromium:
        tab = chromium.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(report.url)
        took = {name: median(tab.evaluate(f"(place) => ({TIMED})([place, {action}])", PLACES[name])
                             for _ in range(9)) for name, action in ACTIONS.items()}
    figure(f"report of {points:,} points: axis, filter, sort, choose",
           ", ".join(f"{time_ms:.0f}" for time_ms in took.values()) + " ms", "target 200 ms")
    figure(f"report of {points:,} points: size, time to make it",
           f"{report.file.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s")
