"""Running the command line, and what it said."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import hwgen

SMALL = {"name": "tiny", "rows": 2, "columns": 2,
         "pe": {"a": {"width": 4}, "b": {"width": 4}, "accumulator": {"width": 10}}}


class Said(NamedTuple):
    """Exit status, standard output and standard error."""

    status: int
    out: str
    err: str


Call = Callable[..., Said]


def process(*arguments: object, cwd: Path, **environment: str) -> Said:
    """Runs the command line in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "hwgen", *map(str, arguments)], cwd=cwd,
                          capture_output=True, text=True, check=False, env={
                              **os.environ, "PYTHONPATH": str(Path(hwgen.__file__).parents[1]),
                              **environment})
    return Said(done.returncode, done.stdout, done.stderr)


def toml(values: dict[str, Any], prefix: str = "") -> str:
    """The values as TOML, plain fields before tables."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in tables.items():
        lines += [f"[{prefix}{key}]", toml(value, f"{prefix}{key}.")]
    return "\n".join(lines)


def refused(said: Said, *parts: str) -> None:
    """A message of hwgen that holds all parts; nothing on standard output, no traceback."""
    assert said.status == 2
    assert said.err.startswith("hwgen: ")
    assert said.out == ""
    assert "Traceback" not in said.err
    for part in parts:
        assert part in said.err
