"""Holds a beat of operands and shows one plane of it: a bit of each code."""

from dataclasses import dataclass

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.array.grid import split_evenly
from hwgen.place import place
from hwgen.structure import Part, StructuralUnit, Structure, port_of

_CODES = 16  # of one module; more are several of them side by side


@dataclass(frozen=True)
class PlaneStore:
    """``count`` codes of ``width`` bits, and bit ``index`` of each.

    The codes are taken with ``load`` and shown from the next cycle on.  Not reset.
    """

    width: int
    count: int

    @property
    def module_name(self) -> str:
        return f"planes_{self.count}x{self.width}"

    @property
    def signature(self) -> wiring.Signature:
        """Members: ``load: In(1)``; ``i: In`` the codes; ``index: In``; ``o: Out`` the plane."""
        return wiring.Signature({
            "load": In(1), "i": In(self.width * self.count),
            "index": In(max(1, bits_for(self.width - 1))), "o": Out(self.count),
        })

    def create(self) -> wiring.Component:
        return StructuralUnit(self) if self.structure() else PlaneStoreUnit(self)

    def structure(self) -> Structure | None:
        """Smaller ones side by side; None if this one is small enough."""
        if self.count <= _CODES:
            return None
        load, index, codes = ((port_of(self, name),) for name in ("load", "index", "i"))
        parts, start = {}, 0
        for number, count in enumerate(split_evenly(self.count)):
            end = start + count * self.width
            parts[f"part{number}"] = Part(PlaneStore(self.width, count), {
                "load": load, "index": index, "i": (codes[0][start:end],)})
            start = end
        return Structure(parts, {"o": tuple(port_of(part.unit, "o", name)
                                            for name, part in parts.items())})


class PlaneStoreUnit(wiring.Component):
    """Hardware of a small :class:`PlaneStore`."""

    def __init__(self, spec: PlaneStore):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        width = self.spec.width
        codes = Signal(len(self.i), reset_less=True)
        with m.If(self.load):
            m.d.sync += codes.eq(self.i)
        m.d.comb += self.o.eq(plane(codes, width, self.index))
        return m


def plane(codes: Value, width: int, index: Value) -> Value:
    """Bit ``index`` of each of the codes of ``width`` bits."""
    return Cat(_bit(codes[start : start + width], index) for start in range(0, len(codes), width))


def _bit(code: Value, index: Value) -> Value:
    """Bit ``index`` of a code, by muxes: a shift by ``index`` would be as wide as the code."""
    if len(code) == 1:
        return code
    top = (len(code) - 1).bit_length() - 1
    low, high = code[: 1 << top], code[1 << top :]
    return Mux(index[top], _bit(high, index), _bit(low, index))


def plane_of(m: Module, platform, name: str, width: int, codes, load, index):
    """Plane ``index`` of the codes that came with the last ``load``."""
    store = PlaneStore(width, len(codes) // width)
    return place(m, platform, name, store, load=load, i=codes, index=index).o
