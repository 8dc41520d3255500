"""The sampler of a search, on costs that are known."""

from collections import Counter
from collections.abc import Callable
from math import inf

import pytest

from hwgen.sweep.search import POPULATION, Search

AXES = [range(12), [3, 1, 2], [{"kind": "exact"}, {"kind": "drum"}], ["one"]]

Costs = Callable[[tuple[int, ...]], tuple[float, ...]]


def run(costs: Costs, points: int = 80, seed: int = 1,
        violation: Callable[[tuple[int, ...]], float] = lambda places: 0.0
        ) -> list[tuple[int, ...]]:
    """Places in the order in which they are drawn; a place is told each time."""
    search, places = Search(AXES, 2, seed), []
    for number in range(points):
        drawn, notes = next(search.candidates(number))
        search.tell(drawn, notes, costs(drawn), [violation(drawn)])
        places.append(drawn)
    return places


def both(places: tuple[int, ...]) -> tuple[float, float]:
    return float(places[0]), float(places[1] + places[2])


def test_candidates_are_many_and_of_the_axes() -> None:
    candidates = Search(AXES, 2, 1).candidates(0)
    drawn = [next(candidates)[0] for _ in range(150)]
    for place, values in enumerate(AXES):
        assert {places[place] for places in drawn} == set(range(len(values)))


def test_the_first_generation_is_spread_and_the_later_ones_are_near_the_front() -> None:
    drawn = run(both)
    first, last = drawn[:POPULATION], drawn[-POPULATION:]
    assert len({places[0] for places in first}) > 5
    assert sum(sum(both(places)) for places in last) < 0.7 * sum(
        sum(both(places)) for places in first)


def test_the_seed_decides() -> None:
    assert run(both) == run(both)
    assert run(both, seed=2) != run(both)


def test_goes_on_as_if_it_had_not_stopped() -> None:
    search, told = Search(AXES, 2, 5), []
    for number in range(60):
        if number % 7 == 0:  # as another process does that reads what was stored
            search = Search(AXES, 2, 5)
            for index, (drawn, notes) in enumerate(told):
                next(search.candidates(index))
                search.tell(drawn, notes, both(drawn), [])
        told.append(next(search.candidates(number)))
        search.tell(*told[-1], both(told[-1][0]), [])
    assert [drawn for drawn, _ in told] == run(both, 60, 5)


def test_infinite_costs() -> None:
    drawn = run(lambda places: (-inf if places[0] == 3 else inf if places[0] > 8 else places[0],
                                -inf if places[1] == 2 else places[1]), 160)
    assert Counter(places[0] for places in drawn[-20:]).most_common(1)[0][0] == 3
    assert sum(places[0] > 8 for places in drawn[-20:]) < 5


def test_turns_away_from_what_breaks_a_constraint() -> None:
    drawn = run(both, violation=lambda places: float(places[0] < 6))
    assert sum(places[0] < 6 for places in drawn[-30:]) < 10
    assert sum(places[0] < 6 for places in run(both)[-30:]) > 20


def test_names_the_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.spec import InputError

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'package optuna must be installed for mode = "search"; '
                                         r"run: pip install 'hwgen\[sweep\]'"):
        Search(AXES, 2, 1)
