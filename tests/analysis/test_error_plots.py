"""Plots of an error: the numbers behind them, and that equal runs give equal bytes."""

import sys

import numpy as np
import pytest

from hwgen.analysis import pairs
from hwgen.analysis.error import error_metrics
from hwgen.analysis.error_plots import error_plots, error_profile, require_matplotlib
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.spec import InputError
from tests.analysis.families import Kulkarni, Offset, Truncated, operands
from tests.combinational import all_codes


def errors(family: MultiplierFamily, formats: Operands) -> np.ndarray:
    a, b = all_codes(formats.a)[:, None], all_codes(formats.b)[None, :]
    return family.golden(formats, a, b) - a * b


@pytest.mark.parametrize("formats", ["u4 u6", "s3 u5", "s1 s8"])
@pytest.mark.parametrize("family", [Truncated(cut=3), Kulkarni(), Offset(offset=4)], ids=repr)
def test_small_map_shows_every_pair(family: MultiplierFamily, formats: str) -> None:
    a_b = operands(*formats.split())
    profile = error_profile(family, a_b, error_metrics(family, a_b))
    np.testing.assert_array_equal(profile.map, errors(family, a_b))
    assert profile.cell == (1, 1)


def test_large_map_keeps_the_greatest_error_and_its_sign() -> None:
    class Spikes(Offset):
        def golden(self, operands, a, b):  # type: ignore[no-untyped-def]
            spike = 9 * ((a == 5) & (b == 7)) - 4 * ((a == 6) & (b == 7))
            return a * b + spike - 2 * (a > 8)

    a_b = operands("u10", "u9")
    profile = error_profile(Spikes(), a_b, error_metrics(Spikes(), a_b))
    assert profile.map.shape == (256, 256)
    assert profile.cell == (4, 2)
    assert profile.map[1, 3] == 9
    assert profile.map[0, 0] == 0
    assert (profile.map[3:] == -2).all()


def test_sampled_map_shows_what_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pairs a cell on average, so that one cell in e**2 is empty."""
    monkeypatch.setattr(pairs, "SAMPLED_PAIRS", 2**17)
    a_b = operands("s16", "u12")
    profile = error_profile(Offset(), a_b, error_metrics(Offset(), a_b))
    missed = np.isnan(profile.map)
    assert missed.mean() == pytest.approx(np.exp(-2), rel=0.03)
    assert (profile.map[~missed] == 1).all()
    assert profile.counts.tolist() == [2**17 + 4]


@pytest.mark.parametrize("family", [Truncated(cut=3), Truncated(cut=7), Kulkarni(),
                                    Offset(offset=-40), ExactMultiplier()], ids=repr)
def test_histogram_counts_every_pair(family: MultiplierFamily) -> None:
    a_b = operands("u8", "u8")
    profile = error_profile(family, a_b, error_metrics(family, a_b))
    expected, _ = np.histogram(errors(family, a_b), profile.edges)
    assert profile.counts.tolist() == expected.tolist()
    assert profile.counts.sum() == 2**16
    assert profile.counts[0]
    assert profile.counts[-1]
    assert len(profile.counts) <= 256


def test_files_are_images_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import rcParams

    a_b = operands("u8", "u8")
    metrics = error_metrics(Kulkarni(), a_b)
    files = error_plots(Kulkarni(), a_b, metrics)
    assert set(files) == {f"error_{name}.{kind}" for name in ("map", "histogram")
                          for kind in ("png", "svg")}
    for name, content in files.items():
        assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    monkeypatch.setitem(rcParams, "axes.facecolor", "pink")
    assert error_plots(Kulkarni(), a_b, metrics) == files
    assert rcParams["axes.facecolor"] == "pink"
    assert b"<dc:date>" not in files["error_map.svg"]


def test_another_error_is_another_picture() -> None:
    a_b = operands("u8", "u8")
    drawn = [error_plots(family, a_b, error_metrics(family, a_b))
             for family in (Kulkarni(), Kulkarni(columns=3))]
    assert all(drawn[0][name] != drawn[1][name] for name in drawn[0])


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"matplotlib must be installed.*pip install 'hwgen\[plot"):
        require_matplotlib()
