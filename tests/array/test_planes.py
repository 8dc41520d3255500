"""The order of planes: every pair once, the most significant first; the sequencer follows it."""

from typing import Any

import numpy as np
import pytest

from hwgen.array.planes import PlaneSequencer, pairs
from tests.streams import simulate


@pytest.mark.parametrize(("a_bits", "b_bits"), [(1, 1), (4, 1), (1, 4), (3, 5), (8, 8), (16, 3)])
def test_pairs(a_bits: int, b_bits: int) -> None:
    order = list(pairs(a_bits, b_bits))
    assert sorted((pair.a, pair.b) for pair in order) == [
        (a, b) for a in range(a_bits) for b in range(b_bits)]
    significance = [pair.a + pair.b for pair in order]
    assert significance == sorted(significance, reverse=True)
    steps = -np.diff([a_bits + b_bits - 1, *significance])
    assert [pair.double for pair in order] == [bool(step) for step in steps]


@pytest.mark.parametrize(("a_width", "b_width", "a_signed", "b_signed"), [
    (1, 1, True, False), (4, 1, True, False), (3, 5, True, True), (6, 6, False, True),
    (1, 4, False, False)])
def test_sequencer_follows_the_order(a_width: int, b_width: int, a_signed: bool,
                                     b_signed: bool) -> None:
    dut = PlaneSequencer(a_width, b_width, a_signed, b_signed).create()
    rng = np.random.default_rng(0)

    async def testbench(ctx: Any) -> None:
        for a_bits in range(1, a_width + 1):
            for b_bits in range(1, b_width + 1):
                ctx.set(dut.a_bits, a_bits)
                ctx.set(dut.b_bits, b_bits)
                order = list(pairs(a_bits, b_bits))
                for index, pair in enumerate(order):
                    while True:
                        go, en = (bool(chance < 0.7) for chance in rng.random(2))
                        ctx.set(dut.go, go)
                        ctx.set(dut.en, en)
                        assert (ctx.get(dut.a), ctx.get(dut.b), ctx.get(dut.double)) == pair
                        signs = (a_signed and pair.a == a_bits - 1,
                                 b_signed and pair.b == b_bits - 1)
                        assert ctx.get(dut.negate) == (signs[0] != signs[1])
                        assert ctx.get(dut.first) == (index == 0)
                        assert ctx.get(dut.last) == (index == len(order) - 1)
                        await ctx.tick()
                        if go and en:
                            break

    simulate(dut, testbench)
