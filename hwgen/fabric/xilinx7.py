"""Xilinx 7 series: LUT6, which may be two LUT5 of the same inputs, and four carries a CARRY4."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import ClassVar

from amaranth import Cat, Const, Instance, Module, Signal, Value

from hwgen.fabric.builder import Plan
from hwgen.fabric.compressor import Compressor
from hwgen.fabric.digits import digit_netlists
from hwgen.fabric.family import Fabric, Wires
from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.logic import ZERO, Function, Net
from hwgen.fabric.netlist import Lut, Netlist, Slot
from hwgen.fabric.plain import plain_netlists

_PINS = 6
_SHARED = 5  # inputs of two functions in one LUT6


class Xilinx7(Fabric):
    """A slot adds ``p``, of a LUT6, to the carry; where p is 0 the next carry is what DI says.

    DI is a constant or a net, which goes around the LUT, or a function of the LUT's own inputs,
    five at most.  A first carry that is a net goes the way around the LUT as well.
    """

    name: ClassVar[str] = "xilinx7"

    def netlists(self, plan: Plan) -> Iterator[Netlist]:
        yield from plain_netlists(plan, _PINS)
        yield from digit_netlists(plan, _fits, self.cells)

    def lane_sums(self, plan: LanePlan) -> Iterator[Netlist]:
        yield Compressor(plan).netlist()

    def cells(self, netlist: Netlist) -> int:
        """LUTs: of slots, alone, or for two functions of the same inputs.

        A LUT that stands in a slot has its output both there and outside.  A chain that begins
        with a one takes one more: Yosys sees that its first sum is the inverse of its first S, and
        inverts that.
        """
        luts = [cell for cell in netlist.cells if isinstance(cell, Lut)]
        slots = [cell for cell in netlist.cells if isinstance(cell, Slot)]
        own = sum((slot.host is None) + (slot.carry_in == 1) for slot in slots)
        return own + len(luts) - len(pairs(luts))

    def luts(self, m: Module, luts: list[Lut], wires: Wires) -> None:
        paired = pairs(luts)
        for low, high in paired:
            _two(m, f"lut{low.output}", (low.function, high.function),
                 (wires[low.output], wires[high.output]), wires)
        done = {lut.output for pair in paired for lut in pair}
        for lut in luts:
            if lut.output not in done:
                _one(m, f"lut{lut.output}", lut.function, wires[lut.output], wires)

    def chain(self, m: Module, slots: list[Slot], wires: Wires) -> None:
        carry: Value = Const(0, 1)
        for place in range(0, len(slots), 4):
            four = slots[place : place + 4]
            s, di = zip(*(_inputs(m, slot, slot is slots[0], wires) for slot in four), strict=True)
            name = four[0].name
            sums, carries = Signal(4, name=f"{name}_o"), Signal(4, name=f"{name}_co")
            m.submodules[f"{name}_carries"] = Instance(
                "CARRY4", i_CI=carry, i_CYINIT=Const(0, 1) if place else wires[slots[0].carry_in],
                i_S=Cat(*s, Const(0, 4 - len(four))), i_DI=Cat(*di, Const(0, 4 - len(four))),
                o_O=sums, o_CO=carries)
            for slot, total, carry in zip(four, sums, carries, strict=False):
                m.d.comb += [wires[slot.output].eq(total), wires[slot.carry_out].eq(carry)]


def _inputs(m: Module, slot: Slot, first: bool, wires: Wires) -> tuple[Value, Value]:
    """S and DI of a slot, with its LUT."""
    if slot.host is not None:
        return wires[slot.host], Const(0, 1)
    found = placed(slot.carry, slot.total, slot.next_carry, first and slot.carry_in > 1)
    if found is None:
        raise ValueError(f"slot must fit a LUT6 and a carry, not {slot!r}")
    p, di, inside = found
    s, o5 = Signal(name=f"{slot.name}_s"), Signal(name=f"{slot.name}_di")
    if inside:
        _two(m, f"{slot.name}_lut", (di, p), (o5, s), wires)
        return s, o5
    if p.nets:
        _one(m, f"{slot.name}_lut", p, s, wires)
    return s if p.nets else wires[p.table], wires[di.nets[0] if di.nets else di.table]


def _one(m: Module, name: str, function: Function, o: Value, wires: Wires) -> None:
    """A LUT for one function."""
    pins = [*function.nets, *(1,) * (_PINS - len(function.nets))]
    m.submodules[name] = Instance("LUT6", p_INIT=Const(function.over(pins), 64), o_O=o, **{
        f"i_I{place}": wires[net] for place, net in enumerate(pins)})


def _two(m: Module, name: str, functions: tuple[Function, Function],
         outputs: tuple[Value, Value], wires: Wires) -> None:
    """One LUT for two functions of at most five nets together, on O5 and O6."""
    low, high = functions
    nets = _union(low, high)
    pins = [*nets, *(1,) * (_PINS - len(nets))]
    table = low.over(pins[:_SHARED]) | high.over(pins[:_SHARED]) << (1 << _SHARED)
    o5, o6 = outputs
    m.submodules[name] = Instance("LUT6_2", p_INIT=Const(table, 64), o_O5=o5, o_O6=o6, **{
        f"i_I{place}": wires[net] for place, net in enumerate(pins)})


def _union(low: Function, high: Function) -> list[Net]:
    return sorted({*low.nets, *high.nets})


def _fits(carry: Net, total: Function, next_carry: Function | None, fed: bool) -> bool:
    return placed(carry, total, next_carry, fed) is not None


@cache
def placed(carry: Net, total: Function, next_carry: Function | None, fed: bool) -> (
        tuple[Function, Function, bool] | None):
    """S, DI, and whether DI comes from the LUT, of a slot with these functions; None if none has
    them.

    Parameters
    ----------
    fed : whether a net comes in as the chain's first carry, on the way that DI would take.
    """
    p = total.at({carry: 0})
    if total.at({carry: 1}) != ~p or len(p.nets) > _PINS:
        return None
    di = ZERO if next_carry is None else _generated(p, next_carry, carry)
    if di is None:
        return None
    inside = di.net is None or (fed and bool(di.nets))
    return None if (inside or fed) and len(_union(p, di)) > _SHARED else (p, di, inside)


def _generated(p: Function, next_carry: Function, carry: Net) -> Function | None:
    """The simplest DI that gives the next carry; None if none does."""
    low, high = (next_carry.at({carry: level}) for level in (0, 1))
    if low & p != ZERO or p & ~high != ZERO or (low ^ high) & ~p != ZERO:
        return None
    for net in (0, 1, *_union(low, p)):
        if (Function.of(net) ^ low) & ~p == ZERO:
            return Function.of(net)
    return low


def pairs(luts: Sequence[Lut]) -> list[tuple[Lut, Lut]]:
    """LUTs that can be one, most first for those that have the fewest partners.

    Those that have all inputs of a LUT in common have no better partners.
    """
    found: list[tuple[Lut, Lut]] = []
    left = {lut.output: lut for lut in luts
            if lut.partner != "none" and len(lut.function.nets) < _PINS}
    full: dict[tuple[Net, ...], Lut] = {}
    for lut in list(left.values()):
        nets = lut.function.nets
        if len(nets) == _SHARED and nets in full and _joins(full[nets], lut):
            found.append((left.pop(full.pop(nets).output), left.pop(lut.output)))
        elif len(nets) == _SHARED:
            full[nets] = lut
    partners = {net: [other for other in left.values() if _joins(lut, other)]
                for net, lut in left.items()}
    while True:
        counts = {net: [other for other in partners[net] if other.output in left] for net in left}
        choices = [net for net, others in counts.items() if others]
        if not choices:
            return found
        net = min(choices, key=lambda net: len(counts[net]))
        other = min(counts[net], key=lambda other: len(counts[other.output]))
        found.append((left.pop(net), left.pop(other.output)))


def _joins(lut: Lut, other: Lut) -> bool:
    if lut.function.nets != other.function.nets and "same" in (lut.partner, other.partner):
        return False
    nets = _union(lut.function, other.function)
    return lut is not other and len(nets) <= _SHARED and not {lut.output, other.output} & {*nets}
