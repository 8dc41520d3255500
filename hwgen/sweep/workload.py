"""The product that a sweep has its arrays compute: its size, and its codes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from hwgen.analysis.codes import load_codes
from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, random_codes
from hwgen.spec import InputError, Int, Spec

MAX_SIZE = 2**16


class Workload(Spec):
    """An ``(M, K) x (K, N)`` product of random codes, or of given ones.

    Parameters
    ----------
    m, k, n : its size, 1 to 2**16 each; with given codes their shape.
    seed : of the random codes: all codes of an operand equally often, both extremes among them.
    a, b : ``.npy`` files of codes, ``(M, K)`` and ``(K, N)``, relative to the sweep's folder;
        both or neither.  An array whose operands cannot hold them is refused.
    """

    m: Int = Field(64, ge=1, le=MAX_SIZE)
    k: Int = Field(64, ge=1, le=MAX_SIZE)
    n: Int = Field(64, ge=1, le=MAX_SIZE)
    seed: Int = Field(1, ge=0)
    a: str | None = None
    b: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _found_from_folder(cls, values: Any, info: ValidationInfo) -> Any:
        folder = (info.context or {}).get("folder")
        if not isinstance(values, dict) or folder is None:
            return values
        return values | {side: str((folder / values[side]).absolute()) for side in ("a", "b")
                         if isinstance(values.get(side), str)}

    @model_validator(mode="after")
    def _both_or_neither(self) -> "Workload":
        if (self.a is None) != (self.b is None):
            raise ValueError("a and b must be given both or not at all, not one of them")
        return self

    def sized(self) -> "Workload":
        """With the size that the given codes have.

        Raises
        ------
        InputError
            If they cannot be read or do not match.
        """
        if self.a is None or self.b is None:
            return self
        shapes = [_shape(Path(file), f"workload.{side}") for side, file in
                  (("a", self.a), ("b", self.b))]
        (m, k), (rows, n) = shapes
        if k != rows:
            raise InputError(f"workload.a's columns must equal workload.b's rows, not {m} x {k} "
                             f"and {rows} x {n}")
        fields = self.model_dump() | {"m": m, "k": k, "n": n}
        return Workload.parse(fields, "workload", folder=None)

    def codes(self, array: ArraySpec) -> tuple[Codes, Codes]:
        """A and B as codes of the array's operands.

        Raises
        ------
        InputError
            If the operands cannot hold the given ones.
        """
        operands = array.pe.operands
        if self.a is not None and self.b is not None:
            return (load_codes(Path(self.a), "workload.a", operands.a),
                    load_codes(Path(self.b), "workload.b", operands.b))
        rng = np.random.default_rng(self.seed)
        return (random_codes(rng, operands.a, (self.m, self.k)),
                random_codes(rng, operands.b, (self.k, self.n)))

    @property
    def size(self) -> str:
        """What the cycles of a product depend on, to tell results of two workloads apart."""
        return json.dumps([self.m, self.k, self.n])

    @property
    def content(self) -> str:
        """What its codes depend on, wherever its files lie."""
        if self.a is None or self.b is None:
            return json.dumps([self.m, self.k, self.n, self.seed])
        return json.dumps([hashlib.sha256(Path(file).read_bytes()).hexdigest()
                           for file in (self.a, self.b)])


def _shape(path: Path, what: str) -> tuple[int, int]:
    try:
        mapped = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise InputError(f"{what} must be a matrix of codes in a .npy file, not {str(path)!r} "
                         f"({error})") from None
    if mapped.ndim != 2 or max(mapped.shape) > MAX_SIZE or not mapped.size:
        raise InputError(f"{what} must be a matrix of 1 to {MAX_SIZE} rows and columns, not of "
                         f"shape {mapped.shape}")
    return mapped.shape
