"""Dot products: what is refused, and every sum they hold against plain loops."""

import itertools
from typing import Any

import numpy as np
import pytest

from hwgen.analysis.dot_product import DotProduct
from hwgen.analysis.pairs import Population
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.array.mesh import ArraySpec
from hwgen.number import Fixed
from hwgen.spec import InputError
from tests import oracle
from tests.analysis.families import Kulkarni, Offset, Truncated

OUTPUT, WEIGHT = "output-stationary", "weight-stationary"


def array(dataflow: str = OUTPUT, family: MultiplierFamily | None = None,
          **pe: Any) -> ArraySpec:
    """2 x 2 PEs of small operands; ``family`` need not be in the catalogue."""
    spec = ArraySpec.parse({"name": "tiny", "rows": 2, "columns": 2,
                            "dataflow": {"kind": dataflow},
                            "pe": {"a": {"width": 2}, "b": {"width": 3}, **pe}})
    if family is None:
        return spec
    return spec.model_copy(update={"pe": spec.pe.model_copy(update={"multiplier": family})})


def held_sums(spec: ArraySpec, row: tuple[int, ...], column: list[int],
              draws: tuple[int, ...] | None = None) -> list[int]:
    """Every sum that the accumulator holds for one dot product, from docs/numerics.md."""
    pe = spec.pe
    padding = [0] * (-len(row) % spec.dataflow.granularity(spec)[1])
    left, right = np.array([*row, *padding]), np.array([*column, *padding])
    products = pe.multiplier.golden(pe.operands, left, right).tolist()
    sums = oracle.step_sums(products, [1] * len(products), pe.lanes)
    drop = pe.accumulator.drop(pe.operands.product_frac)
    addends = [oracle.rounded(s, drop, pe.accumulator.rounding.value, draw, pe.draw_bits)
               for s, draw in zip(sums, draws or [0] * len(sums), strict=True)]
    chunk = pe.accumulator.chunk
    if chunk:
        return [held for first in range(0, len(addends), chunk.steps)
                for held in itertools.accumulate(addends[first : first + chunk.steps])]
    if spec.dataflow.kind == OUTPUT:
        return list(itertools.accumulate(addends))
    tiles = [list(itertools.accumulate(addends[i : i + spec.rows]))
             for i in range(0, len(addends), spec.rows)]
    return [*itertools.chain(*tiles), *itertools.accumulate(tile[-1] for tile in tiles)]


def all_draws(spec: ArraySpec, terms: int) -> list[tuple[int, ...]]:
    """All draws, equally likely, of a dot product of so many terms."""
    unit = spec.dataflow.granularity(spec)[1]
    steps = -(-terms // unit) * unit // spec.pe.lanes
    return list(itertools.product(range(2**spec.pe.draw_bits), repeat=steps))


SETTINGS: list[dict[str, Any]] = [
    {}, {"lanes": 2}, {"lanes": 3, "accumulator": {"frac": -1}},
    {"accumulator": {"frac": -2, "rounding": "nearest_even"}},
    {"lanes": 2, "accumulator": {"frac": -1, "rounding": "nearest_up"}},
    {"accumulator": {"frac": -2, "rounding": "stochastic", "random_bits": 1}},
    {"lanes": 2, "accumulator": {"frac": -1, "rounding": "stochastic"}},
    {"accumulator": {"chunk": {"steps": 2}}},
]


@pytest.mark.parametrize("family", [ExactMultiplier(), Truncated(cut=2), Kulkarni(), Offset()],
                         ids=repr)
@pytest.mark.parametrize("pe", SETTINGS, ids=str)
@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
@pytest.mark.parametrize("a", [None, (1, 1), (-2, 0)])
def test_bounds_of_every_sum_are_reached(dataflow: str, pe: dict[str, Any],
                                         family: MultiplierFamily,
                                         a: tuple[int, int] | None) -> None:
    spec = array(dataflow, family, **pe)
    weights = np.array([[3, -4], [-2, -1], [0, 2], [-4, 3], [1, 3]])
    dot = DotProduct(array=spec, length=5, weights=weights, a=a)
    low, high = a or (-2, 1)
    rows = list(itertools.product(range(low, high + 1), repeat=5))
    draws = all_draws(spec, 5)
    sums = np.array([[held_sums(spec, row, column, drawn) for column in weights.T.tolist()]
                     for row in rows for drawn in {draws[0], draws[-1]}])
    addends = dot.addends
    assert dot.products.reached
    assert dot.held(addends.low).T.tolist() == sums.min(axis=0).tolist()
    assert dot.held(addends.high).T.tolist() == sums.max(axis=0).tolist()


@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
def test_moments_of_every_sum(dataflow: str) -> None:
    """Without rounding mean and variance are those of all rows of A; zeros add neither."""
    spec = array(dataflow, lanes=3)
    weights = np.array([[3, -4], [-2, -1], [0, 2], [-4, 3], [1, 3]])
    dot = DotProduct(array=spec, length=5, weights=weights)
    rows = list(itertools.product(range(-2, 2), repeat=5))
    sums = np.array([[held_sums(spec, row, column) for column in weights.T.tolist()]
                     for row in rows])
    np.testing.assert_allclose(dot.held(dot.addends.mean).T, sums.mean(axis=0))
    np.testing.assert_allclose(dot.held(dot.addends.variance).T, sums.var(axis=0), atol=1e-12)
    assert not dot.addends.doubt.any()


@pytest.mark.parametrize(("rounding", "bits"), [
    ("floor", None), ("nearest_up", None), ("nearest_even", None), ("stochastic", None),
    ("stochastic", 1)])
@pytest.mark.parametrize("frac", [-1, -2, -5])
@pytest.mark.parametrize("lanes", [1, 2])
def test_rounded_mean_is_within_its_doubt(lanes: int, frac: int, rounding: str,
                                          bits: int | None) -> None:
    spec = array(lanes=lanes, a={"width": 3},
                 accumulator={"frac": frac, "rounding": rounding, "random_bits": bits})
    weights = np.array([[3, 1, -4], [-2, 0, -4]])
    dot = DotProduct(array=spec, length=2, weights=weights)
    rows = list(itertools.product(range(-4, 4), repeat=2))
    sums = np.array([[held_sums(spec, row, column, draws) for column in weights.T.tolist()]
                     for row in rows for draws in all_draws(spec, 2)])
    addends = dot.addends
    error = np.abs(dot.held(addends.mean).T - sums.mean(axis=0))
    assert (error <= dot.held(addends.doubt).T + 1e-12).all()


@pytest.mark.parametrize(("rounding", "middle", "doubt"), [
    ("floor", -0.375, 0.375), ("nearest_up", 0.125, 0.375), ("nearest_even", 0, 0.5)])
def test_error_of_rounding_two_bits(rounding: str, middle: float, doubt: float) -> None:
    """Floor loses 0 to 3/4 of an LSB; the nearest gains -1/4 or -1/2 to 1/2."""
    addends = DotProduct(array=array(accumulator={"frac": -2, "rounding": rounding}), length=1,
                         weights=np.array([[3, 0]])).addends
    assert addends.mean.tolist() == [[-1.5 / 4 + middle, 0]]
    assert addends.doubt.tolist() == [[doubt, 0]]
    assert addends.variance.tolist() == [[
        pytest.approx((1 + 1 + 4) * 9 / 4 / 16 - (1.5 / 4) ** 2 + (1 + 2 / 16) / 12), 0]]


@pytest.mark.parametrize(("bits", "doubt"), [(None, 0), (2, 0), (1, 0.125)])
def test_error_of_stochastic_rounding(bits: int | None, doubt: float) -> None:
    """With as many random bits as are dropped the mean is exact, with one less it is short of
    1/4 of an LSB where the bit without a draw is set; the variance is f (1 - f) for the bits f."""
    spec = array(accumulator={"frac": -2, "rounding": "stochastic", "random_bits": bits})
    addends = DotProduct(array=spec, length=1, weights=np.array([[3, 0]])).addends
    assert addends.mean.tolist() == [[-1.5 / 4 - doubt, 0]]
    assert addends.doubt.tolist() == [[doubt, 0]]
    drawn, below = (1 - 1 / 4) / 6 if bits == 1 else (1 - 1 / 16) / 6, (0.25 - 1 / 16) / 12
    assert addends.variance.tolist() == [[pytest.approx(
        (1 + 1 + 4) * 9 / 4 / 16 - (1.5 / 4) ** 2 + drawn + below * (bits == 1)), 0]]


def test_chunks_end_the_sums() -> None:
    """Two steps a chunk: each sum holds two addends at most, the last one is alone."""
    spec = array(accumulator={"chunk": {"steps": 2}})
    dot = DotProduct(array=spec, length=5)
    ones = np.ones((5, 1), int)
    assert dot.held(ones)[:, 0].tolist() == [1, 2, 1, 2, 1]
    assert dot.runs == [(2, 2), (1, 1)]
    tiled = DotProduct(array=array(WEIGHT, lanes=3, accumulator={"chunk": {"steps": 2}}), length=8)
    assert tiled.runs == [(6, 6), (2, 6)]
    assert tiled.held(np.ones((4, 1), int))[:, 0].tolist() == [1, 2, 1, 2]


def test_known_operands_have_moments_of_their_own() -> None:
    spec = array(b={"width": 2})
    seen = Population.observed(np.array([1, 1, 1, -2]))
    dot = DotProduct(array=spec, length=3, activations=seen, b=(1, 1))
    assert dot.addends.mean.tolist() == [[0.25]] * 3
    assert dot.addends.variance.tolist() == [[1.75 - 0.25**2 + 0.0]] * 3
    assert (dot.addends.low.tolist(), dot.addends.high.tolist()) == ([[-2]] * 3, [[1]] * 3)


@pytest.mark.parametrize(("fields", "part"), [
    ({"length": 0}, "length must be 1 to 4194304, not 0"),
    ({"length": 2**22 + 1}, "length must be 1 to 4194304, not 4194305"),
    ({"a": (-3, 1)}, "range of a must be LOW:HIGH within -2:1, not -3:1"),
    ({"b": (2, 1)}, "range of b must be LOW:HIGH within -4:3, not 2:1"),
    ({"weights": np.ones((4, 1), int), "b": (0, 1)},
     "range of b must be left out, not given, when there are weights"),
    ({"weights": np.ones((3, 1), int)},
     "weights must be a matrix of 4 rows (K), not of shape (3, 1)"),
    ({"weights": np.ones(4, int)}, "not of shape (4,)"),
    ({"weights": np.ones((4, 0), int)}, "not of shape (4, 0)"),
    ({"weights": np.full((4, 1), 4)}, "weights must hold codes of -4 to 3, not 4 to 4"),
    ({"activations": Population(-1, 1), "a": (0, 1)},
     "activations must hold codes of 0 to 1 (the range of a), not -1 to 1"),
])
def test_refused(fields: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as error:
        DotProduct(**{"array": array(), "length": 4, **fields})
    assert part in str(error.value)


def test_array_that_cannot_sum_up_so_many_terms() -> None:
    spec = ArraySpec.parse({"name": "x", "rows": 2, "columns": 2,
                            "dataflow": {"kind": WEIGHT, "bank_rows": 0}})
    assert DotProduct(array=spec, length=2).filled == 2
    with pytest.raises(InputError, match=r"K must be at most 2 .*set dataflow.bank_rows"):
        DotProduct(array=spec, length=3)


@pytest.mark.parametrize(("text", "bounds"), [
    ("-2:1", (-2, 1)), ("+0:1", (0, 1)), ("1:1", (1, 1))])
def test_range_of_a_user(text: str, bounds: tuple[int, int]) -> None:
    assert DotProduct.read(array(), 4, a=text).a_range == bounds


@pytest.mark.parametrize("text", ["", "1", "1:", ":1", "1:2:3", "a:b", "1.5:2", "\u0661:\u0662",
                                  "1:1\n", f"0:{'9' * 5000}"])
def test_range_that_is_none(text: str) -> None:
    with pytest.raises(InputError, match="range of b must be LOW:HIGH, two integers such as -8:7"):
        DotProduct.read(array(), 4, b=text)


def test_wide_sums_are_exact() -> None:
    spec = array(a={"width": 32}, b={"width": 32})
    corner = Fixed(width=32).minimum
    dot = DotProduct(array=spec, length=3, weights=np.full((3, 1), corner))
    assert dot.held(dot.addends.high).tolist() == [[2**62], [2**63], [3 * 2**62]]
