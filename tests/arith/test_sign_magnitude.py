"""The sign-magnitude wrapper around an exact core gives the exact product and its exact bounds."""

from collections.abc import Iterator

import numpy as np
import pytest
from amaranth import Module, Value

from hwgen.arith.multiplier import MultiplierUnit, Operands
from hwgen.arith.sign_magnitude import SignMagnitudeFamily
from hwgen.number import Codes, Fixed
from tests.combinational import all_pairs, simulate_products


class ExactMagnitudes(SignMagnitudeFamily):
    """``x * y`` on magnitudes; asserts that they come with the widths of the operands."""

    kind: str = "exact-magnitudes"

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["ExactMagnitudes"]:
        yield cls()

    def golden_magnitudes(self, a_width: int, b_width: int, x: Codes, y: Codes) -> Codes:
        assert x.min() >= 0
        assert y.min() >= 0
        assert max(x.max() >> a_width, y.max() >> b_width) == 0
        return x * y

    def rtl_magnitudes(self, m: Module, x: Value, y: Value) -> Value:
        return x * y

    def magnitude_bound(self, a_width: int, b_width: int, x_max: int, y_max: int) -> int:
        return x_max * y_max


FORMATS = [Operands(Fixed(width=a, signed=a_signed), Fixed(width=b, signed=b_signed))
           for a, b in ((2, 2), (5, 3)) for a_signed in (True, False) for b_signed in (True, False)]


@pytest.mark.parametrize("operands", FORMATS, ids=str)
def test_exact_core_gives_exact_products(operands: Operands) -> None:
    a, b = all_pairs(operands.a, operands.b)
    spec = ExactMagnitudes()
    assert spec.golden(operands, a, b).tolist() == (a * b).tolist()
    products = simulate_products(MultiplierUnit(spec, operands).create, a, b)
    assert products.tolist() == (a * b).tolist()


@pytest.mark.parametrize("operands", FORMATS, ids=str)
def test_exact_core_gives_exact_bounds(operands: Operands) -> None:
    assert ExactMagnitudes().bounds(operands) == operands.exact_bounds


def test_ports_have_the_width_of_the_magnitudes() -> None:
    operands = Operands(Fixed(width=16), Fixed(width=16, signed=False))
    extremes = np.array([-(1 << 15), -1, 0, (1 << 15) - 1])
    golden = ExactMagnitudes().golden(operands, extremes[:, None], np.array([0, 1, (1 << 16) - 1]))
    assert golden.tolist() == [[0, int(x), int(x) * 65535] for x in extremes]
