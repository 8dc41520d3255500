"""What one beat of a stream carries, and its packing into the words that a simulator drives.

The layout written to ``manifest.json`` is all that a driver needs: the cocotb bench, the bulk
simulator and the plain-Verilog bench pack and unpack with this one class.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Shape
from amaranth.lib import data

from hwgen.number import Codes, Fixed

Words = np.ndarray[Any, np.dtype[np.uint32]]


@dataclass(frozen=True)
class BeatField:
    """``count`` codes of ``width`` bits, side by side, element 0 lowest."""

    name: str
    width: int
    signed: bool = False
    count: int = 1

    @classmethod
    def of(cls, name: str, element: Fixed, count: int) -> "BeatField":
        """A field of ``count`` codes in format ``element``."""
        return cls(name, element.width, element.signed, count)

    @property
    def bits(self) -> int:
        return self.width * self.count

    @property
    def shape(self) -> Any:
        """Amaranth shape: a bit for a flag, else one packed vector of all the codes."""
        return Shape(self.bits)


@dataclass(frozen=True)
class BeatLayout:
    """The fields of one beat, the first at bit 0."""

    fields: tuple[BeatField, ...]

    @property
    def bits(self) -> int:
        """Width of the payload."""
        return sum(field.bits for field in self.fields)

    @property
    def words(self) -> int:
        """32-bit words that hold one beat."""
        return -(-self.bits // 32)

    @property
    def shape(self) -> data.StructLayout:
        """The Amaranth payload shape."""
        return data.StructLayout({field.name: field.shape for field in self.fields})

    def pack(self, values: dict[str, Codes]) -> Words:
        """Beats as words, ``(n, words) uint32``, little end first.

        ``values[name]`` is ``(n, count)``, or ``(n,)`` for a field of one code.  Codes must lie in
        their format; only their low ``width`` bits are taken.
        """
        beats = len(next(iter(values.values())))
        bits = np.zeros((beats, self.words * 32), np.uint8)
        offset = 0
        for field in self.fields:
            codes = np.asarray(values[field.name], np.int64).reshape(beats, field.count, 1)
            planes = (codes >> np.arange(field.width)) & 1
            bits[:, offset : offset + field.bits] = planes.reshape(beats, field.bits)
            offset += field.bits
        return np.packbits(bits, axis=1, bitorder="little").view("<u4")

    def unpack(self, words: Words) -> dict[str, Codes]:
        """Inverse of :meth:`pack`: int64 arrays of shape ``(n, count)``."""
        raw = np.ascontiguousarray(words, "<u4").view(np.uint8)
        bits = np.unpackbits(raw.reshape(len(words), self.words * 4), axis=1, bitorder="little")
        values, offset = {}, 0
        for field in self.fields:
            planes = bits[:, offset : offset + field.bits].astype(np.int64)
            planes = planes.reshape(len(words), field.count, field.width)
            weights = np.int64(1) << np.arange(field.width, dtype=np.int64)
            if field.signed:
                weights[-1] = -(1 << (field.width - 1))
            values[field.name] = planes @ weights
            offset += field.bits
        return values

    def to_manifest(self) -> list[dict[str, Any]]:
        """The fields as JSON, each with its bit offset."""
        entries, offset = [], 0
        for field in self.fields:
            entries.append({**asdict(field), "offset": offset})
            offset += field.bits
        return entries

    @classmethod
    def from_manifest(cls, entries: list[dict[str, Any]]) -> "BeatLayout":
        """The layout that :meth:`to_manifest` wrote."""
        return cls(tuple(
            BeatField(entry["name"], entry["width"], entry["signed"], entry["count"])
            for entry in entries
        ))


def words_to_int(words: Words) -> int:
    """One packed beat as a Python integer, as cocotb drives it."""
    return int.from_bytes(np.ascontiguousarray(words, "<u4").tobytes(), "little")


def int_to_words(value: int, layout: BeatLayout) -> Words:
    """Inverse of :func:`words_to_int`."""
    return np.frombuffer(value.to_bytes(layout.words * 4, "little"), "<u4")
