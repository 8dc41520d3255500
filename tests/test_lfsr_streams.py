"""Random bits of the golden: sources and seeder against their recurrences, one bit at a time."""

import numpy as np
import pytest

from hwgen.lfsr import (
    SEEDER_BITS,
    SEEDER_POLYNOMIAL,
    SOURCE_BITS,
    DrawStream,
    ahead,
    draws,
    keys,
    load_cycles,
    seeder_state,
    states,
)

BITS = list(range(1, 25))


def sequence(first: list[int], length: int) -> list[int]:
    """A source from its first 31 bits."""
    bits = list(first)
    while len(bits) < length:
        bits.append(bits[-31] ^ bits[-24])
    return bits


def draw(bits: list[int], n: int, width: int) -> int:
    return sum(bits[width * n + i] << i for i in range(width))


def sources(count: int) -> np.ndarray:
    """First bits; a source of ones, one with a single bit, and random ones."""
    first = np.random.default_rng(count).integers(0, 2, (count, SOURCE_BITS), np.uint8)
    first[0], first[-1] = 1, 0
    first[-1, 30] = 1
    return first


@pytest.mark.parametrize("bits", BITS)
def test_draws_take_the_next_bits(bits: int) -> None:
    first = sources(3)
    taken = draws(first, 70, bits)
    assert taken.dtype == np.int32
    for source, key in enumerate(first.tolist()):
        s = sequence(key, 70 * bits)
        assert taken[:, source].tolist() == [draw(s, n, bits) for n in range(70)]


@pytest.mark.parametrize("bits", BITS)
def test_stream_goes_on_where_it_stopped(bits: int) -> None:
    first = sources(4)
    expected = draws(first, 300, bits).reshape(-1, 2, 2)
    stream, n = DrawStream(states(first).reshape(2, 2), bits), 0
    for count in (1, 3, 0, 64, 5, 100, 31):
        np.testing.assert_array_equal(stream.take(count), expected[n : n + count])
        n += count
    assert [part.tolist() for _, part in zip(range(70), stream, strict=False)] == (
        expected[n : n + 70].tolist())


@pytest.mark.parametrize("bits", [6, 8, 13, 24])
@pytest.mark.parametrize("count", [1, 7, 8, 9])
def test_any_number_of_sources(count: int, bits: int) -> None:
    first = sources(count)
    expected = draws(first, 100, bits)
    assert [draw(sequence(first[-1].tolist(), 100 * bits), n, bits)
            for n in range(100)] == expected[:, -1].tolist()
    one_by_one = zip(range(100), DrawStream(states(first), bits), strict=False)
    assert [part.tolist() for _, part in one_by_one] == expected.tolist()


def test_taken_draws_stay() -> None:
    stream = DrawStream(states(sources(3)), 16)
    taken = stream.take(40)
    kept = taken.copy()
    stream.take(100)
    np.testing.assert_array_equal(taken, kept)


@pytest.mark.parametrize("distance", [0, 1, 30, 31, 32, 100, 4095, 10_000])
def test_ahead_is_so_many_bits_later(distance: int) -> None:
    first = sources(3)
    later = ahead(states(first), distance)
    for register, key in zip(later.tolist(), first.tolist(), strict=True):
        assert register == draw(sequence(key, distance + 31)[distance:], 0, 31)


def test_ahead_adds_up_far_away() -> None:
    first = states(sources(5))
    np.testing.assert_array_equal(ahead(ahead(first, 10**12), 2 * 10**12), ahead(first, 3 * 10**12))
    np.testing.assert_array_equal(ahead(first, 2**31 - 1), first)  # the period


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize(("count", "bits"), [(1, 1), (1, 24), (7, 8), (64, 3), (300, 24)])
def test_keys_are_bits_of_the_seeder(count: int, bits: int, second: bool) -> None:
    state = seeder_state(12345, second)
    sequence = [state >> i & 1 for i in range(SEEDER_BITS)]
    total = load_cycles(count, bits) * bits
    for n in range(total):
        sequence.append(sum(sequence[n + i] for i in range(SEEDER_BITS)
                            if SEEDER_POLYNOMIAL >> i & 1) % 2)
    found = keys(12345, count, bits, second)
    for source in range(count):
        start = total - SOURCE_BITS * (source + 1)
        assert found[source].tolist() == sequence[start : start + SOURCE_BITS]
