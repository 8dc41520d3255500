"""Placing a unit: a component in simulation, an instance when emitting."""

import re
from typing import Any

from amaranth import Const, Fragment, Module
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.array.skew import Delay, DelayUnit
from hwgen.place import EmitPlatform, place
from tests.streams import simulate


class Recorder:
    """An emitting platform that gives every unit one name."""

    def __init__(self, ports: set[str]):
        self.ports = frozenset(ports)
        self.asked: list[Any] = []

    def converted(self, unit: Any) -> tuple[str, frozenset[str]]:
        self.asked.append(unit)
        return "top_delay", self.ports


class Parent(wiring.Component):
    """Two delays in a row, the second with its inputs given on placing it."""

    def __init__(self) -> None:
        super().__init__({"i": In(4), "o": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        first = place(m, platform, "first", Delay(4, 1))
        m.d.comb += [first.en.eq(1), first.i.eq(self.i)]
        second = place(m, platform, "second", Delay(4, 1), en=Const(1), i=first.o)
        m.d.comb += self.o.eq(second.o)
        return m


def test_simulation_gets_the_component() -> None:
    assert_component(platform=None)


def assert_component(platform: Any) -> None:
    m = Module()
    unit = place(m, platform, "line", Delay(4, 2))
    assert isinstance(unit, DelayUnit)
    assert m.submodules.line is unit
    Fragment.get(m, None)  # a module that is never elaborated would warn


def test_emission_gets_instances_and_builds_nothing() -> None:
    platform = Recorder({"clk", "en", "i", "o"})
    assert isinstance(platform, EmitPlatform)
    text = rtlil.convert(Parent(), platform=platform, emit_src=False)
    assert platform.asked == [Delay(4, 1), Delay(4, 1)]
    assert re.findall(r"cell \\top_delay \\(\w+)", text) == ["first", "second"]
    assert text.count("\nmodule ") == 1
    for name in ("first", "second"):
        assert connected(text, name) == ["clk", "en", "i", "o"]


def connected(text: str, name: str) -> list[str]:
    """The connected ports of an instance."""
    cell = text[text.index(rf"cell \top_delay \{name}"):]
    return sorted(re.findall(r"connect \\(\w+) ", cell[: cell.index("\n  end")]))


def test_simulation_joins_the_inputs() -> None:
    dut, seen = Parent(), []

    async def testbench(ctx: Any) -> None:
        for code in (3, 5, 7, 9):
            ctx.set(dut.i, code)
            await ctx.tick()
            seen.append(ctx.get(dut.o))

    simulate(dut, testbench)
    assert seen == [0, 3, 5, 7]


def test_ports_that_a_unit_lacks_stay_unconnected() -> None:
    text = rtlil.convert(Parent(), platform=Recorder({"clk", "rst", "i", "o"}), emit_src=False)
    for name in ("first", "second"):
        assert connected(text, name) == ["clk", "i", "o", "rst"]


def test_any_other_platform_gets_the_component() -> None:
    assert_component(platform=object())
    assert not isinstance(object(), EmitPlatform)
