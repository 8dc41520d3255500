"""Rows that run ahead: values, pauses, resets; cycles to the one, never more than in step."""

from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes
from tests.array.products import WS, array_of, expect_cycles, expect_golden, expect_rtl, operands_of
from tests.streams import Bench, simulate_streams

KINDS = ("activation-serial", "both-serial")
STOCHASTIC = {"width": 9, "frac": -2, "rounding": "stochastic"}


def ahead_array(kind: str, beats: int, rows: int, bank_rows: int = 4, **more: Any) -> ArraySpec:
    pe = {"lanes": 2, "a": {"width": 6}, "b": {"width": 3}, **more.pop("pe", {})}
    return array_of(rows, 3, dataflow={**WS, "bank_rows": bank_rows}, **more, pe={
        "kind": kind, "precision": {"kind": "dynamic", "run_ahead": beats}, **pe})


def uneven(array: ArraySpec, shape: tuple[int, int, int], seed: int = 0) -> tuple[Codes, Codes]:
    """Operands of which rows and columns need few bits here and many there."""
    a, b = operands_of(array, shape, seed=seed)
    return a >> np.random.default_rng(seed).integers(0, 6, a.shape), b


@pytest.mark.parametrize(("kind", "beats", "rows", "pipeline"), [
    ("activation-serial", 1, 1, 0), ("activation-serial", 1, 3, 1), ("activation-serial", 4, 4, 0),
    ("both-serial", 1, 2, 2), ("both-serial", 2, 3, 0), ("both-serial", 8, 2, 3)])
def test_values_and_cycles(kind: str, beats: int, rows: int, pipeline: int) -> None:
    array = ahead_array(kind, beats, rows, pe={"pipeline": pipeline})
    for shape in ((6, 2 * rows + 1, 3), (1, 1, 1)):
        a, b = uneven(array, shape)
        expect_golden(array, a, b)
        expect_cycles(array, a, b)


@pytest.mark.parametrize("sharing", ["pe", "column"])
@pytest.mark.parametrize("kind", KINDS)
def test_pauses_and_draws(kind: str, sharing: str) -> None:
    array = ahead_array(kind, 1, 2, pe={"accumulator": STOCHASTIC, "pipeline": 1},
                        random={"sharing": sharing})
    a, b = uneven(array, (4, 6, 3), 1)
    expect_golden(array, a, b)
    expect_rtl(array, a, b, stall=0.3)


def test_reset_in_mid_tile() -> None:
    array = ahead_array("both-serial", 2, 3)
    a, b = uneven(array, (4, 5, 3))
    beats = array.beats(a, b)

    async def begin(ctx: Any, bench: Bench, reset: Any) -> None:
        for cycle in range(41):
            await bench.step(ctx, cycle)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)

    run = simulate_streams(array, beats, len(beats["o"]["codes"]), before=begin)
    np.testing.assert_array_equal(run.codes, beats["o"]["codes"])


def test_running_ahead_saves_cycles() -> None:
    """The more beats ahead, the nearer to what the slowest row takes on its own."""
    rng = np.random.default_rng(0)
    a = rng.integers(-32, 32, (64, 8)) >> rng.integers(0, 6, (64, 8))
    b = rng.integers(-4, 4, (8, 3))
    arrays = [ahead_array("activation-serial", beats, 4, bank_rows=64) for beats in (0, 1, 2, 8)]
    taken = [array.schedule_of(a, b).cycles for array in arrays]
    assert taken == sorted(taken, reverse=True)
    assert taken[-1] < 0.9 * taken[0]
    least = max(sum(int(bits) for bits in _planes(a[:, 2 * row : 2 * row + 2]))
                for row in range(4))
    assert least <= taken[-1] <= least + 40


def _planes(groups: Codes) -> Codes:
    """Bits of two's complement that each group needs."""
    magnitudes = np.where(groups < 0, ~groups, groups).max(axis=1)
    return np.array([int(value).bit_length() + 1 for value in magnitudes])


def test_schedule_by_sizes_is_the_most() -> None:
    array = ahead_array("both-serial", 2, 3)
    a, b = operands_of(array, (9, 8, 4), "lowest")
    assert array.schedule(9, 8, 4).cycles == array.schedule_of(a, b).cycles
    assert array.schedule_of(*uneven(array, (9, 8, 4))).cycles < array.schedule(9, 8, 4).cycles
