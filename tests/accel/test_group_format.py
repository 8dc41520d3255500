"""The packed stream: its layout by hand, identity, closed forms, and what counts as corrupt."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.accel.group_format import GroupFormat
from hwgen.number import Codes
from hwgen.spec import InputError
from tests.accel.tensors import formats, tensors
from tests.combinational import all_codes

KINDS = [{"signed": True, "form": "twos-complement"}, {"signed": True, "form": "sign-magnitude"},
         {"signed": False}]


def text(words: list[int], bus_bits: int) -> str:
    """The bits of the stream in order, without what fills up the last word and the one before."""
    return "".join(f"{word:0{bus_bits}b}"[::-1] for word in words).rstrip("0")[:-1]


@pytest.mark.parametrize(("fields", "codes", "expected"), [
    # P - 1, the lowest bit first; then the values.
    ({"width": 8}, [1, -2, 0, 0], "100" + "10" + "01" + "00" + "00"),
    ({"width": 8, "form": "sign-magnitude"}, [1, -2, 0, 0], "010" + "100" + "011" + "000" + "000"),
    ({"width": 8, "signed": False}, [1, 2, 0, 0], "100" + "10" + "01" + "00" + "00"),
    ({"width": 8, "zero_vector": True}, [1, -2, 0, 0], "100" + "1100" + "10" + "01"),
    ({"width": 8, "zero_vector": True}, [0, 0, 0, 0], "000" + "0000"),
    ({"width": 3, "form": "sign-magnitude"}, [-4, 3, -3, 0], "01" + "001" + "110" + "111" + "000"),
    ({"width": 1, "signed": False}, [1, 0, 1, 1], "1011"),
    ({"width": 1, "form": "sign-magnitude"}, [-1, 0, -1, 0], "1010"),
    ({"width": 2}, [0, 0, -1, 0, -2], "0" + "0010" + "1" + "01" + "00" * 3),
])
def test_layout(fields: dict[str, Any], codes: list[int], expected: str) -> None:
    spec = GroupFormat(group=4, bus_bits=32, **fields)
    words = spec.pack(np.array(codes))
    assert text(words, 32) == expected
    assert spec.packed_bits(np.array(codes)) == len(expected)


@pytest.mark.parametrize("zero_vector", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=["twos", "magnitude", "unsigned"])
@pytest.mark.parametrize(("width", "group"), [(1, 5), (2, 3), (3, 3), (5, 2)])
def test_every_group_comes_back(width: int, group: int, kind: dict[str, Any],
                                zero_vector: bool) -> None:
    spec = GroupFormat(width=width, group=group, zero_vector=zero_vector, bus_bits=8, **kind)
    groups = np.array(list(product(all_codes(spec.container), repeat=group)))
    np.testing.assert_array_equal(spec.unpack(spec.pack(groups), groups.size), groups.ravel())
    for codes in groups[:: max(1, len(groups) // 100)]:
        np.testing.assert_array_equal(spec.unpack(spec.pack(codes)), codes)


@given(st.data())
def test_any_tensor_comes_back(data: st.DataObject) -> None:
    spec = data.draw(formats())
    codes = data.draw(tensors(spec))
    words = spec.pack(codes)
    np.testing.assert_array_equal(spec.unpack(words, codes.size), codes.ravel())
    bits = spec.packed_bits(codes)
    assert len(words) == bits // spec.bus_bits + 1
    assert words[-1] >> bits % spec.bus_bits == 1
    assert spec.pack_cycles(codes).sum() >= len(words)
    assert spec.unpack_cycles(codes).sum() + 1 >= len(words)


@given(st.data())
def test_any_words_decode(data: st.DataObject) -> None:
    """Bad words give one error at the end at least; what is read without one packs the same."""
    spec = data.draw(formats())
    words = data.draw(st.lists(st.integers(0, 2**spec.bus_bits - 1), min_size=1, max_size=6))
    decoded = spec.decode(words)
    assert decoded.codes.shape == (len(decoded.errors), spec.group)
    assert decoded.errors.tolist() == sorted(decoded.errors.tolist())
    good = decoded.codes[~decoded.errors]
    assert spec.container.contains(good)
    if not decoded.errors.any():
        assert len(spec.pack(good)) <= len(words)


def test_cycles_by_hand() -> None:
    """Groups of 2 + 4 P bits on a bus of 8: 6 bits, 18, 18, 6."""
    spec = GroupFormat(width=4, group=4, bus_bits=8)
    codes = np.array([0] * 4 + [7] * 4 + [-8] * 4 + [-1] * 4)
    assert spec.group_bits(codes).tolist() == [6, 18, 18, 6]
    # The stream ends after 6, 24, 42 and 48 bits; the one and zeros take a word of their own.
    assert spec.pack_cycles(codes).tolist() == [1, 3, 2, 2]
    assert spec.unpack_cycles(codes).tolist() == [1, 3, 2, 1]
    assert len(spec.pack(codes)) == 7


CORRUPT = GroupFormat(width=5, group=4, bus_bits=16, zero_vector=True)


@pytest.mark.parametrize(("words", "errors", "spec"), [
    ([0], [True], {}),  # no one at the end: a group of zeros, and nothing after the second
    ([1], [True], {"zero_vector": False}),  # no group at all
    ([0b1_0000_111], [True], {}),  # P = 8
    ([0b1_0000_100], [False], {}),  # P = 5
    ([0b1_01_0001_001], [False], {}),
    ([0b1_00_0001_001], [True], {}),  # announced, but zero
    ([0b1_01_0001_001 | 1 << 15], [False, True], {}),  # not zero behind the one
    ([0b1111_1111_1111_1100], [True], {}),  # cut off
    ([0b1_01_01_01_01_000 | 1 << 14], [True], {"zero_vector": False}),
])
def test_corrupt(words: list[int], errors: list[bool], spec: dict[str, Any]) -> None:
    decoded = CORRUPT.replaced(**spec).decode(words)
    assert decoded.errors.tolist()[-len(errors):] == errors
    if any(errors):
        with pytest.raises(InputError, match="words must be a packed tensor, not one that is corr"):
            CORRUPT.replaced(**spec).unpack(words)


def test_negative_zero_is_the_least_code_in_full_width_only() -> None:
    spec = GroupFormat(width=4, group=1, form="sign-magnitude", bus_bits=8)
    assert spec.pack(np.array([-8])) == [0b1_1000_11]
    assert spec.unpack([0b1_1000_11]).tolist() == [-8]
    assert spec.decode([0b1_100_10]).errors.tolist() == [True]


def test_corrupt_tensor_keeps_what_came_before() -> None:
    spec = GroupFormat(width=5, group=2, bus_bits=8)
    words = spec.pack(np.array([15, -16, 3, 1, -1, 0]))
    decoded = spec.decode(words[:2])
    assert decoded.errors.tolist() == [False, True]
    assert decoded.codes[0].tolist() == [15, -16]


@pytest.mark.parametrize(("codes", "message"), [
    (np.zeros((0, 3), int), r"codes must be one or more integers, not int64 of shape \(0, 3\)"),
    (np.zeros(3), r"codes must be one or more integers, not float64"),
    (np.array([200]), "codes must be -128 to 127, not 200 to 200"),
])
def test_wrong_codes(codes: Codes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupFormat(width=8).pack(codes)


def test_wrong_words() -> None:
    spec = GroupFormat(width=8)
    with pytest.raises(InputError, match="words must be one or more, not none"):
        spec.unpack([])
    with pytest.raises(InputError, match="count must be 0 to 16, not 17"):
        spec.unpack(spec.pack(np.array([1])), 17)


@pytest.mark.parametrize(("fields", "message"), [
    ({"bus_bits": 48}, "bus_bits must be a power of two, not 48"),
    ({"bus_bits": 4}, "bus_bits must be at least 8, not 4"),
    ({"bus_bits": 1024}, "bus_bits must be at most 512, not 1024"),
    ({"group": 257}, "group must be at most 256, not 257"),
    ({"width": 33}, "width must be at most 32, not 33"),
    ({"zero_vector": True, "bus_bits": 16},
     "bus_bits must be at least the 20 bits of a group's header, not 16; take a smaller group"),
])
def test_wrong_fields(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupFormat.parse(fields)
