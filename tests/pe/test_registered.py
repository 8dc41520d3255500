"""A PE between registers adds each pair of operands once, at the promised time."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwgen.number import random_codes
from hwgen.pe.parallel import ParallelPE
from hwgen.pe.registered import RegisteredPE
from tests.pe.test_serial import KINDS, pe_of, planes
from tests.streams import simulate


@pytest.mark.parametrize("fields", [
    {}, {"pipeline": 2}, {"lanes": 2, "pipeline": 1},
    {"target": "ecp5", "form": "tree", "pipeline": 1},
])
def test_running_sum(fields):
    pe = ParallelPE.model_validate({"a": {"width": 5}, "b": {"width": 4, "signed": False},
                                    "accumulator": {"width": 12}, **fields})
    rng = np.random.default_rng(0)
    a, b = (random_codes(rng, side, (40, pe.lanes)) for side in (pe.a, pe.b))
    sums = np.cumsum((a * b).sum(axis=1))
    expected = (sums + 2048) % 4096 - 2048
    unit = RegisteredPE(pe).create()
    found = []

    async def bench(context):
        for step in range(len(a) + pe.pipeline + 1):
            for lane in range(pe.lanes):
                context.set(unit.a[lane], int(a[step, lane]) if step < len(a) else 0)
                context.set(unit.b[lane], int(b[step, lane]) if step < len(b) else 0)
            await context.tick()
            found.append(context.get(unit.acc))

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert found[pe.pipeline + 1 :] == expected.tolist()


@pytest.mark.parametrize("pipeline", [0, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_running_sum_of_a_serial_pe(kind, pipeline):
    pe = pe_of(kind, a={"width": 4}, b={"width": 3, "signed": False}, lanes=2, pipeline=pipeline)
    rng = np.random.default_rng(0)
    a, b = (random_codes(rng, side, (9, pe.lanes)) for side in (pe.a, pe.b))
    cycles = [inputs for left, right in zip(a, b, strict=True)
              for inputs in planes(pe, left, right)]
    unit = RegisteredPE(pe).create()

    async def bench(context):
        for inputs in cycles:
            for name in pe.signature.members.keys() & inputs.keys():
                context.set(getattr(unit, name), inputs[name])
            await context.tick()
        context.set(unit.step, 0)
        context.set(unit.run, 0)
        await context.tick().repeat(pipeline + 1)
        assert context.get(unit.acc) == (a * b).sum()

    simulate(unit, bench)
