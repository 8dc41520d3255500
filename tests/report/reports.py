"""Reports of sweeps whose figures are made up, so that nothing has to be synthesised."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

from hwgen.array.mesh import ArraySpec
from hwgen.report.content import Report
from hwgen.report.page import page
from hwgen.sweep.measure import Failure, Outcome
from hwgen.sweep.runner import Sweep
from hwgen.sweep.store import Store

HOSTILE = """</script><img src=x onerror="window.hacked=1">'`${window.hacked=1}&amp;"""

PLUG_IN = f'''
from hwgen.sweep.metrics import metric

@metric(unit={HOSTILE!r}, direction="maximise")
def odd(array):
    """Has a unit of {HOSTILE}"""
    return array.rows
'''

SMALL = """
# A comment: </script><img src=x onerror="window.hacked=1">
metrics = ["ecp5.luts", "mae", "cycles", "bias", "snr_db", "ecp5_dsp.dsps", "odd"]
plugins = ["odd.py"]
keep = ["mae < 500"]
[base]
name = "mac"
[axes]
rows = [2, 6]
dataflow.kind = ["output-stationary", "weight-stationary"]
[[axes.pe]]
kind = "parallel"
[[axes.pe]]
lanes = 4
multiplier = { kind = "truncated", cut = 6 }
pipeline = 2
[[axes.pe]]
multiplier = { kind = "drum", segment_bits = 4 }
lanes = 2
pipeline = 1
accumulator = { width = 12, frac = -4, rounding = "nearest_even", overflow = "saturate" }
[[axes.pe]]
kind = "activation-serial"
lanes = 8
[[axes.pe]]
kind = "both-serial"
lanes = 16
pipeline = 2
target = "ecp5"
[[axes.pe]]
multiplier = { kind = "truncated", cut = 9 }
[[axes.pe]]
multiplier = { kind = "drum", segment_bits = 99 }
a = { width = "HOSTILE" }
""".replace('"HOSTILE"', json.dumps(HOSTILE))

Figures = Callable[[ArraySpec, int], dict[str, float] | Failure]


def made_up(array: ArraySpec, index: int) -> dict[str, float] | Failure:
    """Of each metric of :data:`SMALL`; one point fails."""
    if array.rows == 6 and array.pe.kind == "both-serial":
        return Failure("failed", "ecp5.luts", f"yosys died: {HOSTILE}", f"line 1\n{HOSTILE}\nlast")
    cut = getattr(array.pe.multiplier, "cut", 0)
    error = 2.0**cut if cut else 3.25 * (array.pe.multiplier.kind == "drum")
    return {"ecp5.luts": float(array.rows * (900 - 60 * cut + 7 * (index % 5))), "mae": error,
            "cycles": float(array.schedule(64, 64, 64).cycles), "bias": -error / 2,
            "snr_db": 60 - 2.5 * cut if error else inf, "ecp5_dsp.dsps": 4.0 * array.rows,
            "odd": float(array.rows)}


@dataclass(frozen=True)
class Built:
    """A report on disk, and what it was made of."""

    file: Path
    report: Report

    @property
    def url(self) -> str:
        return self.file.as_uri()


def filled(folder: Path, text: str = SMALL, figures: Figures = made_up,
           name: str = "small") -> Report:
    """A sweep of which ``figures`` are the results."""
    (folder / "odd.py").write_text(PLUG_IN)
    path = folder / f"{name}.toml"
    path.write_text(text)
    sweep = Sweep.load(path)
    with Store(path.with_suffix(".sqlite")) as store:
        store.describe(sweep.metrics)
        for index, point in enumerate(sweep.space.points):
            if point.array is None:
                outcome = Outcome(point.key, {}, Failure("refused", "", point.reason))
            else:
                came = figures(point.array, index)
                outcome = (Outcome(point.key, {}, came) if isinstance(came, Failure)
                           else Outcome(point.key, came))
            store.add(point.spec, outcome, sweep.settings)
        return Report(path, sweep, sweep.rows(store))


def built(folder: Path, text: str = SMALL, figures: Figures = made_up,
          name: str = "small") -> Built:
    """The page of such a report."""
    report = filled(folder, text, figures, name)
    file = folder / f"{name}.html"
    file.write_text(page(report), encoding="utf-8")
    return Built(file, report)
