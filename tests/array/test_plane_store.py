"""A store shows any plane of the codes that it took last, in one module or many."""

from typing import Any

import numpy as np
import pytest

from hwgen.array.plane_store import PlaneStore
from tests.streams import simulate


@pytest.mark.parametrize(("width", "count"), [(1, 1), (1, 5), (3, 16), (8, 17), (5, 70)])
def test_planes_of_the_last_codes(width: int, count: int) -> None:
    dut, rng = PlaneStore(width, count).create(), np.random.default_rng(0)

    async def testbench(ctx: Any) -> None:
        for _ in range(4):
            codes = rng.integers(0, 1 << width, count)
            ctx.set(dut.i, sum(int(code) << width * place for place, code in enumerate(codes)))
            ctx.set(dut.load, 1)
            await ctx.tick()
            ctx.set(dut.load, 0)
            ctx.set(dut.i, 0)
            for plane in rng.permutation(width):
                ctx.set(dut.index, int(plane))
                await ctx.tick()
                assert ctx.get(dut.o) == sum(
                    int(code >> plane & 1) << place for place, code in enumerate(codes))

    simulate(dut, testbench)
