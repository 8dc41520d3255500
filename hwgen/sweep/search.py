"""Which point a search measures next: optuna's NSGA-II, asked and told.

The sampler's state follows from the points that were chosen, in their order, with what came of
them; so a search that was killed goes on as if it had not been.

Deb, Pratap, Agarwal, Meyarivan: A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002.
"""

import random
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from hwgen.sweep.packages import require

POPULATION = 12
"""Points of a generation: few, as a point may take minutes."""
_ETA = 1.0  # of the polynomial mutation: most steps are short against the axis
_MUTATED = 0.3  # probability for each axis: high, as small populations soon are of one kind

Places = tuple[int, ...]


class Search:
    """Chooses points of a space by the costs of those before.

    Parameters
    ----------
    axes : the values on each axis.
    objectives : number of costs of a point.
    """

    def __init__(self, axes: Sequence[Sequence[Any]], objectives: int, seed: int):
        require("optuna", 'mode = "search"')
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._seed = optuna, seed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._mutation = optuna.samplers.nsgaii.PolynomialMutation(_ETA)
        self._study = optuna.create_study(directions=["minimize"] * objectives)
        self._distributions = {f"{index:04}": self._distribution(values)
                               for index, values in enumerate(axes)}

    def candidates(self, number: int) -> Iterator[tuple[Places, dict[str, Any]]]:
        """Places without end for the point with that number, and the sampler's notes on each.

        The same whenever the same was told before.
        """
        seed = random.Random(f"{self._seed}/{number}").getrandbits(32)
        self._study.sampler = self._optuna.samplers.NSGAIISampler(
            population_size=POPULATION, mutation=self._mutation, mutation_prob=_MUTATED, seed=seed)
        while True:
            # A trial that failed is none of the population: who is chosen comes back by `tell`.
            # So a point that is drawn again takes no other's place there.
            drawn = self._study.tell(self._study.ask(self._distributions),
                                     state=self._optuna.trial.TrialState.FAIL)
            yield tuple(drawn.params[name] for name in self._distributions), drawn.system_attrs

    def tell(self, places: Places, notes: dict[str, Any], costs: Sequence[float],
             violations: Sequence[float]) -> None:
        """What came of a point: its costs, of which less is better, and its broken constraints.

        Parameters
        ----------
        notes : those of the sampler on it.
        violations : above zero where a constraint does not hold.
        """
        self._study.add_trial(self._optuna.trial.create_trial(
            params=dict(zip(self._distributions, places, strict=True)),
            distributions=self._distributions, values=list(costs), system_attrs=dict(notes),
            constraints={str(index): value for index, value in enumerate(violations)}))

    def _distribution(self, values: Sequence[Any]) -> Any:
        """Places in order if the values are numbers in order, else without one."""
        distributions = self._optuna.distributions
        is_number = all(type(value) in (int, float) for value in values)
        if is_number and list(values) == sorted(values):
            return distributions.IntDistribution(0, len(values) - 1)
        return distributions.CategoricalDistribution(range(len(values)))
