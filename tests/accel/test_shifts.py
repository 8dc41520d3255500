"""The shifters of the compressed traffic, exhaustively, against Python's integers and lists."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Cat, Const, Module, Signal, Value

from hwgen.accel.shifts import below, compacted, moves, selected, spread, total, window, window_up
from tests.streams import simulate


def values(build: Callable[[Module, Signal], Value], width: int) -> list[int]:
    """What is built of a signal, for each of its values."""
    m, x = Module(), Signal(width)
    value = build(m, x)
    result = Signal(len(value))
    m.d.comb += result.eq(value)
    found: list[int] = []

    async def testbench(ctx: Any) -> None:
        for number in range(1 << width):
            ctx.set(x, number)
            found.append(ctx.get(result))

    simulate(m, testbench)
    return found


@pytest.mark.parametrize("pattern", [0b1, 0x8000, 0xB3A5])
def test_windows(pattern: int) -> None:
    down = values(lambda m, by: window(m, Const(pattern, 16), by, 8, "down"), 3)
    assert down == [pattern >> by & 255 for by in range(8)]
    up = values(lambda m, by: window_up(m, Const(pattern, 16), by, 8, "up"), 3)
    assert up == [(pattern << by & 0xFFFF) >> 8 for by in range(8)]


def test_window_ends_in_zeros() -> None:
    assert values(lambda m, by: window(m, Const(0b111, 3), by, 3, "down"), 3) == [7, 3, 1] + [0] * 5


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_selected(count: int) -> None:
    bits = (count - 1).bit_length()
    found = values(lambda m, index: selected(index, [Const(7 * n % 32, 5) for n in range(count)]),
                   bits)
    assert found[:count] == [7 * n % 32 for n in range(count)]


@pytest.mark.parametrize("bits", [1, 4, 7, 8])
def test_below(bits: int) -> None:
    found = values(lambda m, number: below(bits, number), 3)
    assert found == [(1 << min(number, bits)) - 1 for number in range(8)]


def test_total() -> None:
    assert values(lambda m, x: total(list(x)), 5) == [n.bit_count() for n in range(32)]
    assert values(lambda m, x: total([]), 1) == [0, 0]


@pytest.mark.parametrize("count", [1, 2, 3, 6, 8])
def test_compaction_and_back(count: int) -> None:
    """Lane k holds k + 1."""
    lanes = [Const(lane + 1, 4) for lane in range(count)]
    packed = values(lambda m, there: Cat(compacted(m, lanes, moves(m, there, "x"), "x")), count)
    apart = values(lambda m, there: Cat(spread(m, lanes, moves(m, there, "x"), "x")), count)
    for number in range(1 << count):
        present = [lane for lane in range(count) if number >> lane & 1]
        assert [packed[number] >> 4 * rank & 15 for rank in range(len(present))] == [
            lane + 1 for lane in present]
        assert [apart[number] >> 4 * lane & 15 for lane in present] == [
            rank + 1 for rank in range(len(present))]
