"""Bit-parallel dot-product PE: ``acc + sum_l a[l] * b[l]``, L lanes in one cycle."""

from functools import cached_property
from typing import ClassVar, Literal

from amaranth import Module, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from hwgen.arith.delay import later
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.multiplier import MultiplierUnit
from hwgen.fabric.builder import Form
from hwgen.number import MAX_OPERAND_BITS, Overflow
from hwgen.pe.dot_product import DotProductPE
from hwgen.place import place
from hwgen.spec import Int

MAX_MAPPED_BITS = 16


class ParallelPE(DotProductPE):
    """L multipliers, an adder tree and one accumulator; one step a cycle.

    Parameters
    ----------
    a, b : operand formats, 1 to 32 bits, each signed or unsigned.
    lanes : products summed in one step, 1 to 256.
    multiplier : the multiplier family of every lane.
    accumulator : width, LSB, rounding and overflow of the running sum.  A ``width`` of ``"auto"``,
        its own or its chunk's, becomes the narrowest that cannot overflow in ``length`` terms.
    pipeline : registers from the operands to the accumulator, 0 to 8; each adds a cycle of latency.
        They stand in front of the accumulator's adder, or with a ``target`` among the rows of the
        multipliers too.
    target : family of FPGAs onto whose carry cells the multipliers are mapped: ``ecp5``,
        ``gowin``, ``ice40`` or ``xilinx7``.  The results are the same; left out, the Verilog is
        portable.
    form : with a target, how a multiplier adds its rows: ``rows``, of the fewest cells, when left
        out, or in a ``tree``, which is quicker.
    """

    kind: Literal["parallel"] = "parallel"
    max_operand_bits: ClassVar[int] = MAX_OPERAND_BITS

    pipeline: Int = Field(0, ge=0, le=8)
    form: Form | None = None

    @model_validator(mode="after")
    def _can_be_mapped(self) -> "ParallelPE":
        if self.form and not self.target:
            raise ValueError(f"form must be left out without a target, not {self.form!r}")
        if not self.target:
            return self
        for side, operand in (("a", self.a), ("b", self.b)):
            if operand.width > MAX_MAPPED_BITS:
                raise ValueError(f"{side}.width must be at most {MAX_MAPPED_BITS} with a target, "
                                 f"not {operand.width}")
        if self.multiplier.partial_products(self.operands) is None:
            raise ValueError("multiplier.kind must be one that adds up partial products with a "
                             f"target, not {self.multiplier.kind!r}; leave out target, and "
                             "synthesis maps it")
        return self

    @property
    def folds(self) -> bool:
        """Whether the accumulator's adder shares the carry chain of the only multiplier."""
        drops = self.accumulator.drop(self.operands.product_frac)
        return self.target is not None and self.lanes == 1 and not drops

    @property
    def folded_shape(self) -> Shape:
        """What the folded adder computes: the exact sum, or as much of it as wraps."""
        if self.accumulator.overflow is Overflow.WRAP:
            return self.format.shape
        product = self.multiplier.product_shape(self.operands)
        return (Signal(self.format.shape) + Signal(product)).shape()

    @property
    def mapped(self) -> MappedUnit | None:
        """The multiplier of each lane in cells of the target, if there is one.

        All registers are inside if the accumulator's adder is too, else the last one is behind.
        """
        if self.target is None:
            return None
        stages = self.pipeline if self.folds else max(0, self.pipeline - 1)
        return MappedUnit(self.multiplier, self.operands, self.target, self.form or "rows", stages,
                          self.folded_shape.width if self.folds else 0)

    @cached_property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({
            "en": In(1),
            "a": In(data.ArrayLayout(self.a.shape, self.lanes)),
            "b": In(data.ArrayLayout(self.b.shape, self.lanes)),
            **({"draw": In(self.draw_bits)} if self.draw_bits else {}),
            "acc_i": In(self.format.shape),
            "acc_o": Out(self.format.shape),
        })

    def create(self) -> "ParallelPEUnit":
        return ParallelPEUnit(self)


class ParallelPEUnit(wiring.Component):
    """The hardware of :class:`ParallelPE`; the accumulator's register belongs to the mesh.

    Members
    -------
    en : ``In(1)``, advances the pipeline.
    a, b : ``In``, one operand a lane.
    draw : ``In``, random bits for stochastic rounding, with their operands.
    acc_i : ``In``, the sum so far, ``pipeline`` cycles after its operands.
    acc_o : ``Out``, the sum with this step's products, in the same cycle as ``acc_i``.
    """

    def __init__(self, spec: ParallelPE):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        accumulator = self.spec.accumulator
        mapped = self.spec.mapped
        if mapped and mapped.addend_bits:
            total = self._folded(m, platform, mapped)
            m.d.comb += self.acc_o.eq(accumulator.overflow.rtl(total, accumulator.format(0)))
        else:
            addend = self._addend(m, platform)
            m.d.comb += self.acc_o.eq(accumulator.rtl_add(self.acc_i, addend))
        return m

    def _folded(self, m, platform, unit):
        """The accumulator's sum from the cells of the only multiplier."""
        shape = self.spec.folded_shape
        acc = Signal(shape)
        m.d.comb += acc.eq(self.acc_i)
        placed = place(m, platform, "lane0", unit, a=self.a[0], b=self.b[0], acc=acc,
                       **({"en": self.en} if unit.stages else {}))
        return placed.sum.as_signed() if shape.signed else placed.sum

    def _addend(self, m, platform):
        """The rounded sum of the products, behind all registers."""
        spec = self.spec
        unit = spec.mapped or MultiplierUnit(spec.multiplier, spec.operands)
        stages = spec.mapped.stages if spec.mapped else 0
        enable = {"en": self.en} if stages else {}
        products = [place(m, platform, f"lane{lane}", unit, a=self.a[lane], b=self.b[lane],
                          **enable).p for lane in range(spec.lanes)]
        draw = later(m, self.en, self.draw, stages, "draw") if spec.draw_bits else None
        addend = spec.accumulator.rtl_round(_tree(products), spec.operands.product_frac, draw)
        return later(m, self.en, addend, spec.pipeline - stages, "addend")


def _tree(terms):
    """Balanced adder tree: exact, one bit wider a level."""
    while len(terms) > 1:
        pairs = [x + y for x, y in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]
