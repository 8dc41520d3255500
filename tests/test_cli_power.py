"""`hwgen power`: tables for people, JSON for tools, and one clear message for each mistake."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.command_line import Call, refused


def test_tables(call: Call, spec: Path) -> None:
    said = call("power", spec)
    assert said.status == 0
    for part in ("tiny on gates: 2 x 2 PEs, s4xs4, 10-bit accumulator; energy in units of a "
                 "two-input gate's toggle", "idle", "random", "energy a cycle, random",
                 "multipliers", "tiny_multiply_exact_s4xs4", "so no glitches"):
        assert part in said.out
    assert "hwgen: counting toggles of tiny" in said.err


def test_json_of_digits(call: Call, spec: Path) -> None:
    said = call("power", spec, "--network", "digits", "--json")
    found = json.loads(said.out)
    assert (found["design"], found["family"]) == ("tiny", "gates")
    idle, digits, random = found["runs"]
    assert [run["operands"] for run in found["runs"]] == ["idle", "digits", "random"]
    assert digits["macs"] == random["macs"] > 0
    assert idle["energy_per_mac"] is None
    assert idle["energy_per_cycle"] < digits["energy_per_cycle"] < random["energy_per_cycle"]
    total = sum(sum(kinds.values()) for kinds in digits["parts_per_cycle"].values())
    assert total == pytest.approx(digits["energy_per_cycle"])


@pytest.mark.parametrize(("given", "macs"), [
    (("activations", "weights"), 6 * 5 * 4), (("activations",), None), (("weights",), None)])
def test_operands_of_the_user(call: Call, spec: Path, tmp_path: Path, given: tuple[str, ...],
                              macs: int | None) -> None:
    np.save(tmp_path / "activations.npy", np.arange(30).reshape(6, 5) % 8)
    np.save(tmp_path / "weights.npy", np.arange(20).reshape(5, 4) % 8 - 8)
    options = [each for name in given for each in (f"--{name}", f"{name}.npy")]
    runs = json.loads(call("power", spec, *options, "--json").out)["runs"]
    assert [run["operands"] for run in runs] == ["idle", "given", "random"]
    assert macs in (None, runs[1]["macs"])
    assert runs[1]["macs"] == runs[2]["macs"]


@pytest.mark.parametrize(("options", "message"), [
    (("--network", "lenet"), "--network must be digits, not 'lenet'"),
    (("--network", "digits", "--weights", "w.npy"),
     "--network must go without --activations and --weights"),
    (("--family", "asic"), "--family must be one of ice40, ecp5, gowin, xilinx7, gates, "
                           "not 'asic'"),
    (("--seed", "-1"), "--seed must be at least 0, not -1"),
    (("--weights", "none.npy"), "weights must be a readable file"),
    (("--weights", "flat.npy"), "weights must be a matrix, not of shape (3,)"),
    (("--weights", "wide.npy"), "weights must hold codes of -8 to 7, not 8 to 8"),
    (("--weights", "two.npy", "--activations", "two.npy"), "A's columns must equal B's rows"),
])
def test_mistakes(call: Call, spec: Path, tmp_path: Path, options: Any, message: str) -> None:
    np.save(tmp_path / "flat.npy", np.array([1, 2, 3]))
    np.save(tmp_path / "wide.npy", np.full((2, 2), 8))
    np.save(tmp_path / "two.npy", np.ones((2, 3), np.int64))
    said = call("power", spec, *options)
    assert said.status == 2
    assert message in said.err
    if "two.npy" not in options:
        refused(said, message)


def test_network_that_does_not_fit(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "u.toml"
    path.write_text('name = "u"\npe.b = { width = 4, signed = false }\n')
    refused(call("power", path, "--network", "digits"), "pe.b must be signed")
