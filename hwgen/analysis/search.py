"""The smallest masked multiplier within an error: which partial products to drop, what to add.

Dropped partial products sum up to a distribution (:class:`hwgen.analysis.masks.Loss`), which tells
at once the constants that keep a mask within the error.  Cells are those of the mapped circuit, so
masks come in the order of what they are likely to take, until all that follow take more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hwgen.analysis.masks import Loss, Mask, Masks, Measure
from hwgen.analysis.pairs import Population
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.masked import MaskedMultiplier
from hwgen.arith.multiplier import Operands
from hwgen.fabric.catalogue import FABRICS
from hwgen.spec import InputError

MAX_BITS = 24
"""Of both operands together, so that errors are those of all pairs."""
MAX_STAIRCASES = 25_000
"""Masks up to which all staircases are tried."""

_SAVED = 2  # the most cells that a constant saves
_LATE_LEVELS = 3  # levels that took more cells than the best, after which all others will

Watch = Callable[[float, str], None]
"""Told the share of the work that is done, and what it is."""


@dataclass(frozen=True)
class Goal:
    """What to look for.

    Parameters
    ----------
    target : the family of FPGAs whose cells count.
    measure, limit : the error, and the most that it may be, in product LSBs (of MSE: squared).
    zero : whether products with 0 must be 0, which leaves no constant.
    a, b : how often each operand code occurs; left out: all equally often.

    Raises
    ------
    InputError
        If there is no such family of FPGAs, or the operands cannot be multiplied or judged.
    """

    operands: Operands
    target: str
    measure: Measure
    limit: float
    zero: bool = False
    a: Population | None = None
    b: Population | None = None

    def __post_init__(self) -> None:
        if self.target not in FABRICS:
            raise InputError(f"target must be one of {', '.join(FABRICS)}, not {self.target!r}")
        bits = self.operands.a.width + self.operands.b.width
        fault = self.family((0,) * self.operands.b.width, 0).fault(self.operands)
        if fault is None and bits > MAX_BITS:
            fault = (f"a.width + b.width must be at most {MAX_BITS}, so that the error is that of "
                     f"all pairs, not {bits}")
        if fault:
            raise InputError(fault)

    def family(self, mask: Mask, constant: int) -> MaskedMultiplier:
        """The multiplier of a mask and a constant."""
        return MaskedMultiplier(first=mask, constant=constant)

    def unit(self, mask: Mask, constant: int) -> MappedUnit:
        """The same, mapped."""
        return MappedUnit(self.family(mask, constant), self.operands, self.target, "rows")


@dataclass(frozen=True, order=True)
class Found:
    """A multiplier within the error: better than another if it is less.

    Members
    -------
    cells : logic cells of the target.
    error : by the goal's measure, in LSBs, a bias without its sign.
    """

    cells: int
    error: float
    mask: Mask
    constant: int


class Search:
    """A search under way.

    Members
    -------
    exact : the exact multiplier.
    best : the best so far, at first the exact one.
    """

    def __init__(self, goal: Goal):
        self.goal = goal
        self.masks = Masks(goal.operands, goal.a, goal.b)
        whole = (0,) * goal.operands.b.width
        self.exact = self.best = Found(self.cells(whole, 0), 0.0, whole, 0)
        self._seen: dict[Mask, int | None] = {}

    def cells(self, mask: Mask, constant: int) -> int:
        """Logic cells of a multiplier."""
        fabric = FABRICS[self.goal.target]
        return fabric.cells(fabric.multiplier(self.goal.unit(mask, constant).plan))

    def constants(self, loss: Loss) -> range:
        """Those that keep what a mask drops within the error."""
        found = loss.within(self.goal.measure, self.goal.limit)
        low, high = (0, 0) if self.goal.zero else self.goal.operands.exact_bounds
        return range(max(low, found.start), min(high + 1, found.stop))

    def consider(self, mask: Mask) -> int | None:
        """The fewest cells found for a mask, None outside of the error; the best is remembered.

        Those without a constant where they are so many that none can make it the best.
        """
        if mask not in self._seen:
            loss = self.masks.loss(mask)
            self._seen[mask] = self._tried(mask, loss, self.constants(loss))
        return self._seen[mask]

    def _tried(self, mask: Mask, loss: Loss, allowed: range) -> int | None:
        if not allowed:
            return None
        least = self.cells(mask, 0)
        if least > self.best.cells + _SAVED:
            return least
        measure = self.goal.measure
        constants = likely(allowed, loss.best(measure))
        constants.sort(key=lambda constant: loss.error(measure, constant))
        roundest = max(constants, key=lambda constant: constant & -constant or 1 << 32)
        first = list(dict.fromkeys((constants[0], roundest)))
        fewest = min(self._found(mask, constant, loss) for constant in first)
        if fewest <= self.best.cells:
            rest = [constant for constant in constants if constant not in first]
            fewest = min((fewest, *(self._found(mask, constant, loss) for constant in rest)))
        return fewest

    def _found(self, mask: Mask, constant: int, loss: Loss) -> int:
        """The cells of a multiplier within the error, which is remembered if it is the best."""
        found = Found(self.cells(mask, constant), loss.error(self.goal.measure, constant), mask,
                      constant)
        self.best = min(self.best, found)
        return found.cells

    def staircases(self, watch: Watch) -> None:
        """Try all staircases that may be the best, fewest partial products first."""
        levels: dict[int, list[Mask]] = {}
        count = self.masks.count / (1 + self.masks.symmetric)
        for place, mask in enumerate(self.masks.staircases()):
            if place % 100 == 0:
                watch(place / count / 4, "errors of all staircases")
            if self.constants(self.masks.loss(mask)):
                levels.setdefault(self._size(mask), []).append(mask)
        late = 0
        for place, size in enumerate(sorted(levels)):
            fewest = self.exact.cells
            for mask in levels[size]:
                watch(1 - 0.75 * 0.8**place, f"{self.best.cells} cells")
                fewest = min(fewest, self.consider(mask) or fewest)
            late = late + 1 if fewest > self.best.cells else 0
            if late == _LATE_LEVELS:
                return

    def _size(self, mask: Mask) -> int:
        """Partial products, and a cell to end each sum: about what it takes."""
        width = self.goal.operands.a.width
        rows = sum(low < width for low in mask)
        return sum(width - low for low in mask) + min(rows, width - min(mask))


def likely(allowed: range, best: int) -> list[int]:
    """Constants to try: the best one if it is allowed, and the ones about it whose low bits are
    alike, all 0 or all 1.
    """
    near = min(max(best, allowed[0]), allowed[-1])
    found = {near: None}
    for bits in range(1, max(abs(allowed[0]), abs(allowed[-1]), 1).bit_length() + 1):
        floor, ceiling = near >> bits << bits, -(-near >> bits << bits)
        found |= dict.fromkeys(constant for constant in (floor, ceiling, floor - 1, ceiling - 1)
                               if constant in allowed)
    return list(found)
