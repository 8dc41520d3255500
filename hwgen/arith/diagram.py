"""Tables as hardware: reduced, shared decision diagrams, a 2:1 multiplexer a node.

A node asks for one bit of an operand. Nodes that ask the same and go on alike are one (Bryant,
"Graph-Based Algorithms for Boolean Function Manipulation", IEEE Trans. Computers, 1986), over all
bits of the result together. The order of the bits decides the size, so a few are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from amaranth import Cat, Const, Module, Mux, Signal, Value

from hwgen.number import Codes

_SIDE_BY_SIDE = 64  # multiplexers in one statement: Amaranth's simulator works on whole integers
_WORD = 6  # variables whose truth table is a 64-bit word

Variable = tuple[int, int]
"""An operand, 0 or 1, and one of its bits."""


@dataclass(frozen=True)
class Diagram:
    """Functions of the bits of two operands, one a result bit.

    Nodes 0 and 1 are the constants; the others are numbered level by level, from the last variable
    to the first.

    Members
    -------
    order : the variables, first to last.
    levels : for each variable, last to first, the nodes to go on at when it is 0 and when it is 1.
    roots : the node at which each function begins.
    """

    order: tuple[Variable, ...]
    levels: tuple[tuple[Codes, Codes], ...]
    roots: tuple[int, ...]

    @property
    def size(self) -> int:
        """Nodes, the constants left out."""
        return sum(len(low) for low, _ in self.levels)

    def rtl(self, m: Module, operands: tuple[Value, Value]) -> Value:
        """The result's bits as logic in ``m``."""
        nodes: list[Value] = [Const(0, 1), Const(1, 1)]
        for (side, bit), (low, high) in zip(reversed(self.order), self.levels, strict=True):
            level: list[Value] = []
            for first in range(0, len(low), _SIDE_BY_SIDE):
                group = slice(first, first + _SIDE_BY_SIDE)
                chosen = Signal(len(low[group]), name=f"{'ab'[side]}{bit}_{first}")
                m.d.comb += chosen.eq(Mux(operands[side][bit],
                                          Cat(nodes[node] for node in high[group]),
                                          Cat(nodes[node] for node in low[group])))
                level.extend(chosen)
            nodes += level
        return Cat(nodes[root] for root in self.roots)


def diagram(table: Codes, bits: int, order: Sequence[Variable]) -> Diagram:
    """The reduced diagram of the low ``bits`` of a ``(2**A, 2**B)`` table of integers."""
    widths = [side.bit_length() - 1 for side in table.shape]
    axes = [sum(widths[: side + 1]) - 1 - bit for side, bit in order]
    values = table.reshape([2] * len(order)).transpose(axes).ravel()
    tail = min(_WORD, len(order))
    # Most of a table repeats: its distinct pieces of 64 bits are few.
    pieces = np.stack([np.packbits((values >> bit & 1).astype(np.uint8).reshape(-1, 2**tail),
                                   axis=1) for bit in range(bits)])
    rows = pieces.reshape(-1, pieces.shape[-1])
    distinct, place = np.unique(rows, axis=0, return_inverse=True)
    nodes, last = _merged(np.unpackbits(distinct, axis=1, count=2**tail), tail, 2)
    free = 2 + sum(len(low) for low, _ in last)
    nodes, first = _merged(nodes[place.ravel(), 0].reshape(bits, -1), len(order) - tail, free)
    return Diagram(tuple(order), (*last, *first), tuple(nodes[:, 0].tolist()))


def _merged(nodes: Codes, variables: int, free: int) -> tuple[Codes, list[tuple[Codes, Codes]]]:
    """What neighbours in ``(functions, 2**variables * n)`` nodes become, level by level.

    Returns the ``(functions, n)`` nodes above and the new levels; numbers begin at ``free``.
    """
    nodes, levels = nodes.astype(np.int64), []
    for _ in range(variables):
        low, high = nodes[:, 0::2], nodes[:, 1::2]
        asked = low != high
        pairs, numbers = np.unique(low[asked] << 32 | high[asked], return_inverse=True)
        nodes = low.copy()
        nodes[asked] = free + numbers
        levels.append((pairs >> 32, pairs & 0xFFFFFFFF))
        free += len(pairs)
    return nodes, levels


def smallest_diagram(table: Codes, bits: int) -> Diagram:
    """The smallest of the diagrams in the orders worth trying."""
    a, b = ([(side, bit) for bit in range(size.bit_length() - 1)]
            for side, size in enumerate(table.shape))
    upward = sorted(a + b, key=lambda variable: variable[1])
    orders = (upward, upward[::-1], a[::-1] + b[::-1], a[::-1] + b)
    return min((diagram(table, bits, order) for order in orders), key=lambda each: each.size)
