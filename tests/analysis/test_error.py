"""Error metrics: by hand, by plain loops, and against published figures."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hwgen.analysis import pairs
from hwgen.analysis.error import METRICS, ErrorMetrics, Metric, error_metrics
from hwgen.analysis.pairs import Population
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.number import Fixed
from tests.analysis.families import Kulkarni, Offset, Truncated, operands


def test_by_hand() -> None:
    """2x2 unsigned with 3 * 3 = 7: one error of -2 among 16 pairs, 9 of them not zero."""
    metrics = error_metrics(Kulkarni(), operands("u2", "u2"))
    assert metrics == ErrorMetrics(
        multiplier="kulkarni u2xu2, columns 99", pairs=16, exhaustive=True,
        mae=2 / 16, mae_percent=100 * 2 / 16 / 16, wce=2, wce_percent=100 * 2 / 16,
        bias=-2 / 16, mse=4 / 16, variance=4 / 16 - (2 / 16) ** 2, ep_percent=100 / 16,
        mre_percent=pytest.approx(100 * 2 / 9 / 9), wcre_percent=pytest.approx(100 * 2 / 9),
        worst_pair=(3, 3), worst_error=None, intervals={})


def printed(metrics: ErrorMetrics) -> dict[str, float]:
    """The metrics to two significant digits, EP and WCRE to two decimals."""
    values = {name: getattr(metrics, name) for name in METRICS}
    return {name: round(value, 2) if name in ("ep_percent", "wcre_percent") else
            float(f"{value:.2g}") for name, value in values.items()}


PUBLISHED = {
    # EvoApproxLib, 8x8 signed: arrays without the two and the three lowest columns.  (Their MAE%,
    # 0.0018 and 0.0064, are of the MAE as printed.)
    "mul8s_1KVA": (Truncated(cut=2), "s8 s8", {
        "mae": 1.2, "wce_percent": 0.0076, "wce": 5, "wcre_percent": 500,
        "ep_percent": 50, "mre_percent": 0.28, "mse": 3.8}),
    "mul8s_1KV9": (Truncated(cut=3), "s8 s8", {
        "mae": 4.2, "wce_percent": 0.026, "wce": 17, "wcre_percent": 1700,
        "ep_percent": 68.75, "mre_percent": 0.9, "mse": 34}),
    # EvoApproxLib, 8x8 unsigned, mae_00_0002: 3 * 3 is 7 in the lowest block alone.
    "mul8u_pwr_0_390": (Kulkarni(columns=1), "u8 u8", {
        "mae_percent": 0.00019, "wce_percent": 0.0031, "ep_percent": 6.25, "mre_percent": 0.0053,
        "mse": 0.25}),
}


@pytest.mark.parametrize(("family", "formats", "figures"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_figures(family: MultiplierFamily, formats: str,
                           figures: dict[str, float]) -> None:
    ours = printed(error_metrics(family, operands(*formats.split())))
    assert {name: ours[name] for name in figures} == figures


@pytest.mark.parametrize(("formats", "mean", "error_rate"), [
    ("u2 u2", 1.39, 6.25), ("u4 u4", 2.61, 19.14), ("u8 u8", 3.25, 46.73)])
def test_kulkarni(formats: str, mean: float, error_rate: float) -> None:
    """The paper's mean error counts the pairs with a zero product; its worst is 2 / 9."""
    a_b = operands(*formats.split())
    metrics = error_metrics(Kulkarni(), a_b)
    divisible = (1 - 2.0**-a_b.a.width) ** 2
    assert metrics.mre_percent is not None
    assert round(metrics.mre_percent * divisible, 2) == mean
    assert round(metrics.ep_percent, 2) == error_rate
    assert metrics.wcre_percent == pytest.approx(200 / 9)


@pytest.mark.parametrize("formats", ["s3 s4", "u4 s2", "u3 u5", "s1 u6"])
@pytest.mark.parametrize("family", [Truncated(cut=2), Kulkarni(), Offset(offset=-3)], ids=repr)
def test_against_plain_loops(family: MultiplierFamily, formats: str) -> None:
    a_b = operands(*formats.split())
    errors: list[tuple[int, int, int, int]] = []
    for a in range(a_b.a.minimum, a_b.a.maximum + 1):
        for b in range(a_b.b.minimum, a_b.b.maximum + 1):
            product = family.golden(a_b, np.array([a]), np.array([b]))[0]
            errors.append((a, b, a * b, int(product) - a * b))
    count = len(errors)
    mean = Fraction(sum(e for *_, e in errors), count)
    relative = [Fraction(abs(e), abs(exact)) for _, _, exact, e in errors if exact]
    wce = max(abs(e) for *_, e in errors)
    metrics = error_metrics(family, a_b)
    assert metrics.pairs == count
    assert metrics.wce == wce
    assert metrics.worst_pair == next((a, b) for a, b, _, e in errors if abs(e) == wce)
    assert [metrics.mae, metrics.bias, metrics.mse, metrics.variance, metrics.ep_percent,
            metrics.mre_percent, metrics.wcre_percent, metrics.mae_percent,
            metrics.wce_percent] == pytest.approx([float(value) for value in (
                Fraction(sum(abs(e) for *_, e in errors), count), mean,
                Fraction(sum(e * e for *_, e in errors), count),
                sum((e - mean) ** 2 for *_, e in errors) / count,
                Fraction(100 * sum(e != 0 for *_, e in errors), count),
                100 * sum(relative) / len(relative), 100 * max(relative),
                Fraction(100 * sum(abs(e) for *_, e in errors), count * 2 ** (
                    a_b.a.width + a_b.b.width)),
                Fraction(100 * wce, 2 ** (a_b.a.width + a_b.b.width)))])


@pytest.mark.parametrize("formats", ["s8 s8", "u12 u12", "s1 u1", "u32 u32"])
def test_exact_family_has_no_error(formats: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "SAMPLED_PAIRS", 2**17)
    metrics = error_metrics(ExactMultiplier(), operands(*formats.split()))
    assert metrics.worst_error == 0
    assert [getattr(metrics, name) for name in METRICS] == [0] * len(METRICS)
    assert "every product is exact" in metrics.remark


def test_histograms_weigh_the_pairs() -> None:
    """P(3, 3) = 1/2 * 3/4; the pairs with 0 drop out of MRE."""
    a = Population.histogram(Fixed(width=2, signed=False), [1, 0, 0, 1])
    b = Population.histogram(Fixed(width=2, signed=False), [0, 1, 0, 3])
    metrics = error_metrics(Kulkarni(), operands("u2", "u2"), a, b)
    assert metrics.pairs == 4
    assert metrics.bias == pytest.approx(-2 * 3 / 8)
    assert metrics.ep_percent == pytest.approx(100 * 3 / 8)
    assert metrics.variance == pytest.approx(4 * 3 / 8 - (6 / 8) ** 2)
    assert metrics.mre_percent == pytest.approx(100 * 2 / 9 * 3 / 4)


def test_worst_error_is_of_codes_that_occur() -> None:
    b = Population.histogram(Fixed(width=2, signed=False), [1, 1, 1, 0])
    metrics = error_metrics(Kulkarni(), operands("u2", "u2"), b=b)
    assert (metrics.wce, metrics.ep_percent, metrics.wcre_percent) == (0, 0, 0)


def test_relative_error_without_a_nonzero_product() -> None:
    zero = Population.histogram(Fixed(width=2), [0, 0, 1, 0])
    metrics = error_metrics(Offset(), operands("s2", "s2"), a=zero)
    assert metrics.mae == 1
    assert metrics.mre_percent is None
    assert metrics.wcre_percent is None
    assert [row[1] for row in metrics.rows()][-2:] == ["undefined", "undefined"]


def test_sample_is_near_and_says_so() -> None:
    """The dropped columns are the same at any width, so the truth is known."""
    truth = error_metrics(Truncated(cut=3), operands("s8", "s8"))
    sample = error_metrics(Truncated(cut=3), operands("s14", "u13"))
    assert not sample.exhaustive
    assert sample.pairs == 2**22 + 4
    for name in ("mae", "bias", "mse", "ep_percent"):
        low, high = sample.intervals[name]
        assert low < getattr(truth, name) < high, name
        assert low < getattr(sample, name) < high
    low, high = sample.intervals["ep_percent"]
    assert (high - low) / 2 == pytest.approx(
        100 * 1.96 * (0.6875 * 0.3125 / 2**22) ** 0.5, rel=1e-2)
    low, high = sample.intervals["mae"]
    assert (high - low) / 2 == pytest.approx(1.96 * (truth.variance / 2**22) ** 0.5, rel=1e-2)
    assert sample.to_json()["lower_bounds"] == ["wce", "wce_percent", "wcre_percent"]
    shown = {label: value for label, value, *_ in sample.rows()}
    assert shown["WCE"] == ">= 17"
    assert shown["MAE"] == f"{sample.mae:.6g} +- 0.0039"
    assert ">= a lower bound" in sample.remark


def test_sample_includes_the_extremes() -> None:
    """The one pair that errs among 2**30: a sample finds it only because it is an extreme one."""

    class Corner(Offset):
        def golden(self, operands, a, b):  # type: ignore[no-untyped-def]
            return a * b - 5 * ((a == 32767) & (b == -16384))

    metrics = error_metrics(Corner(), operands("s16", "s15"))
    assert (metrics.wce, metrics.worst_pair) == (5, (32767, -16384))
    assert metrics.mae == 0
    low, high = metrics.intervals["ep_percent"]
    assert low == 0
    assert high == pytest.approx(100 * 1.96**2 / 2**22, rel=1e-3)


def test_json_and_table() -> None:
    metrics = error_metrics(Truncated(cut=3), operands("s8", "s8"))
    told = json.loads(json.dumps(metrics.to_json()))
    assert told["worst_pair"] == list(metrics.worst_pair)
    assert told["worst_error"] == told["wce"] == 17
    assert told["lower_bounds"] == []
    assert all(told[name] == getattr(metrics, name) for name in METRICS)
    assert ("MAE", "4.25", "LSB", "mean of |e|") in metrics.rows()
    assert metrics.evaluated == "all 65,536 pairs"
    assert metrics.remark.endswith("closed-form bound of the family: 17")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_each_metric_is_documented(metric: Metric) -> None:
    cells = [text.replace("|", r"\|") for text in (metric.label, metric.unit, metric.definition)]
    document = Path(__file__).parents[2] / "docs" / "analysis.md"
    assert f"| {' | '.join(cells)} |" in document.read_text().splitlines()
