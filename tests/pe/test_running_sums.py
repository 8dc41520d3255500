"""Running sums: every quick way gives what the steps as defined give, for any PE and any sizes."""

from itertools import repeat
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.arith.table import TableMultiplier
from hwgen.number import Codes, Overflow, Rounding
from hwgen.pe.lane_sums import BlasSums, DefinedSums, TableSums, lane_sums
from hwgen.pe.parallel import ParallelPE
from hwgen.pe.running_sums import RunningSums
from tests.array.products import CODES, codes_of
from tests.array.strategies import arrays

DROPS = {"floor": {"frac": -3}, "even": {"frac": -3, "rounding": "nearest_even"},
         "stochastic": {"frac": -9, "rounding": "stochastic"},
         "few bits": {"frac": -9, "rounding": "stochastic", "random_bits": 3}}
TABLE = np.random.default_rng(0).integers(-200, 201, (16, 32))
WAYS: dict[str, tuple[dict[str, Any], type]] = {
    "floats": ({"a": {"width": 9}, "lanes": 3}, BlasSums),
    "doubles": ({"a": {"width": 24}, "b": {"width": 28}, "lanes": 2}, BlasSums),
    "beyond doubles": ({"a": {"width": 29}, "b": {"width": 28}}, DefinedSums),
    "table": ({"a": {"width": 4}, "b": {"width": 5, "signed": False}, "lanes": 2,
               "multiplier": TableMultiplier.of(TABLE)}, TableSums),
    "family": ({"a": {"width": 12}, "b": {"width": 12}, "lanes": 2,
                "multiplier": {"kind": "mitchell"}}, DefinedSums),
}


def draws_of(pe: ParallelPE, shape: tuple[int, ...], seed: int) -> Any:
    """A draw for each step, as the sources give them: unsigned and narrow."""
    if not pe.draw_bits:
        return repeat(0)
    dtype = next(f"u{size}" for size in (1, 2, 4) if pe.draw_bits <= 8 * size)
    draws = np.random.default_rng(seed).integers(0, 1 << pe.draw_bits, shape, np.int64)
    return list(draws.astype(dtype))


def expect_as_defined(pe: ParallelPE, a: Codes, b: Codes, seed: int = 0) -> None:
    steps = len(b) // pe.lanes
    draws = draws_of(pe, (steps, 1, b.shape[1]), seed)
    quick = RunningSums(pe, steps).of(a, b, draws)
    assert quick.dtype == pe.dtype
    np.testing.assert_array_equal(quick, RunningSums(pe, steps).as_defined(a, b, draws))


@given(arrays(), st.integers(1, 9), st.integers(1, 12), st.integers(1, 9),
       st.sampled_from(CODES), st.integers(0, 999))
def test_any_pe(array: Any, m: int, steps: int, n: int, kind: str, seed: int) -> None:
    pe, rng = array.pe, np.random.default_rng(seed)
    a = codes_of(kind, rng, pe.a, (m, steps * pe.lanes))
    expect_as_defined(pe, a, codes_of(kind, rng, pe.b, (steps * pe.lanes, n)), seed)


@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("width", [6, 20, 32, 40, 64])
@pytest.mark.parametrize("drop", [None, *DROPS], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_every_way(way: str, drop: str | None, width: int, overflow: Overflow, rows: int) -> None:
    values, kind = WAYS[way]
    pe = ParallelPE.parse({**values, "accumulator": {
        "width": width, "overflow": overflow, **(DROPS[drop] if drop else {})}})
    rng = np.random.default_rng(width)
    a = codes_of("random", rng, pe.a, (rows, 24))
    b = codes_of("random", rng, pe.b, (24, 11))
    assert type(lane_sums(pe, a, b)) is kind
    expect_as_defined(pe, a, b)


@pytest.mark.parametrize("ends", [(-128, -128), (-128, 127), (127, 127)])
@pytest.mark.parametrize("k", [1023, 1024, 1025, 5000])
def test_floats_are_left_in_time(k: int, ends: tuple[int, int]) -> None:
    """1024 products of -128 * -128 are 2**24, the last integer that float32 counts up to."""
    pe, (x, y) = ParallelPE(), ends
    a, b = np.full((2, k), x), np.full((k, 3), y)
    a[0, :3] += 1 if x < 0 else -1
    expect_as_defined(pe, a, b)
    assert RunningSums(pe, k).of(a, b)[1].tolist() == [k * x * y] * 3


def test_parts_of_long_sums() -> None:
    """Products are up to 2**51: floats take four at a time."""
    pe = ParallelPE.parse({"a": {"width": 26}, "b": {"width": 27}, "accumulator": {"width": 60}})
    a, b = np.full((1, 11), pe.a.minimum), np.full((11, 1), pe.b.minimum)
    a[0, ::2] += 1
    assert RunningSums(pe, 11).is_matrix_product
    expect_as_defined(pe, a, b)


STOCHASTIC = {"width": 16, "frac": -6, "rounding": "stochastic", "overflow": "saturate"}


@pytest.mark.parametrize(("values", "steps", "saturates", "dtype", "addend"), [
    ({}, 1, False, "i2", "i2"),
    ({}, 576, False, "i4", "i4"),
    ({"width": 12}, 576, False, "i2", "i2"),
    ({"width": 17}, 576, False, "i4", "i4"),
    ({"overflow": "saturate"}, 576, False, "i4", "i4"),
    ({"overflow": "saturate", "width": 24}, 511, False, "i4", "i4"),
    ({"overflow": "saturate", "width": 24}, 512, True, "i4", "i4"),
    ({"overflow": "saturate", "width": 31}, 1 << 17, True, "i4", "i4"),
    ({"overflow": "saturate", "width": 32}, 1 << 18, True, "i8", "i8"),
    ({"width": 33}, 1 << 30, False, "i8", "i8"),
    ({"overflow": "saturate", "width": 64}, 1 << 50, True, "O", "O"),
    (STOCHASTIC, 127, False, "i2", "i2"),
    (STOCHASTIC, 128, True, "i4", "i2"),
    ({**STOCHASTIC, "frac": -14}, 1 << 15, True, "i4", "i2"),
    ({**STOCHASTIC, "frac": -15}, 1 << 15, True, "i4", "i4"),
])
def test_narrowest_integers(values: dict[str, Any], steps: int, saturates: bool,
                            dtype: str, addend: str) -> None:
    sums = RunningSums(ParallelPE.parse({"accumulator": values}), steps)
    assert (sums.saturates, sums.dtype) == (saturates, np.dtype(dtype))
    assert sums.addend_dtype == np.dtype(addend)


def test_rounding_is_not_a_matrix_product() -> None:
    for rounding in Rounding:
        pe = ParallelPE.parse({"accumulator": {"frac": -1, "rounding": rounding.value}})
        assert not RunningSums(pe, 1).is_matrix_product


def test_draws_of_further_steps_are_left() -> None:
    pe = ParallelPE.parse({"accumulator": {"frac": -4, "rounding": "stochastic"}})
    draws = iter([np.uint8([[0]])] * 5)
    for steps in (2, 2):
        RunningSums(pe, steps).of(np.ones((1, steps), np.int64), np.ones((steps, 1), np.int64),
                                  draws)
    assert len(list(draws)) == 1
