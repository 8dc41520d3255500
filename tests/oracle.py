"""What an array computes, written again from docs/numerics.md in plain integers and loops.

It reads the spec as plain values (as the TOML file spells them) and shares no code with hwgen.
"""

import operator
from collections.abc import Callable
from typing import Any

Matrix = list[list[int]]
Multiply = Callable[[int, int], int]


def product(spec: dict[str, Any], a: Matrix, b: Matrix,
            multiply: Multiply = operator.mul) -> Matrix:
    """The (M, N) result codes of ``spec``, a dump of all fields, for ``(M, K) x (K, N)`` codes."""
    return [[element(spec, row, [line[n] for line in b], multiply) for n in range(len(b[0]))]
            for row in a]


def element(spec: dict[str, Any], row: list[int], column: list[int],
            multiply: Multiply = operator.mul) -> int:
    """One result code."""
    pe, acc = spec["pe"], spec["pe"]["accumulator"]
    product_frac = pe["a"]["frac"] + pe["b"]["frac"]
    acc_frac = product_frac if acc["frac"] is None else acc["frac"]
    addends = [rounded(s, product_frac - acc_frac, acc["rounding"])
               for s in step_sums(row, column, pe["lanes"], multiply)]
    if spec["dataflow"]["kind"] == "output-stationary":
        total = accumulated(addends, acc)
    else:
        tiles = [addends[i : i + spec["rows"]] for i in range(0, len(addends), spec["rows"])]
        # A tile that ends early is followed by zeros, which add nothing.
        total = accumulated([accumulated(tile, acc) for tile in tiles], acc)
    out = spec["output"]
    if out is None:
        return total
    out_frac = acc_frac if out["frac"] is None else out["frac"]
    return fitted(rounded(total, acc_frac - out_frac, out["rounding"]), out)


def step_sums(row: list[int], column: list[int], lanes: int, multiply: Multiply) -> list[int]:
    """The exact sum of the products of each step of ``lanes`` codes."""
    sums: list[int] = []
    for k, (x, y) in enumerate(zip(row, column, strict=True)):
        if k % lanes == 0:
            sums.append(0)
        sums[-1] += multiply(x, y)
    return sums


def accumulated(addends: list[int], target: dict[str, Any]) -> int:
    """The sum from zero, brought into the target after each addend."""
    total = 0
    for addend in addends:
        total = fitted(total + addend, target)
    return total


def rounded(x: int, drop: int, rounding: str) -> int:
    """``x`` without its ``drop`` low bits: floor, then one more where the remainder says so."""
    kept, rest = divmod(x, 2**drop)
    if rounding == "floor":
        return kept
    if 2 * rest == 2**drop:  # a tie
        return kept + 1 if rounding == "nearest_up" else kept + kept % 2
    return kept + (2 * rest > 2**drop)


def fitted(x: int, target: dict[str, Any]) -> int:
    """``x`` within the codes of the target."""
    count = 2 ** target["width"]
    low = -count // 2 if target["signed"] else 0
    high = low + count - 1
    if target["overflow"] == "saturate":
        return low if x < low else high if x > high else x
    while x < low:
        x += count * -(-(low - x) // count)
    while x > high:
        x -= count * -(-(x - high) // count)
    return x
