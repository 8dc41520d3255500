"""A PE between the registers that a mesh gives it, to learn its cells and Fmax."""

from dataclasses import dataclass

from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.arith.delay import later
from hwgen.pe.dot_product import DotProductPE
from hwgen.place import place


@dataclass(frozen=True)
class RegisteredPE:
    """One PE with operand registers and the accumulator's register, which takes in every step.

    A bit-serial PE ends a step with ``step`` high; a parallel one has a step every cycle.
    """

    pe: DotProductPE

    @property
    def module_name(self) -> str:
        return "mac"

    @property
    def signature(self) -> wiring.Signature:
        """Members: the PE's operands and what comes with them, ``In``; ``acc: Out`` the sum."""
        operands = {name: In(member.shape) for name, member in self.pe.signature.members.items()
                    if name not in ("en", "acc_i", "acc_o")}
        return wiring.Signature({**operands, "acc": Out(self.pe.format.shape)})

    def create(self) -> "RegisteredPEUnit":
        return RegisteredPEUnit(self)


class RegisteredPEUnit(wiring.Component):
    """The hardware of :class:`RegisteredPE`; the accumulator is cleared by reset.

    Members
    -------
    a, b, draw, and the flags of a bit-serial PE : ``In``, added to ``acc`` ``2 + pipeline`` cycles
        later.
    acc : ``Out``, the running sum.
    """

    def __init__(self, spec: RegisteredPE):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        operands = {}
        for name, member in self.spec.signature.members.items():
            if name != "acc":
                operands[name] = Signal(member.shape, name=f"{name}_held",
                                        reset_less=name not in ("step", "run"))
                m.d.sync += operands[name].eq(getattr(self, name))
        pe = place(m, platform, "pe", self.spec.pe, en=Const(1), acc_i=self.acc, **operands)
        with m.If(self._adds(m, operands)):
            m.d.sync += self.acc.eq(pe.acc_o)
        return m

    def _adds(self, m, operands):
        """Whether a step's sum is complete in this cycle."""
        adds = operands.get("step")
        if adds is None:
            return Const(1)
        return later(m, Const(1), adds, self.spec.pe.latency, "adds", reset_less=False)
