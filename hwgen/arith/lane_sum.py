"""Sum over lanes of one bit times one word: the adder tree of a bit-serial PE."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from amaranth import Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.fabric.catalogue import FABRICS
from hwgen.number import Codes, smallest_shape

LANES = 1, 256
BITS = 1, 16
STAGES = 0, 3


@dataclass(frozen=True)
class LaneSum:
    """``p``, the sum of ``a[l] * b[l]`` over the lanes, exact; a new one every enabled cycle.

    Parameters
    ----------
    lanes : 1 to 256.
    bits : of each word of ``b``, 1 to 16; with one bit, ``p`` counts the lanes where both are 1.
    signed : whether the words are two's complement; at least two bits then.
    target : family of FPGAs onto whose cells the tree is mapped; None: portable RTL.
    stages : registers inside the tree, 0 to 3; ``p`` comes that many enabled cycles later.

    Raises
    ------
    ValueError : a parameter is outside of its limits.
    """

    lanes: int
    bits: int
    signed: bool
    target: str | None = None
    stages: int = 0

    def __post_init__(self) -> None:
        limits = {"lanes": LANES, "bits": (BITS[0] + self.signed, BITS[1]), "stages": STAGES}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high}, not {value!r}")
        if self.target is not None and self.target not in FABRICS:
            raise ValueError(f"target must be one of {', '.join(FABRICS)}, not {self.target!r}")

    @property
    def module_name(self) -> str:
        words = f"{'s' if self.signed else 'u'}{self.bits}"
        return f"lane_sum_{self.lanes}x{words}{f'_{self.target}' if self.target else ''}"

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the most that a word can be."""
        half = 1 << (self.bits - 1)
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)

    @property
    def shape(self) -> Shape:
        """The narrowest that holds every sum."""
        low, high = self.ends
        return smallest_shape(self.lanes * low, self.lanes * high)

    @property
    def signature(self) -> wiring.Signature:
        """Members: ``a: In``, a bit a lane; ``b: In``, a word a lane, that of lane 0 lowest;
        ``p: Out``; ``en: In(1)`` with stages, whether the registers advance.
        """
        ports = {"a": In(self.lanes), "b": In(self.lanes * self.bits), "p": Out(self.shape)}
        return wiring.Signature(ports | ({"en": In(1)} if self.stages else {}))

    def golden(self, a: Codes, b: Codes) -> Codes:
        """The sum of the products.

        Parameters
        ----------
        a : ``(..., lanes)``, 0 or 1.
        b : ``(..., lanes)`` codes.

        Returns
        -------
        ``(...)`` int64.
        """
        return np.sum(np.asarray(a, np.int64) * np.asarray(b, np.int64), axis=-1)

    def create(self) -> "LaneSumTree":
        return LaneSumTree(self)


class LaneSumTree(wiring.Component):
    """The hardware of :class:`LaneSum`: words that their bit lets through, added up in pairs."""

    def __init__(self, unit: LaneSum):
        self.unit = unit
        super().__init__(unit.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        unit = self.unit
        en = self.en if unit.stages else Const(1)
        level = [Mux(gate, word, 0) for gate, word in zip(self.a, self._words(), strict=True)]
        depth = (unit.lanes - 1).bit_length()
        stage = 0
        for step in range(depth + 1):
            until = unit.stages if step == depth else step * (unit.stages + 1) // (depth + 1)
            level = [_later(m, value, until - stage, en) for value in level]
            stage = until
            level = _paired(level)
        m.d.comb += self.p.eq(*level)
        return m

    def _words(self) -> list[Value]:
        """The word of each lane, as a number."""
        words = [self.b.word_select(lane, self.unit.bits) for lane in range(self.unit.lanes)]
        return [word.as_signed() for word in words] if self.unit.signed else words


def _later(m: Module, value: Value, cycles: int, en: Value) -> Value:
    """The value some enabled cycles later."""
    for _ in range(cycles):
        register = Signal(value.shape(), name="stage", reset_less=True)
        with m.If(en):
            m.d.sync += register.eq(value)
        value = register
    return value


def _paired(level: Sequence[Value]) -> list[Value]:
    """The sums of neighbours, and the last on its own if it has none."""
    sums = [x + y for x, y in zip(level[::2], level[1::2], strict=False)]
    return sums + list(level[2 * len(sums) :])
