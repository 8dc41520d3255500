"""Worst-case width of an accumulator: pure integer arithmetic on the bounds of a product.

An addend is the sum of L products with its D low bits rounded away.  Rounding is monotone, so the
least sum of products gives the least addend and the greatest the greatest; both can occur.
"""

import numpy as np

from hwgen.number import Codes, Rounding

STOCHASTIC = "stochastic"


def addend_bounds(sums: Codes, drop: int, rounding: str) -> Codes:
    """Bounds of sums of products after the rounding: ``(2, ...) -> (2, ...)``, least and greatest.

    Parameters
    ----------
    sums : bounds of the sums before it; the caller provides the headroom.
    drop : low bits that are rounded away.
    rounding : a mode of :class:`~hwgen.number.Rounding`, or ``"stochastic"``: the floor or, unless
        it is exact, the integer above.
    """
    if rounding == STOCHASTIC:
        return np.stack([sums[0] >> drop, -(-sums[1] >> drop)])
    return Rounding(rounding).golden(sums, drop)


def sum_bounds(products: tuple[int, int], terms: int, *, lanes: int = 1, drop: int = 0,
               rounding: str = Rounding.FLOOR, filled: int | None = None,
               zero: int = 0) -> tuple[int, int]:
    """Least and greatest sum that the accumulator ever holds in a dot product of ``terms`` terms.

    Sums of any run of steps count, and so do the sums of tiles and chunks.  Both bounds are
    reached if every product reaches its own whatever the others are.

    Parameters
    ----------
    products : least and greatest product.
    lanes : products that a step sums, exactly, before their sum is rounded.
    drop : low bits of each step's sum that ``rounding`` drops; see :func:`addend_bounds`.
    filled : terms, with those that fill up the last step or tile; left out: whole steps.
    zero : the product of zero operands, which fills up.
    """
    whole, rest = divmod(terms, lanes)
    filled = -(-terms // lanes) * lanes if filled is None else filled
    counts = [whole, int(rest > 0), filled // lanes - whole - (rest > 0)]
    used = np.array([lanes, rest, 0], object)
    sums = np.multiply.outer(np.array(products, object), used) + (lanes - used) * zero
    lows, highs = addend_bounds(sums, drop, rounding).tolist()
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
