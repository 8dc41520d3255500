"""A delayed value moves with the enable only."""

from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.sim import Simulator

from hwgen.arith.delay import later


@pytest.mark.parametrize("cycles", [0, 1, 3])
def test_counts_enabled_cycles(cycles: int) -> None:
    m, en, value, found = Module(), Signal(), Signal(4), Signal(4)
    m.d.comb += found.eq(later(m, en, value, cycles, "kept"))
    seen = [0] * cycles

    async def testbench(ctx: Any) -> None:
        for step in range(12):
            ctx.set(value, step)
            ctx.set(en, step % 3 != 1)
            assert ctx.get(found) == ([*seen, step][-cycles - 1])
            await ctx.tick()
            if step % 3 != 1:
                seen.append(step)

    m.d.sync += Signal().eq(en)  # a clock, even where nothing is delayed
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
