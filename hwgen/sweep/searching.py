"""A search as it goes on: points drawn when a worker is free, kept in the results file.

What a search has drawn is stored before it is measured, so the same sweep goes on from there.
"""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from hwgen.sweep.search import Search
from hwgen.sweep.space import Point
from hwgen.sweep.store import Draw, Store

if TYPE_CHECKING:
    from hwgen.sweep.runner import Sweep

TRIES = 1000
"""Draws one after the other without a point to be measured that end a search."""


class Searching:
    """The search of a sweep, and how far it has come.

    Members
    -------
    ended : why it is over, once it is.
    """

    def __init__(self, sweep: "Sweep", store: Store):
        self._sweep, self._store = sweep, store
        axes = list(sweep.space.axes.values())
        self._size = prod(map(len, axes))
        self._search = Search(axes, len(sweep.objectives), sweep.spec.seed)
        self._draws: dict[str, Draw] = {}
        self._visited, self._told = set[tuple[int, ...]](), set[str]()
        self._counted = self._number = 0
        self.ended = ""
        self._recall(store.draws(sweep.search))

    def points(self) -> Iterator[Point]:
        """New points to be measured or refused, until the budget is spent; :attr:`ended` then."""
        budget = self._sweep.spec.n
        while self._counted < budget:
            point = self._next()
            if point is None:
                return
            yield point
        self.ended = f"n = {budget:,} points are measured"

    def tell(self, point: Point) -> None:
        """Let what the results file knows of a point guide the search."""
        draw, stored = self._draws[point.key], self._store.get(point.key, self._sweep.settings)
        known = not stored.failure and self._sweep.guides <= stored.values.keys()
        if point.key in self._told or not known:
            return
        self._told.add(point.key)
        costs = [each.direction.cost(stored.values[each.name]) for each in self._sweep.objectives]
        broken = self._sweep.broken(point, stored.values)
        self._search.tell(draw.places, draw.notes, costs, [float(each) for each in broken])

    def _recall(self, draws: list[Draw]) -> None:
        """Bring the sampler to where it was when it had drawn these."""
        notes = None
        for draw in draws:
            if draw.notes != notes:  # the sampler chooses the parents of a generation once
                next(self._search.candidates(self._number))
            notes = draw.notes
            self._enter(self._sweep.space.at(draw.places), draw)

    def _enter(self, point: Point | None, draw: Draw) -> None:
        self._visited.add(draw.places)
        self._counted += draw.counted
        self._number += 1
        if point:  # a file that the spec names may have changed since it was drawn
            self._draws[point.key] = draw
            self.tell(point)

    def _next(self) -> Point | None:
        """The next point that is not known to the results file; None if there is none."""
        candidates = self._search.candidates(self._number)
        for _ in range(TRIES):
            if len(self._visited) == self._size:
                self.ended = "the space is exhausted"
                return None
            places, notes = next(candidates)
            point = self._new(places)
            if point is None:
                continue
            known = self._sweep.settled(self._store.get(point.key, self._sweep.settings))
            draw = Draw(places, notes, counted=not known and point.array is not None)
            self._store.add_draw(self._sweep.search, self._number, draw)
            self._enter(point, draw)
            if not known:
                return point
            candidates = self._search.candidates(self._number)
        self.ended = f"no new point turned up in {TRIES:,} tries"
        return None

    def _new(self, places: tuple[int, ...]) -> Point | None:
        """The point there, unless it is ruled out or one that the search knows."""
        if places in self._visited:
            return None
        self._visited.add(places)
        point = self._sweep.space.at(places)
        return point if point and point.key not in self._draws else None
