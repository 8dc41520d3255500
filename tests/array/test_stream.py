"""Beat layouts: packing against plain integers, and there and back."""

import numpy as np
import pytest

from hwgen.array.stream import BeatField, BeatLayout, int_to_words, words_to_int
from hwgen.number import Fixed, random_codes

LAYOUTS = {
    "flag": (BeatField("last", 1),),
    "codes and flags": (BeatField("codes", 8, True, 3), BeatField("last", 1),
                        BeatField("start", 1)),
    "unsigned": (BeatField("codes", 5, False, 7), BeatField("last", 1)),
    "one bit": (BeatField("codes", 1, True, 33),),
    "a word": (BeatField("codes", 32, True, 1),),
    "wide": (BeatField("codes", 64, True, 3), BeatField("more", 63, False, 2),
             BeatField("last", 1)),
}


def values_of(layout: BeatLayout, beats: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(beats)
    return {field.name: random_codes(rng, Fixed(width=field.width, signed=field.signed),
                                     (beats, field.count)) for field in layout.fields}


def packed_by_hand(layout: BeatLayout, values: dict[str, np.ndarray], beat: int) -> int:
    total = offset = 0
    for field in layout.fields:
        for code in values[field.name][beat].tolist():
            total += code % 2**field.width << offset
            offset += field.width
    return total


@pytest.mark.parametrize("fields", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_pack_and_unpack(fields: tuple[BeatField, ...]) -> None:
    layout = BeatLayout(fields)
    values = values_of(layout, 20)
    words = layout.pack(values)
    assert words.shape == (20, layout.words)
    assert words.dtype == np.uint32
    beats = [words_to_int(row) for row in words]
    assert beats == [packed_by_hand(layout, values, beat) for beat in range(20)]
    back = layout.unpack(words)
    assert back.keys() == values.keys()
    for name, codes in values.items():
        np.testing.assert_array_equal(back[name], codes)
        assert back[name].dtype == np.int64
    for beat, row in zip(beats, words, strict=True):
        np.testing.assert_array_equal(int_to_words(beat, layout), row)


@pytest.mark.parametrize("fields", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_sizes_and_manifest(fields: tuple[BeatField, ...]) -> None:
    layout = BeatLayout(fields)
    assert layout.bits == sum(field.width * field.count for field in fields)
    assert layout.shape.size == layout.bits
    assert 32 * (layout.words - 1) < layout.bits <= 32 * layout.words
    entries = layout.to_manifest()
    assert [entry["offset"] for entry in entries] == [
        layout.shape[entry["name"]].offset for entry in entries]
    assert BeatLayout.from_manifest(entries) == layout


def test_flags_may_be_flat() -> None:
    layout = BeatLayout(LAYOUTS["codes and flags"])
    values = {"codes": np.arange(6).reshape(2, 3), "last": np.array([True, False]),
              "start": np.array([0, 1])}
    assert layout.unpack(layout.pack(values))["last"].tolist() == [[1], [0]]


def test_field_of_a_format() -> None:
    assert BeatField.of("codes", Fixed(width=5, frac=3, signed=False), 4) == BeatField(
        "codes", 5, False, 4)
