"""Masks of any shape by simulated annealing (Kirkpatrick, Gelatt and Vecchi, Science 1983)."""

from itertools import count
from random import Random
from time import monotonic

from hwgen.analysis.masks import Mask
from hwgen.analysis.search import MAX_STAIRCASES, Goal, Search, Watch

_HOT, _COLD = 2.0, 0.2  # temperatures, in cells, at both ends of a cycle
_CYCLE_STEPS = 200
_SECONDS = 60.0  # where not all staircases can be tried


def find(goal: Goal, watch: Watch, seconds: float | None = None, steps: int | None = None,
         seed: int = 0) -> tuple[Search, bool]:
    """The search, and whether it came to its end: an interrupt leaves the best so far.

    All staircases up to :data:`MAX_STAIRCASES`, then annealing.

    Parameters
    ----------
    seconds, steps : how long to anneal, whichever ends first; both left out: not at all, or for a
        minute if there are too many staircases.
    seed : of the annealing, whose steps depend on nothing else.
    """
    search = Search(goal)
    few = search.masks.count <= MAX_STAIRCASES
    if seconds is None and steps is None:
        seconds = 0.0 if few else _SECONDS
    try:
        if few:
            search.staircases(watch)
        if seconds != 0:
            anneal(search, watch, seconds, steps, seed)
    except KeyboardInterrupt:
        return search, False
    return search, True


def anneal(search: Search, watch: Watch, seconds: float | None, steps: int | None,
           seed: int) -> None:
    """Change masks row by row, from the best or a truncated one on, again and again."""
    rng, begin = Random(seed), monotonic()
    _truncate(search)
    now = search.best.mask
    for step in count():
        done = max((monotonic() - begin) / seconds if seconds else 0.0,
                   step / steps if steps is not None else 0.0)
        watch(min(done, 1.0), f"{search.best.cells} cells, annealing")
        if done >= 1 or step == steps:
            return
        phase = step % _CYCLE_STEPS / _CYCLE_STEPS
        now = now if phase else search.best.mask
        now = _stepped(search, now, rng, _HOT * (_COLD / _HOT) ** phase)


def _truncate(search: Search) -> None:
    """Consider dropping all columns below a cut, for every cut up to the error."""
    a, b = (side.width for side in (search.goal.operands.a, search.goal.operands.b))
    for cut in range(a + b):
        if search.consider(tuple(min(max(0, cut - j), a) for j in range(b))) is None:
            return


def _stepped(search: Search, now: Mask, rng: Random, heat: float) -> Mask:
    """The next mask: a neighbour, or the same where that takes too many cells."""
    rows = list(now)
    for change in rng.choice(((1,), (-1,), (1, -1))):
        row = rng.randrange(len(rows))
        rows[row] = min(max(rows[row] + change, 0), search.goal.operands.a.width)
    chance = rng.random()
    cells, before = search.consider(tuple(rows)), search.consider(now)
    if cells is None or before is None:
        return now
    return tuple(rows) if chance < 2.0 ** ((before - cells) / heat) else now
