"""The metrics of hwgen, against the definitions written again, and published figures."""

from fractions import Fraction
from math import inf, log10
from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import size
from hwgen.flow.power import energies
from hwgen.nn.digits import DigitsNetwork
from hwgen.spec import InputError
from hwgen.sweep import built_in
from hwgen.sweep.pareto import Direction
from hwgen.sweep.workload import Workload
from tests.command_line import SMALL as TINY

SMALL = Workload(m=6, k=9, n=5)


def array(**pe: Any) -> ArraySpec:
    return ArraySpec.parse({"name": "a", "rows": 2, "columns": 2, "pe": pe})


def value(name: str, spec: ArraySpec, workload: Workload = SMALL) -> float:
    return built_in.METRICS[name].measure(spec, workload)


def test_cycles_and_utilisation_of_the_default_array() -> None:
    spec, workload = ArraySpec(name="a"), Workload(m=64, k=64, n=64)
    assert value("cycles", spec, workload) == 64 * 64 + 17 + 7  # as docs/architecture.md derives it
    assert value("utilisation", spec, workload) == 64**3 / (64 * (64 * 64 + 17 + 7))
    assert value("cycles", spec, Workload(m=8, k=64, n=8)) == 64 + 17 + 7


def test_error_of_the_multiplier() -> None:
    spec = array(a={"width": 5, "signed": False}, b={"width": 5, "signed": False},
                 multiplier={"kind": "truncated", "cut": 3})
    errors = []
    for a in range(32):
        for b in range(32):
            kept = sum(1 << (i + j) for i in range(5) for j in range(5)
                       if i + j >= 3 and a >> i & b >> j & 1)
            errors.append(kept - a * b)
    assert value("mae", spec) == np.mean(np.abs(errors))
    assert value("wce", spec) == max(map(abs, errors)) == 1 + 2 * 2 + 3 * 4
    assert value("bias", spec) == np.mean(errors) < 0
    assert built_in.METRICS["bias"].direction is Direction.NEAR_ZERO


@pytest.mark.parametrize("pe", [
    {"accumulator": {"width": 12, "frac": -3, "overflow": "saturate"}},  # coarser than a product
    {"a": {"width": 5, "frac": 3}, "accumulator": {"width": 16, "frac": 1}},
    {"multiplier": {"kind": "drum", "segment_bits": 3}, "accumulator": {"width": 9}},  # wraps
])
def test_error_of_dot_products(pe: dict[str, Any]) -> None:
    spec = array(**pe)
    a, b = SMALL.codes(spec)
    unit = Fraction(2) ** -(spec.pe.a.frac + spec.pe.b.frac)
    exact = [[sum(int(x) * int(y) for x, y in zip(row, column, strict=True)) * unit
              for column in b.T] for row in a]
    result = [[int(code) * Fraction(2) ** -spec.result.frac for code in row]
              for row in spec.golden(a, b)]
    pairs = [(x, y) for xs, ys in zip(exact, result, strict=True)
             for x, y in zip(xs, ys, strict=True)]
    greatest = 2 ** (spec.pe.a.width - 1) * 2 ** (spec.pe.b.width - 1) * 9 * unit
    assert value("nmed", spec) == pytest.approx(float(
        sum(abs(y - x) for x, y in pairs) / len(pairs) / greatest))
    noise, signal = sum((y - x) ** 2 for x, y in pairs), sum(x * x for x, _ in pairs)
    expected = 10 * log10(signal / noise) if noise else inf
    assert value("snr_db", spec) == pytest.approx(expected)


def test_exact_dot_products_have_no_error() -> None:
    spec = array(a={"width": 32}, b={"width": 32}, accumulator={"width": 64})
    assert value("nmed", spec, Workload(m=2, k=1, n=2)) == 0
    assert value("snr_db", spec, Workload(m=2, k=1, n=2)) == inf


def test_noise_without_a_signal(tmp_path: Any) -> None:
    for side, codes in (("a", [[1, 1]]), ("b", [[1], [-1]])):
        np.save(tmp_path / f"{side}.npy", codes)
    given = Workload.parse({"a": "a.npy", "b": "b.npy"}, "workload", tmp_path).sized()
    table = {"kind": "drum", "segment_bits": 3}
    assert value("snr_db", array(multiplier=table), given) in (inf, -inf)


def test_digits() -> None:
    network = DigitsNetwork.load()
    wide, narrow = array(), array(accumulator={"width": 10})
    assert value("digits", wide) == network.classify(wide, wide.golden).accuracy > 0.9
    assert value("digits", narrow) < value("digits", wide)
    with pytest.raises(InputError, match="pe.b must be signed"):
        value("digits", array(b={"width": 8, "signed": False}))


def test_areas_of_one_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """LUTs and flip-flops of one run, in the numbers that hwgen synth tells."""
    # One of tests/flow/test_area.py, so that the cache has it.
    spec = ArraySpec.parse({"name": "sized", "rows": 1, "columns": 1, "pe": {
        "a": {"width": 4}, "b": {"width": 4}, "accumulator": {"width": 12}}})
    runs = []

    def counted(*arguments: Any, **named: Any) -> Any:
        runs.append(arguments)
        return size(*arguments, **named)

    monkeypatch.setattr(built_in, "size", counted)
    measured = {field: value(f"ecp5_dsp.{field}", spec)
                for field in ("luts", "ffs", "dsps", "brams")}
    (sized,) = size(spec, [("ecp5", True)])
    assert measured == {field: getattr(sized.array, field) for field in measured}
    assert measured["luts"] > 0 < measured["ffs"]
    assert len(runs) == 1


def test_area_on_a_family_that_the_cells_are_not_of() -> None:
    spec = array(target="ecp5")
    with pytest.raises(InputError, match="pe.target must be left out for an area on ice40 with "
                                         "DSP blocks, not 'ecp5'"):
        value("ice40_dsp.luts", spec)


@pytest.mark.parametrize(("name", "target", "figure"), [
    ("gates", ("gates", False), "gates"), ("gates.ffs", ("gates", False), "ffs"),
    ("xilinx7_dsp.dsps", ("xilinx7", True), "dsps"), ("gowin.brams", ("gowin", False), "brams"),
])
def test_each_area_is_that_of_its_name(name: str, target: tuple[str, bool], figure: str,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        luts, ffs, dsps, brams, gates = 1, 2, 3, 4, 5

    asked = []
    monkeypatch.setattr(built_in, "_area", lambda spec, *target: asked.append(target) or Fake)
    assert value(name, array()) == getattr(Fake, figure)
    assert asked == [target]


def test_energy_is_that_of_the_workload() -> None:
    spec = ArraySpec.parse(TINY)
    (idle, workload) = energies(spec, {"x": [SMALL.codes(spec)]})
    assert value("energy", spec) == workload.per_mac
    assert workload.macs == 6 * 9 * 5
    assert idle.macs == 0
    with pytest.raises(InputError, match="pe.target must be left out for energy, not 'ecp5'"):
        value("energy", array(target="ecp5"))
