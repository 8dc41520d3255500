"""Delays around a grid: whole-vector delay lines, triangles (skew and deskew) and taps.

All of them advance with ``en`` only, so that a held mesh keeps its wavefront.
"""

from dataclasses import dataclass
from typing import Literal

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.place import place

# Amaranth spends time on every bit of a module: two equal halves of one module are cheaper.
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
        return DelayUnit(self)


class DelayUnit(wiring.Component):
    """Hardware of :class:`Delay`: a register that moves as a whole, or two narrower lines."""

    def __init__(self, spec: Delay):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        bits, cycles = self.spec.bits, self.spec.cycles
        if bits > 1 and bits * cycles > MAX_LINE_BITS:
            low = (bits + 1) // 2
            for name, part in (("low", slice(0, low)), ("high", slice(low, bits))):
                half = place(m, platform, name, Delay(len(self.i[part]), cycles),
                             en=self.en, i=self.i[part])
                m.d.comb += self.o[part].eq(half.o)
            return m
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
        return TriangleUnit(self)


class TriangleUnit(wiring.Component):
    """Hardware of :class:`Triangle`."""

    def __init__(self, spec: Triangle):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        if spec.count == 1:
            m.d.comb += self.o.eq(self.i)
            return m
        low = (spec.count + 1) // 2
        edge = low * spec.bits
        rising = spec.slope == "rising"
        late = slice(edge, None) if rising else slice(0, edge)
        cycles = low if rising else spec.count - low
        delay = place(m, platform, "delay", Delay(len(self.i[late]), cycles),
                      en=self.en, i=self.i[late])
        halves = [("low", slice(0, edge), low), ("high", slice(edge, None), spec.count - low)]
        for name, part, count in halves:
            source = delay.o if part == late else self.i[part]
            if count == 1:
                m.d.comb += self.o[part].eq(source)
                continue
            half = place(m, platform, name, Triangle(spec.bits, count, spec.slope),
                         en=self.en, i=source)
            m.d.comb += self.o[part].eq(half.o)
        return m


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
