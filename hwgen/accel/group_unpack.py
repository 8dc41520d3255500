"""Unpacker: bus words of :class:`GroupFormat` in, groups of codes out; corrupt words raise a flag.

Its time is one bus word a cycle, or one group a cycle where several share a word.
"""

from dataclasses import dataclass
from functools import cached_property

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.accel.group_format import GroupFormat
from hwgen.accel.shifts import below, moves, named, selected, spread, total, window
from hwgen.accel.stage import Stage
from hwgen.array.stream import BeatField, BeatLayout


@dataclass(frozen=True)
class GroupUnpack:
    """Unpacks tensors, one bus word a beat.

    A group takes the cycles that :meth:`GroupFormat.unpack_cycles` says: those of the bus words
    that it uses up, but at least one.  The end of a tensor takes one more.

    What comes out of any words is :meth:`GroupFormat.decode`: ``error`` is set from the first
    faulty group of a tensor to its last.  A group that cannot be read is the last of its tensor;
    its codes mean nothing.  The words behind it are skipped, one a cycle.  The next tensor is read
    as if nothing had happened.
    """

    format: GroupFormat

    @property
    def module_name(self) -> str:
        return "group_unpack"

    @property
    def latency(self) -> int:
        """Cycles from the last word that a group needs to the group, beside those of its reading.

        Without stalls, the last group of a good tensor comes in cycle ``latency +
        unpack_cycles(codes).sum()``, where the first word is accepted in cycle 0.
        """
        return 4 if self.format.zero_vector else 3

    @property
    def streams(self) -> dict[str, BeatLayout]:
        """Beat layouts: bus words in, groups with a flag out."""
        groups = self.format.group_layout
        return {"i": self.format.word_layout,
                "o": BeatLayout((*groups.fields, BeatField("error", 1)))}

    @cached_property
    def signature(self) -> wiring.Signature:
        """Stream ``i`` of bus words and stream ``o`` of groups; ``last`` ends a tensor."""
        return wiring.Signature({"i": In(stream.Signature(self.streams["i"].shape)),
                                 "o": Out(stream.Signature(self.streams["o"].shape))})

    def create(self) -> wiring.Component:
        return GroupUnpackUnit(self)


class GroupUnpackUnit(wiring.Component):
    """Hardware of :class:`GroupUnpack`: align, collect a group, part its values, (spread them).

    The current and the next word are shifted to the start of the group, so that the end of a group
    and the start of the next one can come from one word.  A whole group waits until what follows it
    is known: another group, or the end of the tensor.

    Members
    -------
    i : ``In``, bus words: ``word`` and ``last``.
    o : ``Out``, groups: ``codes`` side by side, ``last`` and ``error``.
    """

    def __init__(self, spec: GroupUnpack):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec.format
        sent = Stage(m, "sent", self.o.ready)
        parted = Stage(m, "parted", sent.free) if spec.zero_vector else sent
        group, leaves, fault, last = self._collect(m, parted.free)
        values, full = self._part(m, group)
        present = Const((1 << spec.group) - 1, spec.group)
        if spec.zero_vector:
            values, present, full, fault, last = self._spread(
                m, parted, leaves, group, values, full, fault, last)
            leaves = parted.valid
        self._send(m, sent, leaves, values, present, full, fault, last)
        return m

    def _words(self, m, used):
        """The current and the next word, whether each ends a tensor, and whether they are there.

        ``used`` says that the current word is used up.
        """
        words = [Signal.like(self.i.payload, name=name, reset_less=True)
                 for name in ("current", "following")]
        following, current = (Stage(m, name, used) for name in ("following", "current"))
        moves_on = current.free
        m.d.comb += self.i.ready.eq(~following.valid | moves_on)
        with m.If(self.i.ready):
            m.d.sync += [following.valid.eq(self.i.valid), words[1].eq(self.i.payload)]
        with current.takes(following.valid):
            m.d.sync += words[0].eq(words[1])
        return words, current.valid, following.valid

    def _collect(self, m, free):
        """A whole group in registers, whether it leaves, could not be read, and ends the tensor."""
        spec = self.spec.format
        bus, shift = spec.bus_bits, (spec.bus_bits - 1).bit_length()
        used, go, whole, fault, skips, ends, bad, leaves = (Signal(name=name) for name in (
            "word_used", "go", "whole", "fault", "skips", "ends", "bad", "leaves"))
        head = Signal(init=1)
        (current, following), there, more = self._words(m, used)
        offset = Signal(shift)
        # Behind the last word of a tensor are zeros, so that its one at the end is found.
        beyond = following.word & ~current.last.replicate(bus)
        both = named(m, Cat(current.word, beyond), "both_words")
        low = window(m, both, offset, bus, "low")
        high = window(m, following.word, offset, bus, "high")
        # Bits of the current word before the group and of the group, as far as not yet used up.
        left, ahead = (Signal(range(spec.max_group_bits + bus), name=name)
                       for name in ("left", "ahead"))
        field, bits = self._header(m, low)
        m.d.comb += ahead.eq(Mux(head, offset + bits, left))
        over, far = ahead[shift:].any(), ahead[shift + 1 :].any()
        m.d.comb += [
            go.eq(there & ~skips & (current.last | more) & (~head | ~(whole | fault) | free)),
            ends.eq(head & current.last & (low == 1)),
            bad.eq(Mux(ends, ~whole, (head & (field >= spec.width)) | (current.last & over))),
            used.eq((skips & there) | (go & Mux(ends | bad, current.last, over))),
        ]
        stays = ~ends & ~bad & (over & far)
        m.d.comb += leaves.eq(free & (fault | (whole & go)))
        with m.If(leaves):
            m.d.sync += [whole.eq(0), fault.eq(0)]
        with m.If(go):
            m.d.sync += [
                head.eq(~stays), left.eq(ahead - bus), whole.eq(~ends & ~bad & ~stays),
                fault.eq(bad), offset.eq(Mux(ends | bad, 0, Mux(stays, offset, ahead))),
                skips.eq(bad & ~current.last),
            ]
        with m.If(skips & there & current.last):
            m.d.sync += skips.eq(0)
        group = self._fill(m, go & ~ends, head, low, high)
        return group, leaves, fault, fault | ends

    def _header(self, m, low):
        """P - 1 and the bits of a group, from its first word."""
        spec = self.spec.format
        field = low[: spec.field_bits]
        if not spec.zero_vector:
            return field, spec.header_bits + spec.group + field * spec.group
        count = named(m, total(list(low[spec.field_bits : spec.header_bits])), "count")
        return field, spec.header_bits + count * (field + 1)

    def _fill(self, m, takes, head, low, high):
        """The words of a group as they come; the last one and a part of the next come together."""
        spec = self.spec.format
        bus = spec.bus_bits
        words = -(-spec.max_group_bits // bus)
        group = [Signal(bus, name=f"group{index}", reset_less=True) for index in range(words)]
        place = Signal(words)
        next_place = Signal(words)
        m.d.comb += place.eq(Mux(head, 1, next_place))
        with m.If(takes):
            m.d.sync += next_place.eq(place << 1)
            for index, register in enumerate(group):
                with m.If(place[index]):
                    m.d.sync += register.eq(low)
                if index:
                    with m.Elif(place[index - 1]):
                        m.d.sync += register.eq(high)
        return named(m, Cat(group), "group_bits")

    def _part(self, m, group):
        """The values of a group in their container, as they are written; and whether P fills it."""
        spec = self.spec.format
        field = group[: spec.field_bits]
        magnitudes = spec.signed and spec.form == "sign-magnitude"
        values, tops = [], []
        for precision in range(1, spec.width + 1):
            kept = precision - magnitudes
            lanes = [group[spec.header_bits + lane * precision :][:precision]
                     for lane in range(spec.group)]
            values.append(Cat(Cat(lane[:kept], Const(0, spec.width - kept)) for lane in lanes))
            tops.append(Cat(lane[-1] for lane in lanes))
        raw = named(m, selected(field, values), "raw")
        signs = named(m, selected(field, tops), "signs")
        lanes = [raw[lane * spec.width :][: spec.width] for lane in range(spec.group)]
        if magnitudes:
            lanes = [named(m, Cat(lane[:-1], sign), "written")
                     for lane, sign in zip(lanes, signs, strict=True)]
        elif spec.signed:
            above = named(m, ~below(spec.width, field + 1), "above")
            lanes = [lane | (above & sign.replicate(spec.width))
                     for lane, sign in zip(lanes, signs, strict=True)]
        return lanes, field == spec.width - 1

    def _spread(self, m, parted, leaves, group, values, full, fault, last):
        """The values that are not zero in registers, then each at its place."""
        spec = self.spec.format
        registers = [Signal(spec.width, name=f"value{lane}", reset_less=True)
                     for lane in range(spec.group)]
        present = Signal(spec.group, reset_less=True)
        flags = [Signal(name=f"parted_{name}", reset_less=True)
                 for name in ("full", "fault", "last")]
        with parted.takes(leaves):
            m.d.sync += [
                *(register.eq(value) for register, value in zip(registers, values, strict=True)),
                present.eq(group[spec.field_bits : spec.header_bits]),
                *(flag.eq(value) for flag, value in zip(flags, (full, fault, last), strict=True)),
            ]
        lanes = spread(m, registers, moves(m, present, "zeros"), "values")
        return lanes, present, *flags

    def _send(self, m, sent, leaves, lanes, present, full, fault, last):
        """The group as codes, and whether anything about it is wrong, in the output's registers."""
        spec = self.spec.format
        wrong = Signal()
        earlier = Signal()
        codes, faults = [], [fault, earlier]
        for lane, there in zip(lanes, present, strict=True):
            if spec.zero_vector:
                faults.append(there & ~lane.any())
            if spec.signed and spec.form == "sign-magnitude":
                faults.append(there & ~full & lane[-1] & ~lane[:-1].any())
                lane = Cat(Mux(lane[-1], -lane[:-1], lane[:-1])[: spec.width - 1], lane[-1])
            codes.append(lane & there.replicate(spec.width))
        m.d.comb += [wrong.eq(Cat(faults).any()), self.o.valid.eq(sent.valid)]
        with sent.takes(leaves):
            m.d.sync += [self.o.payload.codes.eq(Cat(codes)), self.o.payload.last.eq(last),
                         self.o.payload.error.eq(wrong)]
            with m.If(leaves):
                m.d.sync += earlier.eq(wrong & ~last)
