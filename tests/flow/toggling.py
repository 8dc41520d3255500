"""Small arrays as netlists that count, for the tests of toggles and energies."""

from functools import cache

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.flow.activity import GateLevelArray
from hwgen.number import Codes, random_codes
from tests.command_line import SMALL

TINY = ArraySpec.parse(SMALL)


@cache
def gate_level(array: ArraySpec, family: str = "gates") -> GateLevelArray:
    """The array's netlist, once a process."""
    return GateLevelArray(array, family)


def random_product(array: ArraySpec, m: int, k: int, n: int) -> tuple[Codes, Codes]:
    """Random codes of these sizes, extremes among them."""
    rng = np.random.default_rng(1)
    return random_codes(rng, array.pe.a, (m, k)), random_codes(rng, array.pe.b, (k, n))
