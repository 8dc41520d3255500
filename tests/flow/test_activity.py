"""Netlists compute what the golden does, whatever they are mapped to, or give no figures."""

import json
from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow import activity
from hwgen.flow.activity import GateLevelArray
from hwgen.flow.yosys import netlist
from hwgen.spec import ToolError
from tests.flow.toggling import TINY, gate_level, random_product
from tests.flow.varied import VARIED

SR = {"accumulator": {"width": 9, "frac": -3, "rounding": "stochastic"},
      "a": {"width": 4}, "b": {"width": 4}}
BANKED = ArraySpec.parse({"name": "banked", "rows": 2, "columns": 2, "pe": SR,
                          "dataflow": {"kind": "weight-stationary", "bank_rows": 4}})


def test_activities_add_up() -> None:
    first, second = random_product(TINY, 4, 7, 4), random_product(TINY, 2, 5, 3)
    gates = gate_level(TINY)
    both, parts = gates.run([first, second]), [gates.run([first]), gates.run([second])]
    np.testing.assert_array_equal(both.counts, parts[0].counts + parts[1].counts)
    assert both.cycles == sum(part.cycles for part in parts)
    assert both.macs == 4 * 7 * 4 + 2 * 5 * 3
    assert parts[0].cycles == TINY.schedule(4, 7, 4).cycles


def test_idle_array_clocks_and_toggles_nothing() -> None:
    gates = gate_level(TINY)
    gates.run([random_product(TINY, 4, 7, 4)])  # of which nothing is left
    idle = gates.idle(50)
    kinds = np.array([probe.kind for probe in gates.netlist.probes])
    assert idle.cycles == 50
    assert idle.macs == 0
    assert idle.counts[kinds != "clock"].sum() == 0
    accumulators = [count for probe, count in zip(gates.netlist.probes, idle.counts, strict=True)
                    if probe.kind == "clock" and probe.module == "tiny_cell"]
    assert 0 in accumulators  # without a valid operand their enable is low


def test_memory_and_stochastic_rounding() -> None:
    gates = GateLevelArray(BANKED)
    run = gates.run([random_product(BANKED, 6, 9, 4)])
    accesses = sum(count for probe, count in zip(gates.netlist.probes, run.counts, strict=True)
                   if probe.kind == "memory")
    # A column writes 6 sums of 5 tiles of K and 2 of N; it reads in each cycle.
    assert accesses == 2 * (6 * 5 * 2 + run.cycles)
    idle = gates.idle(20)
    assert {probe.part for probe, count in zip(gates.netlist.probes, idle.counts, strict=True)
            if count and probe.kind in ("logic", "register")} == set()


def test_wrong_netlist_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*arguments: Any) -> Any:
        area, text = netlist(*arguments)
        values = json.loads(text)
        cells = values["modules"]["tiny_multiply_exact_s4xs4"]["cells"]
        gate = next(cell for cell in cells.values() if cell["type"] == "$_XOR_")
        gate["type"] = "$_OR_"
        return area, json.dumps(values)

    monkeypatch.setattr(activity, "netlist", planted)
    with pytest.raises(ToolError, match=r"netlist of tiny on gates must compute what the golden "
                                        r"does, but \d+ of 16 results differ"):
        GateLevelArray(TINY).run([random_product(TINY, 4, 7, 4)])


@pytest.mark.slow
@pytest.mark.parametrize("family", ["ecp5", "gowin", "ice40", "xilinx7"])
def test_netlists_of_fpgas(family: str) -> None:
    gates = gate_level(TINY, family)
    assert gates.run([random_product(TINY, 6, 40, 6)]).counts.sum() > 0
    assert gates.area.luts > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIED)
def test_netlists_of_varied_arrays(name: str) -> None:
    array = VARIED[name]
    m, k, n = (2 * unit for unit in array.dataflow.granularity(array))
    product = random_product(array, m, min(k, array.max_depth or k), n)
    assert GateLevelArray(array, array.pe.target or "gates").run([product]).counts.sum() > 0
