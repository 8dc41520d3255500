"""How many bits of each operand the steps of a product take, and so their cycles."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from amaranth.utils import bits_for

from hwgen.array.stream import BeatField
from hwgen.number import Codes, Fixed, Overflow
from hwgen.pe.serial import SerialPE
from hwgen.spec import InputError

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec

Told = tuple[int, int]
"""Bits of ``a`` and of ``b`` that every step of a product takes."""


@dataclass(frozen=True)
class StepBits:
    """The planes of a product's steps.

    Parameters
    ----------
    told : with run-time precision, the bits to take; all of them for None.

    Raises
    ------
    InputError
        If the array takes no such precision.
    """

    array: "ArraySpec"
    told: Told | None = None

    def __post_init__(self) -> None:
        pe = self.array.pe
        if self.told is None:
            return
        if not pe.is_told:
            raise InputError('precision must be left out unless pe.precision.kind is "run-time", '
                             f"not {self.told!r}")
        for side, bits in zip("ab", self.told, strict=True):
            width = getattr(pe, side).width
            least = 1 if side in pe.sides else width
            if not least <= bits <= width:
                raise InputError(f"precision of {side} must be "
                                 f"{f'1 to {width}' if side in pe.sides else width}, not {bits!r}")

    @property
    def most(self) -> Told:
        """The bits that a step takes at most."""
        return self.told or (self.array.pe.a.width, self.array.pe.b.width)

    @property
    def fields(self) -> dict[str, int]:
        """What the beats of stream ``a`` tell, by field."""
        if not self.array.pe.is_told:
            return {}
        return {f"{side}_bits": bits for side, bits in zip("ab", self.most, strict=True)
                if side in self.array.pe.sides}

    @property
    def beat_fields(self) -> tuple[BeatField, ...]:
        """Where the beats of stream ``a`` tell it."""
        return tuple(BeatField(name, bits_for(getattr(self.array.pe, name[0]).width))
                     for name in self.fields)

    def taken(self, side: str, codes: Codes) -> Codes:
        """The codes of an operand as they count: in their low bits."""
        operand: Fixed = getattr(self.array.pe, side)
        bits = self.most["ab".index(side)]
        return Overflow.WRAP.golden(codes, operand.replaced(width=bits))

    def of(self, side: str, groups: Codes) -> Codes:
        """Bits that each step takes of an operand: ``(..., codes) -> (...) int64``."""
        pe = self.array.pe
        if side in pe.sides and isinstance(pe, SerialPE) and pe.is_dynamic:
            return pe.group_precision(side, groups.shape[-1]).golden(groups)
        return np.full(groups.shape[:-1], self.most["ab".index(side)], np.int64)

    def cycles(self, a_bits: Codes, b_bits: Codes) -> Codes:
        """Cycles of steps that take so many bits, which broadcast: int64."""
        a, b = (bits if side in self.array.pe.sides else np.int64(1)
                for side, bits in zip("ab", (a_bits, b_bits), strict=True))
        return np.broadcast_to(np.int64(1) * a * b, np.broadcast_shapes(a_bits.shape, b_bits.shape))
