"""Packer: groups of codes in, bus words of :class:`GroupFormat` out, one a cycle."""

from dataclasses import dataclass
from functools import cached_property

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.accel.group_format import GroupFormat
from hwgen.accel.shifts import below, compacted, moves, named, selected, total, window_up
from hwgen.accel.stage import Stage
from hwgen.arith.group_precision import ones_of
from hwgen.array.stream import BeatLayout
from hwgen.place import place


@dataclass(frozen=True)
class GroupPack:
    """Packs tensors, one group a beat.

    A group takes the cycles that :meth:`GroupFormat.pack_cycles` says: those of the bus words that
    it completes, but at least one.  So the bus is never idle while groups come and each completes a
    word; of narrower groups it takes one a cycle.
    """

    format: GroupFormat

    @property
    def module_name(self) -> str:
        return "group_pack"

    @property
    def latency(self) -> int:
        """Cycles from the beat of a tensor's first group to its first word, if that completes one.

        Without stalls, the last word of a tensor comes in cycle ``latency - 1 +
        pack_cycles(codes).sum()``, where the first group is accepted in cycle 0.
        """
        return 4 if self.format.zero_vector else 3

    @property
    def streams(self) -> dict[str, BeatLayout]:
        """Beat layouts: groups in, bus words out."""
        return {"i": self.format.group_layout, "o": self.format.word_layout}

    @cached_property
    def signature(self) -> wiring.Signature:
        """Stream ``i`` of groups and stream ``o`` of bus words; ``last`` ends a tensor."""
        return wiring.Signature({"i": In(stream.Signature(self.streams["i"].shape)),
                                 "o": Out(stream.Signature(self.streams["o"].shape))})

    def create(self) -> wiring.Component:
        return GroupPackUnit(self)


class GroupPackUnit(wiring.Component):
    """Hardware of :class:`GroupPack`: detect, (drop zeros,) join the values, align.

    The values are joined by one multiplexer a bit, which P selects.  Then the group leaves word by
    word, shifted to where the stream has got to.  Its last word and what is left over of it come
    in one cycle, so two words are shifted at a time.

    Members
    -------
    i : ``In``, groups: ``codes`` side by side and ``last``.
    o : ``Out``, bus words: ``word`` and ``last``.
    """

    def __init__(self, spec: GroupPack):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec.format
        leaves = Signal(name="group_leaves")
        group = Stage(m, "group", leaves)
        joining = Stage(m, "joining", group.free)
        detected = Stage(m, "detected", joining.free) if spec.zero_vector else joining
        lanes, field, present, last = self._detect(m, platform, detected)
        header, bits = field, spec.header_bits + spec.group + field * spec.group
        ends = Cat(last)
        if spec.zero_vector:
            lanes, field, header, bits, ends, last = self._drop_zeros(
                m, detected, joining, lanes, field, present, last)
        joined = self._join(m, lanes, field, header, ends)
        self._align(m, group, leaves, joining.valid, joined, bits, last)
        return m

    def _detect(self, m, platform, detected):
        """The group in registers: values as they are written, P - 1, which are not zero, last."""
        spec = self.spec.format
        precision = place(m, platform, "detector", spec.precision, i=self.i.payload.codes)
        codes = Signal(spec.group * spec.width, reset_less=True)
        field = Signal(spec.field_bits, reset_less=True)
        last = Signal(reset_less=True)
        present = Signal(spec.group, reset_less=True)
        m.d.comb += self.i.ready.eq(detected.free)
        with detected.takes(self.i.valid):
            m.d.sync += [
                codes.eq(self.i.payload.codes), last.eq(self.i.payload.last),
                present.eq(Cat(lane.any() for lane in self._lanes(self.i.payload.codes))),
            ]
            if spec.field_bits:
                m.d.sync += field.eq(ones_of(precision.mask[1:]))
        lanes = self._lanes(codes)
        if spec.signed and spec.form == "sign-magnitude":
            lanes = [self._magnitude(m, lane) for lane in lanes]
        return lanes, field, present, last

    def _lanes(self, codes):
        """The values of a group."""
        width = self.spec.format.width
        return [codes[lane * width :][:width] for lane in range(self.spec.format.group)]

    def _magnitude(self, m, lane):
        """Magnitude and sign; the least code becomes a negative zero."""
        return named(m, Cat(Mux(lane[-1], -lane, lane)[: len(lane) - 1], lane[-1]), "written")

    def _drop_zeros(self, m, detected, joining, lanes, field, present, last):
        """The values that are not zero, from lane 0, in registers with all that depends on them."""
        spec = self.spec.format
        lanes = compacted(m, lanes, moves(m, present, "zeros"), "values")
        count = named(m, total(list(present)), "count")
        there = named(m, below(spec.group, count), "there")
        kept = [Signal(spec.width, name=f"kept{lane}", reset_less=True)
                for lane in range(spec.group)]
        kept_field = Signal(spec.field_bits, reset_less=True)
        kept_present = Signal(spec.group, reset_less=True)
        kept_last = Signal(reset_less=True)
        ends = Signal(spec.group + 1, reset_less=True)
        bits = Signal(range(spec.max_group_bits + 1), reset_less=True)
        with joining.takes(detected.valid):
            m.d.sync += [
                *(register.eq(Mux(flag, lane, 0))
                  for register, flag, lane in zip(kept, there, lanes, strict=True)),
                kept_field.eq(field), kept_present.eq(present), kept_last.eq(last),
                ends.eq(Mux(last, Cat(1, there) & ~Cat(there, 0), 0)),
                bits.eq(spec.header_bits + count * (field + 1)),
            ]
        return kept, kept_field, Cat(kept_field, kept_present), bits, ends, kept_last

    def _join(self, m, lanes, field, header, ends):
        """Header and values without gaps, and the one behind the last value of a tensor.

        ``ends`` has a bit for each number of values, set where the one comes behind so many; a
        single bit stands for all of them.
        """
        spec = self.spec.format
        choices = []
        for precision in range(1, spec.width + 1):
            values = [self._cut(lane, precision) for lane in lanes]
            if len(ends) > 1:
                values = [Cat(value[0] | end, value[1:])
                          for value, end in zip(values, ends, strict=False)]
            choice = Cat(header, values, ends[-1])
            choices.append(Cat(choice, Const(0, spec.max_group_bits + 1 - len(choice))))
        return selected(field, choices)

    def _cut(self, value, precision):
        """A value in ``precision`` bits."""
        if self.spec.format.signed and self.spec.format.form == "sign-magnitude":
            return Cat(value[: precision - 1], value[-1])
        return value[:precision]

    def _align(self, m, group, leaves, arrives, joined, bits, last_arrives):
        """The group in a register that moves down word by word, the words shifted and merged."""
        spec = self.spec.format
        bus, shift = spec.bus_bits, (spec.bus_bits - 1).bit_length()
        words = max(2, -(-(spec.max_group_bits + 1) // bus))
        rest = Signal(words * bus, reset_less=True)
        last = Signal(reset_less=True)
        # Of the word begun: its bits, how many there are; and how many with those of the group.
        begun = Signal(bus)
        offset = Signal(shift)
        next_offset = Signal(shift)
        ahead = Signal(range(spec.max_group_bits + bus), reset_less=True)
        # The bits of the next word are in both parts where the group goes on: merging them is safe.
        word = named(m, begun | window_up(m, rest[:bus], offset, bus, "first"), "word")
        over = window_up(m, rest[: 2 * bus], offset, bus, "second")
        full = ahead[shift:].any()
        done = Signal()
        steps = Signal()
        m.d.comb += [
            done.eq(Mux(last, ~full, ~ahead[shift + 1 :].any())),
            steps.eq(group.valid & (~(full | last) | ~self.o.valid | self.o.ready)),
            leaves.eq(steps & done),
            next_offset.eq(Mux(leaves, Mux(last, 0, ahead), offset)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(steps):
            with m.If(full | last):
                m.d.sync += [self.o.valid.eq(1), self.o.payload.word.eq(word),
                             self.o.payload.last.eq(last & done)]
            m.d.sync += [
                begun.eq(Mux(leaves & last, 0, Mux(full | last, over, word))),
                rest.eq(rest >> bus), ahead.eq(ahead - bus), offset.eq(next_offset),
            ]
        with group.takes(arrives):
            m.d.sync += [rest.eq(joined), last.eq(last_arrives), ahead.eq(next_offset + bits)]
