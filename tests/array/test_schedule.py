"""The closed form of the schedule against a tile-by-tile count."""

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.array.schedule import Schedule, TileRun
from hwgen.spec import InputError


def counted(schedule: Schedule) -> int:
    """Cycles, one tile after the other: a tile ends no earlier than the other buffer is free."""
    cycle = schedule.preload
    beats = [run.beats for run in schedule.runs for _ in range(run.count)]
    for tile in beats[:-1]:
        cycle += tile if tile > schedule.spacing else schedule.spacing
    return cycle + beats[-1] + schedule.latency + schedule.drain


@pytest.mark.parametrize("runs", [((1, 5),), ((1, 2),), ((3, 5),), ((4, 2),), ((2, 7), (2, 1)),
                                  ((2, 1), (1, 9), (5, 4))])
def test_cycles_and_tiles(runs: tuple[tuple[int, int], ...]) -> None:
    schedule = Schedule(runs=tuple(TileRun(*run) for run in runs), spacing=4, preload=4, latency=9,
                        drain=3, macs=100, multipliers=4)
    assert schedule.cycles == counted(schedule)
    assert schedule.tiles == sum(count for count, _ in runs)
    assert schedule.utilisation == 100 / (4 * schedule.cycles)


@pytest.mark.parametrize(("shape", "values", "cycles"), [
    ((3, 5, 2), {}, 5 + 6 + 2),
    ((4, 5, 2), {}, 5 + 5 + 6 + 2),
    ((4, 2, 3), {}, 3 * 3 + 2 + 6 + 2),
    ((3, 5, 2), {"pe": {"lanes": 2, "pipeline": 1}}, 3 + 7 + 2),
    ((7, 3, 2), {"dataflow": {"kind": "weight-stationary"}}, 3 + 7 + 6),
    ((7, 4, 3), {"dataflow": {"kind": "weight-stationary"}}, 3 + 4 * 7 + 6),
    ((2, 4, 2), {"dataflow": {"kind": "weight-stationary"}}, 3 + 3 + 2 + 6),
    ((7, 4, 2), {"dataflow": {"kind": "weight-stationary", "bank_rows": 4}},
     3 + 4 + 4 + 3 + 3 + 6),
    ((7, 3, 2), {"dataflow": {"kind": "weight-stationary", "bank_rows": 0}}, 3 + 7 + 6),
])
def test_by_hand(shape: tuple[int, int, int], values: dict, cycles: int) -> None:
    array = ArraySpec.parse({"name": "mac", "rows": 3, "columns": 2, **values})
    schedule = array.schedule(*shape)
    m, k, n = shape
    assert schedule.cycles == cycles
    assert schedule.macs == m * k * n
    assert schedule.multipliers == 3 * 2 * array.pe.lanes


def test_utilisation_approaches_one() -> None:
    array = ArraySpec(name="mac", rows=4, columns=4)
    assert 0.99 < array.schedule(16, 4096, 16).utilisation < 1


def test_depth_without_a_bank() -> None:
    array = ArraySpec.parse({"name": "mac", "rows": 3, "columns": 2, "pe": {"lanes": 2},
                             "dataflow": {"kind": "weight-stationary", "bank_rows": 0}})
    assert array.max_depth == 6
    with pytest.raises(InputError) as error:
        array.schedule(1, 7, 1)
    assert str(error.value) == ("K must be at most 6 (rows * lanes) without an accumulator bank, "
                                "not 7; set dataflow.bank_rows")
