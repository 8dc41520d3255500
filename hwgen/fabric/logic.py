"""Boolean functions of a few nets, as truth tables."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Net = int
"""A wire of a netlist; 0 and 1 are the constants."""


@dataclass(frozen=True)
class Function:
    """A Boolean function of nets, none of which is a constant or without influence.

    Members
    -------
    nets : what it depends on, in ascending order.
    table : bit ``k`` is its value where net ``i`` of ``nets`` is bit ``i`` of ``k``.
    """

    nets: tuple[Net, ...]
    table: int

    @classmethod
    def of(cls, net: Net) -> "Function":
        """The function that is the net itself."""
        return cls((), net) if net < 2 else cls((net,), 0b10)

    @property
    def constant(self) -> int | None:
        """0 or 1 if that is all it ever is."""
        return None if self.nets else self.table

    @property
    def net(self) -> Net | None:
        """The net that it equals, if any."""
        if not self.nets:
            return self.table
        return self.nets[0] if len(self.nets) == 1 and self.table == 0b10 else None

    def renamed(self, names: Mapping[Net, Net]) -> "Function":
        """The function of other nets, which are in the same order."""
        return Function(tuple(names[net] for net in self.nets), self.table)

    def over(self, nets: Sequence[Net]) -> int:
        """Its truth table over ``nets``, which hold all its own; constants are welcome there."""
        places = {net: place for place, net in enumerate(nets)}
        table = 0
        for code in range(1 << len(nets)):
            own = sum((code >> places[net] & 1) << place for place, net in enumerate(self.nets))
            table |= (self.table >> own & 1) << code
        return table

    def at(self, values: Mapping[Net, int]) -> "Function":
        """The function with some nets held at 0 or 1."""
        return combined(lambda code: self.table >> code & 1, self.nets, values)

    def __and__(self, other: "Function") -> "Function":
        return _joined(self, other, operator.and_)

    def __or__(self, other: "Function") -> "Function":
        return _joined(self, other, operator.or_)

    def __xor__(self, other: "Function") -> "Function":
        return _joined(self, other, operator.xor)

    def __invert__(self) -> "Function":
        return Function(self.nets, self.table ^ ((1 << (1 << len(self.nets))) - 1))


ZERO = Function.of(0)
ONE = Function.of(1)


def combined(value: Callable[[int], int], nets: Sequence[Net],
             held: Mapping[Net, int] | None = None) -> Function:
    """The function ``value(code)`` of the bits of ``nets``, without those that do not matter."""
    held = dict(held or {})
    free = [net for net in nets if net not in held]
    table = 0
    for code in range(1 << len(free)):
        values = held | {net: code >> place & 1 for place, net in enumerate(free)}
        table |= value(sum(values[net] << place for place, net in enumerate(nets))) << code
    return _without_idle(tuple(free), table)


def _without_idle(nets: tuple[Net, ...], table: int) -> Function:
    for place, _ in enumerate(nets):
        low = [code for code in range(1 << len(nets)) if not code >> place & 1]
        if all(table >> code & 1 == table >> (code | 1 << place) & 1 for code in low):
            shorter = sum((table >> code & 1) << index for index, code in enumerate(low))
            return _without_idle(nets[:place] + nets[place + 1 :], shorter)
    return Function(nets, table)


def numbered(*functions: Function) -> tuple[list[Function], list[Net]]:
    """The functions with nets 2, 3, ... for their own, and these; few differ, so results last."""
    nets = sorted({net for function in functions for net in function.nets})
    names = {net: number for number, net in enumerate(nets, 2)}
    return [function.renamed(names) for function in functions], nets


def _joined(left: Function, right: Function, operation: Callable[[int, int], int]) -> Function:
    (x, y), nets = numbered(left, right)
    return _joined_numbers(x, y, operation).renamed(dict(enumerate(nets, 2)))


@lru_cache(1 << 16)
def _joined_numbers(left: Function, right: Function,
                    operation: Callable[[int, int], int]) -> Function:
    nets = tuple(sorted({*left.nets, *right.nets}))
    return _without_idle(nets, operation(left.over(nets), right.over(nets)))
