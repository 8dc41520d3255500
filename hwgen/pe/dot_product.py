"""What all dot-product PEs are: formats, lanes, a multiplier, an accumulator, and their golden."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from amaranth.lib import wiring
from pydantic import Field, ValidationInfo, field_validator, model_validator

from hwgen.arith.accumulator import Accumulator
from hwgen.arith.catalogue import Multiplier
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import Operands
from hwgen.arith.width import addend_bounds
from hwgen.number import Codes, Fixed, Overflow, exact_dtype, smallest_shape
from hwgen.pe.auto_width import accumulator_of, is_auto
from hwgen.spec import Int, Spec

MAX_LANES = 256
Target = Literal["ecp5", "gowin", "ice40", "xilinx7"]
"""The families of FPGAs onto whose cells a PE can be mapped."""


class DotProductPE(Spec):
    """``acc + sum_l a[l] * b[l]``: what a step of L lanes adds, however many cycles it takes.

    Parameters
    ----------
    a, b : operand formats, each signed or unsigned.
    lanes : products summed in one step, 1 to 256.
    multiplier : the multiplier family of every lane.
    accumulator : width, LSB, rounding and overflow of the running sum.  A ``width`` of ``"auto"``,
        its own or its chunk's, becomes the narrowest that cannot overflow in ``length`` terms.
    pipeline : registers from the operands to the accumulator; each adds a cycle of latency.
    target : family of FPGAs onto whose cells the products are mapped; portable when left out.
    """

    max_operand_bits: ClassVar[int]

    kind: str
    a: Fixed = Fixed(width=8)
    b: Fixed = Fixed(width=8)
    lanes: Int = Field(1, ge=1, le=MAX_LANES)
    multiplier: Multiplier = ExactMultiplier()
    accumulator: Accumulator = Accumulator()
    pipeline: Int = Field(0, ge=0)
    target: Target | None = None

    @field_validator("accumulator", mode="before")
    @classmethod
    def _find_width(cls, value: Any, info: ValidationInfo) -> Any:
        if not is_auto(value):
            return value
        known = info.data
        operands = Operands(known.get("a", Fixed(width=8)), known.get("b", Fixed(width=8)))
        family = known.get("multiplier", ExactMultiplier())
        if family.fault(operands):  # which is told later
            family, operands = ExactMultiplier(), Operands(Fixed(width=8), Fixed(width=8))
        return accumulator_of(value, operands, known.get("lanes", 1), family)

    @model_validator(mode="after")
    def _formats_agree(self) -> "DotProductPE":
        for side, operand in (("a", self.a), ("b", self.b)):
            if operand.width > self.max_operand_bits:
                raise ValueError(f"{side}.width must be at most {self.max_operand_bits},"
                                 f" not {operand.width}")
            if abs(operand.frac) > 64:
                raise ValueError(f"{side}.frac must be -64 to 64, not {operand.frac}")
        fault = self.multiplier.fault(self.operands)
        if fault:
            raise ValueError(fault)
        fault = self.accumulator.fault(self.operands.product_frac, self.sum_bits, "sum of products")
        if fault:
            raise ValueError(f"accumulator.{fault}")
        return self

    @property
    def operands(self) -> Operands:
        """The formats of both factors."""
        return Operands(self.a, self.b)

    @property
    def format(self) -> Fixed:
        """The accumulator's format."""
        return self.accumulator.format(self.operands.product_frac)

    @property
    def result_format(self) -> Fixed:
        """The format of a finished sum."""
        return self.accumulator.outer_format(self.operands.product_frac)

    @property
    def draw_bits(self) -> int:
        """Random bits of each step, 0 without stochastic rounding."""
        return self.accumulator.draw_bits(self.operands.product_frac)

    @property
    def sum_bits(self) -> int:
        """Bits of the exact sum of L products."""
        return self.multiplier.product_shape(self.operands).width + (self.lanes - 1).bit_length()

    @property
    def addend_bounds(self) -> tuple[int, int]:
        """Smallest and largest number that one step adds, at the accumulator's LSB."""
        drop = self.accumulator.drop(self.operands.product_frac)
        sums = np.array(self.multiplier.bounds(self.operands), object) * self.lanes
        low, high = addend_bounds(sums, drop, self.accumulator.rounding,
                                  self.draw_bits).tolist()
        return low, high

    def after(self, steps: int) -> "DotProductPE":
        """This PE with sums just wide enough for ``steps`` steps from zero.

        Itself if they could overflow the accumulator; if not, the results are the same.
        """
        low, high = (bound * steps for bound in self.addend_bounds)
        if low < self.format.minimum or high > self.format.maximum:
            return self
        narrow = smallest_shape(low, high)
        accumulator = self.accumulator.replaced(
            width=narrow.width, signed=narrow.signed, overflow=Overflow.WRAP, chunk=None)
        return self.replaced(accumulator=accumulator)

    @property
    def flags(self) -> tuple[str, ...]:
        """Inputs of one bit that tell of the operands in this cycle; none if a step takes one."""
        return ()

    @property
    def sides(self) -> tuple[str, ...]:
        """The operands that come plane by plane, a bit of each code in a cycle."""
        return ()

    @property
    def is_told(self) -> bool:
        """Whether the bits that a step takes come with its operands."""
        return False

    @property
    def is_dynamic(self) -> bool:
        """Whether a step takes as many bits as its operands use."""
        return False

    @property
    def run_ahead(self) -> int:
        """Beats by which a row of PEs may be ahead of the next."""
        return 0

    def planes(self, side: str) -> int:
        """Planes of an operand at most; one of whole words."""
        operand: Fixed = getattr(self, side)
        return operand.width if side in self.sides else 1

    def port_bits(self, side: str) -> int:
        """Bits of operand ``a`` or ``b`` that the PE takes in a cycle."""
        operand: Fixed = getattr(self, side)
        return operand.width * self.lanes

    def step_cycles(self, a_bits: int, b_bits: int) -> int:
        """Cycles of a step that takes so many bits of each operand."""
        return 1

    @property
    def most_step_cycles(self) -> int:
        """Cycles of a step that takes all bits."""
        return self.step_cycles(self.a.width, self.b.width)

    @property
    def fetch_cycles(self) -> int:
        """Cycles from an accepted operand beat to its first cycle in the mesh."""
        return 0

    @property
    def latency(self) -> int:
        """Cycles from operands to the accumulator's input."""
        return self.pipeline

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype in which the golden of one step is exact."""
        return exact_dtype(max(self.sum_bits, self.format.width, self.result_format.width))

    def golden_addend(self, a: Codes, b: Codes, draw: Codes | int = 0) -> Codes:
        """What one step adds: ``(..., L) x (..., L) -> (...)`` codes at the accumulator's LSB."""
        if max(self.operands.a.width, self.operands.b.width) <= 30:
            a, b = a.astype(np.int64, copy=False), b.astype(np.int64, copy=False)
        products = self.multiplier.golden(self.operands, a, b).astype(self.dtype, copy=False)
        return self.accumulator.golden_round(products.sum(axis=-1), self.operands.product_frac,
                                             draw)

    def golden_step(self, acc: Codes, a: Codes, b: Codes, draw: Codes | int = 0) -> Codes:
        """The accumulator after a step on ``a`` and ``b``, ``(..., L)`` codes of :attr:`dtype`.

        ``draw`` has :attr:`draw_bits` bits, one a PE.
        """
        return self.accumulator.golden_add(acc, self.golden_addend(a, b, draw))

    @property
    def module_name(self) -> str:
        return "pe"

    @property
    @abstractmethod
    def signature(self) -> wiring.Signature:
        """Members: ``en``, operands ``a`` and ``b``, perhaps a ``draw``, ``acc_i``, ``acc_o``."""

    @abstractmethod
    def create(self) -> wiring.Component:
        """The hardware."""
