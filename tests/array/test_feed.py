"""Arrays of bit-serial PEs: values and cycles of every precision, told or detected, and errors."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from amaranth import ResetInserter, Signal

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes
from tests.array.products import OS, WS, array_of, expect_cycles, expect_rtl, operands_of
from tests.streams import Bench, packed, simulate, simulate_streams

KINDS = ("activation-serial", "both-serial")
DATAFLOWS = {"os": OS, "ws": {**WS, "bank_rows": 3}, "ws-0": {**WS, "bank_rows": 0}}
PRECISIONS: dict[str, dict[str, Any]] = {
    "fixed": {"kind": "fixed"}, "told": {"kind": "run-time"}, "detected": {"kind": "dynamic"},
    "magnitudes": {"kind": "dynamic", "form": "sign-magnitude"},
}
CASES = list(product(KINDS, DATAFLOWS, PRECISIONS))


def serial_array(kind: str, dataflow: str, precision: str, **pe: Any) -> ArraySpec:
    values = {"lanes": 2, "a": {"width": 5}, "b": {"width": 4}, **pe}
    return array_of(2, 3, dataflow=DATAFLOWS[dataflow],
                    pe={"kind": kind, "precision": PRECISIONS[precision], **values})


def narrowed(codes: Codes, seed: int = 0) -> Codes:
    """Codes of all sizes: rows and columns that need few bits, others all."""
    return codes >> np.random.default_rng(seed).integers(0, 5, codes.shape)


@pytest.mark.parametrize(("kind", "dataflow", "precision"), CASES)
def test_values_and_cycles(kind: str, dataflow: str, precision: str) -> None:
    array = serial_array(kind, dataflow, precision)
    a, b = operands_of(array, (4, min(9, array.max_depth or 9), 4))
    expect_cycles(array, narrowed(a), narrowed(b, 1))


@pytest.mark.parametrize(("kind", "dataflow", "precision"), CASES)
def test_pauses_change_nothing(kind: str, dataflow: str, precision: str) -> None:
    array = serial_array(kind, dataflow, precision, pipeline=3,
                         accumulator={"width": 9, "overflow": "saturate"})
    a, b = operands_of(array, (3, min(5, array.max_depth or 5), 4), "extremes")
    expect_rtl(array, narrowed(a), b, stall=0.4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataflow", DATAFLOWS)
def test_same_results_as_a_parallel_array(kind: str, dataflow: str) -> None:
    array = serial_array(kind, dataflow, "detected",
                         accumulator={"width": 8, "frac": -2, "rounding": "stochastic"})
    pe = array.pe.model_dump(exclude={"kind", "precision"})
    parallel = ArraySpec.parse({**array.model_dump(mode="json"), "pe": {"kind": "parallel", **pe}})
    a, b = operands_of(array, (5, min(7, array.max_depth or 7), 4))
    np.testing.assert_array_equal(array.golden(a, b), parallel.golden(a, b))
    assert {name: layout for name, layout in array.streams.items() if name != "a"} == {
        name: layout for name, layout in parallel.streams.items() if name != "a"}


@pytest.mark.parametrize("told", [(1, 1), (5, 3), (2, 4)])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_told_precision(kind: str, dataflow: str, told: tuple[int, int]) -> None:
    """Only the low bits of each code count, and the time is that of so many planes."""
    array = serial_array(kind, dataflow, "told")
    told = told if kind == "both-serial" else (told[0], array.pe.b.width)
    a, b = operands_of(array, (4, 6, 5))
    beats = array.beats(a, b, precision=told)
    run = simulate_streams(array, beats, len(beats["o"]["codes"]))
    np.testing.assert_array_equal(run.codes, beats["o"]["codes"])
    assert run.cycles[-1] + 1 == array.schedule_of(a, b, told).cycles
    low, sign = [1 << bits for bits in told], [1 << bits - 1 for bits in told]
    kept = [(codes + half & whole - 1) - half
            for codes, whole, half in zip((a, b), low, sign, strict=True)]
    np.testing.assert_array_equal(array.golden(a, b, precision=told), kept[0] @ kept[1])


@pytest.mark.parametrize("wrong", [0, 6, 7])
@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_precision_out_of_range_raises_the_error(dataflow: str, wrong: int) -> None:
    """What came before ends as it should; nothing comes of the rest until a reset."""
    array = serial_array("both-serial", dataflow, "told")
    beats = array.beats(*operands_of(array, (4, 4, 3)))
    bad = {**beats["a"], "a_bits": np.full(len(beats["a"]["last"]), wrong)}
    both = {"a": {name: np.concatenate([codes, bad[name]]) for name, codes in beats["a"].items()},
            "b": {"codes": np.concatenate([beats["b"]["codes"]] * 2)}}
    results = len(beats["o"]["last"])
    dut, reset = array.create(), Signal()
    quiet = dict.fromkeys("abo", 0.0)
    first, again = (Bench(dut, packed(array, sent), quiet, 0) for sent in (both, beats))

    async def testbench(ctx: Any) -> None:
        await first.run(ctx, results, 2000, after=100)
        assert len(first.taken) == results
        assert ctx.get(dut.error)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(dut.error)
        await again.run(ctx, results, 2000, after=20)
        assert again.taken == first.taken

    simulate(ResetInserter(reset)(dut), testbench)
