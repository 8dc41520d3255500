"""Sum over lanes of one bit times one word: the adder tree of a bit-serial PE."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from amaranth import Const, Module, Mux, Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.arith.delay import later
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.exchange import ExchangeProof
from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.netlist import Netlist
from hwgen.number import Codes, smallest_shape
from hwgen.place import EmitPlatform
from hwgen.spec import ToolError

LANES = 1, 256
BITS = 1, 16
STAGES = 0, 3
_SAMPLES = 256


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
    def plan(self) -> LanePlan:
        """What the cells of the target are to compute."""
        return LanePlan(self.lanes, self.bits, self.signed, self.shape.width, self.stages)

    @property
    def cells(self) -> int | None:
        """Logic cells of the target; None where the RTL is portable."""
        netlist = circuit(self)
        return FABRICS[self.target].cells(netlist) if self.target and netlist else None

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


@cache
def circuit(unit: LaneSum) -> Netlist | None:
    """The cells of a unit, proven and evaluated on some operands; None where the RTL is portable.

    Raises
    ------
    ToolError : they do not compute the golden's sums.
    """
    netlist = FABRICS[unit.target].lane_sum(unit.plan) if unit.target else None
    if netlist is None:
        return None
    ExchangeProof(netlist).check(unit.plan)
    a, b = _operands(unit)
    found = netlist.evaluate(a=_packed(a, 1), b=_packed(b, unit.bits))["p"]
    if ((found - unit.golden(a, b)) % (1 << unit.shape.width)).any():
        raise ToolError(f"cells of {unit.module_name} must compute the golden's sums, but do not; "
                        "please report this specification")
    return netlist


def _operands(unit: LaneSum) -> tuple[Codes, Codes]:
    """Random operands, and all extremes at once."""
    rng = np.random.default_rng(0)
    low, high = unit.ends
    a = rng.integers(2, size=(_SAMPLES, unit.lanes))
    b = rng.integers(low, high + 1, size=(_SAMPLES, unit.lanes))
    b[_SAMPLES // 2 :] = rng.choice([low, high], b[_SAMPLES // 2 :].shape)
    for row, (gate, word) in enumerate(product((0, 1), (low, high))):
        a[row], b[row] = gate, word
    return a, b


def _packed(codes: Codes, bits: int) -> Codes:
    """The codes of each row side by side, as Python integers."""
    parts = [codes[:, lane].astype(object) % (1 << bits) << lane * bits
             for lane in range(codes.shape[1])]
    return np.sum(parts, axis=0)


class LaneSumTree(wiring.Component):
    """The hardware of :class:`LaneSum`; to simulators of Amaranth, always the portable RTL.

    That adds up pairs of words which their bits let through, then pairs of their sums.
    """

    def __init__(self, unit: LaneSum):
        self.unit = unit
        super().__init__(unit.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        unit = self.unit
        en = self.en if unit.stages else Const(1)
        netlist = circuit(unit) if isinstance(platform, EmitPlatform) else None
        if unit.target and netlist is not None:
            outputs = FABRICS[unit.target].write(m, netlist, en, a=self.a, b=self.b)
            m.d.comb += self.p.eq(outputs["p"])
            return m
        level = [Mux(gate, word, 0) for gate, word in zip(self.a, self._words(), strict=True)]
        depth = (unit.lanes - 1).bit_length()
        stage = 0
        for step in range(depth + 1):
            until = unit.stages if step == depth else step * (unit.stages + 1) // (depth + 1)
            level = [later(m, en, value, until - stage, "stage") for value in level]
            stage = until
            level = _paired(level)
        m.d.comb += self.p.eq(*level)
        return m

    def _words(self) -> list[Value]:
        """The word of each lane, as a number."""
        words = [self.b.word_select(lane, self.unit.bits) for lane in range(self.unit.lanes)]
        return [word.as_signed() for word in words] if self.unit.signed else words


def _paired(level: Sequence[Value]) -> list[Value]:
    """The sums of neighbours, and the last on its own if it has none."""
    sums = [x + y for x, y in zip(level[::2], level[1::2], strict=False)]
    return sums + list(level[2 * len(sums) :])
