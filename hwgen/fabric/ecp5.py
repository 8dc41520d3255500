"""Lattice ECP5: two LUT4 with a carry each make a CCU2C."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import permutations
from typing import Any, ClassVar

from amaranth import Const, Instance, Module, Signal, Value

from hwgen.fabric.adders import adder_netlists
from hwgen.fabric.builder import Plan
from hwgen.fabric.family import Fabric, Wires, inverters
from hwgen.fabric.logic import Function, Net
from hwgen.fabric.netlist import Lut, Netlist, Slot
from hwgen.fabric.plain import plain_netlists

_PINS = 4


class Ecp5(Fabric):
    """A place of a CCU2C adds ``p = LUT4(A, B, C, D)`` to the carry, which is generated where p is
    0 as the same LUT gives it for C = D = 0.
    """

    name: ClassVar[str] = "ecp5"

    def netlists(self, plan: Plan) -> Iterator[Netlist]:
        yield from plain_netlists(plan, _PINS)
        yield from adder_netlists(plan, True, lambda *slot: placed(*slot) is not None)

    def cells(self, netlist: Netlist) -> int:
        """LUT4 and places of CCU2C; each chain ends on an even number, and takes a CCU2C to feed
        its first carry in and another behind its end.
        """
        luts = sum(isinstance(cell, Lut) for cell in netlist.cells)
        lengths: dict[int, int] = {}
        for cell in netlist.cells:
            if isinstance(cell, Slot):
                lengths[cell.chain] = lengths.get(cell.chain, 0) + 1
        luts += inverters(netlist)
        return luts + sum(length + length % 2 + 4 for length in lengths.values())

    def chain(self, m: Module, slots: list[Slot], wires: Wires) -> None:
        carry: Value = wires[slots[0].carry_in]
        for place in range(0, len(slots), 2):
            pins: dict[str, Any] = {"i_CIN": carry}
            for half in range(2):
                slot = slots[place + half] if place + half < len(slots) else None
                nets, init = _place(slot) if slot else ((0, 0, 0, 0), 0)
                pins |= {f"p_INIT{half}": Const(init, 16), f"p_INJECT1_{half}": "NO"}
                pins |= {f"i_{pin}{half}": wires[net]
                         for pin, net in zip("ABCD", nets, strict=True)}
                pins[f"o_S{half}"] = wires[slot.output] if slot else Signal(name="unused")
                carry = wires[slot.carry_out] if slot else Signal(name="unused")
            pins["o_COUT"] = carry
            m.submodules[f"{slots[place].name}_cell"] = Instance("CCU2C", **pins)


def _place(slot: Slot) -> tuple[tuple[Net, ...], int]:
    found = placed(slot.carry, slot.total, slot.next_carry)
    if found is None:
        raise ValueError(f"slot must fit a CCU2C, not {slot!r}")
    return found


@cache
def placed(carry: Net, total: Function, next_carry: Function | None) -> (
        tuple[tuple[Net, ...], int] | None):
    """Pins A to D and INIT of a place with these functions; None if none has them."""
    propagate = total.at({carry: 0})
    if total.at({carry: 1}) != ~propagate:
        return None
    nets = sorted({*total.nets, *(next_carry.nets if next_carry else ())} - {carry})
    if len(nets) > _PINS:
        return None
    spare = [1] * (_PINS - len(nets))
    for pins in dict.fromkeys(permutations([*nets, *spare])):
        init = _init(pins, propagate, next_carry, carry)
        if init is not None:
            return pins, init
    return None


def _init(pins: Sequence[Net], propagate: Function, next_carry: Function | None,
          carry: Net) -> int | None:
    """The LUT for an order of the pins, if it generates the carry as well."""
    known: dict[int, int] = {}
    generated: dict[int, int] = {}
    p = propagate.over(pins)
    through = [next_carry.at({carry: level}).over(pins) for level in (0, 1)] if next_carry else None
    for code in range(1 << _PINS):
        if any(pin == 1 and not code >> place & 1 for place, pin in enumerate(pins)):
            continue
        known[code] = p >> code & 1
        if through is None:
            continue
        low, high = (table >> code & 1 for table in through)
        if known[code]:
            if (low, high) != (0, 1):
                return None
        elif low != high or generated.setdefault(code & 0b11, low) != low:
            return None
    if any(known.get(code, level) != level for code, level in generated.items()):
        return None
    return sum(level << code for code, level in (known | generated).items())
