"""A point measured in this process."""

from pathlib import Path

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import ToolError
from hwgen.sweep import built_in
from hwgen.sweep.measure import Failure, Outcome, Task, measure
from hwgen.sweep.metrics import PlugIn
from tests.sweep.spaces import PLUG_IN

ARRAY = ArraySpec(name="a", rows=3, columns=5)


def task(*metrics: str, array: ArraySpec = ARRAY, plug_ins: tuple[PlugIn, ...] = ()) -> Task:
    return Task(array.config_hash, array.canonical_json(), metrics, plug_ins,
                {"m": 8, "k": 8, "n": 8})


def test_values_in_order() -> None:
    begun: list[str] = []
    outcome = measure(task("wce", "cycles"), begun.append)
    assert outcome.failure is None
    assert outcome.key == ARRAY.config_hash
    assert outcome.values == {"wce": 0, "cycles": ARRAY.schedule(8, 8, 8).cycles}
    assert list(outcome.values) == begun == ["wce", "cycles"]


def test_a_metric_that_does_not_apply_refuses() -> None:
    unsigned = ArraySpec.parse({"name": "a", "pe": {"b": {"width": 8, "signed": False}}})
    outcome = measure(task("mae", "digits", "wce", array=unsigned))
    assert outcome.values == {"mae": 0}
    assert outcome.failure
    assert (outcome.failure.kind, outcome.failure.metric) == ("refused", "digits")
    assert outcome.failure.reason.startswith("pe.b must be signed")


def test_a_tool_that_fails_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise ToolError("Yosys must synthesise, but exited with status 1")

    monkeypatch.setattr(built_in, "size", broken)
    failure = measure(task("gates")).failure
    assert failure == Failure("failed", "gates", "Yosys must synthesise, but exited with status 1")


@pytest.mark.parametrize(("body", "reason"), [
    ("1 / 0", "ZeroDivisionError: division by zero"), ("exit(3)", "SystemExit: 3"),
    ("None", "ValueError: metric pes must be a number, not None"),
])
def test_what_a_plug_in_raises_is_a_failure(body: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(PLUG_IN.replace("array.rows * array.columns", body))
    failure = measure(task("pes", plug_ins=(PlugIn.of(path),))).failure
    assert failure
    assert (failure.kind, failure.metric, failure.reason) == ("failed", "pes", reason)
    assert failure.log.startswith("Traceback")
    assert failure.log.endswith(reason)


def test_travels_as_json(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(PLUG_IN)
    sent = task("pes", "snr_db", plug_ins=(PlugIn.of(path),))
    assert Task.from_json(sent.to_json()) == sent
    outcome = measure(sent)
    assert outcome.values == {"pes": 15, "snr_db": float("inf")}
    assert Outcome.from_json(outcome.to_json()) == outcome
    failed = Outcome("k", {}, Failure("failed", "m", "r", "two\nlines"), 1.5)
    assert Outcome.from_json(failed.to_json()) == failed
    assert "\n" not in failed.to_json()
