"""Relative energy of an array: the toggles of its nets, each weighted with what it drives.

The unit is one toggle of the output of a two-input gate (of a LUT on FPGAs) that drives one pin.  A
toggle of a net costs the half of what its driver's output counts plus the pins that it drives:

    (output + pins) / 2,    output = 2 of XOR, XNOR and flip-flops, else 1

A flip-flop's clock costs 2 in every cycle in which its enable is high: its pin and an inverter
inside toggle twice each.  Without clock gating it would in every cycle.  Flip-flops of a module
with one enable share its pin, which is that of a clock gate.  Among gates a memory stays one:
reading or writing a word costs what clocking as many flip-flops does.

What this leaves out: glitches, for nothing takes time; wires and their lengths; the clock's tree;
leakage; what a memory's depth costs.  So energies of two arrays compare if they are of one family,
and say nothing in joules.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.flow.activity import Activity, GateLevelArray
from hwgen.flow.elaborated import PARTS
from hwgen.flow.probes import Probe
from hwgen.number import Codes, random_codes
from hwgen.spec import InputError

CLOCK_COST = 2.0
IDLE_CYCLES = 256
RANDOM_CYCLES = 5000
"""About how long random operands are when nothing else says their size."""

MAX_FLAT_BITS = 4096
"""Of a bank on an FPGA, where it becomes flip-flops."""

KINDS = ("logic", "register", "clock", "memory")
Products = Sequence[tuple[Codes, Codes]]


def toggle_cost(probe: Probe) -> float:
    """Of one toggle of a net, one enabled cycle of flip-flops, or one access to a memory."""
    if probe.kind in ("clock", "memory"):
        return CLOCK_COST * probe.loads
    output = 2 if probe.kind == "register" or probe.cell in ("$_XOR_", "$_XNOR_") else 1
    return (output * bool(probe.cell) + probe.loads) / 2


@dataclass(frozen=True)
class Energy:
    """Where the energy of some operands went, in all their cycles together.

    Members
    -------
    name : of the operands.
    cycles, macs : of the run; no MACs when it was idle.
    parts : energy by part of the array and kind: logic, register (its output), clock,
        memory.
    modules : energy by module.
    nets : driven nets, by module.
    toggles : of driven nets, by module.
    ungated_clock : energy of the clock if it were not gated.
    """

    name: str
    cycles: int
    macs: int
    parts: Mapping[str, Mapping[str, float]]
    modules: Mapping[str, float]
    nets: Mapping[str, int]
    toggles: Mapping[str, int]
    ungated_clock: float

    @classmethod
    def of(cls, name: str, probes: Sequence[Probe], activity: Activity) -> "Energy":
        """The energy of an activity."""
        parts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
        modules: dict[str, float] = defaultdict(float)
        nets, toggles, ungated = Counter[str](), Counter[str](), 0.0
        for probe, count in zip(probes, activity.counts.tolist(), strict=True):
            energy = toggle_cost(probe) * count
            parts[probe.part][probe.kind] += energy
            modules[probe.module] += energy
            if probe.kind == "clock":
                ungated += toggle_cost(probe) * probe.instances * activity.cycles
            elif probe.cell:
                nets[probe.module] += probe.instances
                toggles[probe.module] += count
        found = {part: {kind: float(kinds[kind]) for kind in KINDS}
                 for part, kinds in parts.items() if any(kinds.values())}
        return cls(name, activity.cycles, activity.macs, found, dict(modules), nets, toggles,
                   ungated)

    @property
    def total(self) -> float:
        """All of it, the clock gated."""
        return sum(sum(kinds.values()) for kinds in self.parts.values())

    @property
    def clock(self) -> float:
        """The share of the gated clock in :attr:`total`, as energy."""
        return sum(kinds["clock"] for kinds in self.parts.values())

    @property
    def ungated(self) -> float:
        """All of it, the clock not gated."""
        return self.total - self.clock + self.ungated_clock

    @property
    def per_cycle(self) -> float:
        """Mean energy of a cycle."""
        return self.total / self.cycles

    @property
    def per_mac(self) -> float | None:
        """Mean energy of a multiplication that was asked for; None when idle."""
        return self.total / self.macs if self.macs else None

    @property
    def activity(self) -> float:
        """Toggles a driven net and cycle."""
        return sum(self.toggles.values()) / (sum(self.nets.values()) * self.cycles)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "operands": self.name, "cycles": self.cycles, "macs": self.macs,
            "energy_per_cycle": self.per_cycle, "energy_per_mac": self.per_mac,
            "ungated_energy_per_cycle": self.ungated / self.cycles,
            "ungated_energy_per_mac": self.ungated / self.macs if self.macs else None,
            "toggles_per_net_and_cycle": self.activity,
            "parts_per_cycle": {part: {kind: value / self.cycles for kind, value in kinds.items()}
                                for part, kinds in self.parts.items()},
            "modules_per_cycle": {module: value / self.cycles
                                  for module, value in self.modules.items()},
        }


def energies(array: ArraySpec, operands: Mapping[str, Products],
             family: str = "gates") -> list[Energy]:
    """The energy of an idle array and of each of the named operands' products, in this order.

    Raises
    ------
    InputError
        If the array cannot be mapped onto the family or compute a product, or a tool is missing.
    ToolError
        If a tool failed, or the netlist computes anything else than the golden.
    """
    if array.pe.target not in (None, family):
        raise InputError(f"family must be {array.pe.target}, as the spec's pe.target says, not "
                         f"{family!r}; leave pe.target out for portable Verilog")
    bits = getattr(array.dataflow, "bank_rows", 0) * array.columns * array.pe.result_format.width
    if family != "gates" and bits > MAX_FLAT_BITS:
        raise InputError(f"family must be gates for a bank of more than {MAX_FLAT_BITS} bits, not "
                         f"{family!r} for {bits}; or lower dataflow.bank_rows")
    gates = GateLevelArray(array, family)
    runs = {"idle": gates.idle(IDLE_CYCLES)}
    runs |= {name: gates.run(products) for name, products in operands.items()}
    return [Energy.of(name, gates.netlist.probes, activity) for name, activity in runs.items()]


def random_like(array: ArraySpec, products: Products, seed: int = 1) -> list[tuple[Codes, Codes]]:
    """Products of the same sizes, all codes of an operand equally often."""
    rng = np.random.default_rng(seed)
    return [(random_codes(rng, array.pe.a, a.shape), random_codes(rng, array.pe.b, b.shape))
            for a, b in products]


def random_size(array: ArraySpec) -> tuple[int, int, int]:
    """M, K and N of whole tiles, at most 64 where the array is smaller, and not too many cycles."""
    units = array.dataflow.granularity(array)
    m, k, n = (-(-64 // unit) * unit for unit in units)
    k = min(k, array.max_depth or k)
    while array.schedule(m, k, n).cycles > RANDOM_CYCLES and (m, n) != (units[0], units[2]):
        m, n = (max(unit, size // 2 // unit * unit)
                for unit, size in ((units[0], m), (units[2], n)))
    return m, k, n
