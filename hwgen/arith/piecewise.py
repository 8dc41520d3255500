"""Families whose greatest product and error lie at a few magnitudes that are known beforehand."""

from abc import abstractmethod

import numpy as np

from hwgen.arith.multiplier import Operands
from hwgen.arith.sign_magnitude import SignMagnitudeFamily
from hwgen.number import Codes


class PiecewiseFamily(SignMagnitudeFamily):
    """A family whose product is linear in each magnitude, piece by piece.

    Then so is its error, and both are extreme at the ends of pieces. :meth:`magnitude_bound` and
    :meth:`worst_error` are attained, not only bounds.
    """

    @abstractmethod
    def ends(self, width: int, x_max: int) -> set[int]:
        """Magnitudes up to ``x_max``, itself included, of an operand of ``width`` bits.

        Among pairs of them are those of the largest product and of the largest absolute error.
        """

    def magnitude_bound(self, a_width: int, b_width: int, x_max: int, y_max: int) -> int:
        x, y = self._pairs(a_width, b_width, x_max, y_max)
        return int(self.golden_magnitudes(a_width, b_width, x, y).max())

    def worst_error(self, operands: Operands) -> int:
        a, b = operands.a, operands.b
        x_max, y_max = (max(side.maximum, -side.minimum) for side in (a, b))
        x, y = self._pairs(a.width, b.width, x_max, y_max)
        return int(np.abs(self.golden_magnitudes(a.width, b.width, x, y) - x * y).max())

    def _pairs(self, a_width: int, b_width: int, x_max: int, y_max: int) -> tuple[Codes, Codes]:
        """All pairs of ends, as a column and a row."""
        x, y = sorted(self.ends(a_width, x_max)), sorted(self.ends(b_width, y_max))
        return np.array(x, np.int64)[:, None], np.array(y, np.int64)
