"""Placing a unit: a component in simulation, an instance when emitting."""

import re
from typing import Any

from amaranth import Fragment, Module
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.array.skew import Delay, DelayUnit
from hwgen.place import EmitPlatform, place


class Recorder:
    """An emitting platform that gives every unit one name."""

    def __init__(self, ports: set[str]):
        self.ports, self.asked = frozenset(ports), []

    def converted(self, unit: Any) -> tuple[str, frozenset[str]]:
        self.asked.append(unit)
        return "top_delay", self.ports


class Parent(wiring.Component):
    """Two delays in a row."""

    i: In(4)
    o: Out(4)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        first = place(m, platform, "first", Delay(4, 1))
        second = place(m, platform, "second", Delay(4, 1))
        m.d.comb += [first.en.eq(1), second.en.eq(1), first.i.eq(self.i), second.i.eq(first.o),
                     self.o.eq(second.o)]
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
    cell = text[text.index(r"cell \top_delay \first"):]
    connected = re.findall(r"connect \\(\w+) ", cell[: cell.index("\n  end")])
    assert sorted(connected) == ["clk", "en", "i", "o"]


def test_ports_that_a_unit_lacks_stay_unconnected() -> None:
    text = rtlil.convert(Parent(), platform=Recorder({"clk", "rst", "i", "o"}), emit_src=False)
    cell = text[text.index(r"cell \top_delay \first"):]
    connected = re.findall(r"connect \\(\w+) ", cell[: cell.index("\n  end")])
    assert sorted(connected) == ["clk", "i", "o", "rst"]


def test_any_other_platform_gets_the_component() -> None:
    assert_component(platform=object())
    assert not isinstance(object(), EmitPlatform)
