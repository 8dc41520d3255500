"""Accumulator widths: the worst case is tight, and probabilities are never understated."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.analysis.accumulator_width import (
    METHODS,
    Width,
    accumulator_widths,
    normal_tail,
    worst_case,
)
from hwgen.analysis.dot_product import DotProduct
from hwgen.array.mesh import ArraySpec
from hwgen.number import Fixed
from hwgen.spec import InputError
from tests.analysis.families import Offset, Truncated
from tests.analysis.test_dot_product import OUTPUT, SETTINGS, WEIGHT, all_draws, array, held_sums

WEIGHTS = np.array([[3, -4, 0], [-2, -1, 0], [0, 2, 0], [-4, 3, 0]])


def by_method(widths: list[Width]) -> dict[str, Width]:
    return {width.method: width for width in widths}


def overflows(sums: np.ndarray, width: Width) -> np.ndarray:
    """Where ``sums`` leave the format of ``width``."""
    target = Fixed(width=width.bits, signed=width.signed)
    return (sums < target.minimum) | (sums > target.maximum)


@pytest.mark.parametrize(("a", "b", "bits", "signed"), [
    ("s8", "s8", 25, True), ("u8", "u8", 26, False), ("u8", "s8", 26, True),
    ("s4", "s4", 17, True), ("s1", "s1", 10, False), ("s1", "u1", 11, True)])
def test_worst_case_of_formats(a: str, b: str, bits: int, signed: bool) -> None:
    """By hand, for K = 576 (> 512): 576 * 2**14 = 9437184 takes 24 bits and a sign, and so on."""
    spec = array(**{name: {"width": int(side[1:]), "signed": side[0] == "s"}
                    for name, side in (("a", a), ("b", b))})
    found = worst_case(DotProduct(array=spec, length=576))
    assert (found.bits, found.signed, found.reached) == (bits, signed, True)


@pytest.mark.parametrize("pe", SETTINGS, ids=str)
@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
def test_worst_case_is_reached_and_never_exceeded(dataflow: str, pe: dict[str, Any]) -> None:
    spec = array(dataflow, **{**pe, "b": {"width": 2}})
    codes = range(-2, 2)
    pairs = list(itertools.product(codes, codes))
    draws = all_draws(spec, 3)
    sums = [held for terms in itertools.product(pairs, repeat=3)
            for drawn in {draws[0], draws[-1]}
            for held in held_sums(spec, *zip(*terms, strict=True), drawn)]  # type: ignore[arg-type]
    found = worst_case(DotProduct(array=spec, length=3))
    assert (found.low, found.high) == (min(0, *sums), max(0, *sums))
    assert not overflows(np.array(sums), found).any()
    narrower = Width("", found.bits - 1, found.signed, 0, 0, True)
    assert overflows(np.array(sums), narrower).any()


@pytest.mark.parametrize(("fields", "low", "high"), [
    ({"a": (0, 1)}, -16, 12), ({"b": (1, 3)}, -24, 12), ({"a": (1, 1), "b": (2, 3)}, 0, 12)])
def test_narrower_ranges(fields: dict[str, Any], low: int, high: int) -> None:
    found = worst_case(DotProduct(array=array(), length=4, **fields))
    assert (found.low, found.high) == (low, high)


def test_family_of_wide_operands_is_bounded_by_theory() -> None:
    spec = array(family=Truncated(cut=2), a={"width": 16}, b={"width": 16})
    found = worst_case(DotProduct(array=spec, length=2))
    assert not found.reached
    assert (found.low, found.high) == (2 * (-(2**15) * (2**15 - 1) - 5), 2 * 2**30)
    assert "within -" in found.row()[2]
    narrower = DotProduct(array=spec, length=2, a=(0, 8191), b=(-2048, 2047))
    assert narrower.pooled == ((8191 * -2048 - 5, 8191 * 2047 + 5), False)


def test_products_of_zeros_fill_up() -> None:
    spec = array(family=Offset(offset=1), lanes=4)
    assert worst_case(DotProduct(array=spec, length=1)).high == 9 + 3


@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
@pytest.mark.parametrize("pe", SETTINGS, ids=str)
def test_weights(pe: dict[str, Any], dataflow: str) -> None:
    spec = array(dataflow, **pe)
    rows = list(itertools.product(range(-2, 2), repeat=4))
    draws = all_draws(spec, 4)
    sums = np.array([[held_sums(spec, row, column, drawn) for column in WEIGHTS.T.tolist()]
                     for row in rows for drawn in {draws[0], draws[-1]}])
    found = by_method(accumulator_widths(DotProduct(array=spec, length=4, weights=WEIGHTS)))
    width = found["weights"]
    assert (width.low, width.high) == (min(0, sums.min()), max(0, sums.max()))
    extents = np.maximum(sums.max(axis=(0, 2)), -1 - sums.min(axis=(0, 2)))
    assert width.column == extents.argmax()
    assert width.bits <= found["worst case"].bits


@pytest.mark.parametrize("probability", [0.3, 0.1, 0.01, 1e-4])
@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
@pytest.mark.parametrize("pe", SETTINGS, ids=str)
def test_hoeffding_never_understates(pe: dict[str, Any], dataflow: str,
                                     probability: float) -> None:
    """All rows of A and all draws are equally likely, so the true chance is a count."""
    spec = array(dataflow, **pe)
    rows = list(itertools.product(range(-2, 2), repeat=4))
    sums = np.array([[held_sums(spec, row, column, drawn) for column in WEIGHTS.T.tolist()]
                     for row in rows for drawn in all_draws(spec, 4)])
    dot = DotProduct(array=spec, length=4, weights=WEIGHTS)
    width = by_method(accumulator_widths(dot, probability))["hoeffding"]
    chance = overflows(sums, width).any(axis=2).mean(axis=0).max()
    assert width.probability is not None
    assert chance <= width.probability <= probability


@pytest.mark.parametrize("dataflow", [OUTPUT, WEIGHT])
@pytest.mark.parametrize(("pe", "signed"), [
    ({"a": {"width": 8}, "b": {"width": 8}}, True),
    ({"a": {"width": 8, "signed": False}, "b": {"width": 4, "signed": False}}, False),
    ({"a": {"width": 8}, "b": {"width": 8}, "lanes": 4, "accumulator": {"frac": -5}}, True)])
def test_normal_width_is_that_of_random_operands(pe: dict[str, Any], signed: bool,
                                                 dataflow: str) -> None:
    """Of 4000 random dot products less than the asked share overflows, and two bits less hold
    fewer."""
    spec = array(dataflow, **pe)
    dot = DotProduct(array=spec, length=300)
    width = by_method(accumulator_widths(dot, 0.05))["normal"]
    assert width.signed is signed
    rng = np.random.default_rng(3)
    sides = [rng.integers(side.minimum, side.maximum + 1, (4000, 304))
             for side in (spec.pe.a, spec.pe.b)]
    products = sides[0] * sides[1]
    products[:, 300:] = 0
    steps = products.reshape(4000, -1, spec.pe.lanes).sum(axis=2)
    drop = spec.pe.accumulator.drop(0)
    sums = np.cumsum(steps >> drop, axis=1)
    assert overflows(sums, width).any(axis=1).mean() <= 0.05
    narrower = Width("", width.bits - 2, signed, 0, 0, True)
    assert overflows(sums, narrower).any(axis=1).mean() > 0.05


def tails(lows: list[float], highs: list[float], means: list[float], variances: list[float],
          doubts: list[float], width: Width) -> float:
    """The union bound for sums with these addends, as docs/analysis.md has it, in plain loops."""
    target = Fixed(width=width.bits, signed=width.signed)
    chance = 0.0
    for n in range(1, len(lows) + 1):
        mean, sigma = sum(means[:n]), math.sqrt(sum(variances[:n]))
        squares = sum((high - low) ** 2 for low, high in zip(lows[:n], highs[:n], strict=True))
        for beyond, fits in ((target.maximum + 1 - mean, sum(highs[:n]) <= target.maximum),
                             (mean - target.minimum + 1, sum(lows[:n]) >= target.minimum)):
            if fits:
                continue
            if width.method == "hoeffding":
                chance += math.exp(-2 * (beyond - sum(doubts[:n])) ** 2 / squares)
            else:
                chance += math.erfc((beyond - 0.5) / sigma / math.sqrt(2)) / 2
    return chance


@pytest.mark.parametrize("method", ["hoeffding", "normal"])
@pytest.mark.parametrize("pe", [
    {}, {"a": {"width": 6}, "accumulator": {"frac": -2}},
    {"a": {"width": 6}, "accumulator": {"frac": -2, "rounding": "nearest_up"}},
    {"a": {"width": 3, "signed": False}, "b": {"width": 2, "signed": False}}], ids=str)
def test_probability_is_the_union_of_the_tails(pe: dict[str, Any], method: str) -> None:
    dot = DotProduct(array=array(**pe), length=60)
    width = by_method(accumulator_widths(dot, 0.01))[method]
    addends = dot.addends
    expected = tails(*(getattr(addends, name)[:, 0].tolist() for name in (
        "low", "high", "mean", "variance", "doubt")), width)
    assert 0 < expected <= 0.01
    assert width.probability == pytest.approx(expected, rel=1e-9 if method == "hoeffding" else 0.06)


def test_weight_stationary_tiles_have_chances_too() -> None:
    """Tiles of one step: each addend is held twice, as its tile and in the bank's sum."""
    pe = {"a": {"width": 8}, "b": {"width": 8}}
    flat = array(**pe)
    tiled = array(WEIGHT, **pe).model_copy(update={"rows": 1})
    one = DotProduct(array=flat, length=1)
    assert DotProduct(array=tiled, length=3).held(one.addends.low.repeat(3, 0)).tolist() == [
        [value * -128 * 127] for value in (1, 1, 1, 1, 2, 3)]


def test_worst_case_of_chunks() -> None:
    """64 of 576 products of -128 * -128 are 2**20, which takes a bit more and the sign."""
    for dataflow in (OUTPUT, WEIGHT):
        spec = ArraySpec.parse({"name": "tiny", "rows": 64, "dataflow": {"kind": dataflow},
                                "pe": {"accumulator": {"chunk": {"steps": 64}}}})
        found = by_method(accumulator_widths(DotProduct(array=spec, length=576)))
        assert (found["worst case"].bits, found["worst case"].high) == (22, 2**20)
        assert found["normal"].bits < 22


def test_last_chunk_may_ask_most() -> None:
    """Products of zeros fill up the last chunk, here with more than the others hold."""
    spec = array(WEIGHT, family=Offset(offset=1), accumulator={"chunk": {"steps": 2}})
    found = worst_case(DotProduct(array=spec, length=3, a=(-2, -1), b=(1, 3)))
    assert (found.low, found.high) == (-10, 1)


def test_widths_shrink_as_more_is_known() -> None:
    spec = array(a={"width": 8}, b={"width": 8})
    weights = np.random.default_rng(1).integers(-40, 41, (500, 8))
    found = by_method(accumulator_widths(DotProduct(array=spec, length=500, weights=weights)))
    bits = [found[method].bits for method in ("worst case", "weights", "hoeffding", "normal")]
    assert bits == sorted(bits, reverse=True)
    assert len(set(bits)) > 2


def test_smaller_probability_takes_more_bits() -> None:
    dot = DotProduct(array=array(a={"width": 8}, b={"width": 8}), length=5000)
    bits = [by_method(accumulator_widths(dot, 10.0**-exponent))["normal"].bits
            for exponent in (1, 6, 30, 300)]
    assert bits == sorted(bits)
    assert bits[0] < bits[-1]


def test_sums_that_cannot_overflow_do_not_count() -> None:
    """K = 1: the worst case is small, and no chance of more bits is charged to it."""
    found = by_method(accumulator_widths(DotProduct(array=array(), length=1), 1e-300))
    assert {width.bits for width in found.values()} == {5}
    assert found["normal"].probability == 0


@pytest.mark.parametrize("x", [0.1, 0.5, 1, 2, 4, 8, 20, 37])
def test_normal_tail_is_a_close_bound(x: float) -> None:
    exact = math.erfc(x / math.sqrt(2)) / 2
    bound = float(normal_tail(np.array([x]))[0])
    assert exact <= bound <= exact * (1.01 if x >= 8 else 1.06)


def test_normal_tail_at_the_mean() -> None:
    assert normal_tail(np.array([0.0])).tolist() == [1]


@pytest.mark.parametrize("probability", [0, 1, -1, math.nan])
def test_probability_that_is_none(probability: float) -> None:
    with pytest.raises(InputError, match="probability must be above 0 and below 1, not"):
        accumulator_widths(DotProduct(array=array(), length=1), probability)


@pytest.mark.parametrize(("needed", "given", "says"), [
    ((True, -9, 8), (5, True), "of 5 bits signed never overflows"),
    ((True, -9, 8), (4, True), "of 4 bits signed can overflow; set accumulator.width = 5"),
    ((True, -9, 8), (9, False), "can overflow; set accumulator.width = 5 and accumulator.signed"),
    ((False, 0, 15), (4, False), "of 4 bits unsigned never overflows"),
    ((False, 0, 15), (4, True), "can overflow; set accumulator.width = 5"),
    ((False, 0, 15), (3, False), "can overflow; set accumulator.width = 4"),
    ((True, -(2**64), 0), (64, True), "can overflow, and none is wide enough: 65 bits"),
    ((False, 0, 2**63), (63, False), "can overflow, and none is wide enough: 64 bits"),
    ((True, -(2**63), 0), (32, True), "can overflow; set accumulator.width = 64"),
])
def test_verdict(needed: tuple[bool, int, int], given: tuple[int, bool], says: str) -> None:
    signed, low, high = needed
    bits = max(high.bit_length(), (~low).bit_length() if low < 0 else 0) + signed
    width = Width("worst case", bits, signed, low, high, True)
    accumulator = Fixed(width=given[0], signed=given[1])
    assert says in width.verdict(accumulator)
    assert width.fits(accumulator) is ("never" in says)


@pytest.mark.parametrize(("method", "holds"), METHODS.items())
def test_each_method_is_documented(method: str, holds: str) -> None:
    document = Path(__file__).parents[2] / "docs" / "analysis.md"
    assert f"| `{method}` | {holds} |" in document.read_text().splitlines()


def test_rows_of_the_table() -> None:
    spec = ArraySpec.parse({"name": "int8"})
    widths = accumulator_widths(DotProduct(array=spec, length=576))
    assert widths[0].row() == ("worst case", "25 bits signed", "-9,363,456 to 9,437,184",
                               "for all operands in range")
    assert widths[1].row()[2].startswith("overflow <= ")
    assert widths[1].to_json()["method"] == "hoeffding"
