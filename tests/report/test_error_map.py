"""Error maps, against a sum over all pairs."""

import base64

import numpy as np
import pytest

from hwgen.arith.drum import DrumMultiplier
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.masked import TruncatedMultiplier
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Fixed
from hwgen.report.error_map import ErrorMap, error_map


def of(family: MultiplierFamily, a: Fixed, b: Fixed) -> ErrorMap:
    return error_map(family, Operands(a, b))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("family", [TruncatedMultiplier(cut=5), DrumMultiplier(segment_bits=3)])
def test_cells_are_means_over_their_pairs(family: MultiplierFamily, signed: bool) -> None:
    a, b = Fixed(width=8, signed=signed), Fixed(width=7, signed=signed)
    found = of(family, a, b)
    assert found.means.shape == (64, 64)
    assert (found.pairs, found.exhaustive) == (4 * 2, True)
    assert found.a == (a.minimum, a.maximum)
    for row, column in ((0, 0), (63, 63), (17, 40)):
        x = np.arange(4)[:, None] + a.minimum + 4 * row
        y = np.arange(2)[None, :] + b.minimum + 2 * column
        error = family.golden(Operands(a, b), x, y) - x * y
        assert found.means[row, column] == error.mean()


def test_few_codes_have_a_cell_each() -> None:
    found = of(TruncatedMultiplier(cut=2), Fixed(width=3), Fixed(width=2))
    assert found.means.shape == (8, 4)
    assert found.pairs == 1


def test_wide_operands_are_sampled() -> None:
    found = of(TruncatedMultiplier(cut=8), Fixed(width=14), Fixed(width=8))
    assert (found.exhaustive, found.pairs) == (False, 16 * 4)
    again = of(TruncatedMultiplier(cut=8), Fixed(width=14), Fixed(width=8))
    np.testing.assert_array_equal(found.means, again.means)


def test_json_keeps_the_cells_to_a_127th() -> None:
    found = of(DrumMultiplier(segment_bits=3), Fixed(width=8), Fixed(width=8))
    values = found.to_json()
    cells = np.frombuffer(base64.b64decode(values["cells"]), np.int8).reshape(values["shape"])
    assert np.abs(cells).max() == 127
    np.testing.assert_allclose(cells * found.greatest / 127, found.means,
                               atol=found.greatest / 250)


def test_no_error_needs_no_cells() -> None:
    values = of(ExactMultiplier(), Fixed(width=8), Fixed(width=8)).to_json()
    assert (values["greatest"], values["cells"]) == (0, "")
