"""Netlist multiplier: a Verilog module of the user's own, as EvoApproxLib publishes them."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from amaranth import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from pydantic import Field

from hwgen.arith.multiplier import Operands
from hwgen.arith.own import OwnMultiplier
from hwgen.number import Codes
from hwgen.place import place
from hwgen.spec import InputError
from hwgen.tools import cache, gates, verilog
from hwgen.tools.gates import Gates
from hwgen.tools.verilog import Netlist, read_netlist
from hwgen.tools.yowasp import YOSYS

MAX_BITS = 24
_MAX_BYTES = 1 << 18
_NETLIST, _PRODUCTS = "netlist.json", "products.npy"


class NetlistMultiplier(OwnMultiplier):
    """A combinational Verilog module of the user's own, with two inputs and one output.

    Its bits are taken as the operand formats say: two's complement where they are signed, and the
    product where either operand is.  Combinational: latency 0 cycles, one product a cycle.

    Parameters
    ----------
    file : a Verilog file of plain logic: assignments, gates, ``always @*``, submodules.  The
        field ``source`` takes its place.
    source : the text of the file, at most 256 KiB.
    module : the module to use; may be left out if the file has just one.
    ports : its ports for a, b and the product; if left out, its inputs in order and its output.
    """

    widths: ClassVar[tuple[int, int]] = (1, MAX_BITS - 1)
    packages: ClassVar[tuple[str, ...]] = (YOSYS.package,)
    max_bytes: ClassVar[int] = _MAX_BYTES
    content: ClassVar[str] = "source"

    kind: Literal["netlist"] = "netlist"
    source: str = Field(max_length=_MAX_BYTES, repr=False)
    module: str | None = Field(None, max_length=255)
    ports: Annotated[tuple[str, str, str], Field(strict=False)] | None = None

    @classmethod
    def attached(cls, name: str, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"file must be Verilog in UTF-8, not bytes with {error.reason}"
                             ) from None

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["NetlistMultiplier"]:
        """The exact product with its lowest bit cleared."""
        if operands.a.width + operands.b.width <= 16:  # larger ones take seconds
            yield cls(source=_example(operands))

    def fault(self, operands: Operands) -> str | None:
        fault = super().fault(operands)
        if fault:
            return fault
        try:
            netlist = _circuit(self).netlist
        except InputError as error:
            return f"multiplier.source must be a netlist to multiply with; {error}"
        given, wanted = netlist.widths[:2], (operands.a.width, operands.b.width)
        if given != wanted:
            return (f"multiplier.source must multiply {wanted[0]} x {wanted[1]} bits, as a.width "
                    f"and b.width say, not {given[0]} x {given[1]} as module {netlist.name}")
        return None

    def table(self, operands: Operands) -> Codes:
        return _products(self, operands.a.signed or operands.b.signed)

    def component(self, operands: Operands) -> wiring.Component:
        return NetlistMultiplierUnit(self, operands)


class NetlistMultiplierUnit(wiring.Component):
    """Combinational :class:`NetlistMultiplier`: the user's module and nothing else.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: NetlistMultiplier, operands: Operands):
        self.spec = spec
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        module = place(m, platform, "netlist", NetlistModule(self.spec), a=self.a, b=self.b)
        m.d.comb += self.p.eq(module.p)
        return m


@dataclass(frozen=True)
class NetlistModule:
    """The user's module, ready to be placed: its gates in simulation, itself when emitting."""

    spec: NetlistMultiplier

    @property
    def module_name(self) -> str:
        return "netlist_" + re.sub(r"\W", "_", _circuit(self.spec).netlist.name)[:64]

    @property
    def signature(self) -> wiring.Signature:
        width_a, width_b, width_p = _circuit(self.spec).netlist.widths
        return wiring.Signature({"a": In(width_a), "b": In(width_b), "p": Out(width_p)})

    def create(self) -> wiring.Component:
        return NetlistModuleUnit(self.signature, _circuit(self.spec).netlist.gates)

    def rtlil(self, name: str) -> str:
        return _circuit(self.spec).netlist.called(name)


class NetlistModuleUnit(wiring.Component):
    """The gates of a module, one signal each.

    Members
    -------
    a, b : ``In``, the module's inputs.
    p : ``Out``, its output.
    """

    def __init__(self, signature: wiring.Signature, gates: Gates):
        self.gates = gates
        super().__init__(signature)

    def elaborate(self, platform) -> Module:
        m = Module()

        def signal(value: Value) -> Value:
            output = Signal()
            m.d.comb += output.eq(value)
            return output

        inputs = {"a": list(self.a), "b": list(self.b)}
        nets = self.gates.nets((Const(0, 1), Const(1, 1), Const(0, 1)), inputs, signal)
        m.d.comb += self.p.eq(Cat(nets[net] for net in self.gates.outputs["p"]))
        return m


@dataclass(frozen=True)
class _Circuit:
    """What there is to know of a spec's module.

    Members
    -------
    products : ``(2**(a + b),)`` output bits, unsigned, for all operand bits.
    """

    netlist: Netlist
    products: Codes


@lru_cache(maxsize=4)
def _circuit(spec: NetlistMultiplier) -> _Circuit:
    """The module read, from the cache if it was read before; InputError if it cannot be used."""
    code = [inspect.getsource(part) for part in (gates, verilog, _build)]
    key = cache.key_of(*code, YOSYS.version, spec.canonical_json())
    folder = cache.build_directory("netlist", key, partial(_build, spec))
    values = json.loads((folder / _NETLIST).read_text(encoding="utf-8"))
    netlist = Netlist(values["name"], values["rtlil"], Gates.from_json(values["gates"]))
    return _Circuit(netlist, np.load(folder / _PRODUCTS, allow_pickle=False))


def _build(spec: NetlistMultiplier, folder: Path) -> None:
    """Read the module and evaluate it for all operands, into ``folder``."""
    netlist = read_netlist(spec.source, spec.module, spec.ports)
    width_a, width_b, width_p = netlist.widths
    if width_a + width_b > MAX_BITS:
        raise InputError(f"module {netlist.name} must have inputs of at most {MAX_BITS} bits "
                         f"together, not {width_a} + {width_b}")
    if width_p != width_a + width_b:
        raise InputError(f"module {netlist.name} must give {width_a + width_b} bits for operands "
                         f"of {width_a} x {width_b}, not {width_p}")
    pairs = np.arange(1 << (width_a + width_b))
    products = netlist.gates.evaluate(a=pairs >> width_b, b=pairs)["p"].astype(np.uint32)
    (folder / _NETLIST).write_text(json.dumps(asdict(netlist)), encoding="utf-8")
    np.save(folder / _PRODUCTS, products)


@lru_cache(maxsize=4)
def _products(spec: NetlistMultiplier, signed: bool) -> Codes:
    """The product codes as a table."""
    circuit = _circuit(spec)
    width_a, width_b, width_p = circuit.netlist.widths
    codes = circuit.products.astype(np.int64)
    if signed:
        codes -= (codes >> (width_p - 1)) << width_p
    codes.flags.writeable = False
    return codes.reshape(1 << width_a, 1 << width_b)


def _example(operands: Operands) -> str:
    """A module that sign- or zero-extends its operands, multiplies them, and clears bit 0."""
    a, b = operands.a, operands.b
    width = a.width + b.width
    return f"""\
module example (A, B, O);
  input [{a.width - 1}:0] A;
  input [{b.width - 1}:0] B;
  output [{width - 1}:0] O;
  wire [{width - 1}:0] x, y;
  assign x = {{ {{{b.width}{{A[{a.width - 1}] & 1'b{a.signed:d}}}}}, A }};
  assign y = {{ {{{a.width}{{B[{b.width - 1}] & 1'b{b.signed:d}}}}}, B }};
  assign O = x * y & ~{width}'d1;
endmodule
"""
