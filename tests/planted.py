"""Bugs planted in a source, which a case of the tests must find."""

import inspect
import textwrap
from typing import Any, NamedTuple

import pytest

from hwgen.array import (
    bank,
    feed,
    output_stationary,
    random,
    results,
    run_ahead,
    skew,
    weight_stationary_mesh,
)
from hwgen.pe import parallel, serial


class Mutant(NamedTuple):
    """In the source of ``owner.name`` all ``old`` becomes ``new``, and ``case`` shows it."""

    case: str
    owner: Any
    name: str
    old: str
    new: str


def plant(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    """Replace the function by its changed source."""
    function = getattr(mutant.owner, mutant.name)
    source = textwrap.dedent(inspect.getsource(function))
    assert mutant.old in source, "the source has moved on: plant this bug anew"
    made: dict[str, Any] = {}
    exec(source.replace(mutant.old, mutant.new), function.__globals__, made)
    for owner in (mutant.owner, skew, feed, output_stationary, weight_stationary_mesh, run_ahead,
                  bank, random, results, parallel, serial):
        if mutant.name in vars(owner):
            monkeypatch.setattr(owner, mutant.name, made[mutant.name])
