"""Metrics as plug-ins."""

from pathlib import Path

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.metrics import (
    Metric,
    PlugIn,
    built_in,
    known_metrics,
    load_plug_in,
    metric,
    take_registered,
    version_of,
)
from hwgen.sweep.pareto import Direction
from hwgen.sweep.workload import Workload
from tests.sweep.spaces import PLUG_IN

ARRAY = ArraySpec(name="a", rows=3, columns=5)


def plug_in(folder: Path, text: str) -> PlugIn:
    path = folder / "own.py"
    path.write_text(text)
    return PlugIn.of(path)


def test_built_in_names() -> None:
    assert {"cycles", "utilisation", "mae", "wce", "bias", "nmed", "snr_db", "digits", "gates",
            "gates.ffs", "ecp5.luts", "ecp5_dsp.dsps", "gowin.ffs", "ice40.brams",
            "xilinx7_dsp.luts"} <= built_in().keys()


@pytest.mark.parametrize("each", built_in().values(), ids=lambda each: each.name)
def test_built_in_metrics_are_described(each: Metric) -> None:
    assert each.summary
    assert each.unit or each.name in ("utilisation", "nmed", "digits")


def test_a_users_metric(tmp_path: Path) -> None:
    own = plug_in(tmp_path, PLUG_IN)
    found = known_metrics([own])["pes"]
    assert (found.name, found.unit, found.direction) == ("pes", "PEs", Direction.MAXIMISE)
    assert found.summary == "Processing elements."
    assert found.measure(ARRAY, Workload()) == 15
    assert known_metrics([]).keys() == known_metrics([own]).keys() - {"pes"}


def test_a_metric_of_the_workload(tmp_path: Path) -> None:
    own = plug_in(tmp_path, "from hwgen.sweep.metrics import metric\n@metric('x.y', uses='size')\n"
                            "def f(array, workload):\n    return workload.k\n")
    found = load_plug_in(own)["x.y"]
    assert found.measure(ARRAY, Workload(k=7)) == 7
    assert found.settings(Workload(k=7), "") != found.settings(Workload(k=8), "")
    assert found.settings(Workload(seed=7), "") == found.settings(Workload(seed=8), "")


def test_settings_follow_what_a_metric_depends_on() -> None:
    snr, mae = built_in()["snr_db"], built_in()["mae"]
    assert snr.settings(Workload(seed=7), "1") != snr.settings(Workload(seed=8), "1")
    assert mae.settings(Workload(seed=7), "1") == mae.settings(Workload(k=8), "1")
    assert mae.settings(Workload(), "1") != mae.settings(Workload(), "2")


def test_version_follows_the_file_of_a_plug_in(tmp_path: Path) -> None:
    before, after = (plug_in(tmp_path, PLUG_IN + tail) for tail in ("", "# changed\n"))
    pes, cycles = load_plug_in(before)["pes"], built_in()["cycles"]
    assert version_of(pes, [before]) != version_of(pes, [after])
    assert version_of(cycles, [before]) == version_of(cycles, [after])


@pytest.mark.parametrize("value", ["'x'", "None", "float('nan')", "[1]"])
def test_a_value_must_be_a_number(value: str, tmp_path: Path) -> None:
    text = PLUG_IN.replace("array.rows * array.columns", value)
    found = load_plug_in(plug_in(tmp_path, text))["pes"]
    with pytest.raises(ValueError, match="metric pes must be a number, not"):
        found.measure(ARRAY, Workload())


@pytest.mark.parametrize(("name", "direction", "part"), [
    ("Big", "minimise", "metric must have a name of lower-case words, not 'Big'"),
    ("a.if", "minimise", "lower-case words, not 'a.if'"), ("a b", "minimise", "not 'a b'"),
    ("rows", "minimise", "a name of its own, not 'rows', a field's"),
    ("kept", "minimise", "a name of its own, not 'kept', a column's of the exported points"),
    ("fine", "up", "direction of metric fine must be one of minimise, maximise, near zero, not"),
])
def test_refuses_registrations(name: str, direction: str, part: str) -> None:
    take_registered()  # what others may have left
    with pytest.raises(InputError, match=part):
        metric(name, direction=direction)(lambda array: 0.0)
    assert take_registered() == {}


def test_those_of_a_module_are_taken_alone() -> None:
    take_registered()
    metric("mine")(lambda array: 0.0)
    assert take_registered("hwgen.sweep.built_in") == {}
    assert take_registered(__name__).keys() == {"mine"}
    assert take_registered() == {}


@pytest.mark.parametrize(("text", "part"), [
    ("", "must define metrics under @metric(...), not none"),
    ("1 / 0", "must run, but raised ZeroDivisionError: division by zero"),
    ("def", "must run, but raised SyntaxError"),
    (PLUG_IN + PLUG_IN, "not 'pes', which is taken"),
    (PLUG_IN.replace("pes(", "mae("), "metric must have a name of its own, not 'mae', which is"),
    (PLUG_IN.replace("maximise", "best"), "direction of metric pes must be one of"),
])
def test_refuses_plug_ins(text: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        known_metrics([plug_in(tmp_path, text)])
    assert str(refusal.value).startswith(f"{tmp_path}/own.py: ")
    assert part in str(refusal.value)


def test_refuses_what_is_no_python_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="plugins must be readable Python files, not"):
        PlugIn.of(tmp_path / "none.py")
    (tmp_path / "a.txt").write_text(PLUG_IN)
    with pytest.raises(InputError, match=r"plugins must be Python files named \*.py, not"):
        load_plug_in(PlugIn.of(tmp_path / "a.txt"))
