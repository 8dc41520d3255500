"""Modules of nothing but parts and wires: one description, for simulation and for emission.

Amaranth spends its time on every bit of a port, and in a big array most bits belong to modules
that only join other modules.  Those describe their joints as a :class:`Structure`; in Amaranth's
simulator it becomes submodules and assignments, and when emitting it is written out as it stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from amaranth import Cat, Const, Module, Shape, Value
from amaranth.lib import wiring

from hwgen.place import EmitPlatform, Placeable, place


@dataclass(frozen=True)
class Bits:
    """``port[start:stop]`` of a part, or of the module itself where ``part`` is empty."""

    part: str
    port: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, bits: slice) -> "Bits":
        start, stop, _ = bits.indices(len(self))
        return Bits(self.part, self.port, self.start + start, self.start + stop)


@dataclass(frozen=True)
class Zeros:
    """``width`` bits that are zero."""

    width: int


Wires = tuple[Bits | Zeros, ...]
"""Bits side by side, the lowest first."""


@dataclass(frozen=True)
class Part:
    """A unit inside a :class:`Structure` and what drives each of its input ports."""

    unit: Placeable
    inputs: Mapping[str, Wires]


@dataclass(frozen=True)
class Structure:
    """What a module consists of.

    Parameters
    ----------
    parts : by name; each uses ports of the module and of parts before it.
    outputs : what drives each output port of the module.
    """

    parts: Mapping[str, Part]
    outputs: Mapping[str, Wires]


@runtime_checkable
class Structural(Protocol):
    """A unit that may be made of parts and wires only."""

    @property
    def signature(self) -> wiring.Signature: ...
    def structure(self) -> Structure | None:
        """What it consists of; None if it is no structure after all."""


class StructuralUnit(wiring.Component):
    """The component of a :class:`Structural` unit."""

    def __init__(self, unit: Structural):
        structure = unit.structure()
        if structure is None:
            raise TypeError(f"unit must be a structure, not {unit!r}")
        self.structure = structure
        super().__init__(unit.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        placed = {"": self}

        def value(wires):
            return Cat(Const(0, bits.width) if isinstance(bits, Zeros) else
                       Value.cast(getattr(placed[bits.part], bits.port))[bits.start : bits.stop]
                       for bits in wires)

        for name, part in self.structure.parts.items():
            inputs = {port: value(wires) for port, wires in part.inputs.items()}
            placed[name] = place(m, platform, name, part.unit, **inputs)
        m.d.comb += [getattr(self, port).eq(value(wires))
                     for port, wires in self.structure.outputs.items()]
        return m


def rtlil(structure: Structure, signature: wiring.Signature, name: str,
          platform: EmitPlatform) -> str:
    """The module ``name`` in Yosys's RTLIL, its parts converted by ``platform``."""
    nets, cells = [], []
    for label, part in structure.parts.items():
        module, ports = platform.converted(part.unit)
        outputs = [port_of(part.unit, port, label) for port in part.unit.signature.members
                   if port in ports and port not in part.inputs]
        nets += [f"  wire width {len(bits)} {_net(bits)}" for bits in outputs]
        wires = {**{bits.port: (bits,) for bits in outputs}, **part.inputs,
                 **{port: (Bits("", port, 0, 1),) for port in ("clk", "rst")}}
        cells += [f"  cell \\{module} \\{label}",
                  *_connections({port: wires[port] for port in wires if port in ports}),
                  "  end"]
    lines = [*_declarations(signature), *nets, *cells, *_connections(structure.outputs)]
    return "\n".join([f"module \\{name}", *lines, "end", ""])


def _declarations(signature: wiring.Signature) -> Iterator[str]:
    """All ports, clock and reset too."""
    flows = {name: (member.flow, Shape.cast(member.shape).width)
             for name, member in signature.members.items()}
    flows |= {"clk": (wiring.In, 1), "rst": (wiring.In, 1)}
    for index, (name, (flow, width)) in enumerate(flows.items()):
        side = "input" if flow == wiring.In else "output"
        yield f"  wire width {width} {side} {index} \\{name}"


def port_of(unit: Placeable | Structural, port: str, part: str = "") -> Bits:
    """All bits of a port of the part ``part``, or of the module itself."""
    return Bits(part, port, 0, Shape.cast(unit.signature.members[port].shape).width)


def _connections(wires: Mapping[str, Wires]) -> Iterator[str]:
    return (f"  connect \\{port} {_sigspec(bits)}" for port, bits in wires.items())


def _net(bits: Bits) -> str:
    return f"\\{bits.part}__{bits.port}" if bits.part else f"\\{bits.port}"


def _sigspec(wires: Wires) -> str:
    chunks = [f"{bits.width}'{'0' * bits.width}" if isinstance(bits, Zeros)
              else f"{_net(bits)} [{bits.stop - 1}:{bits.start}]" for bits in reversed(wires)]
    return chunks[0] if len(chunks) == 1 else f"{{ {' '.join(chunks)} }}"
