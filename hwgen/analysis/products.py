"""Bounds and moments of a multiplier's products, for given codes of the operand ``b``."""

import numpy as np

from hwgen.analysis.pairs import BLOCK_PAIRS, EXHAUSTIVE_PAIRS, Population, Reals
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, exact_dtype

_OBJECT_PAIRS = 2**18  # what Python's integers can do in the time of 2**24 int64


def product_bounds(family: MultiplierFamily, operands: Operands, a: tuple[int, int],
                   b: Codes) -> tuple[Codes, bool]:
    """Least and greatest product of each code of ``b`` with the codes of ``a``, from low to high.

    Returns them, ``(2, n)``, and whether they are reached: where trying all takes at most 2**24
    products, and for an exact family.  If not, they are what the family's theory tells.
    """
    if (a[1] - a[0] + 1) * b.size > _budget(operands):
        return _theory(family, operands, a, b), family.worst_error(operands) == 0
    height = max(1, BLOCK_PAIRS // b.size)
    low = high = _products(family, operands, np.array(a[:1]), b)[0]
    for first in range(a[0], a[1] + 1, height):
        codes = np.arange(first, min(first + height, a[1] + 1))
        products = _products(family, operands, codes, b)
        low = np.minimum(low, products.min(axis=0))
        high = np.maximum(high, products.max(axis=0))
    return np.stack([low, high]), True


def pooled_bounds(family: MultiplierFamily, operands: Operands, a: tuple[int, int],
                  b: tuple[int, int]) -> tuple[tuple[int, int], bool]:
    """Least and greatest product over two ranges, and whether they are reached, as above."""
    if (a[1] - a[0] + 1) * (b[1] - b[0] + 1) <= _budget(operands):
        bounds, reached = product_bounds(family, operands, a, np.arange(b[0], b[1] + 1))
    else:  # exact products are extreme at the ends of both ranges
        bounds = _theory(family, operands, a, np.array(b))
        reached = family.worst_error(operands) == 0
    return (int(bounds[0].min()), int(bounds[1].max())), reached


def _theory(family: MultiplierFamily, operands: Operands, a: tuple[int, int],
            b: Codes) -> Codes:
    """Bounds from exact products at the ends of ``a``, ``worst_error`` and ``bounds``, objects."""
    bounds = np.empty((2, b.size), object)
    bounds[0], bounds[1] = family.bounds(operands)
    error = family.worst_error(operands)
    if error is None:
        return bounds
    ends = np.multiply.outer(np.array(a, object), b.astype(object))
    return np.stack([np.maximum(bounds[0], ends.min(axis=0) - error),
                     np.minimum(bounds[1], ends.max(axis=0) + error)])


def product_moments(family: MultiplierFamily, operands: Operands, a: Population,
                    b: Codes) -> tuple[Reals, Reals]:
    """Mean of the products, and of their squares, of each code of ``b`` with ``a``: ``(n,)`` each.

    Over all codes of ``a`` up to 2**24 products in all, else over representatives of ``a``.
    """
    codes, weights = a.representatives(max(64, _budget(operands) // b.size))
    weights = weights / weights.sum()
    mean, square = np.zeros(b.size), np.zeros(b.size)
    height = max(1, BLOCK_PAIRS // b.size)
    for first in range(0, len(codes), height):
        part = slice(first, first + height)
        products = _products(family, operands, codes[part], b).astype(np.float64)
        mean += weights[part] @ products
        square += weights[part] @ (products * products)
    return mean, square


def pooled_moments(family: MultiplierFamily, operands: Operands, a: Population,
                   b: Population) -> tuple[float, float]:
    """Mean of the products of independent ``a`` and ``b``, and mean of their squares."""
    pairs = _budget(operands)
    all_pairs = a.size * b.size <= pairs
    codes, weights = b.representatives(b.size if all_pairs else int(pairs**0.5))
    mean, square = product_moments(family, operands, a, codes)
    weights = weights / weights.sum()
    return float(weights @ mean), float(weights @ square)


def zero_product(family: MultiplierFamily, operands: Operands) -> int:
    """The product of zero codes, with which matrices are filled up."""
    zero = np.zeros(1, np.int64)
    return int(_products(family, operands, zero, zero)[0, 0])


def _budget(operands: Operands) -> int:
    return EXHAUSTIVE_PAIRS if _dtype(operands) == np.int64 else _OBJECT_PAIRS


def _dtype(operands: Operands) -> np.dtype[np.generic]:
    return exact_dtype(operands.a.width + operands.b.width)


def _products(family: MultiplierFamily, operands: Operands, a: Codes, b: Codes) -> Codes:
    """Table of products, ``(n,) x (m,) -> (n, m)``."""
    dtype = _dtype(operands)
    return family.golden(operands, a[:, None].astype(dtype), b[None, :].astype(dtype))
