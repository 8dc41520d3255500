"""The order in which a bit-serial step takes its planes, and the sequencer that walks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from amaranth import Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


class Planes(NamedTuple):
    """What a cycle takes: bit ``a`` of one operand and bit ``b`` of the other.

    Members
    -------
    double : whether it is the first of its significance, ``a + b``.
    """

    a: int
    b: int
    double: bool


def pairs(a_bits: int, b_bits: int) -> Iterator[Planes]:
    """All pairs of planes, the most significant first (Umuroglu et al., BISMO, FPL 2018).

    With ``b_bits = 1`` they are the planes of ``a`` alone.
    """
    for significance in reversed(range(a_bits + b_bits - 1)):
        first = min(significance, a_bits - 1)
        for a in range(first, max(0, significance - b_bits + 1) - 1, -1):
            yield Planes(a, significance - a, a == first)


@dataclass(frozen=True)
class PlaneSequencer:
    """Walks :func:`pairs` for steps of up to ``a_width`` by ``b_width`` planes.

    Parameters
    ----------
    a_signed, b_signed : whether the highest plane that is taken is the sign's.
    """

    a_width: int
    b_width: int
    a_signed: bool
    b_signed: bool

    @property
    def module_name(self) -> str:
        return "planes"

    @property
    def signature(self) -> wiring.Signature:
        """Members: ``en``, ``go: In(1)``; ``a_bits, b_bits: In``; ``a, b: Out``; ``double, negate,
        first, last: Out(1)``.
        """
        sides = {"a": self.a_width, "b": self.b_width}
        return wiring.Signature({
            "en": In(1), "go": In(1),
            **{f"{side}_bits": In(bits_for(width)) for side, width in sides.items()},
            **{side: Out(max(1, bits_for(width - 1))) for side, width in sides.items()},
            **{flag: Out(1) for flag in ("double", "negate", "first", "last")},
        })

    def create(self) -> "PlaneSequencerUnit":
        return PlaneSequencerUnit(self)


class PlaneSequencerUnit(wiring.Component):
    """Hardware of :class:`PlaneSequencer`.

    Members
    -------
    en, go : ``In(1)``; with both, the planes are taken and the next ones follow.
    a_bits, b_bits : ``In``, of the operands to be taken, 1 at least; steady during a step.
    a, b : ``Out``, the planes to take, the last pair of a step being 0 and 0.
    double : ``Out(1)``, the first pair of a significance.
    negate : ``Out(1)``, exactly one of them has the sign's weight.
    first, last : ``Out(1)``, of the step.
    """

    def __init__(self, spec: PlaneSequencer):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        first = Signal(init=1)
        kept = {side: Signal(getattr(self, side).shape(), name=f"next_{side}", reset_less=True)
                for side in "ab"}
        tops = {side: Signal(getattr(self, side).shape(), name=f"top_{side}") for side in "ab"}
        for side in "ab":
            m.d.comb += [
                tops[side].eq(getattr(self, f"{side}_bits") - 1),
                getattr(self, side).eq(Mux(first, tops[side], kept[side])),
            ]
        m.d.comb += [
            self.first.eq(first), self.last.eq((self.a == 0) & (self.b == 0)),
            self.negate.eq(((self.a == tops["a"]) & self.spec.a_signed)
                           ^ ((self.b == tops["b"]) & self.spec.b_signed)),
        ]
        ends, a, b = self._following(m, tops)
        double = Signal()
        m.d.comb += self.double.eq(first | double)
        with m.If(self.en & self.go):
            m.d.sync += [kept["a"].eq(a), kept["b"].eq(b), first.eq(self.last), double.eq(ends)]
        return m

    def _following(self, m, tops):
        """Whether the significance ends here, and the planes that follow."""
        if self.spec.b_width == 1:
            return Const(1), self.a - 1, Const(0)
        ends = Signal(name="ends")
        below = Signal(range(self.spec.a_width + self.spec.b_width), name="significance_below")
        m.d.comb += [
            ends.eq((self.a == 0) | (self.b == tops["b"])),
            below.eq(self.a + self.b - 1),
        ]
        fits = below <= tops["a"]
        return (ends, Mux(ends, Mux(fits, below, tops["a"]), self.a - 1),
                Mux(ends, Mux(fits, 0, below - tops["a"]), self.b + 1))
