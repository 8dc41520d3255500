"""The edge of a mesh where operand beats enter it, a step a cycle or plane by plane."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from amaranth import Const, Module, Signal
from amaranth.utils import bits_for

from hwgen.array.plane_store import plane_of
from hwgen.array.planes import PlaneSequencer
from hwgen.array.skew import Delay, eastward
from hwgen.pe.serial import SerialPE
from hwgen.place import place

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec

SERIAL_FLAGS = ("w_run", "w_negate", "w_double")
"""Inputs of cells that come with the planes of a step."""

Taps = Callable[[Any, str], Any]
"""Makes of a flag, and its name, one for each row of PEs."""


class ParallelFeed:
    """Whole beats: a step enters the mesh in the cycle that accepts it.

    Members
    -------
    codes : by stream, what enters the mesh.
    beat : the flags of stream ``a``.
    first, last : whether this cycle would be the first, the last of a step.
    go : whether it is taken.
    """

    def __init__(self, m: Module, platform: Any, array: "ArraySpec", en: Any,
                 streams: Mapping[str, Any], busy: Any):
        self._m, self._en, self._streams, self._busy = m, en, streams, busy
        self.codes = {name: stream.payload.codes for name, stream in streams.items()}
        self.beat = streams["a"].payload
        self.first, self.last = Const(1), Const(1)
        self.go = Signal(name="go")

    def allow(self, allowed: Any) -> None:
        """Take what stands here whenever ``allowed`` is high, and the mesh enabled."""
        _join(self._m, self._streams, self._en & allowed & ~self._busy)
        self._m.d.comb += self.go.eq(_all_valid(self._streams) & allowed & ~self._busy)

    def flags(self, taps: Taps) -> dict[str, Any]:
        """What comes with the operands of each row of PEs."""
        return {}

    def report(self, top: Any) -> None:
        """Nothing can be wrong with a beat."""


class SerialFeed:
    """Beats are held while their planes enter the mesh, from the cycle after they are accepted.

    The members are those of :class:`ParallelFeed`, and

    bits : how many planes of each operand the step takes; a mesh sets those of stationary weights.
    loads : high in the cycle that accepts a beat.
    error : high from a beat on whose precision is out of range, which is held for good.
    """

    def __init__(self, m: Module, platform: Any, array: "ArraySpec", en: Any,
                 streams: Mapping[str, Any], busy: Any):
        self._m, self._en, self._streams, self._busy = m, en, streams, busy
        self._pe, self._platform = serial(array), platform
        self._held = Signal(name="held")
        self.loads, self.error, self.go = (Signal(name=name) for name in ("loads", "error", "go"))
        self.beat = self._kept_flags()
        self.bits = {side: Signal(bits_for(self._pe.planes(side)), name=f"{side}_bits")
                     for side in "ab"}
        self._drive_bits()
        self._sequence = place(m, platform, "walk", sequencer(self._pe), en=en, go=self.go,
                               **{f"{side}_bits": bits for side, bits in self.bits.items()})
        self.first, self.last = self._sequence.first, self._sequence.last
        self.codes = {name: self._entering(name) for name in streams}

    def allow(self, allowed: Any) -> None:
        """Take the next planes whenever ``allowed`` is high, and the mesh enabled."""
        m, en = self._m, self._en
        room = (~self._held | (self.go & self.last)) & ~self._busy
        _join(m, self._streams, en & room)
        m.d.comb += [
            self.go.eq(self._held & ~self.error & allowed),
            self.loads.eq(en & room & _all_valid(self._streams)),
        ]
        with m.If(self.loads):
            m.d.sync += self._held.eq(1)
        with m.Elif(en & self.go & self.last):
            m.d.sync += self._held.eq(0)

    def flags(self, taps: Taps) -> dict[str, Any]:
        """What comes with the planes of each row of PEs."""
        values = {"run": self.go, "negate": self._sequence.negate, "double": self._sequence.double}
        return {name: taps(values[name], f"{name}_taps") for name in self._pe.flags}

    def report(self, top: Any) -> None:
        """Drive the array's port ``error``, if it has one."""
        if "error" in top.signature.members:
            self._m.d.comb += top.error.eq(self.error)

    def tells(self, side: str) -> bool:
        """Whether the feed knows how many planes of an operand to take."""
        return side in self._streams or side not in self._pe.sides or not self._pe.is_dynamic

    @property
    def plane_b(self) -> Any:
        """Which bit of stationary weights is taken."""
        return self._sequence.b

    def _format(self, side: str) -> Any:
        return getattr(self._pe, side)

    def _kept(self, value: Any, name: str) -> Signal:
        """A field of the beat that is held."""
        kept = Signal(value.shape(), name=name, reset_less=True)
        with self._m.If(self.loads):
            self._m.d.sync += kept.eq(value)
        return kept

    def _kept_flags(self) -> Any:
        """The held beat of stream ``a`` without its codes."""
        payload = self._streams["a"].payload
        names = [name for name, _ in payload.shape() if name != "codes"]
        return Fields({name: self._kept(payload[name], f"held_{name}") for name in names})

    def _entering(self, name: str) -> Any:
        """A plane of the held beat, or its words."""
        m, codes = self._m, self._streams[name].payload.codes
        if name not in self._pe.sides:
            words = Delay(len(codes), 1)
            return place(m, self._platform, f"words_{name}", words, en=self.loads, i=codes).o
        return plane_of(m, self._platform, f"planes_{name}", self._format(name).width, codes,
                        self.loads, getattr(self._sequence, name))

    def _drive_bits(self) -> None:
        """The planes of each operand, where the streams tell."""
        m, pe = self._m, self._pe
        for side, bits in self.bits.items():
            width = pe.planes(side)
            if side not in pe.sides:
                m.d.comb += bits.eq(1)
            elif pe.is_told:
                told = getattr(self._streams["a"].payload, f"{side}_bits")
                m.d.comb += bits.eq(getattr(self.beat, f"{side}_bits"))
                above = told > width if width + 1 < 1 << len(told) else Const(0)
                with m.If(self.loads & ((told == 0) | above)):
                    m.d.sync += self.error.eq(1)
            elif not pe.is_dynamic:
                m.d.comb += bits.eq(width)
            elif side in self._streams:
                found = detector(m, self._platform, pe, side, self._streams[side].payload.codes)
                m.d.comb += bits.eq(self._kept(found.precision, f"found_{side}"))


def plane_inputs(m: Module, cell: Any, step: Any) -> dict[str, Any]:
    """What a serial PE takes beside its operands, on its way east through a cell.

    Parameters
    ----------
    step : high with the last plane of a step.
    """
    flags = cell.spec.pe.flags
    return {"step": step, **{name: eastward(m, cell, name) for name in flags}} if flags else {}


class Fields:
    """Values by attribute, as of a payload."""

    def __init__(self, values: Mapping[str, Any]):
        self.__dict__.update(values)


def feed(m: Module, platform: Any, array: "ArraySpec", en: Any, streams: Mapping[str, Any],
         busy: Any) -> ParallelFeed | SerialFeed:
    """The feed of the array's PEs.

    Parameters
    ----------
    streams : those whose beats are accepted together, ``a`` among them.
    busy : while high no beat is accepted.
    """
    kind = SerialFeed if isinstance(array.pe, SerialPE) else ParallelFeed
    return kind(m, platform, array, en, streams, busy)


def sequencer(pe: SerialPE) -> PlaneSequencer:
    """What walks the planes of a step; an operand of whole words has one plane."""
    signs = {side: getattr(pe, side).signed and side in pe.sides for side in "ab"}
    return PlaneSequencer(pe.planes("a"), pe.planes("b"), signs["a"], signs["b"])


def serial(array: "ArraySpec") -> SerialPE:
    """The array's PE, which must be bit-serial."""
    if not isinstance(array.pe, SerialPE):
        raise TypeError(f"PE must be bit-serial, not {array.pe!r}")
    return array.pe


def detector(m: Module, platform: Any, pe: SerialPE, side: str, codes: Any) -> Any:
    """What finds how many planes the codes of a beat need: ``mask`` and ``precision``."""
    operand = getattr(pe, side)
    unit = pe.group_precision(side, len(codes) // operand.width)
    return place(m, platform, f"detector_{side}", unit, i=codes)


def _all_valid(streams: Mapping[str, Any]) -> Any:
    return reduce(and_, (stream.valid for stream in streams.values()))


def _join(m: Module, streams: Mapping[str, Any], ready: Any) -> None:
    """Accept a beat of all streams at once."""
    for name, stream in streams.items():
        others = {other: each for other, each in streams.items() if other != name}
        m.d.comb += stream.ready.eq(ready & _all_valid(others) if others else ready)
