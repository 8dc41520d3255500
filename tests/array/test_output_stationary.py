"""Output-stationary arrays: order of the beats, drain and the cycle of each result."""

import numpy as np
import pytest

from tests.array.products import OS, array_of, expect_rtl, operands_of


def test_beats_as_documented() -> None:
    """Code ``row*L + lane`` of step s is ``A[row, s*L + lane]``; result rows first."""
    rows, columns, lanes = 2, 3, 2
    array = array_of(rows, columns, dataflow=OS, pe={"lanes": lanes})
    a, b = operands_of(array, (4, 6, 6))
    beats = array.beats(a, b)
    left, right, last = [], [], []
    for row in (0, 2):
        for column in (0, 3):
            for s in range(3):
                left.append([a[row + r, s * lanes + lane]
                             for r in range(rows) for lane in range(lanes)])
                right.append([b[s * lanes + lane, column + c]
                              for c in range(columns) for lane in range(lanes)])
                last.append(s == 2)
    np.testing.assert_array_equal(beats["a"]["codes"], left)
    np.testing.assert_array_equal(beats["b"]["codes"], right)
    np.testing.assert_array_equal(beats["a"]["last"], last)
    product = array.golden(a, b)
    expected = [product[row + r, column : column + 3]
                for row in (0, 2) for column in (0, 3) for r in range(rows)]
    np.testing.assert_array_equal(beats["o"]["codes"], expected)
    np.testing.assert_array_equal(beats["o"]["last"], [False, True] * 4)


def test_padding_is_zero() -> None:
    array = array_of(2, 2, dataflow=OS, pe={"lanes": 2})
    beats = array.beats(np.array([[5, 6, 7]]), np.array([[1], [2], [3]]))
    assert beats["a"]["codes"].tolist() == [[5, 6, 0, 0], [7, 0, 0, 0]]
    assert beats["b"]["codes"].tolist() == [[1, 2, 0, 0], [3, 0, 0, 0]]
    assert beats["o"]["codes"].tolist() == [[38, 0], [0, 0]]


def test_layouts() -> None:
    array = array_of(3, 2, dataflow=OS, pe={"lanes": 2, "a": {"width": 5}},
                     output={"width": 9, "signed": False})
    fields = {name: [(f.name, f.width, f.signed, f.count) for f in layout.fields]
              for name, layout in array.streams.items()}
    assert fields == {"a": [("codes", 5, True, 6), ("last", 1, False, 1)],
                      "b": [("codes", 8, True, 4)],
                      "o": [("codes", 9, False, 2), ("last", 1, False, 1)]}
    assert array.max_depth is None


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(("rows", "columns", "pipeline"), [(1, 1, 0), (1, 2, 1), (2, 3, 0),
                                                           (3, 2, 1), (4, 1, 0)])
def test_cycle_of_each_result(rows: int, columns: int, pipeline: int, steps: int) -> None:
    """Tiles come ``max(K/L, R)`` cycles apart, however few steps they have."""
    array = array_of(rows, columns, dataflow=OS, pe={"lanes": 2, "pipeline": pipeline})
    run = expect_rtl(array, *operands_of(array, (2 * rows, 2 * steps, 2 * columns)))
    ends = [tile * max(steps, rows) + steps - 1 for tile in range(4)]
    expected = [end + array.latency + row for end in ends for row in range(rows)]
    assert run.cycles.tolist() == expected


@pytest.mark.parametrize("stall", [{"a": 0.6}, {"b": 0.6}, {"o": 0.6}, dict.fromkeys("abo", 0.5)],
                         ids=["a", "b", "o", "all"])
@pytest.mark.parametrize("rows", [2, 4])
def test_tiles_too_short_to_hide_the_drain(rows: int, stall: dict[str, float]) -> None:
    array = array_of(rows, 2, dataflow=OS)
    for steps in (1, 2, 3):
        expect_rtl(array, *operands_of(array, (2 * rows, steps, 6), seed=steps), stall=stall,
                   seed=steps)
