"""Random bits for stochastic rounding: a leap-forward shift register, and how many are seeded.

A *source* walks along the sequence ``s[n+31] = s[n] ^ s[n+7]`` of period ``2**31 - 1``.  A draw of
``r`` bits takes the next ``r`` bits of the sequence, and the register leaps all of them at once:
a register that makes one step a draw would repeat ``r - 1`` bits of the draw before.  The leap
costs one two-input XOR a bit drawn, for up to 24 bits.

The taps of PRBS31 (ITU-T O.150), 0 and 3, would both lie in a draw of few bits, and their XOR would
be the top bit of a later draw: the variance of a sum of equal steps is then off by up to 24 % (r =
4, 7 and 14).  With taps 7 apart it is off by less than 2 %.

The sources of an array are one chain while they are seeded.  A *seeder*, a second register of
another polynomial, fills it: 31 bits a source.  So equal modules get different states, and a seed
needs no constant in the hardware.  The seeder has 29 bits, hence at most 28 zeros follow each
other, and no source can start from the state zero, where it would stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd, prod
from typing import Any

import numpy as np
from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.number import Codes

SOURCE_BITS = 31
SOURCE_TAPS = (0, 7)
SEEDER_BITS = 29
SEEDER_POLYNOMIAL = 0x2EB51253
"""A primitive polynomial of 15 terms: ``s[n+29]`` is the XOR of the ``s[n+i]`` with bit i set."""
SEED_BITS = SEEDER_BITS - 1
SEED_MASK = 0xB7E1516
"""XORed to every seed, so that small seeds do not start from long runs of zeros."""
MAX_DRAW_BITS = 24

Words = np.ndarray[Any, np.dtype[Any]]


def load_cycles(sources: int, bits: int) -> int:
    """Cycles in which ``sources`` in a chain are seeded, ``bits`` bits a cycle."""
    return -(-sources * SOURCE_BITS // bits)


def seeder_state(seed: int, second: bool) -> int:
    """First state of the seeder; ``second`` for the chain of the results' requantizers."""
    mask = (1 << SEED_BITS) - 1
    return 1 << SEED_BITS | (seed ^ SEED_MASK ^ (mask if second else 0)) & mask


def keys(seed: int, sources: int, bits: int, second: bool = False) -> Words:
    """First ``31`` bits of each source, ``(sources, 31) uint8``, bit 0 first.

    The chain has shifted ``load_cycles * bits`` bits; source 0 holds the last 31 of them.
    """
    total = load_cycles(sources, bits) * bits
    taps = [i for i in range(SEEDER_BITS) if SEEDER_POLYNOMIAL >> i & 1]
    sequence = np.zeros(total + SEEDER_BITS, np.uint8)
    state = seeder_state(seed, second)
    sequence[:SEEDER_BITS] = [state >> i & 1 for i in range(SEEDER_BITS)]
    known = SEEDER_BITS
    while known < len(sequence):
        # Squaring the polynomial: bits that lie `apart`, a power of two, obey it too.
        apart = 1 << (known // SEEDER_BITS).bit_length() - 1
        size = min((SEEDER_BITS - max(taps)) * apart, len(sequence) - known)
        first = known - SEEDER_BITS * apart
        sequence[known : known + size] = np.bitwise_xor.reduce(
            [sequence[first + i * apart : first + i * apart + size] for i in taps])
        known += size
    held = sequence[total - sources * SOURCE_BITS : total]
    return held.reshape(sources, SOURCE_BITS)[::-1]


def draws(first: Words, count: int, bits: int) -> Codes:
    """The first ``count`` draws of ``bits`` bits of each source: ``(count, sources) int32``.

    Parameters
    ----------
    first : ``(sources, 31)`` bits, as :func:`keys` gives them.
    """
    return DrawStream(states(first), bits).take(count).astype(np.int32)


def states(bits: Words) -> Words:
    """Registers as integers, bit 0 lowest: ``(..., 31)`` bits to ``(...) uint32``."""
    return bits.astype(np.uint32) @ (np.uint32(1) << np.arange(SOURCE_BITS, dtype=np.uint32))


def ahead(registers: Words, distance: int) -> Words:
    """Registers of sources, uint32, after ``distance`` more bits of the sequence.

    With ``x**distance = sum of x**i`` modulo the polynomial, the sequence after ``distance`` bits
    is the XOR of the sequences after ``i`` bits.
    """
    sequence = registers.astype(np.uint64)
    for known in (24, 48):  # 62 bits are needed
        registers = _leapt(registers, 24)
        sequence |= registers.astype(np.uint64) << np.uint64(known)
    power, later = _power(distance), np.zeros_like(sequence)
    for i in range(SOURCE_BITS):
        if power >> i & 1:
            later ^= sequence >> np.uint64(i)
    return (later & np.uint64((1 << SOURCE_BITS) - 1)).astype(np.uint32)


def _leapt(registers: Words, bits: int) -> Words:
    """The same for a distance of 24 bits at most."""
    low, high = (registers >> np.uint32(tap) for tap in SOURCE_TAPS)
    new = (low ^ high) & np.uint32((1 << bits) - 1)
    return registers >> np.uint32(bits) | new << np.uint32(SOURCE_BITS - bits)


def _power(exponent: int) -> int:
    """``x**exponent`` modulo the sources' polynomial, bit i for ``x**i``."""
    power = 1
    for digit in bin(exponent)[2:]:
        # Over two elements the square of a sum is the sum of the squares.
        power = sum(1 << 2 * i for i in range(SOURCE_BITS) if power >> i & 1) << int(digit)
        for i in reversed(range(SOURCE_BITS, 2 * SOURCE_BITS)):
            if power >> i & 1:
                power ^= 1 << i | sum(1 << i - SOURCE_BITS + tap for tap in SOURCE_TAPS)
    return power


class DrawStream:
    """Draws of ``bits`` bits of many sources in step, in the order of time.

    The sequence is made in words of 8, 16 or 32 bits.  Squaring the polynomial: bits 2, 4, 8 ..
    apart obey the recurrence of single bits, so words of as many bits do.  The words of several
    sources lie side by side in 64 bits, and are shifted together.

    Parameters
    ----------
    registers : first states of the sources, uint32 of any shape.
    bits : 1 to 24.
    """

    def __init__(self, registers: Words, bits: int):
        self._bits, self._shape = bits, registers.shape
        self._width = next(width for width in (8, 16, 32) if bits <= width)
        self._dtype = np.dtype(f"u{self._width // 8}")
        states = np.zeros(-(-registers.size // 8) * 8, np.uint32)
        states[: registers.size] = registers.reshape(-1)
        words = np.zeros((SOURCE_BITS, len(states)), self._dtype)
        part = min(self._width, 16)
        for word in words:
            for place in range(0, self._width, part):
                bits_of_word = states & np.uint32((1 << part) - 1)
                word |= bits_of_word.astype(word.dtype) << word.dtype.type(place)
                states = _leapt(states, part)
        self._words = words.view(np.uint64)
        self._offset = 0

    def __iter__(self) -> Iterator[Words]:
        """The next draws one by one, without end; take no others then."""
        ring, position = self._words[:SOURCE_BITS], self._offset  # word n in row n modulo 31
        low, high = SOURCE_TAPS
        while True:
            first, shift = divmod(position, self._width)
            draw = np.empty_like(ring[0])
            self._extract(ring[first % SOURCE_BITS], ring[(first + 1) % SOURCE_BITS], shift, draw)
            yield self._unpacked(draw)
            position += self._bits
            for n in range(first, position // self._width):
                np.bitwise_xor(ring[(n + low) % SOURCE_BITS], ring[(n + high) % SOURCE_BITS],
                               out=ring[n % SOURCE_BITS])

    def take(self, count: int) -> Words:
        """The next draws, ``(count, ...)`` unsigned integers."""
        end = self._offset + count * self._bits
        self._provide(-(-end // self._width) + SOURCE_BITS)
        taken = np.empty((count, self._words.shape[1]), np.uint64)
        period = self._width // gcd(self._width, self._bits)
        step = self._bits * period // self._width
        for phase in range(min(period, count)):
            part = taken[phase::period]  # draws that begin at the same bit of a word
            first, shift = divmod(self._offset + phase * self._bits, self._width)
            stop = first + (len(part) - 1) * step + 1
            self._extract(self._words[first:stop:step], self._words[first + 1 : stop + 1 : step],
                          shift, part)
        first, self._offset = divmod(end, self._width)
        self._words = self._words[first:]
        return self._unpacked(taken)

    def _extract(self, word: Words, following: Words, shift: int, out: Words) -> None:
        """Draws that begin at bit ``shift`` of ``word`` and may end in the ``following`` one."""
        kept = min(self._bits, self._width - shift)
        np.right_shift(word, np.uint64(shift), out=out)
        out &= self._low_bits(kept)
        if kept < self._bits:
            rest = following & self._low_bits(self._bits - kept)
            rest <<= np.uint64(kept)
            out |= rest

    def _low_bits(self, count: int) -> np.uint64:
        """The low ``count`` bits of every word in 64 bits."""
        return np.uint64(((1 << 64) - 1) // ((1 << self._width) - 1) * ((1 << count) - 1))

    def _unpacked(self, packed: Words) -> Words:
        """Draws from words of 64 bits, ``(..., n) uint64``, in the shape of the sources."""
        draws = packed.view(self._dtype)[..., : prod(self._shape)]
        return draws.reshape(*packed.shape[:-1], *self._shape)

    def _provide(self, count: int) -> None:
        """Have ``count`` words of every source; those before the next draw are gone."""
        known, (low, high) = len(self._words), SOURCE_TAPS
        words = np.empty((max(count, known), self._words.shape[1]), np.uint64)
        words[:known] = self._words
        while known < len(words):
            n = known - SOURCE_BITS
            size = min(SOURCE_BITS - high, len(words) - known)
            np.bitwise_xor(words[n + low : n + low + size], words[n + high : n + high + size],
                           out=words[known : known + size])
            known += size
        self._words = words


@dataclass(frozen=True)
class DrawSource:
    """One source of draws of ``bits`` bits, 1 to 24."""

    bits: int

    @property
    def module_name(self) -> str:
        return f"draw_{self.bits}"

    @property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({
            "step": In(1), "load": In(1), "seed": In(self.bits), "draw": Out(self.bits),
        })

    def create(self) -> "DrawSourceUnit":
        return DrawSourceUnit(self)


class DrawSourceUnit(wiring.Component):
    """Hardware of :class:`DrawSource`: 31 flip-flops and a LUT a bit drawn.

    Members
    -------
    step : ``In(1)``, goes on to the next draw.
    load : ``In(1)``, takes ``seed`` in; ``draw`` is what the next source of the chain takes.
    seed : ``In``, bits of the seeder or of the source before.
    draw : ``Out``, the draw; stays until ``step``.
    """

    def __init__(self, spec: DrawSource):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        bits = self.spec.bits
        state = Signal(SOURCE_BITS, reset_less=True)
        low, high = (state[tap : tap + bits] for tap in SOURCE_TAPS)
        with m.If(self.load | self.step):
            m.d.sync += state.eq(Cat(state[bits:], Mux(self.load, self.seed, low ^ high)))
        m.d.comb += self.draw.eq(state)
        return m


@dataclass(frozen=True)
class Seeder:
    """Fills a chain of ``sources`` sources of ``bits`` bits after every reset."""

    bits: int
    sources: int
    second: bool

    @property
    def module_name(self) -> str:
        return "seed_results" if self.second else "seed_steps"

    @property
    def signature(self) -> wiring.Signature:
        return wiring.Signature({
            "seed": In(SEED_BITS), "busy": Out(1), "load": Out(1), "o": Out(self.bits),
        })

    def create(self) -> "SeederUnit":
        return SeederUnit(self)


class SeederUnit(wiring.Component):
    """Hardware of :class:`Seeder`.

    Members
    -------
    seed : ``In(28)``, read in the first cycle after a reset.
    busy : ``Out(1)``, high from a reset until the chain is filled.
    load, o : ``Out``, to the first source of the chain.
    """

    def __init__(self, spec: Seeder):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        state = Signal(SEEDER_BITS, reset_less=True)
        fresh = Signal(init=1)
        left = Signal(range(load_cycles(spec.sources, spec.bits) + 1))
        m.d.comb += [self.load.eq(left.any()), self.busy.eq(fresh | self.load),
                     self.o.eq(state)]
        with m.If(fresh):
            first = Cat(self.seed ^ (seeder_state(0, spec.second) & ((1 << SEED_BITS) - 1)), 1)
            m.d.sync += [fresh.eq(0), state.eq(first),
                         left.eq(load_cycles(spec.sources, spec.bits))]
        with m.Elif(self.load):
            m.d.sync += [left.eq(left - 1), state.eq(_leap(state, spec.bits))]
        return m


def _leap(state: Value, bits: int) -> Value:
    """The seeder's state ``bits`` bits later: each bit the XOR of bits of ``state``."""
    masks = [1 << i for i in range(SEEDER_BITS)]
    for n in range(bits):
        mask = 0
        for i in range(SEEDER_BITS):
            mask ^= masks[n + i] * (SEEDER_POLYNOMIAL >> i & 1)
        masks.append(mask)
    return Cat(Cat(state[i] for i in range(SEEDER_BITS) if mask >> i & 1).xor()
               for mask in masks[bits:])
