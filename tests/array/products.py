"""Products for tests of whole arrays: operands, and the comparisons that all of them share."""

from typing import Any

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, Fixed, random_codes
from tests import oracle
from tests.streams import Run, simulate_streams

OS = {"kind": "output-stationary"}
WS = {"kind": "weight-stationary"}
DATAFLOWS = {"os": OS, "ws": WS, "ws-3": {**WS, "bank_rows": 3}, "ws-1": {**WS, "bank_rows": 1}}
CODES = ("random", "extremes", "lowest", "highest", "small")


def array_of(rows: int = 2, columns: int = 2, **values: Any) -> ArraySpec:
    """An array named ``mac``."""
    return ArraySpec.parse({"name": "mac", "rows": rows, "columns": columns, **values})


def codes_of(kind: str, rng: np.random.Generator, operand: Fixed,
             shape: tuple[int, int]) -> Codes:
    """Codes of an operand: all over its range, or where sums overflow and ties abound."""
    low, high = operand.minimum, operand.maximum
    if kind == "random":
        return random_codes(rng, operand, shape)
    choice = {"extremes": [low, high], "lowest": [low], "highest": [high],
              "small": [max(low, -2), max(low, -1), 0, min(high, 1), min(high, 2)]}[kind]
    return rng.choice(np.array(choice, np.int64), shape)


def operands_of(array: ArraySpec, shape: tuple[int, int, int], kind: str = "random",
                seed: int = 0) -> tuple[Codes, Codes]:
    """A and B of an (M, K, N) product."""
    rng, (m, k, n) = np.random.default_rng(seed), shape
    return codes_of(kind, rng, array.pe.a, (m, k)), codes_of(kind, rng, array.pe.b, (k, n))


def expect_golden(array: ArraySpec, a: Codes, b: Codes) -> None:
    """The golden is what docs/numerics.md says, given the products of single codes."""
    multiplier, formats = array.pe.multiplier, array.pe.operands

    def multiply(x: int, y: int) -> int:
        exact = multiplier.kind == "exact"  # up to 32 bits, too wide for int64
        return x * y if exact else int(multiplier.golden(formats, np.array(x), np.array(y)))

    golden = array.golden(a, b)
    assert golden.dtype == np.int64
    assert golden.tolist() == oracle.product(array.model_dump(), a.tolist(), b.tolist(), multiply)


def expect_rtl(array: ArraySpec, a: Codes, b: Codes, **options: Any) -> Run:
    """Every result beat of the RTL is the golden's, ``last`` included."""
    beats = array.beats(a, b)
    run = simulate_streams(array, beats, len(beats["o"]["codes"]), **options)
    np.testing.assert_array_equal(run.codes, beats["o"]["codes"])
    np.testing.assert_array_equal(run.last, beats["o"]["last"])
    product = array.collect(run.codes, a.shape[0], b.shape[1])
    np.testing.assert_array_equal(product, array.golden(a, b))
    return run


def expect_cycles(array: ArraySpec, a: Codes, b: Codes) -> None:
    """Without stalls the RTL takes exactly the cycles of the schedule."""
    run = expect_rtl(array, a, b)
    assert run.cycles[-1] + 1 == array.schedule_of(a, b).cycles
