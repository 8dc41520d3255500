"""Checks of the families that multiply magnitudes, against a definition in plain Python."""

from collections.abc import Callable

import numpy as np

from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from hwgen.number import Codes, Fixed, random_codes
from tests.combinational import all_pairs, simulate_products


def operands(name: str) -> Operands:
    """From names such as ``s8xu5``."""
    left, right = (Fixed(width=int(side[1:]), signed=side[0] == "s") for side in name.split("x"))
    return Operands(left, right)


WIDE = ["u16xu16", "s16xs16", "s16xu16", "u16xs16", "s16xu3", "u2xs16", "u11xs14"]


def telling_pairs(formats: Operands) -> tuple[Codes, Codes]:
    """Zero, ones, threes and extremes with each other, and random pairs of every magnitude."""
    grids = np.meshgrid(*map(telling_codes, (formats.a, formats.b)), indexing="ij")
    rng = np.random.default_rng(1)
    shifts = rng.integers(0, 16, (2, 200))
    draws = [random_codes(rng, side, (200,)) >> np.minimum(shift, side.width - 1)
             for side, shift in zip((formats.a, formats.b), shifts, strict=True)]
    left, right = (np.concatenate([grid.ravel(), draw])
                   for grid, draw in zip(grids, draws, strict=True))
    return left, right


def telling_codes(operand: Fixed) -> list[int]:
    high = 1 << (operand.width - 2)
    codes = {operand.minimum, operand.minimum + 1, operand.maximum, -3, 0, 1, 3, high, 3 * high - 1}
    return sorted(code for code in codes if operand.minimum <= code <= operand.maximum)


def expect_definition(spec: MultiplierFamily, formats: Operands,
                      product: Callable[[int, int], int]) -> None:
    """Golden and RTL are ``product`` of the magnitudes, with the sign of the exact one."""
    assert spec.fault(formats) is None
    a, b = telling_pairs(formats)
    expected = [product(abs(x), abs(y)) * (-1 if (x < 0) != (y < 0) else 1)
                for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert spec.golden(formats, a, b).tolist() == expected
    assert simulate_products(MultiplierUnit(spec, formats).create, a, b).tolist() == expected


def expect_attained(spec: MultiplierFamily, formats: Operands) -> None:
    """Bounds and worst error are attained by some pair of codes, and exceeded by none."""
    a, b = all_pairs(formats.a, formats.b)
    golden = spec.golden(formats, a, b)
    assert spec.bounds(formats) == (golden.min(), golden.max())
    assert spec.worst_error(formats) == np.abs(golden - a * b).max()


def relative_errors(spec: MultiplierFamily, name: str) -> np.ndarray:
    """Of 300,000 random pairs of 16 bits, or of all pairs of fewer; exact products of 0 left out.

    float64; ``(golden - exact) / exact``.
    """
    formats = operands(name)
    if formats.a.width == 16:
        a, b = np.random.default_rng(2).integers(1, formats.a.maximum + 1, (2, 300_000))
    else:
        a, b = all_pairs(formats.a, formats.b)
        kept = a * b != 0
        a, b = a[kept], b[kept]
    return (spec.golden(formats, a, b) - a * b) / (a * b)
