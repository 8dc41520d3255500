"""The unpacker's RTL against the golden: to the cycle, under stalls, and with corrupt words."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.accel.group_format import GroupFormat
from hwgen.accel.group_unpack import GroupUnpack, GroupUnpackUnit
from tests.accel.cases import FORMATS
from tests.accel.streaming import (
    Streamed,
    decoded_beats,
    group_beats,
    stream_through,
    without_faulty_codes,
    word_beats,
)
from tests.accel.tensors import formats, random_tensor, tensors


def unpacks(spec: GroupFormat, tensors: list[list[int]], **options: Any) -> Streamed:
    """Unpack the words of tensors one after the other and compare the groups and flags."""
    beats = [beat for words in tensors for beat in word_beats(words)]
    groups = [beat for words in tensors for beat in decoded_beats(spec, words)]
    run = stream_through(GroupUnpack(spec), beats, len(groups), **options)
    assert without_faulty_codes(run.beats) == groups
    return run


def corrupt_words(spec: GroupFormat, rng: np.random.Generator) -> list[int]:
    """Random words, or those of a tensor with a bit turned, or without its end, or with more."""
    words = spec.pack(random_tensor(spec, int(rng.integers(1, 6)), int(rng.integers(1 << 30))))
    match rng.integers(4):
        case 0:
            noise = [int.from_bytes(rng.bytes(spec.bus_bits // 8), "little") for _ in words]
            return [word >> int(rng.integers(spec.bus_bits)) for word in noise]
        case 1:
            words[rng.integers(len(words))] ^= 1 << int(rng.integers(spec.bus_bits))
            return words
        case 2:
            return words[: int(rng.integers(1, len(words) + 1))]
        case _:
            return [*words, *[0] * int(rng.integers(3))]


@pytest.mark.parametrize("spec", FORMATS)
def test_unpacks_in_the_cycles_of_the_schedule(spec: GroupFormat) -> None:
    todo = [random_tensor(spec, groups, seed=groups) for groups in (1, 25, 1, 8, 2)]
    run = unpacks(spec, [spec.pack(codes) for codes in todo])
    ends = itertools.accumulate(int(spec.unpack_cycles(codes).sum()) + 1 for codes in todo)
    lasts = [cycle for beat, cycle in zip(run.beats, run.cycles, strict=True) if beat["last"]]
    assert lasts == [GroupUnpack(spec).latency + end - 1 for end in ends]
    assert not any(beat["error"] for beat in run.beats)


@pytest.mark.parametrize("spec", FORMATS)
def test_corrupt_words_raise_the_flag_and_hold_nothing_up(spec: GroupFormat) -> None:
    """Every second tensor is good, and must come out as such."""
    rng = np.random.default_rng(1)
    todo = [words for _ in range(12)
            for words in (corrupt_words(spec, rng), spec.pack(random_tensor(spec, 2, seed=1)))]
    run = unpacks(spec, todo, stall=0.3)
    assert any(beat["error"] for beat in run.beats)


@given(st.data())
@settings(max_examples=10)
def test_any_words(data: st.DataObject) -> None:
    spec = data.draw(formats((8, 16, 32)))
    words = st.lists(st.integers(0, 2**spec.bus_bits - 1), min_size=1, max_size=4)
    good = tensors(spec, groups=3).map(spec.pack)
    todo = data.draw(st.lists(st.one_of(words, good), min_size=1, max_size=4))
    # A word a cycle is used up, or a group is read.
    groups = sum(len(spec.decode(words).errors) for words in todo)
    bound = groups + sum(map(len, todo)) + GroupUnpack(spec).latency + 25
    unpacks(spec, todo, max_cycles=bound)


@pytest.mark.parametrize("spec", FORMATS)
def test_packed_and_unpacked_under_stalls(spec: GroupFormat) -> None:
    todo = [random_tensor(spec, groups, seed=2) for groups in (1, 15, 2)]
    run = unpacks(spec, [spec.pack(codes) for codes in todo], stall=0.5)
    groups = [beat for codes in todo for beat in group_beats(spec, codes)]
    assert [{**beat, "error": 0} for beat in groups] == run.beats


def test_bus_is_never_idle_while_groups_use_up_words() -> None:
    """All words are taken in, one a cycle, where every group uses up one or more."""
    spec = GroupFormat()
    codes = random_tensor(spec, 40, seed=1)
    codes[:, 0] = spec.container.maximum >> np.arange(40) % 12
    assert int(spec.unpack_cycles(codes).sum()) + 1 == len(spec.pack(codes))
    run = unpacks(spec, [spec.pack(codes)])
    assert run.cycles[-1] == len(spec.pack(codes)) - 1 + GroupUnpack(spec).latency


@pytest.mark.parametrize("cycle", [3, 7, 12])
def test_reset_at_any_time(cycle: int) -> None:
    spec = GroupFormat(width=8, zero_vector=True)
    words = spec.pack(random_tensor(spec, 9, seed=3))
    unpacks(spec, [words], reset_at=cycle)


def test_planted_bug_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group's length without its header."""
    header = GroupUnpackUnit._header

    def short(self: GroupUnpackUnit, m: Any, low: Any) -> Any:
        field, bits = header(self, m, low)
        return field, bits - 1

    monkeypatch.setattr(GroupUnpackUnit, "_header", short)
    spec = GroupFormat(width=8)
    with pytest.raises(AssertionError):
        unpacks(spec, [spec.pack(random_tensor(spec, 9, seed=3))])
