"""Delay lines, triangles and taps against lists, with random holds."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from amaranth import Elaboratable, Module, ResetInserter, Signal

from hwgen.array.skew import MAX_LINE_BITS, Delay, Triangle, delayed, taps
from tests.streams import simulate

Slope = Literal["rising", "falling"]


def run(dut: Any, bits: int, cycles: int = 60) -> tuple[list[int], list[int]]:
    """Inputs and outputs of the enabled cycles of a unit with ``en``, ``i`` and ``o``."""
    rng = np.random.default_rng(bits)
    inputs, outputs = [], []

    async def testbench(ctx: Any) -> None:
        for _ in range(cycles):
            value = int.from_bytes(rng.bytes(bits // 8 + 1), "little") & ((1 << bits) - 1)
            enable = rng.random() < 0.6
            ctx.set(dut.en, enable)
            ctx.set(dut.i, value)
            if enable:
                inputs.append(value)
                outputs.append(ctx.get(dut.o))
            await ctx.tick()

    # A triangle of one element has no register, hence a clock of its own.
    m = Module()
    m.submodules.dut = dut
    m.d.sync += Signal().eq(1)
    simulate(m, testbench)
    return inputs, outputs


def expect_delayed(inputs: list[int], outputs: list[int], cycles: int) -> None:
    assert len(inputs) > cycles + 5
    assert outputs[cycles:] == inputs[: len(inputs) - cycles]


def element(values: list[int], index: int, bits: int) -> list[int]:
    return [value >> index * bits & ((1 << bits) - 1) for value in values]


@pytest.mark.parametrize(("bits", "cycles"), [(1, 1), (8, 1), (3, 4), (MAX_LINE_BITS, 1),
                                              (MAX_LINE_BITS + 1, 1), (90, 9), (1, 20)])
def test_delay(bits: int, cycles: int) -> None:
    expect_delayed(*run(Delay(bits, cycles).create(), bits), cycles)


@pytest.mark.parametrize("slope", ["rising", "falling"])
@pytest.mark.parametrize(("bits", "count"), [(8, 1), (8, 2), (5, 3), (3, 4), (4, 5), (1, 8),
                                             (70, 6), (2, 13)])
def test_triangle(bits: int, count: int, slope: Slope) -> None:
    inputs, outputs = run(Triangle(bits, count, slope).create(), bits * count)
    for i in range(count):
        cycles = i if slope == "rising" else count - 1 - i
        expect_delayed(element(inputs, i, bits), element(outputs, i, bits), cycles)


class Taps(Elaboratable):
    """A unit around :func:`taps` or :func:`delayed`."""

    def __init__(self, build: Callable[..., Any], count: int):
        self.build = build
        self.en, self.i, self.o = Signal(), Signal(), Signal(count)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.o.eq(self.build(m, self.en, self.i))
        return m


@pytest.mark.parametrize("slope", ["rising", "falling"])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_taps_are_the_elements_of_a_triangle(count: int, slope: Slope) -> None:
    dut = Taps(lambda m, en, flag: taps(m, en, flag, count, slope, "line"), count)
    inputs, outputs = run(dut, 1)
    for i in range(count):
        cycles = i if slope == "rising" else count - 1 - i
        expect_delayed(inputs, element(outputs, i, 1), cycles)
        assert element(outputs, i, 1)[:cycles] == [0] * cycles


@pytest.mark.parametrize("cycles", [0, 1, 2, 7])
def test_delayed_flag(cycles: int) -> None:
    inputs, outputs = run(Taps(lambda m, en, flag: delayed(m, en, flag, cycles, "line"), 1), 1)
    expect_delayed(inputs, outputs, cycles)
    assert outputs[:cycles] == [0] * cycles


@pytest.mark.parametrize("slope", ["rising", "falling"])
def test_flags_do_not_survive_a_reset(slope: Slope) -> None:
    dut, reset = Taps(lambda m, en, flag: taps(m, en, flag, 5, slope, "line"), 5), Signal()
    seen = []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.en, 1)
        ctx.set(dut.i, 1)
        await ctx.tick().repeat(5)
        seen.append(ctx.get(dut.o))
        ctx.set(dut.i, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        seen.append(ctx.get(dut.o))

    simulate(ResetInserter(reset)(dut), testbench)
    assert seen == [0b11111, 0]


def test_names_tell_units_apart() -> None:
    assert Delay(8, 3).module_name == "delay_3x8"
    assert Triangle(8, 3, "rising").module_name == "rising_3x8"
    assert Triangle(8, 3, "falling").module_name == "falling_3x8"
