"""Random bits for stochastic rounding: a leap-forward shift register, and how many are seeded.

A *source* walks along the sequence of PRBS31 (ITU-T O.150), ``s[n+31] = s[n] ^ s[n+3]``.  A draw of
``r`` bits takes the next ``r`` bits of the sequence, and the register leaps all of them at once:
a register that makes one step a draw would repeat ``r - 1`` bits of the draw before.  The leap
costs one two-input XOR a bit drawn.

The sources of an array are one chain while they are seeded.  A *seeder*, a second register of
another polynomial, fills it: 31 bits a source.  So equal modules get different states, and a seed
needs no constant in the hardware.  The seeder has 29 bits, hence at most 28 zeros follow each
other, and no source can start from the state zero, where it would stay.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.number import Codes

SOURCE_BITS = 31
SOURCE_TAPS = (0, 3)
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
    block = SEEDER_BITS - max(taps)
    for n in range(0, total, block):
        size = min(block, total - n)
        sequence[n + SEEDER_BITS : n + SEEDER_BITS + size] = np.bitwise_xor.reduce(
            [sequence[n + i : n + i + size] for i in taps])
    held = sequence[total - sources * SOURCE_BITS : total]
    return held.reshape(sources, SOURCE_BITS)[::-1]


def draws(first: Words, count: int, bits: int) -> Codes:
    """The first ``count`` draws of ``bits`` bits of each source: ``(count, sources) int32``.

    Parameters
    ----------
    first : ``(sources, 31)`` bits, as :func:`keys` gives them.
    """
    stream = _bytes(first, (count * bits + 7) // 8 + 4)
    if bits == 8:
        return stream[:count].astype(np.int32)
    position = np.arange(count) * bits
    index, shift = position >> 3, (position & 7).astype(np.uint32)[:, None]
    words = stream[index].astype(np.uint32)
    for more in range(1, (bits + 14) // 8):
        words |= stream[index + more].astype(np.uint32) << np.uint32(8 * more)
    return ((words >> shift) & np.uint32((1 << bits) - 1)).astype(np.int32)


def _bytes(first: Words, count: int) -> Words:
    """Eight bits of every sequence at a time, ``(count, sources) uint8``, lowest bit first.

    Squaring the polynomial three times: bits eight apart obey the same recurrence, so do bytes.
    """
    low, high = SOURCE_TAPS
    bits = np.zeros((8 * SOURCE_BITS, len(first)), np.uint8)
    bits[:SOURCE_BITS] = first.T
    for n in range(len(bits) - SOURCE_BITS):
        bits[n + SOURCE_BITS] = bits[n + low] ^ bits[n + high]
    stream = np.zeros((max(count, SOURCE_BITS), len(first)), np.uint8)
    stream[:SOURCE_BITS] = np.packbits(bits, axis=0, bitorder="little")
    block = SOURCE_BITS - high
    for n in range(0, len(stream) - SOURCE_BITS, block):
        size = min(block, len(stream) - SOURCE_BITS - n)
        np.bitwise_xor(stream[n + low : n + low + size], stream[n + high : n + high + size],
                       out=stream[n + SOURCE_BITS : n + SOURCE_BITS + size])
    return stream


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
