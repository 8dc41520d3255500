"""Bit-serial dot-product PEs: a step of L lanes takes a cycle a plane, or a pair of planes.

Plane p holds bit p of each lane's operand.  Both PEs add the planes of a step from the most
significant on, ``step = 2 * step + sum``, and then do with the step's sum what a parallel PE does:
round it to the accumulator's LSB, add it, let it overflow.  So the results are the same, bit for
bit, with every accumulator and rounding.
"""

from abc import abstractmethod
from functools import cached_property
from typing import Any, ClassVar, Literal

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from pydantic import ConfigDict, Field

from hwgen.arith.delay import later
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.group_precision import GroupPrecision
from hwgen.arith.lane_sum import STAGES, LaneSum
from hwgen.number import Fixed, smallest_shape
from hwgen.pe.dot_product import DotProductPE
from hwgen.pe.precision import DynamicPrecision, FixedPrecision, Precision, RunTimePrecision
from hwgen.place import place
from hwgen.spec import Int

_BEHIND = 2  # registers behind the lanes' sum and before the accumulator's adder
_QUIET = ("negate", "double")  # flags that mean nothing on their own
MAX_SERIAL_PIPELINE = _BEHIND + STAGES[1]


class SerialPE(DotProductPE):
    """What both bit-serial PEs share.

    Parameters
    ----------
    pipeline : registers from the operands to the accumulator, 0 to 5: the first before its adder,
        the second behind the sum over the lanes, the others inside of it.
    target : family of FPGAs onto whose cells the sum over the lanes is mapped.
    precision : how many bits of each operand a step takes.
    """

    max_operand_bits: ClassVar[int] = 16

    multiplier: ExactMultiplier = ExactMultiplier()
    pipeline: Int = Field(0, ge=0, le=MAX_SERIAL_PIPELINE)
    precision: Precision = FixedPrecision()

    @property
    @abstractmethod
    def word_bits(self) -> int:
        """Bits of each lane's ``b`` that meet a bit of its ``a`` in a cycle."""

    @property
    def is_told(self) -> bool:
        return isinstance(self.precision, RunTimePrecision)

    @property
    def is_dynamic(self) -> bool:
        return isinstance(self.precision, DynamicPrecision)

    @property
    def run_ahead(self) -> int:
        return self.precision.run_ahead if isinstance(self.precision, DynamicPrecision) else 0

    def group_precision(self, side: str, count: int) -> GroupPrecision:
        """How the bits in use of ``count`` codes of an operand are counted, if it is dynamic."""
        if not isinstance(self.precision, DynamicPrecision):
            raise TypeError(f"precision must be dynamic, not {self.precision!r}")
        operand: Fixed = getattr(self, side)
        return GroupPrecision(width=operand.width, signed=operand.signed, count=count,
                              form=self.precision.form)

    @abstractmethod
    def step_cycles(self, a_bits: int, b_bits: int) -> int: ...

    @property
    def flags(self) -> tuple[str, ...]:
        """What comes with the planes: ``run`` with each, ``negate`` with those to be subtracted,
        ``double`` with the first of a significance, where not all are.
        """
        return ("run", *(("negate",) if self.negates else ()),
                *(("double",) if len(self.sides) > 1 else ()))

    def port_bits(self, side: str) -> int:
        return self.lanes * (1 if side == "a" else self.word_bits)

    @property
    def fetch_cycles(self) -> int:
        return 1

    @property
    def negates(self) -> bool:
        """Whether some planes are to be subtracted."""
        return any(getattr(self, side).signed for side in self.sides)

    @property
    def lane_sum(self) -> LaneSum:
        """The sum over the lanes of one cycle."""
        signed = self.b.signed and self.word_bits > 1
        return LaneSum(self.lanes, self.word_bits, signed, self.target,
                       max(0, self.pipeline - _BEHIND))

    @cached_property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({
            "en": In(1),
            "a": In(self.port_bits("a")),
            "b": In(self.port_bits("b")),
            "step": In(1),
            **{flag: In(1) for flag in self.flags},
            **({"draw": In(self.draw_bits)} if self.draw_bits else {}),
            "acc_i": In(self.format.shape),
            "acc_o": Out(self.format.shape),
        })

    def create(self) -> "SerialPEUnit":
        return SerialPEUnit(self)


def _kind_is_required(schema: dict[str, Any]) -> None:
    """Without a kind a PE is parallel."""
    schema["required"] = ["kind", *schema.get("required", [])]


class ActivationSerialPE(SerialPE):
    """Bits of ``a`` one by one against whole words of ``b`` (Judd et al., Stripes, MICRO 2016).

    A step takes as many cycles as bits of ``a``.
    """

    model_config = ConfigDict(json_schema_extra=_kind_is_required)

    kind: Literal["activation-serial"] = "activation-serial"

    @property
    def word_bits(self) -> int:
        return self.b.width

    @property
    def sides(self) -> tuple[str, ...]:
        return ("a",)

    def step_cycles(self, a_bits: int, b_bits: int) -> int:
        return a_bits


class BothSerialPE(SerialPE):
    """Bits of ``a`` one by one against bits of ``b``: AND, count, add (Sharify et al., Loom).

    A step takes as many cycles as bits of ``a`` times bits of ``b``, in the order of Umuroglu et
    al. (BISMO, FPL 2018): pairs of planes of falling significance, which shifts the sum by one at
    a time.
    """

    model_config = ConfigDict(json_schema_extra=_kind_is_required)

    kind: Literal["both-serial"] = "both-serial"

    @property
    def word_bits(self) -> int:
        return 1

    @property
    def sides(self) -> tuple[str, ...]:
        return ("a", "b")

    def step_cycles(self, a_bits: int, b_bits: int) -> int:
        return a_bits * b_bits


class SerialPEUnit(wiring.Component):
    """The hardware of a :class:`SerialPE`; the accumulator's register belongs to the mesh.

    Members
    -------
    en : ``In(1)``, advances all registers.
    a : ``In``, a bit a lane: a plane.
    b : ``In``, a word a lane, or a plane.
    run : ``In(1)``, high with the planes of a step; it may pause between them.
    negate : ``In(1)``, high with a plane that is to be subtracted.
    double : ``In(1)``, high with the first pair of planes of a significance.
    step : ``In(1)``, high with the last plane of a step.
    draw : ``In``, random bits for stochastic rounding, with the last plane.
    acc_i : ``In``, the sum so far, ``pipeline`` cycles after a step's last plane.
    acc_o : ``Out``, the sum with this step's products, in the same cycle as ``acc_i``.
    """

    def __init__(self, spec: SerialPE):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        unit = spec.lane_sum
        lanes = place(m, platform, "lanes", unit, a=self.a, b=self.b,
                      **({"en": self.en} if unit.stages else {})).p
        behind = unit.stages + (spec.pipeline >= _BEHIND)
        if behind > unit.stages:
            lanes = later(m, self.en, lanes, 1, "lanes_sum_later")
        flags = {name: later(m, self.en, getattr(self, name), behind, f"{name}_later",
                             reset_less=name in _QUIET) for name in ("step", *spec.flags)}
        total = self._step_sum(m, lanes, flags)
        draw = later(m, self.en, self.draw, behind, "draw_later") if spec.draw_bits else None
        addend = spec.accumulator.rtl_round(total, spec.operands.product_frac, draw)
        addend = later(m, self.en, addend, spec.pipeline - behind, "addend_later")
        m.d.comb += self.acc_o.eq(spec.accumulator.rtl_add(self.acc_i, addend))
        return m

    def _step_sum(self, m, lanes, flags):
        """The sum of the step's planes so far, this one included; correct with the last."""
        spec = self.spec
        bounds = spec.multiplier.bounds(spec.operands)
        shape = smallest_shape(*(spec.lanes * bound for bound in bounds))
        kept, total = Signal(shape, name="planes"), Signal(shape, name="step_sum")
        before = Mux(flags["double"], kept << 1, kept) if "double" in flags else kept << 1
        m.d.comb += total.eq(self._added(before, lanes, self._negate(flags)))
        with m.If(self.en):
            with m.If(flags["step"]):
                m.d.sync += kept.eq(0)
            with m.Elif(flags["run"]):
                m.d.sync += kept.eq(total)
        return total

    def _negate(self, flags):
        """Whether to subtract; None if never."""
        spec = self.spec
        negate = flags.get("negate")
        # Words of one bit are 0 and 1 to the sum, even if they mean 0 and -1.
        if spec.sides == ("a",) and spec.b.signed and spec.b.width == 1:
            return Const(1, 1) if negate is None else ~negate
        return negate

    @staticmethod
    def _added(before, lanes, negate):
        """``before`` plus or minus ``lanes``, in one adder: its first carry is that of ``~x + 1``.
        """
        if negate is None:
            return before + lanes
        x = lanes if lanes.shape().signed else Cat(lanes, Const(0, 1)).as_signed()
        x = x ^ negate.replicate(len(x)).as_signed()
        return (Cat(Const(1, 1), before).as_signed() + Cat(negate, x).as_signed()) >> 1
