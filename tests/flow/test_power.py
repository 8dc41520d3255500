"""Energies: costs by hand, sums that agree, and the order of idle, real and random operands."""

import dataclasses

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.activity import Activity
from hwgen.flow.power import (
    IDLE_CYCLES,
    Energy,
    energies,
    random_like,
    random_size,
    toggle_cost,
)
from hwgen.flow.probes import Probe
from hwgen.number import Codes
from hwgen.spec import InputError
from tests.flow.toggling import TINY, random_product

INT8 = ArraySpec.parse({"name": "int8", "rows": 2, "columns": 2})
TRUNCATED = ArraySpec.parse({"name": "cut", "rows": 1, "columns": 2, "pe": {
    "multiplier": {"kind": "truncated", "cut": 6}}})
GATE = Probe("m", "PEs", "logic", "$_AND_", 1, 1)


def relu_like(m: int, k: int, n: int) -> tuple[Codes, Codes]:
    """Activations of which about half are zero and the others mostly small; normal weights."""
    rng = np.random.default_rng(2)
    a = np.clip(np.rint(rng.normal(0, 30, (m, k))), 0, 127)
    return a.astype(np.int64), np.clip(np.rint(rng.normal(0, 30, (k, n))), -128, 127).astype(
        np.int64)


@pytest.mark.parametrize(("probe", "cost"), [
    (GATE, 1), (GATE._replace(loads=4), 2.5), (GATE._replace(cell="$_XOR_"), 1.5),
    (GATE._replace(kind="register", cell="$_DFF_P_", loads=0), 1),
    (GATE._replace(cell="", loads=3), 1.5),  # driven in another module, which counts the output
    (GATE._replace(kind="clock", cell="", loads=8), 16),
    (GATE._replace(kind="memory", cell="", loads=8), 16),
])
def test_costs(probe: Probe, cost: float) -> None:
    assert toggle_cost(probe) == cost


def test_energy_by_hand() -> None:
    probes = [GATE, GATE._replace(module="n", part="drain", kind="register", instances=4),
              GATE._replace(kind="clock", cell="", loads=3, instances=2)]
    energy = Energy.of("x", probes, Activity(np.array([10, 20, 5]), cycles=10, macs=4))
    assert energy.parts == {
        "PEs": {"logic": 10, "register": 0, "clock": 30, "memory": 0},
        "drain": {"logic": 0, "register": 30, "clock": 0, "memory": 0}}
    assert energy.modules == {"m": 40, "n": 30}
    assert (energy.total, energy.clock, energy.per_cycle, energy.per_mac) == (70, 30, 7, 17.5)
    assert energy.ungated == 70 - 30 + 2 * 3 * 2 * 10
    assert energy.activity == 30 / (5 * 10)
    assert dataclasses.replace(energy, macs=0).per_mac is None
    assert energy.to_json()["parts_per_cycle"]["drain"]["register"] == 3


@pytest.mark.parametrize("array", [INT8, TRUNCATED], ids=lambda array: array.name)
def test_idle_below_real_below_random(array: ArraySpec) -> None:
    real = [relu_like(8, 64, 8)]
    idle, relu, random = energies(array, {"relu": real, "random": random_like(array, real)})
    assert (idle.cycles, idle.macs, idle.activity) == (IDLE_CYCLES, 0, 0)
    assert relu.cycles == random.cycles == array.schedule(8, 64, 8).cycles
    assert idle.per_cycle < 0.7 * relu.per_cycle
    assert relu.per_cycle < 0.85 * random.per_cycle
    assert relu.activity < random.activity
    for energy in (idle, relu, random):
        assert energy.ungated > energy.total
        assert energy.total == pytest.approx(sum(energy.modules.values()))


def test_truncated_multiplier_takes_less() -> None:
    product = {"random": [random_product(INT8, 8, 64, 8)]}
    exact, cut = (energies(array, product)[1] for array in (INT8, TRUNCATED))
    multipliers = [sum(each.parts["multipliers"].values()) / each.macs for each in (exact, cut)]
    assert 0 < multipliers[1] < multipliers[0]


@pytest.mark.parametrize("rows", [1, 8, 100])
def test_size_of_random_operands(rows: int) -> None:
    array = ArraySpec(name="a", rows=rows, columns=3)
    m, k, n = random_size(array)
    assert m % rows == n % 3 == 0
    assert k == 64
    assert array.schedule(m, k, n).cycles <= 5000 or (m, n) == (rows, 3)


def test_random_like_is_as_large() -> None:
    (a, b), = random_like(TINY, [(np.zeros((3, 4)), np.zeros((4, 5)))], seed=2)
    assert (a.shape, b.shape) == ((3, 4), (4, 5))
    assert {a.min(), a.max()} == {-8, 7}


def test_family_of_mapped_cells() -> None:
    array = ArraySpec.parse({"name": "mapped", "pe": {"target": "ecp5"}})
    with pytest.raises(InputError, match="family must be ecp5, as the spec's pe.target says, "
                                         "not 'gates'"):
        energies(array, {})


def test_large_bank_on_an_fpga() -> None:
    array = ArraySpec.parse({"name": "bank", "dataflow": {"kind": "weight-stationary"}})
    with pytest.raises(InputError, match="family must be gates for a bank of more than 4096 bits, "
                                         "not 'ecp5' for 65536; or lower dataflow.bank_rows"):
        energies(array, {}, "ecp5")
