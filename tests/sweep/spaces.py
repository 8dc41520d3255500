"""Small sweeps, and running them in this process."""

import json
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from hwgen.sweep.measure import Outcome, Task, measure
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.space import Space, SweepSpec
from hwgen.sweep.store import Store

ROWS = {"metrics": ["cycles", "utilisation"], "axes": {"rows": [1, 2, 4]}}

PLUG_IN = '''
from hwgen.sweep.metrics import metric

@metric(unit="PEs", direction="maximise")
def pes(array):
    """Processing elements."""
    return array.rows * array.columns
'''


def space(**fields: Any) -> Space:
    """A space with these fields of the sweep, by default a grid over ``rows``."""
    return Space(SweepSpec.parse({**ROWS, **fields}))


def written(folder: Path, **fields: Any) -> Path:
    """The file of such a sweep."""
    path = folder / "sweep.toml"
    path.write_text("\n".join(f"{name} = {_inline(value)}"
                              for name, value in {**ROWS, **fields}.items()))
    return path


def _inline(value: Any) -> str:
    """A value as TOML in one line."""
    if isinstance(value, dict):
        fields = (f"{json.dumps(key)} = {_inline(own)}" for key, own in value.items())
        return f"{{{', '.join(fields)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value)


def here(tasks: Iterable[Task]) -> Generator[Outcome, None, None]:
    """A scheduler that measures one point after the other in this process."""
    yield from map(measure, tasks)


def run_here(path: Path, retry: bool = False) -> tuple[Sweep, list[Row]]:
    """The sweep of a file, run into ``results.sqlite`` beside it, and its rows."""
    sweep = Sweep.load(path)
    with Store(path.with_name("results.sqlite")) as store:
        sweep.run(store, here, retry)
        return sweep, sweep.rows(store)
