"""A mapped netlist of gates, simulated net by net in plain Python: slow, and nothing to share."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

GATES: dict[str, Callable[..., int]] = {
    "$_NOT_": lambda a: 1 - a,
    "$_AND_": lambda a, b: a and b, "$_NAND_": lambda a, b: 1 - (a and b),
    "$_OR_": lambda a, b: a or b, "$_NOR_": lambda a, b: 1 - (a or b),
    "$_XOR_": lambda a, b: int(a != b), "$_XNOR_": lambda a, b: int(a == b),
    "$_ANDNOT_": lambda a, b: a and 1 - b, "$_ORNOT_": lambda a, b: a or 1 - b,
}


class Netlist:
    """All cells of a hierarchical netlist, with each net under one name: where it is driven.

    Members
    -------
    where : module and type of the cell that drives a net.
    values : of each net.
    """

    def __init__(self, modules: Mapping[str, Any], top: str):
        self.modules = modules
        self.gates: list[tuple[str, list[Any], Any]] = []
        self.flops: list[tuple[Any, Any, Any]] = []
        self.where: dict[Any, tuple[str, str]] = {}
        self._same: dict[Any, Any] = {}
        self._place(top, ())
        self.ports = {name: [self._net(((), bit)) for bit in port["bits"]]
                      for name, port in modules[top]["ports"].items()}
        self.gates = [(kind, [*map(self._net, pins)], self._net(y)) for kind, pins, y in self.gates]
        self.flops = [tuple(map(self._net, flop)) for flop in self.flops]
        self.where = {self._net(net): place for net, place in self.where.items()}
        self.values = {net: int(net == "1") for _, pins, y in self.gates for net in (*pins, y)}
        self.values |= {net: int(net == "1") for flop in self.flops for net in flop}
        self.values |= {net: 0 for bits in self.ports.values() for net in bits}

    def _net(self, net: Any) -> Any:
        """The one name of a net, or a constant."""
        while net in self._same:
            net = self._same[net]
        return net if isinstance(net[1:], tuple) and isinstance(net[1], int) else net[-1]

    def _place(self, module: str, path: tuple[str, ...]) -> None:
        for name, cell in self.modules[module]["cells"].items():
            pins = {pin: [(path, bit) for bit in bits]
                    for pin, bits in cell["connections"].items()}
            kind = cell["type"]
            if kind in GATES:
                self.gates.append((kind, [pins[pin][0] for pin in "AB" if pin in pins],
                                   pins["Y"][0]))
                self.where[pins["Y"][0]] = module, kind
            elif kind in ("$_DFF_P_", "$_DFFE_PP_"):
                enable = pins["E"][0] if "E" in pins else ((), "1")
                self.flops.append((pins["Q"][0], pins["D"][0], enable))
                self.where[pins["Q"][0]] = module, kind
            else:
                for port, values in self.modules[kind]["ports"].items():
                    for inner, outside in zip(values["bits"], pins[port], strict=True):
                        inside = ((*path, name), inner)
                        self._join(*((inside, outside) if values["direction"] == "input"
                                     else (outside, inside)))
                self._place(kind, (*path, name))

    def _join(self, net: Any, driver: Any) -> None:
        self._same[net] = driver

    def settle(self) -> None:
        """Let the gates take their values; in order at the second call."""
        ordered, waiting = [], self.gates
        known = set(self.values) - {gate[2] for gate in self.gates}
        while waiting:
            ready = [gate for gate in waiting if all(pin in known for pin in gate[1])]
            assert ready, "a loop"
            ordered += ready
            known |= {gate[2] for gate in ready}
            waiting = [gate for gate in waiting if gate[2] not in known]
        self.gates = ordered
        self.settle = self._settle  # type: ignore[method-assign]
        self._settle()

    def _settle(self) -> None:
        values = self.values
        for kind, pins, output in self.gates:
            values[output] = GATES[kind](*(values[pin] for pin in pins))

    def clock(self) -> None:
        """A rising edge."""
        values = self.values
        taken = [(q, values[d]) for q, d, enable in self.flops if values[enable]]
        values.update(taken)

    def drive(self, port: str, value: int) -> None:
        """Set an input port."""
        for index, net in enumerate(self.ports[port]):
            self.values[net] = value >> index & 1

    def read(self, port: str) -> int:
        """The value of a port."""
        return sum(self.values[net] << index for index, net in enumerate(self.ports[port]))


def toggles(netlist: Netlist, words: Mapping[str, list[int]], results: int) -> tuple[
        Counter[Any], Counter[Any], int]:
    """Toggles of each driven net, high cycles of each enable, and the cycles that were counted.

    Runs a whole product, as the harness does: reset, then from the first accepted beat to the last
    result.  An enable counts once for each flip-flop.
    """
    for port in [f"{name}__valid" for name in words] + ["o__ready"]:
        netlist.drive(port, 0)
    netlist.drive("rst", 1)
    before: dict[Any, int] = {}
    for _ in range(2):
        netlist.settle()
        before = dict(netlist.values)
        netlist.clock()
    netlist.drive("rst", 0)
    netlist.drive("o__ready", 1)
    sent, taken, cycles = dict.fromkeys(words, 0), 0, 0
    changes: Counter[Any] = Counter()
    highs: Counter[Any] = Counter()
    while taken < results:
        for name, beats in words.items():
            offered = sent[name] < len(beats)
            netlist.drive(f"{name}__valid", offered)
            if offered:
                netlist.drive(f"{name}__payload", beats[sent[name]])
        netlist.settle()
        for name in words:
            sent[name] += netlist.read(f"{name}__valid") & netlist.read(f"{name}__ready")
        taken += netlist.read("o__valid")
        if any(sent.values()):
            cycles += 1
            changes.update(net for net, value in netlist.values.items() if before[net] != value)
            highs.update(q for q, _, enable in netlist.flops if netlist.values[enable])
        before = dict(netlist.values)
        netlist.clock()
    return changes, highs, cycles
