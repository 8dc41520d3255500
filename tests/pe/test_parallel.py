"""The parallel PE: RTL against golden for all its parameters, pipeline and hold."""

from typing import Any

import numpy as np
import pytest

from hwgen.number import Codes, Fixed, random_codes
from hwgen.pe.parallel import ParallelPE
from tests import oracle
from tests.streams import simulate

U8, S8 = {"width": 8, "signed": False}, {"width": 8}
ROUNDED = {"width": 14, "frac": -3, "rounding": "nearest_even", "overflow": "saturate"}
PES = {
    "default": {},
    "lanes 2": {"lanes": 2},
    "lanes 3": {"lanes": 3},
    "lanes 7": {"lanes": 7},
    "pipeline": {"lanes": 3, "pipeline": 1},
    "unsigned": {"a": U8, "b": U8, "lanes": 5},
    "mixed": {"a": U8, "b": S8, "lanes": 3},
    "mixed, unsigned sum": {"a": S8, "b": U8, "accumulator": {"width": 12, "signed": False}},
    "one bit": {"a": {"width": 1}, "b": {"width": 1}, "lanes": 4, "accumulator": {"width": 3}},
    "asymmetric": {"a": {"width": 3}, "b": {"width": 13, "signed": False}, "lanes": 2},
    "narrow wraps": {"lanes": 2, "accumulator": {"width": 9}},
    "narrow saturates": {"lanes": 2, "accumulator": {"width": 9, "overflow": "saturate"}},
    "unsigned saturates": {"accumulator": {"width": 9, "signed": False, "overflow": "saturate"}},
    "floor": {"lanes": 3, "accumulator": {"width": 18, "frac": -4}},
    "nearest up": {"lanes": 3, "accumulator": {**ROUNDED, "rounding": "nearest_up"}},
    "nearest even": {"lanes": 3, "accumulator": ROUNDED, "pipeline": 1},
    "all bits dropped": {"accumulator": {"frac": -16, "rounding": "nearest_even"}},
    "mapped": {"target": "ecp5"},
    "mapped, wraps": {"target": "ice40", "accumulator": {"width": 11}},
    "mapped, unsigned sum": {"target": "ecp5", "pipeline": 2, "accumulator": {
        "width": 9, "signed": False, "overflow": "saturate"}},
    "mapped lanes": {"target": "ice40", "form": "tree", "lanes": 3, "pipeline": 3,
                     "accumulator": {**ROUNDED, "rounding": "nearest_up"}},
    "pipeline 4": {"pipeline": 4},
    "wide": {"a": {"width": 32}, "b": {"width": 32}, "lanes": 2,
             "accumulator": {"width": 64, "overflow": "saturate"}},
    "wide wraps": {"a": {"width": 32, "signed": False}, "b": {"width": 32, "signed": False},
                   "lanes": 3, "accumulator": {"width": 63, "signed": False, "frac": -9,
                                               "rounding": "nearest_up"}},
}


def steps(pe: ParallelPE, count: int) -> tuple[Codes, Codes, Codes]:
    """Random sums and operands with all extremes: ``(count,)`` and ``(count, L)``."""
    rng = np.random.default_rng(count)
    acc = random_codes(rng, pe.format, (count,))
    a, b = (random_codes(rng, side, (count, pe.lanes)) for side in (pe.a, pe.b))
    for row, (x, y) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        a[row], b[row] = ((side.minimum, side.maximum)[end] for side, end in ((pe.a, x), (pe.b, y)))
    acc[:4] = [pe.format.minimum, pe.format.maximum] * 2
    return acc, a, b


def packed(codes: Codes, operand: Fixed) -> int:
    return sum(code % 2**operand.width << i * operand.width
               for i, code in enumerate(codes.tolist()))


def simulate_steps(pe: ParallelPE, acc: Codes, a: Codes, b: Codes) -> list[int]:
    """``acc_o`` of each step, fed with ``acc`` when its operands reach the accumulator."""
    dut, sums = pe.create(), []

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.en, 1)
        for cycle in range(len(a) + pe.latency):
            step = min(cycle, len(a) - 1)
            ctx.set(dut.a.as_value(), packed(a[step], pe.a))
            ctx.set(dut.b.as_value(), packed(b[step], pe.b))
            if cycle >= pe.latency:
                ctx.set(dut.acc_i, int(acc[cycle - pe.latency]))
                sums.append(ctx.get(dut.acc_o))
            if pe.latency:
                await ctx.tick()

    simulate(dut, testbench)
    return sums


def expected_steps(pe: ParallelPE, acc: Codes, a: Codes, b: Codes) -> list[int]:
    """The same from the rules in plain integers."""
    spec = pe.accumulator.model_dump()
    drop = 0 if spec["frac"] is None else pe.a.frac + pe.b.frac - spec["frac"]
    sums = [sum(x * y for x, y in zip(*row, strict=True))
            for row in zip(a.tolist(), b.tolist(), strict=True)]
    return [oracle.fitted(total + oracle.rounded(addend, drop, spec["rounding"]), spec)
            for total, addend in zip(acc.tolist(), sums, strict=True)]


@pytest.mark.parametrize("values", PES.values(), ids=PES.keys())
def test_step(values: dict[str, Any]) -> None:
    pe = ParallelPE.parse(values)
    acc, a, b = steps(pe, 120)
    expected = expected_steps(pe, acc, a, b)
    golden = pe.golden_step(acc.astype(pe.dtype), a.astype(pe.dtype), b.astype(pe.dtype))
    assert golden.tolist() == expected
    assert simulate_steps(pe, acc, a, b) == expected


def test_pipeline_holds_without_enable() -> None:
    pe = ParallelPE(pipeline=1)
    dut, seen = pe.create(), []

    async def testbench(ctx: Any) -> None:
        for enable, code in ((1, 3), (0, 5), (0, 7), (1, 9), (1, 11)):
            ctx.set(dut.en, enable)
            ctx.set(dut.a.as_value(), code)
            ctx.set(dut.b.as_value(), 2)
            await ctx.tick()
            seen.append(ctx.get(dut.acc_o))

    simulate(dut, testbench)
    assert seen == [6, 6, 6, 18, 22]


@pytest.mark.parametrize(("lanes", "bits"), [(1, 16), (2, 17), (3, 18), (4, 18), (5, 19),
                                             (256, 24)])
def test_sum_bits(lanes: int, bits: int) -> None:
    pe = ParallelPE(lanes=lanes)
    assert pe.sum_bits == bits
    extreme = lanes * pe.a.minimum * pe.b.minimum
    assert extreme < 2 ** (bits - 1)
    assert extreme >= 2 ** (bits - 3)


@pytest.mark.parametrize(("width", "lanes", "acc", "dtype"), [
    (8, 1, 32, np.int64), (30, 2, 61, np.int64), (30, 3, 61, object), (8, 1, 62, object),
    (32, 1, 32, object),
])
def test_dtype_holds_sum_and_accumulator(width: int, lanes: int, acc: int, dtype: type) -> None:
    operand = {"width": width}
    pe = ParallelPE.parse({"a": operand, "b": operand, "lanes": lanes,
                           "accumulator": {"width": acc}})
    assert pe.dtype == dtype


def test_format_and_latency() -> None:
    pe = ParallelPE.parse({"a": {"width": 8, "frac": 5}, "b": {"width": 6, "frac": -2}})
    assert pe.operands.product_frac == 3
    assert pe.format == Fixed(width=32, frac=3)
    assert pe.latency == 0
    assert ParallelPE(pipeline=1).latency == 1
