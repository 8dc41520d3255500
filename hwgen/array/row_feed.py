"""The edge of one mesh row that need not wait for the others: its beats and its planes."""

from dataclasses import dataclass

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.array.feed import sequencer
from hwgen.array.plane_store import plane
from hwgen.pe.serial import SerialPE
from hwgen.place import place

BEAT_FLAGS = ("begin", "last", "start", "finish")


@dataclass(frozen=True)
class RowFeed:
    """Holds the next beats of a row and walks the planes of the first, in its own precision.

    Parameters
    ----------
    entries : beats that it holds.
    """

    pe: SerialPE
    entries: int

    @property
    def module_name(self) -> str:
        return "row_feed"

    @property
    def code_bits(self) -> int:
        """Bits of a beat's codes."""
        return self.pe.a.width * self.pe.lanes

    @property
    def plane_bits(self) -> int:
        """Bits of the number of a weight's plane."""
        return max(1, bits_for(self.pe.b.width - 1))

    @property
    def flags(self) -> tuple[str, ...]:
        """What comes with a plane."""
        return ("step", "swap", *self.pe.flags)

    @property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({
            "en": In(1), "push": In(1), "i": In(self.code_bits),
            **{f"i_{name}": In(1) for name in BEAT_FLAGS},
            "b_bits": In(bits_for(self.pe.planes("b"))),
            **{name: In(1) for name in ("loaded", "summed", "space")},
            "room": Out(1), "a": Out(self.pe.lanes), "plane": Out(self.plane_bits),
            **{name: Out(1) for name in self.flags},
            **{f"o_{name}": Out(1) for name in BEAT_FLAGS},
        })

    def create(self) -> "RowFeedUnit":
        return RowFeedUnit(self)


class RowFeedUnit(wiring.Component):
    """Hardware of :class:`RowFeed`.

    Members
    -------
    en : ``In(1)``, advances everything.
    push, i, i_begin, i_last, i_start, i_finish : ``In``, a beat that comes, ``begin`` being the
        first of a tile.
    room : ``Out(1)``, whether one may come.
    b_bits : ``In``, planes of the next tile's weights.
    loaded : ``In(1)``, the weights of the next tile are here, which its first plane waits for.
    summed, space : ``In(1)``, the partial sum from above is here, the next row can take this one's:
        the last plane of a step waits for both.
    a, plane : ``Out``, the plane of the activations, and the number of that of the weights.
    step, swap, run, negate, double : ``Out(1)``, as cells take them.
    o_begin, o_last, o_start, o_finish : ``Out(1)``, flags of the beat of a ``step``.
    """

    def __init__(self, spec: RowFeed):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        go, last = Signal(name="go"), Signal(name="last_plane")
        kept, b_bits = (Signal(len(self.b_bits), name=f"{name}_b_bits", reset_less=True)
                        for name in ("kept", "used"))
        codes, flags, a_bits, there = self._beats(m, platform, go & last)
        sequence = place(m, platform, "walk", sequencer(spec.pe), en=self.en, go=go,
                         a_bits=a_bits, b_bits=b_bits)
        begins = flags["begin"] & sequence.first
        with m.If(self.en & self.swap):
            m.d.sync += kept.eq(self.b_bits)
        m.d.comb += [
            b_bits.eq(Mux(begins, self.b_bits, kept) if "b" in spec.pe.sides else 1),
            last.eq(sequence.last),
            go.eq(there & (~begins | self.loaded) & (~last | (self.summed & self.space))),
            self.step.eq(go & last), self.swap.eq(go & begins), self.run.eq(go),
            self.plane.eq(sequence.b),
            self.a.eq(plane(codes, spec.pe.a.width, sequence.a)),
            *(getattr(self, f"o_{name}").eq(flag) for name, flag in flags.items()),
            *(getattr(self, name).eq(getattr(sequence, name))
              for name in spec.pe.flags if name != "run"),
        ]
        return m

    def _beats(self, m, platform, pop):
        """The first beat's codes, flags and planes, and whether there is one."""
        spec, entries = self.spec, self.spec.entries
        found = place(m, platform, "detector", spec.pe.group_precision("a", spec.pe.lanes),
                      i=self.i).precision
        flags = Cat(getattr(self, f"i_{name}") for name in BEAT_FLAGS)
        beat = Cat(self.i, found, flags)
        m.submodules.beats = beats = memory.Memory(shape=len(beat), depth=entries, init=[])
        write = beats.write_port()  # Amaranth names its signals after these variables
        read = beats.read_port(domain="comb")
        count = Signal(range(entries + 1), name="count")
        m.d.comb += [self.room.eq(count != entries), write.en.eq(self.en & self.push),
                     write.data.eq(beat)]
        with m.If(self.en):
            m.d.sync += count.eq(count + self.push - pop)
            for port, moves in ((write, self.push), (read, pop)):
                place_of = Signal(range(entries), name="place")
                m.d.comb += port.addr.eq(place_of)
                with m.If(moves):
                    m.d.sync += place_of.eq(Mux(place_of == entries - 1, 0, place_of + 1))
        codes, rest = read.data[: spec.code_bits], read.data[spec.code_bits :]
        a_bits, told = rest[: len(found)], rest[len(found) :]
        return codes, dict(zip(BEAT_FLAGS, told, strict=True)), a_bits, count.any()
