"""Checks of the families that add up partial products, against definitions in plain Python."""

from collections.abc import Callable

import numpy as np

from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from tests.arith.magnitudes import telling_pairs
from tests.combinational import all_pairs, simulate_products


def expect_product(spec: MultiplierFamily, formats: Operands,
                   product: Callable[[int, int], int]) -> None:
    """Golden and RTL are ``product`` of the two codes."""
    assert spec.fault(formats) is None
    a, b = telling_pairs(formats)
    expected = [product(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert spec.golden(formats, a, b).tolist() == expected
    assert simulate_products(MultiplierUnit(spec, formats).create, a, b).tolist() == expected


def partial_products(formats: Operands, kept: Callable[[int, int], bool],
                     constant: int) -> Callable[[int, int], int]:
    """The sum, bit by bit, of the constant and the partial products (i, j) that are ``kept``."""
    a_sign, b_sign = (side.width - 1 if side.signed else None for side in (formats.a, formats.b))

    def product(x: int, y: int) -> int:
        return constant + sum(
            ((x >> i) & (y >> j) & 1) * (-1 if (i == a_sign) != (j == b_sign) else 1) << i + j
            for i in range(formats.a.width) for j in range(formats.b.width) if kept(i, j))

    return product


def published_figures(spec: MultiplierFamily, formats: Operands) -> dict[str, float]:
    """Errors over all pairs as EvoApproxLib states them; relative ones without products of 0."""
    a, b = all_pairs(formats.a, formats.b)
    error, exact = np.abs(spec.golden(formats, a, b) - a * b), np.abs(a * b)
    relative = error[exact > 0] / exact[exact > 0]
    return {"MAE": error.mean(), "WCE": error.max(), "EP%": 100 * (error > 0).mean(),
            "MRE%": 100 * relative.mean(), "WCRE%": 100 * relative.max(),
            "MSE": np.square(error).mean()}
