"""Precision detector: how many bits the values of a group really use (Delmas et al., DPRed).

Serial arrays take as many cycles as the widest group that they process together, and compressed
streams store as many bits a value.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for
from pydantic import Field

from hwgen.number import Codes, Fixed
from hwgen.spec import InputError, Int, Spec

Form = Literal["twos-complement", "sign-magnitude"]
"""How a signed value is written in few bits; unsigned values are written alike in both."""

MAX_CONTAINER_BITS = 32


class GroupPrecision(Spec):
    """The fewest bits P in which every value of a group can be written, 1 to ``width``.

    - ``twos-complement``: each value is a P-bit two's-complement number (its sign is trimmed).
    - ``sign-magnitude``: the OR of the magnitudes has its leading one at position p; P = p + 2
      with the sign. The most negative code takes ``width`` bits, as a negative zero.
    - Unsigned values, whatever the form: the leading one of their OR at position p; P = p + 1.

    A group of zeros has P = 1. Combinational: latency 0 cycles, one group a cycle.

    Parameters
    ----------
    width : bits of a value in its container, 1 to 32.
    signed : two's-complement codes when true.
    count : values of a group, 1 to 65536.
    form : how signed values are written.
    """

    width: Int = Field(16, ge=1, le=MAX_CONTAINER_BITS)
    signed: bool = True
    count: Int = Field(16, ge=1, le=65536)
    form: Form = "twos-complement"

    @property
    def container(self) -> Fixed:
        """The format of a code."""
        return Fixed(width=self.width, signed=self.signed)

    @property
    def module_name(self) -> str:
        kind = self.form.replace("-", "_") if self.signed else "unsigned"
        return f"precision_{kind}_{self.count}x{self.width}"

    @cached_property
    def signature(self) -> wiring.Signature:
        """Port ``i`` takes the codes side by side; the results are ``mask`` and ``precision``."""
        return wiring.Signature({"i": In(self.count * self.width), "mask": Out(self.width),
                                 "precision": Out(bits_for(self.width))})

    def create(self) -> wiring.Component:
        return GroupPrecisionUnit(self)

    def golden(self, codes: Codes) -> Codes:
        """P of each group: ``(..., count) -> (...) int64``.

        Raises
        ------
        InputError
            If the last axis is no group, or a code lies outside the container.
        """
        codes = np.asarray(codes)
        if codes.ndim == 0 or codes.shape[-1] != self.count or codes.dtype.kind not in "iu":
            raise InputError(f"codes must be integers of shape (..., {self.count}), "
                             f"not {codes.dtype} of shape {codes.shape}")
        container = self.container
        if not container.contains(codes):
            raise InputError(f"codes must be {container.minimum} to {container.maximum}, "
                             f"not {codes.min()} to {codes.max()}")
        codes = codes.astype(np.int64)
        if self.signed and self.form == "twos-complement":
            return self._trimmed(codes)
        together = np.bitwise_or.reduce(np.abs(codes), axis=-1)
        sign = int(self.signed)
        lengths = sum((together >> place != 0).astype(np.int64) for place in range(self.width))
        return np.clip(lengths + sign, 1, self.width)

    def _trimmed(self, codes: Codes) -> Codes:
        """One bit more for every width that does not hold all values of the group."""
        least, most = codes.min(axis=-1), codes.max(axis=-1)
        precision = np.ones(least.shape, np.int64)
        for bits in range(1, self.width):
            holds = Fixed(width=bits)
            precision += (least < holds.minimum) | (most > holds.maximum)
        return precision

    def masks(self, precision: Codes) -> Codes:
        """What port ``mask`` says of each P: bit k is set where more than k bits are needed."""
        return (np.int64(1) << precision) - 1


class GroupPrecisionUnit(wiring.Component):
    """Combinational :class:`GroupPrecision`: an OR tree, a suffix OR and an encoder.

    The OR of the masks of several groups is the mask of the widest: :func:`ones_of` counts it.

    Members
    -------
    i : ``In(count * width)``, the codes of a group, the first lowest.
    mask : ``Out(width)``, bit k set where more than k bits are needed; bit 0 always is.
    precision : ``Out``, P.
    """

    def __init__(self, spec: GroupPrecision):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        width, signed = self.spec.width, self.spec.signed
        codes = [self.i[lane * width : (lane + 1) * width] for lane in range(self.spec.count)]
        mask = Signal(width, name="trimmed_mask")
        m.d.comb += mask.eq(Cat(Const(1, 1), _suffix_or(m, codes, signed)))
        if signed and self.spec.form == "sign-magnitude":
            least = Signal()
            m.d.comb += least.eq(_any_of([_is_least(code, mask) for code in codes]))
            m.d.comb += self.mask.eq(mask | Mux(least, mask << 1, 0))
        else:
            m.d.comb += self.mask.eq(mask)
        m.d.comb += self.precision.eq(ones_of(self.mask))
        return m


def _suffix_or(m: Module, codes: list[Value], signed: bool) -> Value:
    """Whether any code has, at this place or above, a bit that is no copy of its sign.

    The places are those that tell apart one bit more: from 0 of signed codes, else from 1.
    """
    bits = [code[:-1] ^ code[-1].replicate(len(code) - 1) if signed else code[1:] for code in codes]
    used = Signal(len(bits[0]))
    m.d.comb += used.eq(_any_of(bits))
    return Cat(used[place:].any() for place in range(len(used)))


def _is_least(code: Value, mask: Value) -> Value:
    """Whether a code is the least in two's complement of P bits, ``-2**(P - 1)``.

    It is the only one whose magnitude takes a bit more, beside the sign.
    """
    return code[-1] & ~(code[:-1] & mask[1:]).any()


def _any_of(values: Sequence[Value]) -> Value:
    """The OR of all ``values``, as a balanced tree: thousands in a row are too deep for Python."""
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return _any_of(values[:half]) | _any_of(values[half:])


def ones_of(mask: Value) -> Value:
    """How many bits are set in a thermometer, whose set bits are the lowest.

    Bit j of the number is set in every second run of ``2**j`` numbers.
    """
    padded = Cat(Const(1, 1), mask, Const(0, 1))
    bits = []
    for place in range(bits_for(len(mask))):
        runs = range(1 << place, len(mask) + 1, 2 << place)
        bits.append(Cat(padded[start] & ~padded[min(start + (1 << place), len(mask) + 1)]
                        for start in runs).any())
    return Cat(bits)
