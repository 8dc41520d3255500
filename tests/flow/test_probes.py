"""Toggles of every net, against a netlist simulated net by net in plain Python."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.design import verilog_text
from hwgen.flow.probes import WORD, probed
from hwgen.flow.yosys import Job, netlist
from hwgen.spec import ToolError
from tests.flow.netlist_oracle import Netlist, toggles
from tests.flow.toggling import TINY, gate_level, random_product

WIDE = TINY.model_copy(update={"name": "wide", "rows": 9, "columns": 8})


def modules_of(array: ArraySpec) -> dict[str, Any]:
    text = netlist(Job(verilog_text(array), array.name, "gates", apart=True))[1]
    return json.loads(text)["modules"]


def words(array: ArraySpec, beats: dict[str, Any]) -> dict[str, list[int]]:
    """The beats of both operand streams as payloads."""
    return {name: [sum(int(word) << 32 * index for index, word in enumerate(beat))
                   for beat in array.streams[name].pack(beats[name])] for name in "ab"}


def test_every_net_toggles_as_the_netlist_says() -> None:
    a, b = random_product(TINY, 4, 7, 4)
    gate_level(TINY).run([random_product(TINY, 2, 3, 2)])  # of which nothing is left
    counted = gate_level(TINY).run([(a, b)])
    oracle = Netlist(modules_of(TINY), TINY.name)
    beats = TINY.beats(a, b)
    changes, highs, cycles = toggles(oracle, words(TINY, beats), len(beats["o"]["codes"]))
    expected: Counter[tuple[str, str]] = Counter()
    for net, place in oracle.where.items():
        expected[place] += changes[net]
    found: Counter[tuple[str, str]] = Counter()
    clocked = 0
    for probe, count in zip(gate_level(TINY).netlist.probes, counted.counts.tolist(), strict=True):
        if probe.cell:
            found[probe.module, probe.cell] += count
        clocked += probe.loads * count * (probe.kind == "clock")
    assert counted.cycles == cycles
    assert +found == +expected
    assert sum(found.values()) > 5000
    assert clocked == sum(highs.values())


def test_every_driven_net_has_one_probe() -> None:
    oracle = Netlist(modules_of(TINY), TINY.name)
    probes = gate_level(TINY).netlist.probes
    assert sum(probe.instances for probe in probes if probe.cell) == len(oracle.where)
    assert sum(probe.loads * probe.instances for probe in probes if probe.kind == "clock") == len(
        oracle.flops)


def test_pins_are_counted_once_wherever_they_are() -> None:
    """But for enables, of which flip-flops of a module share one."""
    modules = modules_of(TINY)

    def pins(module: str) -> int:
        cells = modules[module]["cells"].values()
        return sum(pins(cell["type"]) if cell["type"] in modules else
                   sum(isinstance(cell["connections"][pin][0], int) for pin in "ABD"
                       if pin in cell["connections"]) for cell in cells)

    probes = gate_level(TINY).netlist.probes
    loads = sum(probe.loads * probe.instances for probe in probes if probe.kind != "clock")
    gates = sum(probe.instances for probe in probes if probe.kind == "clock")
    assert pins("tiny") < loads <= pins("tiny") + gates


def test_more_instances_than_a_word_has_bits() -> None:
    probes = probed(modules_of(WIDE), "wide").probes
    cells = Counter(probe.instances for probe in probes if probe.module == "wide_cell")
    assert cells.keys() == {WORD, 72 - WORD}
    assert len(set(cells.values())) == 1


def test_unknown_cell_is_refused() -> None:
    modules = modules_of(TINY)
    cells = modules["tiny_pe"]["cells"]
    next(cell for cell in cells.values() if cell["type"].startswith("$_"))["type"] = "$_MUX16_"
    with pytest.raises(ToolError, match=r"must consist of cells whose function is known, "
                                        r"not '\$_MUX16_'"):
        probed(modules, "tiny")


def test_constant_operands_toggle_almost_nothing() -> None:
    """Once at the start; what toggles on is the drain of equal sums, and the accumulators."""
    a, b = np.full((8, 40), 3), np.full((40, 8), -2)
    random = gate_level(TINY).run([random_product(TINY, 8, 40, 8)])
    still = gate_level(TINY).run([(a, b)])
    multipliers = [probe.part == "multipliers" for probe in gate_level(TINY).netlist.probes]
    assert still.cycles == random.cycles
    assert 0 < still.counts[multipliers].sum() < random.counts[multipliers].sum() / 100
