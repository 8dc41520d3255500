"""A mapped netlist as one flat Verilog module that reports the toggles of its nets.

Equal modules of the netlist lie side by side: each net is a vector with a bit for every instance,
64 at most, so that a gate of 64 PEs is one operation on a word.  At every rising clock edge each
vector goes to ``hwgen_toggles``, with the settled values of the cycle that ends, and the enable of
each set of flip-flops to ``hwgen_highs``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Literal, NamedTuple

from hwgen.flow.cell_logic import (
    CLOCK_PINS,
    ENABLE_PINS,
    ONE,
    ZERO,
    Cell,
    combinational,
    flip_flop,
    is_flip_flop,
)
from hwgen.flow.cell_memory import MEMORY, Memory
from hwgen.flow.elaborated import Bit, Elaborated, Instance

WORD = 64
Kind = Literal["logic", "register", "clock", "memory"]
_IMPORTS = "".join(f'import "DPI-C" function void hwgen_{name}(input int probe, '
                   "input longint unsigned bits);\n" for name in ("toggles", "highs"))


class Probe(NamedTuple):
    """A net of equal instances whose toggles are counted, or an enable whose high cycles are.

    Members
    -------
    module, part : the module it belongs to, and the part of the array that the instances are in.
    kind : ``register`` for a net that a flip-flop drives, ``logic`` for any other; ``clock`` for
        an enable, ``memory`` for that of a memory's port.
    cell : type of the cell that drives the net; "" where that stands in another module.
    loads : input pins of cells of the module on the net, or flip-flops that the enable clocks, or
        bits of the memory's word.
    instances : how many nets these are.
    """

    module: str
    part: str
    kind: Kind
    cell: str
    loads: int
    instances: int


@dataclass(frozen=True)
class ProbedNetlist:
    """Verilog with probes; the module has the ports of the netlist's top."""

    verilog: str
    probes: tuple[Probe, ...]


def probed(modules: Mapping[str, Any], top: str) -> ProbedNetlist:
    """The netlist below ``top``, Yosys' JSON, with probes.

    Raises
    ------
    ToolError
        If it holds a cell that is not known.
    """
    elaborated = Elaborated(modules, top)
    groups = [_Group(elaborated, index, members)
              for index, members in enumerate(elaborated.groups(WORD))]
    places = {member: (group, place) for group in groups
              for place, member in enumerate(group.members)}
    ports = modules[top]["ports"]
    lines = [_IMPORTS, f"module {top}({', '.join(ports)});"]
    for name, port in ports.items():
        lines.append(f"  {port['direction']} [{len(port['bits']) - 1}:0] {name};")
        lines += [f"  wire top{bit} = {name}[{index}];" for index, bit in enumerate(port["bits"])
                  if port["direction"] == "input"]

    def source(instance: Instance, bit: Bit) -> tuple[str, int | None]:
        driver, net = elaborated.driver(instance, bit)
        if not isinstance(net, int):
            return f"1'b{int(net == '1')}", None
        group, place = places.get(driver, (None, 0))
        if group and net in group.drivers:
            return group.net(net), place
        return (f"top{net}", None) if driver.parent is None and net in inputs else ("1'b0", None)

    inputs = {bit for port in ports.values() if port["direction"] == "input"
              for bit in port["bits"]}
    for group in groups:
        lines += group.lines(source)
    top_instance = elaborated.instances[0]
    for name, port in ports.items():
        if port["direction"] == "output":
            lines.append(f"  assign {name} = "
                         f"{_packed([source(top_instance, bit) for bit in port['bits']])};")
    probes: list[Probe] = []
    lines.append("  always @(posedge clk) begin")
    for group in groups:
        lines += group.reports(len(probes))
        probes += group.probes
    return ProbedNetlist("\n".join([*lines, "  end", "endmodule", ""]), tuple(probes))


class _Group:
    """Instances of one module, side by side."""

    def __init__(self, elaborated: Elaborated, index: int, members: Sequence[Instance]):
        self._index, self.members = index, members
        self._first = members[0]
        self._cells = [cell for cell in self._first.values["cells"].values()
                       if not elaborated.is_instance(cell)]
        self._memories = [Memory(cell, f"g{index}_m{number}", self._pins(cell))
                          for number, cell in enumerate(self._cells) if cell["type"] == MEMORY]
        self._flops = [cell for cell in self._cells if is_flip_flop(cell)]
        self.drivers = {bit: cell["type"] for cell in self._cells for bit in _outputs(cell)}

    def net(self, bit: Bit) -> str:
        """The vector of a net."""
        return f"g{self._index}_{bit}" if isinstance(bit, int) else ONE if bit == "1" else ZERO

    def _pins(self, cell: Cell) -> Callable[[str], str]:
        """What is at a pin of the cell; one that is left open is zero."""
        def pin(name: str) -> str:
            port, _, index = name.rstrip("]").partition("[")
            bits = cell["connections"].get(port) or "0"
            return self.net(bits[int(index or 0)])

        return pin

    @cached_property
    def _sets(self) -> dict[str, list[tuple[Cell, str]]]:
        """The flip-flops of each enable, with what they take."""
        sets = defaultdict(list)
        for cell in self._flops:
            data, enable = flip_flop(cell, self._pins(cell))
            sets[enable].append((cell, data))
        return dict(sets)

    @cached_property
    def _loads(self) -> Counter[Bit]:
        """Input pins on each net; flip-flops with one enable share one, that of a clock gate."""
        loads: Counter[Bit] = Counter()
        gates: set[Bit] = set()
        for cell in self._cells:
            kept = is_flip_flop(cell)
            for name, bits in cell["connections"].items():
                if cell["port_directions"][name] == "output" or (kept and name in CLOCK_PINS):
                    continue
                if name in ("RD_CLK", "WR_CLK"):
                    continue
                if (kept and name in ENABLE_PINS) or name == "WR_EN":
                    gates.update(bits)
                else:
                    loads.update(bits)
        loads.update(gates)
        return Counter({bit: count for bit, count in loads.items() if isinstance(bit, int)})

    @cached_property
    def _nets(self) -> list[int]:
        """The nets that a cell drives or reads."""
        return sorted({bit for bit in (*self.drivers, *self._loads) if isinstance(bit, int)})

    @cached_property
    def probes(self) -> list[Probe]:
        """What :meth:`reports` reports."""
        kept = {bit for cell in self._flops for bit in _outputs(cell)}
        module, part, count = self._first.module, self._first.part, len(self.members)
        nets = [Probe(module, part, "register" if bit in kept else "logic",
                      self.drivers.get(bit, ""), self._loads[bit], count) for bit in self._nets]
        clocks = [Probe(module, part, "clock", "", len(cells), count)
                  for cells in self._sets.values()]
        return nets + clocks + [Probe(module, part, "memory", "", memory.width, count)
                                for memory in self._memories for _ in memory.accesses]

    def lines(self, source: Callable[[Instance, Bit], tuple[str, int | None]]) -> Iterator[str]:
        """The cells, and what comes from elsewhere: ``source`` tells the vector and the bit."""
        shape = f"[{len(self.members) - 1}:0]"
        for bit in self._nets:
            if bit not in self.drivers:
                bits = [source(member, bit) for member in self.members]
                yield f"  wire {shape} {self.net(bit)} = {_packed(bits)};"
        for cell in self._cells:
            if not is_flip_flop(cell) and cell["type"] != MEMORY:
                pin = self._pins(cell)
                yield from (f"  wire {shape} {pin(output)} = {expression};"
                            for output, expression in combinational(cell, pin).items()
                            if pin(output).startswith("g"))
        for enable, cells in self._sets.items():
            for cell, data in cells:
                kept = self.net(_outputs(cell)[0])
                value = data if enable == ONE else f"{enable} & {data} | ~{enable} & {kept}"
                yield f"  reg {shape} {kept} = 0;"
                yield f"  always @(posedge clk) {kept} <= {value};"
        for memory in self._memories:
            yield from memory.lines(len(self.members))

    def reports(self, first: int) -> Iterator[str]:
        """Calls for the probes, which begin at number ``first``."""
        count = len(self.members)
        zeros = f"{WORD - count}'d0, " if count < WORD else ""
        for number, bit in enumerate(self._nets, first):
            yield f"    hwgen_toggles({number}, {{{zeros}{self.net(bit)}}});"
        accesses = [enable for memory in self._memories for enable in memory.accesses]
        for number, enable in enumerate([*self._sets, *accesses], first + len(self._nets)):
            yield f"    hwgen_highs({number}, {{{zeros}{count}'({enable})}});"


def _outputs(cell: Cell) -> list[Bit]:
    """The nets that a cell drives."""
    return [bit for name, bits in cell["connections"].items()
            if cell["port_directions"][name] == "output" for bit in bits]


def _packed(bits: Sequence[tuple[str, int | None]]) -> str:
    """Bits of vectors side by side, lowest first; runs of one vector are taken at once."""
    parts = []
    for (name, _), run in groupby(enumerate(bits), lambda item: (
            item[1][0], None if item[1][1] is None else item[1][1] - item[0])):
        taken = [place for _, (_, place) in run]
        if taken[0] is None:
            parts.append(f"{{{len(taken)}{{{name}}}}}")
        else:
            parts.append(f"{name}[{taken[-1]}:{taken[0]}]")
    return f"{{{', '.join(reversed(parts))}}}"
