"""The bulk regression of an array: values, flags, cycles, pauses, resets, seeds; planted bugs."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from hwgen.flow.bulk import BulkSimulator
from hwgen.number import Codes
from tests.flow.matrices import matrices

TILES = ((3, 5, 3), (4, 1, 4))
RESETS = range(1, 24)
OTHER_SEED = 0xF5A3C96


def faults(simulator: BulkSimulator) -> list[str]:
    """What is wrong with the array, a line each."""
    return [fault for tiles in TILES for extremes in (False, True)
            for fault in _faults(simulator, *_codes(simulator, tiles, extremes))]


def _codes(simulator: BulkSimulator, tiles: tuple[int, int, int],
           extremes: bool) -> tuple[Codes, Codes]:
    """Random operands of the whole range, or of its two ends alone."""
    array = simulator.design.spec
    a, b = matrices(array, tiles, seed=int(extremes))
    if not extremes:
        return a, b
    rng = np.random.default_rng(0)
    return (rng.choice([array.pe.a.minimum, array.pe.a.maximum], a.shape),
            rng.choice([array.pe.b.minimum, array.pe.b.maximum], b.shape))


def _faults(simulator: BulkSimulator, a: Codes, b: Codes) -> Iterator[str]:
    array = simulator.design.spec
    cycles = array.schedule_of(a, b).cycles
    golden = {seed: array.beats(a, b, seed) for seed in {None, OTHER_SEED if array.draws else None}}
    for options in _runs(array.seeding_cycles):
        seed = options.get("random_seed") if array.draws else None
        beats = golden[seed]
        try:
            run = simulator.run(beats, len(beats["o"]["last"]), **options)
        except TimeoutError as error:
            yield f"{options}: {error}"
            continue
        if not _equal(run.fields, beats["o"]):
            yield f"{options}: wrong beats"
        if "stall" not in options and run.cycles[-1] + 1 != cycles:
            yield f"{options}: {run.cycles[-1] + 1} cycles, not {cycles}"


def _runs(seeding: int) -> Iterator[dict[str, Any]]:
    """Without a pause; with pauses on every stream; with a reset in mid-tile, while seeding too."""
    yield {}
    yield {"random_seed": OTHER_SEED}
    for seed in (1, 2):
        yield {"stall": 0.4, "stall_seed": seed}
    for cycle in RESETS:
        yield {"reset_at": seeding + cycle}
    yield {"reset_at": 2 * seeding // 3, "random_seed": OTHER_SEED}
    yield {"reset_at": seeding + 13, "stall": 0.3, "random_seed": OTHER_SEED}


def _equal(fields: dict[str, Codes], golden: dict[str, Codes]) -> bool:
    return (np.array_equal(fields["codes"], golden["codes"])
            and np.array_equal(fields["last"][:, 0], golden["last"]))


def mutated(text: str, module: str, pattern: str, new: str) -> str:
    """The Verilog with a bug: ``pattern``, which must be there, becomes ``new`` in ``module``."""
    start = re.search(rf"^module {module}\(", text, re.MULTILINE)
    assert start, f"no module {module}"
    end = text.index("endmodule", start.start())
    body, count = re.subn(pattern, new, text[start.start():end], count=1)
    assert count == 1, f"{pattern} is not in {module}"
    return text[: start.start()] + body + text[end:]
