"""Placing one unit inside another: a real submodule in simulation, an ``Instance`` when emitting.

Amaranth emits a module for every submodule *instance*, so a mesh of 64 x 64 equal PEs would become
4,097 modules.  A parent therefore never builds a child itself; it calls :func:`place`.  Under the
platform of :mod:`hwgen.flow.emit` each distinct child is converted once and instantiated by name.
"""

from typing import Any, Protocol, runtime_checkable

from amaranth import ClockSignal, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring


class Placeable(Protocol):
    """What :func:`place` needs of a unit: hashable, and equal when the hardware is equal."""

    @property
    def module_name(self) -> str:
        """The unit's name in Verilog, without the prefix of the array."""

    @property
    def signature(self) -> wiring.Signature:
        """The unit's ports, known without building it."""

    def create(self) -> wiring.Component:
        """Build the unit."""

    def __hash__(self) -> int: ...


@runtime_checkable
class RtlilUnit(Protocol):
    """A unit that brings its own RTLIL, with the ports of its signature and no others."""

    def rtlil(self, name: str) -> str:
        """The module in RTLIL, called ``name``; it names no other module."""


@runtime_checkable
class EmitPlatform(Protocol):
    """A platform that converts children on their own."""

    def converted(self, unit: Placeable) -> tuple[str, frozenset[str]]:
        """Module name of ``unit`` and the names of all its ports, clock and reset included."""


def place(m: Module, platform: Any, name: str, unit: Placeable, **inputs: Any) -> Any:
    """Add ``unit`` to ``m`` as submodule ``name``; returns an object with the unit's ports.

    Parameters
    ----------
    inputs : what drives each input port, as wide as the port; a port left out is driven by
        assigning to it.  Driving it here is quicker to convert: no signal stands in between.
    """
    if not isinstance(platform, EmitPlatform):
        component = unit.create()
        m.submodules[name] = component
        m.d.comb += [getattr(component, port).eq(value) for port, value in inputs.items()]
        return component
    interface = unit.signature.create(path=(name,))
    module_name, ports = platform.converted(unit)
    connections: dict[str, Any] = {}
    for path, member, value in unit.signature.flatten(interface):
        port = "__".join(map(str, path))
        if port in ports:
            direction = "i" if member.flow == wiring.In else "o"
            connections[f"{direction}_{port}"] = Value.cast(inputs.get(port, value))
    if "clk" in ports:
        connections["i_clk"] = ClockSignal()
    if "rst" in ports:
        connections["i_rst"] = ResetSignal()
    m.submodules[name] = Instance(module_name, **connections)
    return interface
