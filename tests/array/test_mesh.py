"""Whole arrays in both dataflows: RTL against golden beat by beat, golden against plain integers.

What only one dataflow has is in the test files of the two.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
from amaranth import Signal

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, Fixed
from hwgen.spec import InputError
from tests.array.products import (
    CODES,
    DATAFLOWS,
    OS,
    WS,
    array_of,
    expect_cycles,
    expect_golden,
    expect_rtl,
    operands_of,
)
from tests.streams import Bench, packed, simulate, simulate_product, simulate_streams

U8, S8 = {"width": 8, "signed": False}, {"width": 8}
ROUNDED = {"width": 12, "frac": -3, "rounding": "nearest_even"}
PES: dict[str, dict[str, Any]] = {
    "default": {},
    "lanes 2": {"lanes": 2},
    "lanes 3, pipeline": {"lanes": 3, "pipeline": 1},
    "pipeline": {"pipeline": 1},
    "unsigned": {"a": U8, "b": U8},
    "unsigned sum": {"a": U8, "b": U8, "accumulator": {"width": 17, "signed": False}},
    "mixed": {"a": S8, "b": U8},
    "other mixed": {"a": {"width": 3, "signed": False}, "b": {"width": 11}, "lanes": 2},
    "one bit": {"a": {"width": 1}, "b": {"width": 1, "signed": False},
                "accumulator": {"width": 2}},
    "one-bit sum": {"a": {"width": 2}, "b": {"width": 2}, "accumulator": {"width": 1}},
    "wraps": {"accumulator": {"width": 10}},
    "saturates": {"accumulator": {"width": 16, "overflow": "saturate"}, "lanes": 2},
    "unsigned saturates": {"accumulator": {"width": 15, "signed": False, "overflow": "saturate"}},
    "floor": {"accumulator": {"width": 12, "frac": -5}},
    "nearest up": {"accumulator": {**ROUNDED, "rounding": "nearest_up"}, "pipeline": 1},
    "nearest even": {"accumulator": ROUNDED, "lanes": 2},
    "nearest even, saturates": {"accumulator": {**ROUNDED, "overflow": "saturate"}},
    "fractions": {"a": {"width": 6, "frac": 7}, "b": {"width": 6, "frac": -3},
                  "accumulator": {"width": 9, "frac": 1, "rounding": "nearest_even",
                                  "overflow": "saturate"}},
    "all bits dropped": {"accumulator": {"width": 6, "frac": -16, "rounding": "nearest_up"}},
    "wide": {"a": {"width": 32}, "b": {"width": 32}, "accumulator": {"width": 64}},
    "wide saturates": {"a": {"width": 32}, "b": {"width": 32}, "lanes": 2,
                       "accumulator": {"width": 64, "overflow": "saturate"}},
    "wide unsigned": {"a": {"width": 32, "signed": False}, "b": {"width": 32, "signed": False},
                      "accumulator": {"width": 63, "signed": False, "frac": -7,
                                      "rounding": "nearest_even", "overflow": "saturate"}},
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "int8": {"width": 8, "frac": -4},
    "uint8": {"width": 8, "frac": -4, "signed": False},
    "floor wraps": {"width": 5, "frac": -2, "rounding": "floor", "overflow": "wrap"},
    "nearest up": {"width": 7, "frac": -6, "rounding": "nearest_up"},
    "one bit": {"width": 1, "signed": False},
    "wider": {"width": 64},
    "all dropped": {"width": 4, "frac": -20},
}


def by_dataflow(test: Any) -> Any:
    return pytest.mark.parametrize("dataflow", DATAFLOWS.values(), ids=DATAFLOWS.keys())(test)


@by_dataflow
@pytest.mark.parametrize("pe", PES.values(), ids=PES.keys())
def test_every_pe(pe: dict[str, Any], dataflow: dict[str, Any]) -> None:
    array = array_of(2, 2, pe=pe, dataflow=dataflow)
    a, b = operands_of(array, (5, 7, 3))
    expect_golden(array, a, b)
    expect_rtl(array, a, b, stall=0.2)


@pytest.mark.parametrize("dataflow", [OS, {**WS, "bank_rows": 4}], ids=["os", "ws"])
@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS.keys())
def test_every_output(output: dict[str, Any], dataflow: dict[str, Any]) -> None:
    pe = {"a": {"width": 5}, "b": {"width": 4, "signed": False},
          "accumulator": {"width": 20, "overflow": "saturate"}}
    array = array_of(2, 3, pe=pe, dataflow=dataflow, output=output)
    a, b = operands_of(array, (7, 5, 4))
    expect_golden(array, a, b)
    expect_rtl(array, a, b)


@pytest.mark.parametrize("kind", CODES)
@by_dataflow
@pytest.mark.parametrize("pe", PES.values(), ids=PES.keys())
def test_golden_with_extremes(pe: dict[str, Any], dataflow: dict[str, Any], kind: str) -> None:
    output = {"width": 7, "rounding": "nearest_even"}
    for array in (array_of(3, 2, pe=pe, dataflow=dataflow),
                  array_of(2, 3, pe=pe, dataflow=dataflow, output=output)):
        expect_golden(array, *operands_of(array, (4, 13, 3), kind))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 1), (4, 1, 5), (7, 6, 2), (2, 5, 7)],
                         ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize(("rows", "columns", "lanes", "pipeline"), [
    (1, 1, 1, 0), (1, 4, 1, 1), (4, 1, 2, 0), (3, 2, 1, 1), (2, 3, 3, 0)])
@pytest.mark.parametrize("dataflow", [OS, {**WS, "bank_rows": 3}], ids=["os", "ws"])
def test_cycles_are_those_of_the_schedule(dataflow: dict[str, Any], rows: int, columns: int,
                                          lanes: int, pipeline: int,
                                          shape: tuple[int, int, int]) -> None:
    pe = {"lanes": lanes, "pipeline": pipeline, "a": {"width": 4}, "b": {"width": 4}}
    array = array_of(rows, columns, dataflow=dataflow, pe=pe)
    expect_cycles(array, *operands_of(array, shape))


@by_dataflow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("stall", [{"a": 0.7}, {"b": 0.7}, {"o": 0.7}, {"a": 0.5, "b": 0.5},
                                   dict.fromkeys("abo", 0.4), dict.fromkeys("abo", 0.85)],
                         ids=["a", "b", "o", "ab", "all", "much"])
def test_stalls_change_nothing(stall: dict[str, float], seed: int,
                               dataflow: dict[str, Any]) -> None:
    pe = {"accumulator": {"width": 16, "overflow": "saturate"}, "pipeline": seed}
    array = array_of(3, 2, dataflow=dataflow, pe=pe)
    a, b = operands_of(array, (5, 4, 4), seed=seed)
    expect_rtl(array, a, b, stall=stall, seed=seed)


@by_dataflow
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("cycles", [1, 3, 6, 11])
def test_reset_at_any_time(cycles: int, stall: float, dataflow: dict[str, Any]) -> None:
    array = array_of(3, 2, dataflow=dataflow, pe={"pipeline": 1})

    async def interrupt(ctx: Any, bench: Bench, reset: Signal) -> None:
        for cycle in range(cycles):
            await bench.step(ctx, cycle)
        ctx.set(reset, 1)
        await bench.step(ctx, cycles)
        ctx.set(reset, 0)

    expect_rtl(array, *operands_of(array, (4, 4, 3)), stall=stall, before=interrupt)


@by_dataflow
def test_two_products_in_a_row(dataflow: dict[str, Any]) -> None:
    """The second product finds the array as the first one left it."""
    array = array_of(2, 3, dataflow=dataflow)
    parts = [array.beats(*operands_of(array, shape, seed=seed))
             for seed, shape in enumerate([(3, 5, 4), (1, 2, 2), (5, 3, 1)])]
    beats = {name: {field: np.concatenate([part[name][field] for part in parts])
                    for field in parts[0][name]} for name in parts[0]}
    run = simulate_streams(array, beats, len(beats["o"]["codes"]), stall=0.1)
    np.testing.assert_array_equal(run.codes, beats["o"]["codes"])
    np.testing.assert_array_equal(run.last, beats["o"]["last"])


class HoldingBench(Bench):
    """Also notes every result beat that changed, or went, before it was taken."""

    waiting: int | None = None
    holds = changes = 0

    def watch(self, ctx: Any, cycle: int) -> None:
        super().watch(ctx, cycle)
        o = self.dut.o
        beat = ctx.get(o.payload.as_value()) if ctx.get(o.valid) else None
        if self.waiting is not None:
            self.holds += 1
            self.changes += beat != self.waiting
        self.waiting = None if ctx.get(o.ready) else beat


@by_dataflow
def test_result_waits_unchanged_until_taken(dataflow: dict[str, Any]) -> None:
    array = array_of(2, 2, dataflow=dataflow)
    beats = array.beats(*operands_of(array, (4, 4, 4)))
    bench = HoldingBench(array.create(), packed(array, beats), {"a": 0.2, "b": 0.2, "o": 0.7}, 0)
    simulate(bench.dut, partial(bench.run, results=len(beats["o"]["codes"]), max_cycles=2000,
                                after=20))
    assert bench.holds > 5
    assert bench.changes == 0


@by_dataflow
def test_latency_from_last_operand_to_first_result(dataflow: dict[str, Any]) -> None:
    for pipeline in (0, 1):
        array = array_of(3, 4, dataflow=dataflow, pe={"pipeline": pipeline})
        assert array.latency == 3 + 4 + 1 + pipeline
        depth = 1 if dataflow is OS else 3
        run = expect_rtl(array, *operands_of(array, (1, depth, 1)))
        preload = 0 if dataflow is OS else 3
        assert run.cycles[0] == preload + array.latency


def test_array_larger_than_the_product() -> None:
    for dataflow in DATAFLOWS.values():
        array = array_of(5, 4, dataflow=dataflow)
        a, b = operands_of(array, (1, 2, 1))
        product, _cycles = simulate_product(array, a, b)
        assert product.tolist() == array.golden(a, b).tolist() == (a @ b).tolist()


def test_wrap_is_associative() -> None:
    pe = {"accumulator": {"width": 11}}
    a, b = operands_of(array_of(), (5, 40, 6))
    exact = a @ b
    for dataflow in DATAFLOWS.values():
        golden = array_of(3, 2, pe=pe, dataflow=dataflow).golden(a, b)
        np.testing.assert_array_equal((golden - exact) % 2**11, 0)


def test_saturation_depends_on_the_order() -> None:
    pe = {"accumulator": {"width": 8, "overflow": "saturate"}}
    a, b = np.array([[100, 100, -100, 1]]), np.ones((4, 1), np.int64)
    assert array_of(2, 1, pe=pe).golden(a, b).tolist() == [[28]]
    assert array_of(2, 1, pe=pe, dataflow=WS).golden(a, b).tolist() == [[28]]
    assert array_of(4, 1, pe=pe, dataflow=WS).golden(a, b).tolist() == [[28]]
    assert array_of(3, 1, pe=pe, dataflow=WS).golden(a[:, ::-1], b).tolist() == [[101]]
    assert array_of(1, 1, pe=pe).golden(a[:, ::-1], b).tolist() == [[101]]


def test_result_format() -> None:
    pe = {"a": {"width": 8, "frac": 3}, "b": {"width": 8, "frac": 2}}
    assert array_of(pe=pe).result == Fixed(width=32, frac=5)
    assert array_of(pe=pe, output={"width": 9}).result == Fixed(width=9, frac=5)
    unsigned = {**pe, "accumulator": {"width": 20, "frac": 1, "signed": False}}
    assert array_of(pe=unsigned).result == Fixed(width=20, frac=1, signed=False)
    assert array_of(pe=unsigned, output={"frac": -4}).result == Fixed(width=32, frac=-4)


def test_multipliers() -> None:
    assert array_of(3, 5, pe={"lanes": 4}).multipliers == 60


A, B = np.zeros((2, 3), np.int64), np.zeros((3, 2), np.int64)


@pytest.mark.parametrize(("a", "b", "message"), [
    (A.astype(float), B, "A must be a matrix of integer codes with at least one row and column, "
                         "not float64 of shape (2, 3)"),
    (A, B.astype(bool), "B must be a matrix of integer codes with at least one row and column, "
                        "not bool of shape (3, 2)"),
    (A, B.astype(object), "B must be a matrix of integer codes with at least one row and column, "
                          "not object of shape (3, 2)"),
    (A[0], B, "A must be a matrix of integer codes with at least one row and column, "
              "not int64 of shape (3,)"),
    (A[:, :0], B[:0], "A must be a matrix of integer codes with at least one row and column, "
                      "not int64 of shape (2, 0)"),
    (A, B[:2], "A's columns must equal B's rows, not (2, 3) x (2, 2)"),
    (A + 8, B, "A must hold codes of -8 to 7, not 8 to 8"),
    (A, B - 1, "B must hold codes of 0 to 15, not -1 to -1"),
    (A, (B + 16).astype(np.uint8), "B must hold codes of 0 to 15, not 16 to 16"),
])
@pytest.mark.parametrize("call", [ArraySpec.golden, ArraySpec.beats], ids=["golden", "beats"])
def test_bad_operands(call: Any, a: Codes, b: Codes, message: str) -> None:
    array = array_of(pe={"a": {"width": 4}, "b": {"width": 4, "signed": False}})
    with pytest.raises(InputError) as error:
        call(array, a, b)
    assert str(error.value) == message


@by_dataflow
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_any_integer_dtype(dtype: type, dataflow: dict[str, Any]) -> None:
    array = array_of(3, 2, dataflow=dataflow, pe={"accumulator": {"width": 64}})
    a, b = (np.abs(codes) // 2 for codes in operands_of(array, (3, 5, 2)))
    expected = (a @ b).tolist()
    assert array.golden(a.astype(dtype), b.astype(dtype)).tolist() == expected


@by_dataflow
def test_collect_inverts_the_result_beats(dataflow: dict[str, Any]) -> None:
    array = array_of(3, 2, dataflow=dataflow)
    for shape in ((1, 1, 1), (3, 4, 2), (7, 5, 5)):
        a, b = operands_of(array, shape)
        codes = array.beats(a, b)["o"]["codes"]
        assert array.collect(codes, len(a), b.shape[1]).tolist() == array.golden(a, b).tolist()
