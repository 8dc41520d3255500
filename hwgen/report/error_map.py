"""Where a multiplier errs: its mean error in each cell of the plane of both operands."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwgen.analysis.error import described
from hwgen.analysis.pairs import Population, Reals
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import exact_dtype

CELLS = 64
"""Of a map, a side at most."""
_CODES = 1024  # of an operand at most; of wider ones each of so many equal parts has one
_LEVELS = 127


@dataclass(frozen=True)
class ErrorMap:
    """Mean of the product less the exact one, in product LSBs.

    Members
    -------
    title : the multiplier with its parameters, and the operands.
    means : ``(a, b)`` float64, a cell for neighbouring codes of each operand, ascending.
    a, b : least and greatest code of each operand.
    pairs : that each cell is the mean of.
    exhaustive : whether these are all pairs of the cell.
    """

    title: str
    means: Reals
    a: tuple[int, int]
    b: tuple[int, int]
    pairs: int
    exhaustive: bool

    @property
    def greatest(self) -> float:
        """Greatest magnitude of a cell."""
        return float(np.abs(self.means).max())

    def to_json(self) -> dict[str, Any]:
        """With the cells as signed bytes, row ``a`` by row, in base64: 127 is ``greatest``."""
        scale = self.greatest
        levels = np.rint(self.means * (_LEVELS / scale)).astype(np.int8) if scale else None
        return {"title": self.title, "a": self.a, "b": self.b, "shape": self.means.shape,
                "pairs": self.pairs, "exhaustive": self.exhaustive, "greatest": scale,
                "cells": "" if levels is None else base64.b64encode(levels.tobytes()).decode()}


def error_map(family: MultiplierFamily, operands: Operands) -> ErrorMap:
    """The map over all pairs of codes, or of up to 1024 codes of each operand."""
    dtype = exact_dtype(operands.a.width + operands.b.width)
    sides = [Population.uniform(side) for side in (operands.a, operands.b)]
    a, b = (side.representatives(_CODES)[0].astype(dtype) for side in sides)
    error = family.golden(operands, a[:, None], b[None, :]) - a[:, None] * b[None, :]
    rows, columns = (min(CELLS, len(codes)) for codes in (a, b))
    cells = error.astype(np.float64).reshape(rows, len(a) // rows, columns, len(b) // columns)
    return ErrorMap(described(family, operands), cells.mean(axis=(1, 3)),
                    (sides[0].low, sides[0].high), (sides[1].low, sides[1].high),
                    error.size // (rows * columns), error.size == sides[0].size * sides[1].size)
