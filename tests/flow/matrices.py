"""Random operand matrices for an array, as its streams will carry them."""

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, random_codes

Beats = dict[str, dict[str, Codes]]


def matrices(array: ArraySpec, tiles: tuple[int, int, int] = (2, 3, 2),
             seed: int = 0) -> tuple[Codes, Codes]:
    """``(M, K)`` and ``(K, N)`` codes of a number of tiles each way, M and N not whole tiles."""
    unit_m, unit_k, unit_n = array.dataflow.granularity(array)
    m = max(1, tiles[0] * max(unit_m, array.rows) - 1)
    k = min(tiles[1] * unit_k, array.max_depth or tiles[1] * unit_k)
    rng = np.random.default_rng([int(array.config_hash, 16), seed])
    return (random_codes(rng, array.pe.a, (m, k)),
            random_codes(rng, array.pe.b, (k, max(1, tiles[2] * unit_n - 1))))


def beats_of(array: ArraySpec, tiles: tuple[int, int, int] = (2, 3, 2), seed: int = 0) -> Beats:
    """Every beat of a product of such matrices."""
    return array.beats(*matrices(array, tiles, seed))
