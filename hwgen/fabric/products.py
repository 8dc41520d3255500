"""Which partial products a multiplier adds up, whatever it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.number import Codes

Weights = Mapping[tuple[int, int], int]
"""Products of bit i of ``a`` and bit j of ``b``, each with its weight in a sum."""

ALONE = -1
"""In the place of i: a weight of bit j of ``b`` itself."""


@dataclass(frozen=True)
class PartialProducts:
    """A sum of products of one bit of ``a`` and one of ``b``, and a constant, modulo ``2**width``.

    The pair (i, j) is worth ``2**(i+j)``, and is negative if exactly one of the two is the sign
    bit of a signed operand (Baugh and Wooley, IEEE Trans. Computers 1973).

    Parameters
    ----------
    a_width, b_width, a_signed, b_signed : the operands.
    pairs : the bits (i, j) of ``a`` and ``b`` whose products are added.
    constant : added to them.
    width : bits of the result.
    """

    a_width: int
    b_width: int
    a_signed: bool
    b_signed: bool
    pairs: frozenset[tuple[int, int]]
    constant: int
    width: int

    @property
    def transposed(self) -> "PartialProducts":
        """The same sum with ``a`` and ``b`` in each other's place."""
        pairs = frozenset((j, i) for i, j in self.pairs)
        return PartialProducts(self.b_width, self.a_width, self.b_signed, self.a_signed, pairs,
                               self.constant, self.width)

    def negative(self, i: int, j: int) -> bool:
        """Whether the pair is subtracted."""
        a_sign, b_sign = self.a_signed and i == self.a_width - 1, self.b_signed and (
            j == self.b_width - 1)
        return a_sign != b_sign

    def weights(self, j: int) -> dict[tuple[int, int], int]:
        """The weights of the products of bit j of ``b``."""
        return {(i, j): (-1 if self.negative(i, j) else 1) << (i + j)
                for i in self.rows.get(j, ())}

    @cached_property
    def rows(self) -> dict[int, list[int]]:
        """The bits of ``a`` that meet each bit of ``b`` which meets any, both ascending."""
        rows: dict[int, list[int]] = {}
        for i, j in sorted(self.pairs, key=lambda pair: pair[::-1]):
            rows.setdefault(j, []).append(i)
        return rows

    def total(self, a: Codes, b: Codes) -> Codes:
        """The sum for int64 codes, as unsigned codes of ``width`` bits."""
        total = np.full(np.broadcast_shapes(a.shape, b.shape), self.constant, np.int64)
        for i, j in self.pairs:
            product = (a >> i & b >> j & 1) << (i + j)
            total += -product if self.negative(i, j) else product
        return total & ((1 << self.width) - 1)
