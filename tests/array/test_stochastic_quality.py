"""Stochastic rounding is random enough: mean, variance and correlations of single round-ups.

A tile of one step gives the addend of that step, so an array shows each round-up of each PE.  The
sources are fixed by their seeds: a gate that passes always passes.  Its margins are at least four
standard errors, but for the arrays simulated here, whose variance has three.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest

from hwgen import lfsr
from hwgen.array import random
from hwgen.array.mesh import ArraySpec
from hwgen.lfsr import DrawSourceUnit
from hwgen.number import Codes
from tests.array.products import OS, WS, array_of
from tests.planted import Mutant, plant
from tests.streams import simulate_product
from tests.test_mutants import ONE_STEP

STEPS = 1 << 14
FORMATS = [(1, 1), (1, 6), (4, 4), (4, 9), (7, 7), (8, 8), (8, 16), (12, 12), (12, 18), (14, 14),
           (16, 16), (16, 20)]
"""Random bits r and dropped bits D."""


class RoundUps(NamedTuple):
    """Whether each step went up, and how far its exact sum was, ``(steps, rows, columns)``."""

    ups: Codes
    fractions: Codes
    bits: int

    @property
    def chances(self) -> Codes:
        """Of going up: the fraction's first r bits."""
        return np.floor(self.fractions * 2**self.bits) / 2**self.bits


def expect_quality(found: RoundUps, bias: float, window: int = 64) -> None:
    """The gate: mean, variance of the count in windows, correlation with step and PE before.

    Parameters
    ----------
    bias : what the mean may fall short of the exact one, in LSBs, beyond five standard errors:
        2**-r for one operand, 2**-r / 2 for random ones.
    window : steps whose round-ups are counted.
    """
    chances = found.chances
    errors, variances = found.ups - chances, chances * (1 - chances)
    if not variances.any():  # the fraction is below the draw's bits
        assert not errors.any()
        return
    pairs = {"steps": errors[1:] * errors[:-1],
             "columns": errors[:, :, 1:] * errors[:, :, :-1],
             "rows": errors[:, 1:] * errors[:, :-1]}
    for name, products in pairs.items():
        correlation = products.mean(axis=0) / variances.mean()
        assert np.abs(correlation).max(initial=0) <= 0.05, name
    limit = 5 * np.sqrt(variances.sum()) / variances.size
    assert abs(errors.mean()) <= limit
    assert -bias - limit <= (found.ups - found.fractions).mean() <= limit
    windows, expected = (values.reshape(-1, window, *values.shape[1:]).sum(axis=1)
                         for values in (errors, variances))
    assert 0.9 <= (windows**2).mean() / expected.mean() <= 1.1


def operands(kind: str | float, steps: int, rows: int, columns: int, drop: int) -> tuple[Any, ...]:
    """A of one code a row and step, B of one a column: of one fraction, or random."""
    if isinstance(kind, float):
        a, b = np.full((steps * rows, 1), int(kind * 2**drop)), np.ones((1, columns), np.int64)
        return a, b
    rng = np.random.default_rng(drop)
    return (rng.integers(-(2**23), 2**23, (steps * rows, 1)),
            rng.integers(0, 8, (1, columns)) * 2 + 1)  # odd: all fractions occur


def round_ups(array: ArraySpec, a: Codes, b: Codes, product: Codes, bits: int,
              drop: int) -> RoundUps:
    """From a product of tiles of one step."""
    exact = (a * b).reshape(-1, array.rows, array.columns)
    ups = product.reshape(exact.shape) - (exact >> drop)
    assert ups.min() >= 0
    assert ups.max() <= 1
    return RoundUps(ups, (exact & ((1 << drop) - 1)) / 2**drop, bits)


def stochastic(part: str, sharing: str, bits: int, drop: int, rows: int = 4, columns: int = 4,
               dataflow: dict[str, Any] = OS) -> ArraySpec:
    """Rounds the steps or (``output``) the results, and neither overflows."""
    rounding = {"width": 40, "frac": -drop, "rounding": "stochastic", "random_bits": bits}
    pe = {"a": {"width": 24}, "b": {"width": 6}}
    if part == "output":
        return array_of(rows, columns, dataflow=dataflow, pe=pe, output=rounding)
    return array_of(rows, columns, dataflow=dataflow, random={"sharing": sharing, "seed": 1},
                    pe={**pe, "accumulator": rounding})


def golden_gate(part: str, sharing: str, bits: int, drop: int, kind: str | float,
                dataflow: dict[str, Any] = OS) -> None:
    """Steps of all PEs; of row 0 where all rows draw alike; results as they leave a column."""
    rows = 4 if (part, sharing) == ("steps", "pe") and dataflow is OS else 1
    array = stochastic(part, sharing, bits, drop, rows, dataflow=dataflow)
    a, b = operands(kind, STEPS * 4 // rows, rows, 4, drop)
    found = round_ups(array, a, b, array.golden(a, b), bits, drop)
    expect_quality(found, 2.0**-bits / (1 if isinstance(kind, float) else 2))


@pytest.mark.parametrize("kind", ["random", 0.22, 0.3, 0.44, 0.7, 0.97])
@pytest.mark.parametrize(("bits", "drop"), FORMATS)
@pytest.mark.parametrize(("part", "sharing", "dataflow"), [
    ("steps", "pe", OS), ("steps", "column", OS), ("steps", "column", WS), ("output", "", OS)],
    ids=["pe", "column", "ws", "results"])
def test_round_ups(part: str, sharing: str, dataflow: dict[str, Any], bits: int, drop: int,
                   kind: str | float) -> None:
    golden_gate(part, sharing, bits, drop, kind, dataflow)


def stepped_once(first: Codes, count: int, bits: int) -> Codes:
    """Draws of a register that goes on by one bit a draw: ``r - 1`` bits come again."""
    stream = lfsr.draws(first, count + bits, 1)
    return np.add.reduce([stream[i : i + count] << i for i in range(bits)])


@pytest.mark.parametrize("kind", ["random", 0.3])
@pytest.mark.parametrize(("bits", "drop"), [form for form in FORMATS if form[0] > 1])
@pytest.mark.parametrize("part", ["steps", "output"])
def test_register_that_steps_once_a_draw_fails(monkeypatch: pytest.MonkeyPatch, part: str,
                                               bits: int, drop: int, kind: str | float) -> None:
    monkeypatch.setattr(random, "draws", stepped_once)
    monkeypatch.setattr(random, "ahead", lambda registers, distance: lfsr.ahead(
        registers, distance // bits))
    with pytest.raises(AssertionError):
        golden_gate(part, "pe", bits, drop, kind)


@pytest.mark.parametrize("kind", ["random", 0.3])
@pytest.mark.parametrize("alike", ["rows", "columns"])
def test_neighbours_that_draw_alike_fail(monkeypatch: pytest.MonkeyPatch, alike: str,
                                         kind: str | float) -> None:
    def copied(first: Codes) -> Codes:
        grid = lfsr.states(first).reshape(4, 4)
        return np.broadcast_to(grid[:1] if alike == "rows" else grid[:, :1], (4, 4))

    monkeypatch.setattr(random, "states", copied)
    with pytest.raises(AssertionError, match=alike):
        golden_gate("steps", "pe", 8, 8, kind)


@pytest.mark.parametrize(("bits", "fraction"), [(4, 0.44), (4, 0.7), (7, 0.22), (14, 0.22)])
def test_prbs31_fails(monkeypatch: pytest.MonkeyPatch, bits: int, fraction: float) -> None:
    """Its taps lie so close that bits 0 and 3 of a draw are the top bit of a later one."""
    monkeypatch.setattr(lfsr, "SOURCE_TAPS", (0, 3))
    with pytest.raises(AssertionError):
        golden_gate("steps", "pe", bits, bits, fraction)


def simulated_gate(bits: int, drop: int, kind: str | float) -> None:
    array = stochastic("steps", "pe", bits, drop, 2, 4)
    a, b = operands(kind, 1 << 12, 2, 4, drop)
    product, _cycles = simulate_product(array, a, b, max_cycles=1 << 15)
    expect_quality(round_ups(array, a, b, product, bits, drop), 2.0**-bits, window=16)


@pytest.mark.parametrize(("bits", "drop", "kind"), [(4, 6, 0.3), (8, 8, "random")])
def test_round_ups_of_the_hardware(bits: int, drop: int, kind: str | float) -> None:
    simulated_gate(bits, drop, kind)


@pytest.mark.planted
def test_hardware_that_steps_once_a_draw_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, Mutant("", DrawSourceUnit, "elaborate", (
        "Cat(state[bits:], Mux(self.load, self.seed, low ^ high))"), ONE_STEP))
    with pytest.raises(AssertionError):
        simulated_gate(4, 6, 0.3)
