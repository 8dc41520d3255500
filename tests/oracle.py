"""What an array computes, written again from docs/numerics.md in plain integers and loops.

It reads the spec as plain values (as the TOML file spells them) and shares no code with hwgen.
"""

import operator
from collections.abc import Callable
from typing import Any

Matrix = list[list[int]]
Multiply = Callable[[int, int], int]
Values = dict[str, Any]


def product(spec: Values, a: Matrix, b: Matrix, multiply: Multiply = operator.mul) -> Matrix:
    """The (M, N) result codes of ``spec``, a dump of all fields, for ``(M, K) x (K, N)`` codes."""
    draws = Draws(spec, len(a), len(b), len(b[0]))
    return [[element(spec, row, [line[n] for line in b], multiply, draws, (m, n))
             for n in range(len(b[0]))] for m, row in enumerate(a)]


def element(spec: Values, row: list[int], column: list[int], multiply: Multiply,
            draws: "Draws", place: tuple[int, int]) -> int:
    """The result code of row and column ``place``."""
    pe, acc, out = spec["pe"], spec["pe"]["accumulator"], spec["output"]
    filling = [0] * (-len(row) % (pe["lanes"] * tile_rows(spec)))
    sums = step_sums(row + filling, column + filling, pe["lanes"], multiply)
    drop, bits = step_drop(spec), draws.step_bits
    addends = [rounded(s, drop, acc["rounding"], draws.of_step(place, i), bits)
               for i, s in enumerate(sums)]
    total = finished_sum(spec, addends)
    if out is None:
        return total
    code = rounded(total, result_drop(spec), out["rounding"], draws.of_result(place),
                   draws.result_bits)
    return fitted(code, out)


def finished_sum(spec: Values, addends: list[int]) -> int:
    """The sum that goes to the requantizer: running, of chunks, or of tiles."""
    acc, chunk = spec["pe"]["accumulator"], spec["pe"]["accumulator"]["chunk"]
    if not chunk and not weight_stationary(spec):
        return accumulated(addends, acc)
    size = chunk["steps"] if chunk else spec["rows"]
    outer = {**chunk, "signed": acc["signed"]} if chunk else acc
    return accumulated([accumulated(addends[i : i + size], acc)
                        for i in range(0, len(addends), size)], outer)


def weight_stationary(spec: Values) -> bool:
    return bool(spec["dataflow"]["kind"] == "weight-stationary")


def tile_rows(spec: Values) -> int:
    """Steps to whose multiples K is filled up."""
    return int(spec["rows"]) if weight_stationary(spec) else 1


def step_drop(spec: Values) -> int:
    """Bits that each step drops."""
    pe = spec["pe"]
    frac = pe["accumulator"]["frac"]
    return 0 if frac is None else pe["a"]["frac"] + pe["b"]["frac"] - int(frac)


def result_drop(spec: Values) -> int:
    """Bits that the requantizer drops."""
    out, pe = spec["output"], spec["pe"]
    if out is None or out["frac"] is None:
        return 0
    return pe["a"]["frac"] + pe["b"]["frac"] - step_drop(spec) - int(out["frac"])


def step_sums(row: list[int], column: list[int], lanes: int,
              multiply: Multiply = operator.mul) -> list[int]:
    """The exact sum of the products of each step of ``lanes`` codes."""
    sums: list[int] = []
    for k, (x, y) in enumerate(zip(row, column, strict=True)):
        if k % lanes == 0:
            sums.append(0)
        sums[-1] += multiply(x, y)
    return sums


def accumulated(addends: list[int], target: Values) -> int:
    """The sum from zero, brought into the target after each addend."""
    total = 0
    for addend in addends:
        total = fitted(total + addend, target)
    return total


def rounded(x: int, drop: int, rounding: str, draw: int = 0, bits: int = 0) -> int:
    """``x`` without its ``drop`` low bits: floor, then one more where the remainder says so."""
    kept, rest = divmod(x, 2**drop)
    if rounding == "floor" or drop == 0:
        return kept
    if rounding == "stochastic":  # up if the draw, as a fraction, reaches what is missing
        return kept + (draw * 2**drop >= (2**drop - rest) * 2**bits)
    if 2 * rest == 2**drop:  # a tie
        return kept + 1 if rounding == "nearest_up" else kept + kept % 2
    return kept + (2 * rest > 2**drop)


def fitted(x: int, target: Values) -> int:
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


def draw_bits(part: Values | None, drop: int) -> int:
    """Random bits of a rounding."""
    if part is None or part["rounding"] != "stochastic" or drop == 0:
        return 0
    return int(part["random_bits"] or min(drop, 24))


class Source:
    """Bits of a source from the first 31 on, one after the other."""

    def __init__(self, first: list[int], bits: int):
        self._sequence, self._bits = list(first), bits

    def draw(self, number: int) -> int:
        """Draw ``number``, from 0."""
        start = number * self._bits
        while len(self._sequence) < start + self._bits:
            self._sequence.append(self._sequence[-31] ^ self._sequence[-24])
        return sum(self._sequence[start + i] << i for i in range(self._bits))


def sources(seed: int, count: int, bits: int, inverted: bool) -> list[Source]:
    """The seeded sources of the PEs, or (inverted) of the requantizers."""
    state = [((seed ^ 0xB7E1516) >> i & 1) ^ inverted for i in range(28)] + [1]
    total = -(-31 * count // bits) * bits
    while len(state) < total:
        state.append(sum(state[len(state) - 29 + i] for i in range(29) if 0x2EB51253 >> i & 1) % 2)
    starts = [total - 31 * (j + 1) for j in range(count)]
    return [Source(state[start : start + 31], bits) for start in starts]


class Draws:
    """The draws of the first ``(M, K) x (K, N)`` product after a reset."""

    def __init__(self, spec: Values, m: int, k: int, n: int):
        self._spec, self._rows, self._columns = spec, int(spec["rows"]), int(spec["columns"])
        self._shared = spec["random"]["sharing"] == "column"
        acc, seed = spec["pe"]["accumulator"], spec["random"]["seed"]
        self.step_bits = draw_bits(acc, step_drop(spec))
        self.result_bits = draw_bits(spec["output"], result_drop(spec))
        cells = self._columns * (1 if self._shared else self._rows)
        self._step_sources = sources(seed, cells, self.step_bits, False) if self.step_bits else []
        self._result_sources = (sources(seed, self._columns, self.result_bits, True)
                                if self.result_bits else [])
        self._steps: dict[tuple[int, int, int], int] = {}
        self._results: dict[tuple[int, int], int] = {}
        number = self._weight_stationary if weight_stationary(spec) else self._output_stationary
        number(m, -(-k // spec["pe"]["lanes"]), -(-n // self._columns))

    def _output_stationary(self, m: int, steps: int, column_tiles: int) -> None:
        """Number steps and results in the order in which they come."""
        for first in range(0, m, self._rows):
            for tile in range(column_tiles):
                begun = len(self._steps) // self._rows
                for row in range(first, first + self._rows):
                    for step in range(steps):
                        self._steps[row, tile, step] = begun + step
                    self._results[row, tile] = len(self._results)

    def _weight_stationary(self, m: int, steps: int, column_tiles: int) -> None:
        k_tiles = -(-steps // self._rows)
        chunk = m if k_tiles == 1 else self._spec["dataflow"]["bank_rows"]
        for tile in range(column_tiles):
            for first in range(0, m, chunk):
                rows = range(first, min(first + chunk, m))
                for k_tile in range(k_tiles):
                    for row in rows:
                        self._steps[row, tile, k_tile] = len(self._steps)
                for row in rows:
                    self._results[row, tile] = len(self._results)

    def of_step(self, place: tuple[int, int], step: int) -> int:
        """The draw for a step of a result."""
        if not self.step_bits:
            return 0
        (m, n), rows = place, self._rows
        row, moment = ((step % rows, step // rows) if weight_stationary(self._spec)
                       else (m % rows, step))
        source = (0 if self._shared else row) * self._columns + n % self._columns
        return self._step_sources[source].draw(self._steps[m, n // self._columns, moment])

    def of_result(self, place: tuple[int, int]) -> int:
        """The draw for a result."""
        if not self.result_bits:
            return 0
        m, n = place
        number = self._results[m, n // self._columns]
        return self._result_sources[n % self._columns].draw(number)
