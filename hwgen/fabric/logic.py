"""Boolean functions of a few nets, as truth tables."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

Net = int
"""A wire of a netlist; 0 and 1 are the constants."""

_KNOWN = 1 << 16  # truth tables kept for the next time


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

    def over(self, nets: Sequence[Net]) -> int:
        """Its truth table over ``nets``, which hold all its own; constants are welcome there."""
        places = {net: place for place, net in enumerate(nets)}
        return _laid_out(self.table, tuple(places[net] for net in self.nets), len(nets))

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


def renamed(function: Function, names: Mapping[Net, Net]) -> Function:
    """The same function of other nets, no two of them the same and none constant."""
    nets = [names[net] for net in function.nets]
    order = tuple(sorted(nets))
    return Function(order, Function(tuple(range(len(nets))), function.table).over(
        [nets.index(net) for net in order]))


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


@lru_cache(_KNOWN)
def _laid_out(table: int, places: tuple[int, ...], count: int) -> int:
    """A truth table over ``count`` nets, of which its own are at ``places``."""
    every = (1 << (1 << count)) - 1
    found = [every * (table >> code & 1) for code in range(1 << len(places))]
    for place in places:
        high = _column(place, count)
        found = [one & high | zero & ~high for zero, one in zip(found[::2], found[1::2],
                                                                strict=True)]
    return found[0]


@cache
def _column(place: int, count: int) -> int:
    """The truth table over ``count`` nets of the one at ``place``."""
    return sum(1 << code for code in range(1 << count) if code >> place & 1)


def _without_idle(nets: tuple[Net, ...], table: int) -> Function:
    kept, shorter = _reduced(table, len(nets))
    return Function(tuple(nets[place] for place in kept), shorter)


@lru_cache(_KNOWN)
def _reduced(table: int, count: int) -> tuple[tuple[int, ...], int]:
    """The places of nets that matter, and the truth table over these."""
    kept = tuple(place for place in range(count)
                 if (table >> (1 << place) ^ table) & ~_column(place, count)
                 & ((1 << (1 << count)) - 1))
    if len(kept) == count:
        return kept, table
    codes = (sum((own >> index & 1) << place for index, place in enumerate(kept))
             for own in range(1 << len(kept)))
    return kept, sum((table >> code & 1) << own for own, code in enumerate(codes))


@lru_cache(_KNOWN)
def _joined(left: Function, right: Function, operation: Callable[[int, int], int]) -> Function:
    nets = tuple(sorted({*left.nets, *right.nets}))
    return _without_idle(nets, operation(left.over(nets), right.over(nets)))


def numbered(*functions: Function) -> tuple[list[Function], list[Net]]:
    """The functions with nets 2, 3, ... for their own, and their own: equal ones for equal forms.
    """
    nets = sorted({net for function in functions for net in function.nets})
    numbers = {net: number for number, net in enumerate(nets, 2)}
    return [Function(tuple(numbers[net] for net in function.nets), function.table)
            for function in functions], nets
