"""Multipliers mapped onto the carry cells of an FPGA family, with the accumulator's adder."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from amaranth import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.arith.delay import later
from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from hwgen.fabric.builder import Form, Plan
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.proof import Proof
from hwgen.place import EmitPlatform, place
from hwgen.spec import ToolError

_EVALUATED_BITS = 16  # of both operands together, up to which all pairs are
_SAMPLES = 1 << 16


@dataclass(frozen=True)
class MappedUnit:
    """A multiplier of one family's cells, ready to be placed.

    Parameters
    ----------
    target : name of the family of FPGAs.
    form : how the rows are added up.
    stages : registers from the operands to the result, which come that many enabled cycles later.
    addend_bits : bits of an addend that joins behind the last register; 0: there is none.
    """

    family: MultiplierFamily
    operands: Operands
    target: str
    form: Form
    stages: int = 0
    addend_bits: int = 0

    @property
    def module_name(self) -> str:
        name = MultiplierUnit(self.family, self.operands).module_name
        return f"{name}_{self.target}{'_accumulate' if self.addend_bits else ''}"

    @property
    def signature(self) -> wiring.Signature:
        """Members: ``a, b: In``; ``en: In(1)`` with stages; ``p: Out`` the product, or with an
        addend ``acc: In`` and ``sum: Out``, both as wide as that.
        """
        ports = dict(self.family.signature(self.operands).members)
        if self.addend_bits:
            del ports["p"]
            ports |= {"acc": In(self.addend_bits), "sum": Out(self.addend_bits)}
        return wiring.Signature(ports | ({"en": In(1)} if self.stages else {}))

    @property
    def plan(self) -> Plan:
        """What the cells are to compute."""
        products = self.family.partial_products(self.operands)
        if products is None:
            raise TypeError(f"multiplier must consist of partial products, not {self.family!r}")
        signed = self.family.product_shape(self.operands).signed
        return Plan(products, self.form, self.stages, self.addend_bits, signed)

    @property
    def cells(self) -> int:
        """Logic cells of the family that it takes when placed."""
        return FABRICS[self.target].cells(circuit(self))

    def create(self) -> "MappedMultiplier":
        return MappedMultiplier(self)


@cache
def circuit(unit: MappedUnit) -> Netlist:
    """The cells of a unit, evaluated on all operands; proven where those are too many.

    Raises
    ------
    ToolError : they do not compute the golden's products.
    """
    netlist = FABRICS[unit.target].multiplier(unit.plan)
    if unit.operands.a.width + unit.operands.b.width > _EVALUATED_BITS:
        Proof(netlist).check(unit.plan.products)
    a, b = _operands(unit.operands)
    expected = unit.family.golden(unit.operands, a, b)
    codes = {"a": a, "b": b}
    if unit.addend_bits:
        acc = np.random.default_rng(1).integers(-(1 << 62), 1 << 62, len(a))
        acc[::3] = -1
        codes, expected = {**codes, "acc": acc}, expected + acc
    found, = netlist.evaluate(**codes).values()
    width = unit.addend_bits or unit.plan.products.width
    if ((found ^ expected) & ((1 << width) - 1)).any():
        raise ToolError(f"cells of {unit.module_name} must compute the golden's products, but do "
                        "not; please report this specification")
    return netlist


def _operands(operands: Operands) -> tuple[np.ndarray, np.ndarray]:
    a, b = operands.a, operands.b
    if a.width + b.width <= _EVALUATED_BITS:
        pairs = np.meshgrid(np.arange(a.minimum, a.maximum + 1),
                            np.arange(b.minimum, b.maximum + 1))
        return pairs[0].ravel(), pairs[1].ravel()
    rng = np.random.default_rng(0)
    sides = [rng.integers(side.minimum, side.maximum + 1, _SAMPLES) for side in (a, b)]
    for side, codes in zip((a, b), sides, strict=True):
        ends = rng.random(_SAMPLES) < 0.25
        codes[ends] = rng.choice([side.minimum, side.maximum, 0, side.maximum // 2], ends.sum())
    return sides[0], sides[1]


class MappedMultiplier(wiring.Component):
    """The hardware of :class:`MappedUnit`; to simulators of Amaranth, the family's portable RTL."""

    def __init__(self, unit: MappedUnit):
        self.unit = unit
        super().__init__(unit.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        unit = self.unit
        en = self.en if unit.stages else Const(1)
        result = self.sum if unit.addend_bits else self.p
        if isinstance(platform, EmitPlatform):
            inputs = {"a": self.a, "b": self.b, **({"acc": self.acc} if unit.addend_bits else {})}
            outputs = FABRICS[unit.target].write(m, circuit(unit), en, **inputs)
            m.d.comb += result.eq(*outputs.values())
            return m
        product = place(m, platform, "portable", MultiplierUnit(unit.family, unit.operands),
                        a=self.a, b=self.b).p
        product = later(m, en, product, unit.stages, "product")
        m.d.comb += result.eq(product + self.acc if unit.addend_bits else product)
        return m
