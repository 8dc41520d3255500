"""Normalising shifter: brings the leading one of a magnitude to the top bit and tells where it was.

Shared by the RTL of the families that work from the leading one. A binary search: one multiplexer
row for each halving of the range.
"""

from amaranth import Cat, Const, Module, Mux, Signal, Value


def normalise(m: Module, x: Value, most: int) -> tuple[Value, Value]:
    """``x`` shifted left until its top bit is set, but by no more than ``most`` places.

    Combinational. Of the places, ``exponent`` were not needed:
    ``shifted == x << (most - exponent)``. So with ``most = len(x) - 1`` the exponent is the
    position of the leading one (0 for a zero), and the top bit of ``shifted`` tells ``x != 0``.

    Parameters
    ----------
    m : takes the logic.
    x : unsigned, at least one bit.
    most : 0 to ``len(x) - 1``.

    Returns
    -------
    shifted : unsigned, as wide as ``x``.
    exponent : unsigned, 0 to ``most``.
    """
    weights: list[tuple[int, Value]] = []
    shifted, left = x, most
    while left:
        places = (left + 1) // 2
        left -= places
        found = Signal(name=f"found{len(weights)}")
        moved = Signal(len(x), name=f"moved{len(weights)}")
        m.d.comb += found.eq(shifted[-places:].any())
        m.d.comb += moved.eq(Mux(found, shifted, shifted << places))
        weights.append((places, found))
        shifted = moved
    return shifted, _weighted_sum(weights, most)


def _weighted_sum(weights: list[tuple[int, Value]], most: int) -> Value:
    """The sum of the weights whose bit is set: without an adder where they are powers of two."""
    if [weight for weight, _ in weights] == [1 << i for i in reversed(range(len(weights)))]:
        return Cat(bit for _, bit in reversed(weights))
    total: Value = Const(0, 0)
    for weight, bit in weights:
        total = total + Mux(bit, weight, 0)
    return total[: most.bit_length()]
