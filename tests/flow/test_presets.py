"""Presets: each is a whole array, as its template says, that generates and simulates."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.design import generate
from hwgen.flow.presets import PRESETS, preset_toml
from hwgen.number import Fixed, Overflow, Rounding
from hwgen.spec import InputError
from tests.array.products import expect_rtl


def preset(name: str, **values: Any) -> ArraySpec:
    return ArraySpec.parse(tomllib.loads(preset_toml(name, "mac", "mac.toml", **values)))


@pytest.mark.parametrize("name", PRESETS)
def test_size_is_the_presets_or_the_users(name: str) -> None:
    array, small = preset(name), preset(name, rows=2, columns=3)
    assert (array.rows, array.columns) == (PRESETS[name].rows, PRESETS[name].columns)
    assert small == array.replaced(rows=2, columns=3)


@pytest.mark.parametrize("name", PRESETS)
def test_every_field_is_explained(name: str) -> None:
    text = preset_toml(name, "x", "x.toml")
    assert text.startswith("# x: a systolic array of ")
    assert max(map(len, text.splitlines())) <= 110
    assert text.count("#") >= 5


@pytest.mark.parametrize("name", PRESETS)
def test_rtl_is_the_golden(name: str) -> None:
    """On codes so small that the results of none saturate all."""
    array, rng = preset(name, rows=2, columns=3), np.random.default_rng(0)
    a, b = (rng.integers(max(-99, operand.minimum), 100, shape)
            for operand, shape in ((array.pe.a, (3, 20)), (array.pe.b, (20, 4))))
    expect_rtl(array, a, b)
    assert np.unique(array.golden(a, b)).size > 4


@pytest.mark.parametrize("name", PRESETS)
def test_verilog_is_generated(name: str, tmp_path: Path) -> None:
    array = preset(name, rows=2, columns=2)
    assert generate(array, tmp_path / name).spec == array


def test_gupta_rounds_once_and_never_overflows_before() -> None:
    array = preset("gupta")
    assert array.pe.a == array.pe.b == Fixed(width=16, frac=8)
    assert not array.pe.draw_bits
    assert array.pe.after(131071) is not array.pe
    assert array.pe.after(131072) is array.pe
    output = array.requantizer
    assert array.result == Fixed(width=16, frac=8)
    assert (output.rounding, output.overflow) == (Rounding.STOCHASTIC, Overflow.SATURATE)
    assert array.result_draw_bits == 8


def test_sr12_rounds_every_step() -> None:
    array = preset("sr12")
    assert (array.pe.format, array.pe.draw_bits) == (Fixed(width=12, frac=7), 7)


def test_chunks_never_overflow() -> None:
    pe = preset("chunked").pe
    chunk = pe.accumulator.chunk
    assert chunk is not None
    assert pe.after(chunk.steps) is not pe
    assert pe.result_format.width == chunk.width == 32


def test_truncated_is_approximate() -> None:
    pe = preset("truncated").pe
    assert pe.multiplier.kind == "truncated"
    assert pe.multiplier.worst_error(pe.operands)


@pytest.mark.parametrize(("name", "values", "message"), [
    ("gupt", {}, "--preset must be one of default, gupta, sr12, chunked, serial, truncated, "
     "not 'gupt'"),
    ("gupta", {"dataflow": "weight-stationary"},
     "--dataflow must be output-stationary with --preset gupta, not 'weight-stationary'"),
    ("gupta", {"rows": 0}, "rows must be at least 1, not 0"),
    ("default", {"dataflow": "x"}, "dataflow must be of a kind among"),
])
def test_refused(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        preset_toml(name, "x", "x.toml", **values)
    assert message in str(error.value)
