"""Delays around a grid: whole-vector delay lines, triangles (skew and deskew) and taps.

All of them advance with ``en`` only, so that a held mesh keeps its wavefront.
"""

from dataclasses import dataclass
from typing import Any, Literal

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.array.grid import split_evenly
from hwgen.place import place
from hwgen.structure import Part, StructuralUnit, Structure, port_of

# Amaranth spends time on every bit of a register: equal parts of one module are cheaper.
MAX_LINE_BITS = 256


@dataclass(frozen=True)
class Delay:
    """``o`` is ``i`` of ``cycles`` enabled cycles ago; the contents are not reset."""

    bits: int
    cycles: int

    @property
    def module_name(self) -> str:
        return f"delay_{self.cycles}x{self.bits}"

    @property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({"en": In(1), "i": In(self.bits), "o": Out(self.bits)})

    def create(self) -> wiring.Component:
        return StructuralUnit(self) if self.structure() else DelayUnit(self)

    def structure(self) -> Structure | None:
        """Narrower lines side by side; None if this one is narrow enough."""
        if self.bits == 1 or self.bits * self.cycles <= MAX_LINE_BITS:
            return None
        enable, bits, start = port_of(self, "en"), port_of(self, "i"), 0
        parts = {}
        for index, width in enumerate(split_evenly(self.bits)):
            parts[f"part{index}"] = Part(Delay(width, self.cycles), {
                "en": (enable,), "i": (bits[start : start + width],)})
            start += width
        return Structure(parts, {"o": tuple(port_of(part.unit, "o", name)
                                            for name, part in parts.items())})


class DelayUnit(wiring.Component):
    """Hardware of a narrow :class:`Delay`: one register that moves as a whole."""

    def __init__(self, spec: Delay):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        bits, cycles = self.spec.bits, self.spec.cycles
        stages = Signal(bits * cycles, reset_less=True)
        with m.If(self.en):
            m.d.sync += stages.eq(Cat(self.i, stages))
        m.d.comb += self.o.eq(stages[-bits:])
        return m


@dataclass(frozen=True)
class Triangle:
    """Packed elements, element ``i`` delayed by ``i`` cycles (rising) or ``count - 1 - i``.

    The registers are ``bits * count * (count - 1) / 2``, in halves of halves as in the grid.
    """

    bits: int
    count: int
    slope: Literal["rising", "falling"]

    @property
    def module_name(self) -> str:
        return f"{self.slope}_{self.count}x{self.bits}"

    @property
    def signature(self) -> wiring.Signature:
        width = self.bits * self.count
        return wiring.Signature({"en": In(1), "i": In(width), "o": Out(width)})

    def create(self) -> wiring.Component:
        return StructuralUnit(self)

    def structure(self) -> Structure:
        """Two triangles of half the elements; those of one half pass a delay line."""
        bits = port_of(self, "i")
        if self.count == 1:
            return Structure({}, {"o": (bits,)})
        low = (self.count + 1) // 2
        sizes = {"low": low, "high": self.count - low}
        inputs = {"low": bits[: low * self.bits], "high": bits[low * self.bits :]}
        late, cycles = ("high", low) if self.slope == "rising" else ("low", self.count - low)
        enable = (port_of(self, "en"),)
        line = Delay(len(inputs[late]), cycles)
        parts = {"delay": Part(line, {"en": enable, "i": (inputs[late],)})}
        inputs[late] = port_of(line, "o", "delay")
        for name, count in sizes.items():
            if count > 1:
                half = Triangle(self.bits, count, self.slope)
                parts[name] = Part(half, {"en": enable, "i": (inputs[name],)})
                inputs[name] = port_of(half, "o", name)
        return Structure(parts, {"o": (inputs["low"], inputs["high"])})


def skewed(m: Module, platform: Any, name: str, en: Any, codes: Any, count: int,
           slope: Literal["rising", "falling"]) -> Any:
    """``codes``, ``count`` elements side by side, through a :class:`Triangle` called ``name``."""
    triangle = Triangle(len(codes) // count, count, slope)
    return place(m, platform, name, triangle, en=en, i=codes).o


def taps(m: Module, en, flag, count: int, slope: Literal["rising", "falling"], name: str):
    """``count`` copies of a flag, copy ``i`` delayed as element ``i`` of a :class:`Triangle`.

    The line is reset to zero: flags must not survive a reset.
    """
    if count == 1:
        return flag
    line = Signal(count - 1, name=name)
    with m.If(en):
        m.d.sync += line.eq(Cat(flag, line) if slope == "rising" else Cat(line[1:], flag))
    return Cat(flag, line) if slope == "rising" else Cat(line, flag)


def delayed(m: Module, en, flag, cycles: int, name: str):
    """A flag of ``cycles`` enabled cycles ago, zero after reset."""
    return taps(m, en, flag, cycles + 1, "rising", name)[-1]


def eastward(m: Module, cell: Any, name: str) -> Signal:
    """A cell's flag ``name`` on its way east: from the west a cycle ago, zero after reset."""
    flag = Signal(name=name)
    with m.If(cell.en):
        m.d.sync += flag.eq(getattr(cell, f"w_{name}"))
    m.d.comb += getattr(cell, f"e_{name}").eq(flag)
    return flag
