"""Compressed traffic: groups of values in as few bits as they need (DPRed, ShapeShifter).

This file fixes the layout of the packed stream and the time that its units take, and is their
golden.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from pydantic import Field, model_validator

from hwgen.arith.group_precision import MAX_CONTAINER_BITS, Form, GroupPrecision
from hwgen.array.stream import BeatField, BeatLayout
from hwgen.number import Codes, Fixed
from hwgen.spec import InputError, Int, Spec


class Decoded(NamedTuple):
    """What the unpacker makes of the words of one tensor.

    Members
    -------
    codes : ``(groups, group) int64``; zeros where a group could not be read.
    errors : ``(groups,) bool``, true from the first faulty group on.
    """

    codes: Codes
    errors: Codes


class GroupFormat(Spec):
    """The packed stream of a tensor, the lowest bit first.

    A group is: P - 1 in a field of ceil(log2(``width``)) bits; with ``zero_vector`` a bit a value,
    1 for those that are not zero; then the values (with ``zero_vector`` those that are not zero),
    P bits each.  P is that of :class:`GroupPrecision`.  Groups follow each other without gaps.  A
    one comes after the last group, then zeros up to the end of the bus word: so a tensor tells its
    own length.

    Parameters
    ----------
    width : bits of a value in its container, 1 to 32.
    signed : two's-complement codes when true.
    group : values of a group, 1 to 256.
    form : how signed values are written in P bits.
    zero_vector : whether zeros are left out.
    bus_bits : bits of a bus word, a power of two from 8 to 512; a group's header must fit.
    """

    width: Int = Field(16, ge=1, le=MAX_CONTAINER_BITS)
    signed: bool = True
    group: Int = Field(16, ge=1, le=256)
    form: Form = "twos-complement"
    zero_vector: bool = False
    bus_bits: Int = Field(64, ge=8, le=512)

    @model_validator(mode="after")
    def _header_fits(self) -> "GroupFormat":
        if self.bus_bits & (self.bus_bits - 1):
            raise ValueError(f"bus_bits must be a power of two, not {self.bus_bits}")
        if self.header_bits > self.bus_bits:
            raise ValueError(f"bus_bits must be at least the {self.header_bits} bits of a group's "
                             f"header, not {self.bus_bits}; take a smaller group")
        return self

    @property
    def container(self) -> Fixed:
        """The format of a code."""
        return Fixed(width=self.width, signed=self.signed)

    @cached_property
    def precision(self) -> GroupPrecision:
        """What P is."""
        return GroupPrecision(width=self.width, signed=self.signed, count=self.group,
                              form=self.form)

    @property
    def field_bits(self) -> int:
        """Bits of the width field."""
        return (self.width - 1).bit_length()

    @property
    def header_bits(self) -> int:
        """Bits of a group before its values: width field and zero vector."""
        return self.field_bits + self.group * self.zero_vector

    @property
    def max_group_bits(self) -> int:
        """Bits of a group whose values all need their container."""
        return self.header_bits + self.group * self.width

    @property
    def group_layout(self) -> BeatLayout:
        """A beat of codes: a group, and whether it ends the tensor."""
        return BeatLayout((BeatField.of("codes", self.container, self.group), BeatField("last", 1)))

    @property
    def word_layout(self) -> BeatLayout:
        """A beat of packed words: a bus word, in bytes, and whether it ends the tensor."""
        return BeatLayout((BeatField("word", 8, count=self.bus_bits // 8), BeatField("last", 1)))

    def grouped(self, codes: Codes) -> Codes:
        """Codes of any shape, in C order, as ``(groups, group) int64``; zeros fill up the last.

        Raises
        ------
        InputError
            If there is no code, or one lies outside the container.
        """
        codes = np.asarray(codes)
        if codes.size == 0 or codes.dtype.kind not in "iu":
            raise InputError("codes must be one or more integers, "
                             f"not {codes.dtype} of shape {codes.shape}")
        container = self.container
        if not container.contains(codes):
            raise InputError(f"codes must be {container.minimum} to {container.maximum}, "
                             f"not {codes.min()} to {codes.max()}")
        flat = codes.astype(np.int64).ravel()
        return np.pad(flat, (0, -flat.size % self.group)).reshape(-1, self.group)

    def group_bits(self, codes: Codes) -> Codes:
        """Packed bits of each group of a tensor, ``(groups,) int64``."""
        groups = self.grouped(codes)
        values = np.count_nonzero(groups, axis=1) if self.zero_vector else self.group
        return self.header_bits + values * self.precision.golden(groups)

    def packed_bits(self, codes: Codes) -> int:
        """Packed bits of a tensor, without the one at its end and what fills up the last word."""
        return int(self.group_bits(codes).sum())

    def pack_cycles(self, codes: Codes) -> Codes:
        """Cycles that the packer takes for each group: its bus words, but at least one.

        A word is that of the group which completes it, the last one of the tensor's last group.
        """
        completed = self._completed(codes)
        completed[-1] += 1
        return np.maximum(completed, 1)

    def unpack_cycles(self, codes: Codes) -> Codes:
        """Cycles that the unpacker takes for each group: the bus words that it uses up, or one.

        One more cycle, not counted here, uses up the last word of the tensor.
        """
        return np.maximum(self._completed(codes), 1)

    def _completed(self, codes: Codes) -> Codes:
        """Bus words that each group fills to the end."""
        return np.diff(np.cumsum(self.group_bits(codes)) // self.bus_bits, prepend=0)

    def pack(self, codes: Codes) -> list[int]:
        """The bus words of a tensor of any shape, in C order; raises what `grouped` raises."""
        groups = self.grouped(codes)
        stream, bits = 0, 0
        for group, precision in zip(groups.tolist(), self.precision.golden(groups).tolist(),
                                    strict=True):
            written = [(precision - 1, self.field_bits)]
            if self.zero_vector:
                written += [(int(value != 0), 1) for value in group]
                group = [value for value in group if value]
            written += [(self._in_bits(value, precision), precision) for value in group]
            for value, length in written:
                stream |= value << bits
                bits += length
        stream |= 1 << bits
        word = (1 << self.bus_bits) - 1
        return [stream >> start & word for start in range(0, bits + 1, self.bus_bits)]

    def _in_bits(self, value: int, precision: int) -> int:
        """A value as it is written in ``precision`` bits, as an unsigned number."""
        if self.form == "sign-magnitude" and value < 0:
            sign = 1 << (precision - 1)
            return sign | (-value & (sign - 1))
        return value & ((1 << precision) - 1)

    def unpack(self, words: list[int], count: int | None = None) -> Codes:
        """The codes of a tensor from its words, ``(count,) int64``; whole groups if left out.

        Raises
        ------
        InputError
            If the words are not those of a tensor, or hold fewer codes.
        """
        decoded = self.decode(words)
        if decoded.errors.any():
            raise InputError("words must be a packed tensor, not one that is corrupt in group "
                             f"{int(np.argmax(decoded.errors))}")
        codes = decoded.codes.ravel()
        if count is not None and not 0 <= count <= codes.size:
            raise InputError(f"count must be 0 to {codes.size}, not {count!r}")
        return codes[:count]

    def decode(self, words: list[int]) -> Decoded:
        """What the unpacker makes of any words, the last of which is marked as such.

        A group cannot be read if its P is above ``width`` or if not even one bit of the stream
        follows it; so says a tensor without any group of its first.  Then the rest of the words is
        skipped.  A group is faulty, but read, if the zero vector announces a value that is zero, or
        if there is a negative zero (sign-magnitude) though P is below ``width``.
        """
        if not words:
            raise InputError("words must be one or more, not none")
        stream = sum(word << index * self.bus_bits for index, word in enumerate(words))
        total, position = len(words) * self.bus_bits, 0
        codes: list[list[int]] = []
        errors: list[bool] = []
        while True:
            rest = stream >> position
            ends = rest == 1 and position >= total - self.bus_bits
            if ends and codes:
                break
            read = None if ends else self._read(rest, total - position)
            values, faulty, used = read or ([0] * self.group, True, 0)
            codes.append(values)
            errors.append(faulty or errors[-1:] == [True])
            position += used
            if read is None:
                break
        return Decoded(np.array(codes, np.int64), np.array(errors))

    def _read(self, stream: int, left: int) -> tuple[list[int], bool, int] | None:
        """Codes of the first group, whether it is faulty, and its bits; None if there is none."""
        precision = 1 + (stream & ((1 << self.field_bits) - 1))
        present = [True] * self.group
        if self.zero_vector:
            present = [bool(stream >> self.field_bits + lane & 1) for lane in range(self.group)]
        used = self.header_bits + precision * sum(present)
        if precision > self.width or used >= left:
            return None
        values, faulty, start = [], False, self.header_bits
        for there in present:
            value, known = 0, True
            if there:
                bits = stream >> start & ((1 << precision) - 1)
                value, known = self._from_bits(bits, precision)
                start += precision
            faulty |= not known or (self.zero_vector and there and value == 0)
            values.append(value)
        return values, faulty, used

    def _from_bits(self, bits: int, precision: int) -> tuple[int, bool]:
        """The value that was written, and whether such a value can have been."""
        sign = 1 << (precision - 1)
        if not self.signed or not bits & sign:
            return bits, True
        if self.form == "twos-complement":
            return bits - 2 * sign, True
        return (sign - bits, True) if bits > sign else (-sign, precision == self.width)
