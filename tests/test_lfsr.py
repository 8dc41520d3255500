"""Random bits: the sequences bit by bit, their mathematics, the hardware that walks along them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from amaranth import Module, Signal

from hwgen.lfsr import (
    MAX_DRAW_BITS,
    SEEDER_BITS,
    SEEDER_POLYNOMIAL,
    SOURCE_BITS,
    DrawSource,
    DrawStream,
    Seeder,
    ahead,
    draws,
    keys,
    load_cycles,
    seeder_state,
    states,
)
from tests.streams import simulate

DRAW_BITS = range(1, MAX_DRAW_BITS + 1)
SEEDS = [0, 1, 0xB7E1516, 2**28 - 1 - 0xB7E1516, 2**28 - 1]
SEEDER_ORDER_FACTORS = (233, 1103, 2089)  # of 2**29 - 1, all prime


def sequence(first: list[int]) -> Iterator[int]:
    """``s[n+31] = s[n] ^ s[n+7]``, a bit at a time."""
    bits = list(first)
    while True:
        yield bits[0]
        bits = [*bits[1:], bits[0] ^ bits[7]]


def seeded(seed: int, second: bool, count: int) -> list[int]:
    """The first bits of the seeder, by the recurrence in docs/numerics.md."""
    g = [((seed ^ 0xB7E1516) >> i & 1) ^ second for i in range(28)] + [1]
    for n in range(count - 29):
        g.append(sum(g[n + i] for i in range(29) if 0x2EB51253 >> i & 1) % 2)
    return g


def first_bits(count: int) -> np.ndarray:
    """Of a source of ones, random ones, and one with a single bit."""
    first = np.random.default_rng(count).integers(0, 2, (count, SOURCE_BITS), np.uint8)
    first[0], first[-1] = 1, 0
    first[-1, 30] = 1
    return first


def words(bits: Iterator[int], count: int, size: int) -> list[int]:
    """``count`` integers of ``size`` bits each, the first bit lowest."""
    return [sum(bit << i for i, bit in enumerate(islice(bits, size))) for _ in range(count)]


@pytest.mark.parametrize("bits", DRAW_BITS)
def test_draws_bit_by_bit(bits: int) -> None:
    first = np.concatenate([keys(3, 4, bits), first_bits(3)])
    expected = [words(sequence(key), 90, bits) for key in first.tolist()]
    drawn = draws(first, 90, bits)
    assert drawn.dtype == np.int32
    assert drawn.T.tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 1000])
@pytest.mark.parametrize("bits", [1, 7, 8, 9, 24])
def test_fewer_draws_are_the_same_draws(bits: int, count: int) -> None:
    first = keys(8, 2, bits)
    assert draws(first, count, bits).tolist() == draws(first, 1001, bits)[:count].tolist()


@pytest.mark.parametrize("bits", DRAW_BITS)
def test_stream_goes_on_where_it_stopped(bits: int) -> None:
    first = first_bits(4)
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
    first = np.random.default_rng(count).integers(0, 2, (count, SOURCE_BITS), np.uint8)
    expected = [words(sequence(source), 100, bits) for source in first.tolist()]
    assert draws(first, 100, bits).T.tolist() == expected
    one_by_one = zip(range(100), DrawStream(states(first), bits), strict=False)
    assert [part.tolist() for _, part in one_by_one] == np.transpose(expected).tolist()


def test_taken_draws_stay() -> None:
    stream = DrawStream(states(first_bits(3)), 16)
    taken = stream.take(40)
    kept = taken.copy()
    stream.take(100)
    np.testing.assert_array_equal(taken, kept)


@pytest.mark.parametrize("distance", [0, 1, 30, 31, 32, 100, 4095, 10_000])
def test_ahead_is_so_many_bits_later(distance: int) -> None:
    first = first_bits(3)
    later = [words(islice(sequence(key), distance, None), 1, SOURCE_BITS)[0]
             for key in first.tolist()]
    assert ahead(states(first), distance).tolist() == later


def test_ahead_adds_up_far_away() -> None:
    first = states(first_bits(5))
    np.testing.assert_array_equal(ahead(ahead(first, 10**12), 2 * 10**12), ahead(first, 3 * 10**12))
    np.testing.assert_array_equal(ahead(first, 2**31 - 1), first)  # the period


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("seed", [*SEEDS, 12345])
@pytest.mark.parametrize(("sources", "bits"), [
    (1, 1), (1, 24), (3, 5), (7, 7), (7, 8), (50, 8), (64, 3), (300, 24)])
def test_keys_bit_by_bit(sources: int, bits: int, seed: int, second: bool) -> None:
    total = -(-31 * sources // bits) * bits
    g = seeded(seed, second, total)
    expected = [g[total - 31 * (j + 1) :][:31] for j in range(sources)]
    assert keys(seed, sources, bits, second).tolist() == expected
    assert load_cycles(sources, bits) * bits == total


def test_recurrence() -> None:
    """x**31 + x**7 + 1 backwards: a bit is the XOR of those 24 and 31 before it."""
    stream = draws(np.ones((1, 31), np.uint8), 400, 1)[:, 0]
    assert (stream[31:] == stream[7:-24] ^ stream[:-31]).all()


def test_31_ones_then_24_zeros() -> None:
    """The longest run of ones is followed by the zeros that it shifts in."""
    stream = draws(np.ones((1, 31), np.uint8), 62, 1)[:, 0].tolist()
    assert stream == [1] * 31 + [0] * 24 + [1] * 7


def multiplied(x: int, y: int, polynomial: int, degree: int) -> int:
    """The product of two polynomials over GF(2), modulo a third."""
    product = 0
    while y:
        product ^= x * (y & 1)
        x, y = x << 1, y >> 1
        x ^= polynomial * (x >> degree & 1)
    return product


def power(exponent: int, polynomial: int, degree: int) -> int:
    """``x ** exponent`` modulo the polynomial."""
    result, square = 1, 2
    while exponent:
        if exponent & 1:
            result = multiplied(result, square, polynomial, degree)
        square = multiplied(square, square, polynomial, degree)
        exponent >>= 1
    return result


@pytest.mark.parametrize(("polynomial", "degree", "factors"), [
    (1 << 29 | 0x2EB51253, 29, SEEDER_ORDER_FACTORS),
    (1 << 31 | 1 << 7 | 1, 31, (2**31 - 1,)),  # a Mersenne prime
])
def test_polynomials_are_primitive(polynomial: int, degree: int, factors: tuple[int, ...]) -> None:
    """The order of x is 2**degree - 1: it divides that, and no quotient by a prime factor of it."""
    order = 2**degree - 1
    assert np.prod(factors) == order
    assert power(2**degree, polynomial, degree) == 2  # so x has an order that divides 2**degree - 1
    assert power(order, polynomial, degree) == 1
    assert all(power(order // factor, polynomial, degree) != 1 for factor in factors)


def test_the_seeder_has_that_polynomial() -> None:
    assert (SEEDER_POLYNOMIAL, SEEDER_BITS) == (0x2EB51253, 29)
    assert SEEDER_POLYNOMIAL.bit_count() == 15
    assert SEEDER_POLYNOMIAL >> 29 == SEEDER_POLYNOMIAL & 1 == 1


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("seed", [*SEEDS, 12345])
def test_first_state_is_never_zero(seed: int, second: bool) -> None:
    state = seeder_state(seed, second)
    assert 2**28 <= state < 2**29
    assert [state >> i & 1 for i in range(SEEDER_BITS)] == seeded(seed, second, SEEDER_BITS)


def test_longest_run_of_zeros_is_28() -> None:
    """A run of 29 would be the state zero; this seed starts with the longest."""
    [key] = keys(0xB7E1516, 1, 1).tolist()
    assert key[:29] == [0] * 28 + [1]


@pytest.mark.parametrize(("seed", "bits"), [(1, 1), (0xB7E1516, 8), (2**28 - 1, 24)])
def test_sources_of_the_largest_array_are_distinct(seed: int, bits: int) -> None:
    """65,536 PEs and 256 requantizers: every source starts elsewhere, none from zeros."""
    first = np.concatenate([keys(seed, 65536, bits), keys(seed, 256, bits, second=True)])
    assert first.any(axis=1).all()
    assert len(np.unique(first @ (1 << np.arange(31)))) == len(first)


def test_seeds_give_distinct_sources() -> None:
    first = np.concatenate([keys(seed, 1, 8) for seed in range(4096)])
    assert len(np.unique(first, axis=0)) == 4096


class Chain:
    """A seeder and its chain of sources, watched cycle by cycle."""

    def __init__(self, bits: int, sources: int, second: bool = False):
        self.m = Module()
        self.step, self.seed, self.reset = Signal(sources), Signal(28), Signal()
        self.m.submodules.seeder = self.seeder = Seeder(bits, sources, second).create()
        self.sources = [DrawSource(bits).create() for _ in range(sources)]
        before = self.seeder.o
        self.m.d.comb += self.seeder.seed.eq(self.seed)
        for index, source in enumerate(self.sources):
            self.m.submodules[f"source{index}"] = source
            self.m.d.comb += [source.load.eq(self.seeder.load), source.seed.eq(before),
                              source.step.eq(self.step[index])]
            before = source.draw

    async def wait(self, ctx: Any) -> int:
        """Until all are seeded; how many cycles that took."""
        cycles = 0
        while ctx.get(self.seeder.busy):
            await ctx.tick()
            cycles += 1
        return cycles

    def draws(self, ctx: Any) -> list[int]:
        return [ctx.get(source.draw) for source in self.sources]


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("sources", [1, 4])
@pytest.mark.parametrize("bits", DRAW_BITS)
def test_hardware_draws_what_the_golden_says(bits: int, sources: int, second: bool) -> None:
    """After seeding each source shows its draw until it is stepped, whenever that is."""
    chain, rng, seed = Chain(bits, sources, second), np.random.default_rng(bits), 0x1234567
    expected = draws(keys(seed, sources, bits, second), 40, bits)
    used = np.zeros(sources, int)

    async def testbench(ctx: Any) -> None:
        ctx.set(chain.seed, seed)
        assert await chain.wait(ctx) == 1 + load_cycles(sources, bits)
        for _ in range(40):
            assert chain.draws(ctx) == [expected[n, j] for j, n in enumerate(used)]
            steps = rng.integers(0, 2, sources)
            ctx.set(chain.step, sum(int(step) << j for j, step in enumerate(steps)))
            await ctx.tick()
            used[:] += steps

    simulate(chain.m, testbench)
    assert used.min() > 5


def test_seed_is_read_once() -> None:
    """In the first cycle after the reset; afterwards the port may change."""
    chain = Chain(5, 3)

    async def testbench(ctx: Any) -> None:
        ctx.set(chain.seed, 77)
        await ctx.tick()
        ctx.set(chain.seed, 0)
        await chain.wait(ctx)
        assert chain.draws(ctx) == draws(keys(77, 3, 5), 1, 5)[0].tolist()

    simulate(chain.m, testbench)
