"""A mapped netlist with its hierarchy, elaborated: which net drives which, instance by instance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Bit = int | str
"""A net of Yosys' JSON: its number in the module, or a constant ``"0"``, ``"1"``, ``"x"``."""

CONTROL, FEED, PES, MULTIPLIERS, DRAIN, RANDOM = PARTS = (
    "control", "operand feed", "PEs", "multipliers", "drain", "random sources")
"""The parts of an array."""

_TOP = {"grid": PES, "feet": DRAIN, "deskew": DRAIN, "seed_steps": RANDOM,
        "seed_results": RANDOM, "sources": RANDOM}


def part_of(parent: str, name: str) -> str:
    """The part that the instance ``name`` in a module of the part ``parent`` belongs to."""
    if parent == CONTROL:  # the top
        return _TOP.get(name, FEED)
    if name.startswith("lane") and parent == PES:
        return MULTIPLIERS
    return RANDOM if name == "source" else parent


@dataclass(eq=False)
class Instance:
    """An instance of a module; ``parent`` is None for the top.

    Members
    -------
    pins : the parent's nets at each port.
    """

    module: str
    part: str
    values: Mapping[str, Any] = field(repr=False)
    parent: "Instance | None" = field(repr=False)
    pins: Mapping[str, Sequence[Bit]] = field(repr=False)


class Elaborated:
    """All instances of a netlist, and what drives their nets.

    Parameters
    ----------
    modules : of Yosys' JSON; cells whose type begins with ``top`` and "_" are instances of them.
    """

    def __init__(self, modules: Mapping[str, Any], top: str):
        self.prefix = f"{top}_"
        self.instances: list[Instance] = []
        # The same net under another name, one level up or down.
        self._aliases: dict[tuple[Instance, Bit], tuple[Instance, Bit]] = {}
        self._elaborate(modules, Instance(top, CONTROL, modules[top], None, {}))

    def _elaborate(self, modules: Mapping[str, Any], top: Instance) -> None:
        pending = [top]
        while pending:
            instance = pending.pop()
            self.instances.append(instance)
            self._connect(instance)
            for name, cell in instance.values["cells"].items():
                if self.is_instance(cell):
                    pending.append(Instance(cell["type"], part_of(instance.part, name),
                                            modules[cell["type"]], instance, cell["connections"]))

    def _connect(self, instance: Instance) -> None:
        if instance.parent is None:
            return
        for name, port in instance.values["ports"].items():
            for inner, outer in zip(port["bits"], instance.pins.get(name, ()), strict=False):
                inside, outside = (instance, inner), (instance.parent, outer)
                if port["direction"] == "input":
                    self._aliases[inside] = outside
                else:
                    self._aliases[outside] = inside

    def is_instance(self, cell: Mapping[str, Any]) -> bool:
        """Whether a cell is an instance of a module of the netlist."""
        return bool(cell["type"].startswith(self.prefix))

    def driver(self, instance: Instance, bit: Bit) -> tuple[Instance, Bit]:
        """Where a net is driven: by a cell, a port of the top or a constant."""
        place = instance, bit
        while isinstance(place[1], int) and place in self._aliases:
            place = self._aliases[place]
        return place

    def groups(self, size: int) -> list[list[Instance]]:
        """Instances of one module in one part, up to ``size`` together, those with cells only."""
        found: dict[tuple[str, str], list[Instance]] = defaultdict(list)
        for instance in self.instances:
            if any(not self.is_instance(cell) for cell in instance.values["cells"].values()):
                found[instance.module, instance.part].append(instance)
        return [members[start : start + size] for members in found.values()
                for start in range(0, len(members), size)]
