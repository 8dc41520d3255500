"""Weight-stationary arrays: order of the beats, flags, preload and the accumulator bank."""

from typing import Any

import numpy as np
import pytest

from hwgen.spec import InputError
from tests.array.products import WS, array_of, expect_golden, expect_rtl, operands_of


def banked(rows: int, columns: int, bank_rows: int, **values: Any) -> Any:
    return array_of(rows, columns, dataflow={**WS, "bank_rows": bank_rows}, **values)


def test_beats_as_documented() -> None:
    """Tiles in the order of result columns, chunks of rows, K; weights from the last row."""
    rows, columns, lanes, chunk = 2, 3, 2, 2
    array = banked(rows, columns, chunk, pe={"lanes": lanes})
    a, b = operands_of(array, (5, 8, 6))
    beats = array.beats(a, b)
    left: list[Any] = []
    right: list[Any] = []
    flags: list[Any] = []
    for column in (0, 3):
        for first in (0, 2, 4):
            for k0 in (0, 4):
                for row in (1, 0):
                    right.append([b[k0 + row * lanes + lane, column + c]
                                  for c in range(columns) for lane in range(lanes)])
                for m in range(first, min(first + chunk, 5)):
                    left.append([a[m, k0 + row * lanes + lane]
                                 for row in range(rows) for lane in range(lanes)])
                    flags.append((m in (1, 3, 4), k0 == 0, k0 == 4))
    np.testing.assert_array_equal(beats["a"]["codes"], left)
    np.testing.assert_array_equal(beats["b"]["codes"], right)
    sent = zip(*(beats["a"][name].tolist() for name in ("last", "start", "finish")), strict=True)
    assert list(sent) == flags
    product = array.golden(a, b)
    expected = [product[m, column : column + 3] for column in (0, 3) for m in range(5)]
    np.testing.assert_array_equal(beats["o"]["codes"], expected)
    assert beats["o"]["last"].tolist() == [False, True, False, True, True] * 2


def test_short_k_needs_no_chunks() -> None:
    array = banked(2, 2, 1)
    beats = array.beats(*operands_of(array, (4, 2, 2)))
    assert beats["a"]["last"].tolist() == [False, False, False, True]
    assert all(beats["a"]["start"])
    assert all(beats["a"]["finish"])


def test_layouts() -> None:
    streams = {bank_rows: banked(3, 2, bank_rows, pe={"lanes": 2}).streams for bank_rows in (0, 4)}
    fields = {bank_rows: {name: [(f.name, f.width, f.signed, f.count) for f in layout.fields]
                          for name, layout in layouts.items()}
              for bank_rows, layouts in streams.items()}
    assert fields[4]["a"] == [("codes", 8, True, 6), ("last", 1, False, 1),
                              ("start", 1, False, 1), ("finish", 1, False, 1)]
    assert fields[0]["a"] == fields[4]["a"][:2]
    assert fields[0]["b"] == fields[4]["b"] == [("codes", 8, True, 4)]
    assert fields[0]["o"] == fields[4]["o"] == [("codes", 32, True, 2), ("last", 1, False, 1)]


@pytest.mark.parametrize("bank_rows", [1, 2, 3, 5, 6, 8])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 1), (3, 2)])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_bank_sums_tiles(stall: float, rows: int, columns: int, bank_rows: int) -> None:
    """A mesh of one row reads each sum of a bank of one row in the cycle that writes it."""
    array = banked(rows, columns, bank_rows,
                   pe={"accumulator": {"width": 16, "overflow": "saturate"}})
    a, b = operands_of(array, (5, 3 * rows + 1, columns + 1), "extremes")
    expect_golden(array, a, b)
    expect_rtl(array, a, b, stall=stall)


@pytest.mark.parametrize("stall", [0.0, 0.3])
@pytest.mark.parametrize("bank_rows", [0, 1, 3])
def test_tile_longer_than_the_bank(bank_rows: int, stall: float) -> None:
    array = banked(3, 2, bank_rows, pe={"lanes": 2})
    a, b = operands_of(array, (11, 6, 5))
    expect_golden(array, a, b)
    expect_rtl(array, a, b, stall=stall)


@pytest.mark.parametrize("tile_rows", [1, 2, 3, 5])
@pytest.mark.parametrize(("rows", "columns", "pipeline"), [(1, 1, 0), (1, 2, 1), (2, 3, 0),
                                                           (3, 2, 1), (4, 1, 0)])
def test_cycle_of_each_result(rows: int, columns: int, pipeline: int, tile_rows: int) -> None:
    """Weights first; then tiles ``max(rows of A, R)`` cycles apart, only the last of K sending."""
    array = banked(rows, columns, 8, pe={"pipeline": pipeline})
    run = expect_rtl(array, *operands_of(array, (tile_rows, 2 * rows, 2 * columns)))
    starts = [rows + tile * max(tile_rows, rows) for tile in (1, 3)]
    expected = [start + row + array.latency for start in starts for row in range(tile_rows)]
    assert run.cycles.tolist() == expected


@pytest.mark.parametrize("stall", [{"a": 0.6}, {"b": 0.6}, {"o": 0.6}, dict.fromkeys("abo", 0.5)],
                         ids=["a", "b", "o", "all"])
@pytest.mark.parametrize("rows", [2, 4])
def test_tiles_too_short_to_hide_the_preload(rows: int, stall: dict[str, float]) -> None:
    array = banked(rows, 2, 4)
    for m in (1, 2, 3):
        expect_rtl(array, *operands_of(array, (m, 3 * rows, 4), seed=m), stall=stall, seed=m)


def test_depth_without_a_bank() -> None:
    array = banked(3, 2, 0, pe={"lanes": 2})
    assert array.max_depth == 6
    expect_golden(array, *operands_of(array, (2, 6, 2)))
    a, b = operands_of(array, (2, 7, 2))
    for call in (array.golden, array.beats):
        with pytest.raises(InputError) as error:
            call(a, b)
        assert str(error.value) == ("K must be at most 6 (rows * lanes) without an accumulator "
                                    "bank, not 7; set dataflow.bank_rows")
    assert banked(3, 2, 1).max_depth is None
