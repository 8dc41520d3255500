"""Binary decision diagrams: equal functions are the same number.

Bryant, Graph-based algorithms for Boolean function manipulation, IEEE Trans. Computers 1986.
"""

from collections.abc import Hashable, Sequence
from typing import Any

Diagram = int
"""0 and 1 are the constants."""


class Diagrams:
    """Functions of variables that are any comparable keys; the smallest is asked first."""

    def __init__(self) -> None:
        self._nodes: list[tuple[Any, Diagram, Diagram]] = [(None, 0, 0), (None, 1, 1)]
        self._known: dict[Hashable, Diagram] = {}
        self._chosen: dict[tuple[Diagram, Diagram, Diagram], Diagram] = {}

    def variable(self, key: Any) -> Diagram:
        """The function that is the variable."""
        return self._node(key, 0, 1)

    def choice(self, f: Diagram, g: Diagram, h: Diagram) -> Diagram:
        """``g`` where ``f`` is 1, and ``h`` where it is 0."""
        if f < 2 or g == h:
            return g if f else h
        if (g, h) == (1, 0):
            return f
        if (f, g, h) not in self._chosen:
            key = min(self._nodes[node][0] for node in (f, g, h) if node > 1)
            low, high = (self.choice(*(self._branch(node, key, side) for node in (f, g, h)))
                         for side in (1, 2))
            self._chosen[f, g, h] = self._node(key, low, high)
        return self._chosen[f, g, h]

    def inverse(self, f: Diagram) -> Diagram:
        return self.choice(f, 0, 1)

    def looked_up(self, table: int, inputs: Sequence[Diagram]) -> Diagram:
        """The function with the truth table ``table``, of inputs of which the first is bit 0."""
        if not inputs:
            return table & 1
        half = 1 << (len(inputs) - 1)
        low, high = (self.looked_up(part, inputs[:-1])
                     for part in (table & ((1 << half) - 1), table >> half))
        return self.choice(inputs[-1], high, low)

    def added(self, x: Diagram, y: Diagram, carry: Diagram) -> tuple[Diagram, Diagram]:
        """Sum and carry of three bits."""
        inputs = x, y, carry
        return self.looked_up(0b10010110, inputs), self.looked_up(0b11101000, inputs)

    def _branch(self, node: Diagram, key: Any, side: int) -> Diagram:
        return self._nodes[node][side] if node > 1 and self._nodes[node][0] == key else node

    def _node(self, key: Any, low: Diagram, high: Diagram) -> Diagram:
        if low == high:
            return low
        if (key, low, high) not in self._known:
            self._known[key, low, high] = len(self._nodes)
            self._nodes.append((key, low, high))
        return self._known[key, low, high]
