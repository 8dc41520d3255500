"""The packer's RTL against the golden, to the cycle and under stalls."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.accel import group_pack
from hwgen.accel.group_format import GroupFormat
from hwgen.accel.group_pack import GroupPack
from hwgen.number import Codes
from tests.accel.cases import FORMATS
from tests.accel.streaming import Streamed, group_beats, stream_through, word_beats
from tests.accel.tensors import formats, random_tensor, tensors


def packs(spec: GroupFormat, tensors: list[Codes], **options: float) -> Streamed:
    """Pack the tensors one after the other and compare the words."""
    beats = [beat for codes in tensors for beat in group_beats(spec, codes)]
    words = [beat for codes in tensors for beat in word_beats(spec.pack(codes))]
    run = stream_through(GroupPack(spec), beats, len(words), **options)
    assert run.beats == words
    return run


@pytest.mark.parametrize("spec", FORMATS)
def test_packs_in_the_cycles_of_the_schedule(spec: GroupFormat) -> None:
    todo = [random_tensor(spec, groups, seed=groups) for groups in (1, 25, 1, 8, 2)]
    run = packs(spec, todo)
    ends = itertools.accumulate(int(spec.pack_cycles(codes).sum()) for codes in todo)
    lasts = [cycle for beat, cycle in zip(run.beats, run.cycles, strict=True) if beat["last"]]
    assert lasts == [GroupPack(spec).latency - 1 + end for end in ends]


@pytest.mark.parametrize("spec", FORMATS)
def test_stalls_change_nothing(spec: GroupFormat) -> None:
    packs(spec, [random_tensor(spec, groups, seed=1) for groups in (1, 15, 2)], stall=0.4)


@given(st.data())
@settings(max_examples=12)
def test_any_tensors(data: st.DataObject) -> None:
    spec = data.draw(formats((8, 16, 32)))
    todo = data.draw(st.lists(tensors(spec), min_size=1, max_size=3))
    packs(spec, todo, stall=data.draw(st.sampled_from([0.0, 0.4])))


def test_bus_is_never_idle_while_groups_fill_words() -> None:
    """Of 16 values of 16 bits, any group of 4 bits or more a value completes a word or more."""
    spec = GroupFormat()
    codes = random_tensor(spec, 40, seed=1)
    codes[:, 0] = spec.container.maximum >> np.arange(40) % 12
    run = packs(spec, [codes])
    first, last = run.cycles[0], run.cycles[-1]
    assert run.cycles == list(range(first, last + 1))


@pytest.mark.parametrize("cycle", [3, 7, 12])
def test_reset_at_any_time(cycle: int) -> None:
    spec = GroupFormat(width=8, zero_vector=True)
    codes = random_tensor(spec, 9, seed=3)
    words = word_beats(spec.pack(codes))
    run = stream_through(GroupPack(spec), group_beats(spec, codes), len(words), reset_at=cycle)
    assert run.beats == words


def test_planted_bug_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next group is not shifted behind the one before."""
    monkeypatch.setattr(group_pack, "window_up",
                        lambda m, bits, by, width, name: bits[len(bits) - width :])
    spec = GroupFormat(width=8)
    with pytest.raises(AssertionError):
        packs(spec, [random_tensor(spec, 9, seed=3)])
