"""Modules of nothing but parts and wires: one description, for simulation and for emission.

Amaranth spends its time on every bit of a port, and in a big array most bits belong to modules
that only join other modules.  Those describe their joints as a :class:`Structure`; in Amaranth's
simulator it becomes submodules and assignments, and when emitting it is written out as it stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
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

    def __len__(self) -> int:
        return self.width


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
    """The module ``name`` in Yosys's RTLIL, its parts converted by ``platform``.

    What a part gives to an output of the module is a piece of that output, without a net of its
    own.
    """
    nets, cells, pieces = [], [], _pieces(structure)
    for label, part in structure.parts.items():
        module, ports = platform.converted(part.unit)
        outputs = [port_of(part.unit, port, label) for port in part.unit.signature.members
                   if port in ports and port not in part.inputs]
        nets += [f"  wire width {len(bits)} {_net(bits)}" for bits in outputs
                 if (label, bits.port) not in pieces]
        wires = {**{bits.port: (bits,) for bits in outputs}, **part.inputs,
                 **{port: (Bits("", port, 0, 1),) for port in ("clk", "rst")}}
        cells += [f"  cell \\{module} \\{label}",
                  *(f"  connect \\{port} {_sigspec(_moved(wires[port], pieces))}"
                    for port in wires if port in ports),
                  "  end"]
    lines = [*_declarations(signature), *nets, *cells, *_assignments(structure, pieces)]
    return "\n".join([f"module \\{name}", *lines, "end", ""])


Pieces = dict[tuple[str, str], Bits]
"""Part and port to the bits of the module's output that this port drives."""


def _pieces(structure: Structure) -> Pieces:
    """For all ports of parts that are whole in an output; the first place of each."""
    pieces: Pieces = {}
    for output, wires in structure.outputs.items():
        for at, bits in _placed(output, wires):
            if (isinstance(bits, Bits) and bits.part
                    and bits == port_of(structure.parts[bits.part].unit, bits.port, bits.part)):
                pieces.setdefault((bits.part, bits.port), at)
    return pieces


def _assignments(structure: Structure, pieces: Pieces) -> Iterator[str]:
    """What the outputs carry beside the pieces that parts drive."""
    for output, wires in structure.outputs.items():
        for at, bits in _placed(output, _moved(wires, pieces)):
            if bits != at:
                yield f"  connect {_sigspec((at,))} {_sigspec((bits,))}"


def _moved(wires: Wires, pieces: Pieces) -> Wires:
    """The same bits, where they lie in an output there."""
    return tuple(pieces[bits.part, bits.port][bits.start : bits.stop]
                 if isinstance(bits, Bits) and (bits.part, bits.port) in pieces else bits
                 for bits in wires)


def _placed(output: str, wires: Wires) -> Iterator[tuple[Bits, Bits | Zeros]]:
    """Each of ``wires`` behind the bits of ``output`` that it drives."""
    ends = accumulate(map(len, wires), initial=0)
    return ((Bits("", output, start, stop), bits)
            for (start, stop), bits in zip(pairwise(ends), wires, strict=True))


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


def _net(bits: Bits) -> str:
    return f"\\{bits.part}__{bits.port}" if bits.part else f"\\{bits.port}"


def _sigspec(wires: Wires) -> str:
    chunks = [f"{bits.width}'{'0' * bits.width}" if isinstance(bits, Zeros)
              else f"{_net(bits)} [{bits.stop - 1}:{bits.start}]" for bits in reversed(wires)]
    return chunks[0] if len(chunks) == 1 else f"{{ {' '.join(chunks)} }}"
