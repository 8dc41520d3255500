"""Worst-case width of an accumulator: pure integer arithmetic on the bounds of a product.

An addend is the sum of L products with its D low bits rounded away.  Rounding is monotone, so the
least sum of products gives the least addend and the greatest the greatest; both can occur.
"""

import numpy as np

from hwgen.number import Codes, Rounding


def addend_bounds(sums: Codes, drop: int, rounding: Rounding, random_bits: int = 0) -> Codes:
    """Bounds of sums of products after the rounding: ``(2, ...) -> (2, ...)``, least and greatest.

    Parameters
    ----------
    sums : bounds of the sums before it; the caller provides the headroom.
    drop : low bits that are rounded away.
    random_bits : bits of each draw of stochastic rounding: the least draw counts for the least
        sum, the greatest for the greatest.
    """
    greatest = (1 << random_bits) - 1
    return np.concatenate([rounding.golden(sums[:1], drop, 0, random_bits),
                           rounding.golden(sums[1:], drop, greatest, random_bits)])


def sum_bounds(products: tuple[int, int], terms: int, *, lanes: int = 1, drop: int = 0,
               rounding: Rounding = Rounding.FLOOR, random_bits: int = 0,
               filled: int | None = None, zero: int = 0) -> tuple[int, int]:
    """Least and greatest sum that the accumulator ever holds in a dot product of ``terms`` terms.

    Sums of any run of steps count, and so do the sums of tiles.  Both bounds are
    reached if every product reaches its own whatever the others are.

    Parameters
    ----------
    products : least and greatest product.
    lanes : products that a step sums, exactly, before their sum is rounded.
    drop, rounding, random_bits : of each step's sum; see :func:`addend_bounds`.
    filled : terms, with those that fill up the last step or tile; left out: whole steps.
    zero : the product of zero operands, which fills up.
    """
    whole, rest = divmod(terms, lanes)
    filled = -(-terms // lanes) * lanes if filled is None else filled
    counts = [whole, int(rest > 0), filled // lanes - whole - (rest > 0)]
    used = np.array([lanes, rest, 0], object)
    sums = np.multiply.outer(np.array(products, object), used) + (lanes - used) * zero
    lows, highs = addend_bounds(sums, drop, rounding, random_bits).tolist()
    return -_greatest([-low for low in lows], counts), _greatest(highs, counts)


def _greatest(addends: list[int], counts: list[int]) -> int:
    """The greatest sum of a run of steps, none included: each addend comes ``counts`` times.

    A run that begins or ends among equal addends gains by taking all of them or none.
    """
    ending = greatest = 0
    for addend, count in zip(addends, counts, strict=True):
        ending = max(ending, 0) + addend * count
        greatest = max(greatest, ending)
    return greatest
