"""The bulk simulator: the golden's values in the schedule's cycles, as the other simulators say."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.array.random import MAX_SEED
from hwgen.flow.bulk import BulkRun, BulkSimulator
from hwgen.flow.cocotb import run_regression
from hwgen.flow.design import generate
from hwgen.spec import InputError
from tests.flow.conftest import DesignOf
from tests.flow.matrices import Beats, beats_of, matrices
from tests.flow.varied import VARIED, random_array
from tests.streams import simulate_streams

RESET_CYCLES = (0, 1, 2, 5, 9, 14, 22)


@pytest.fixture(params=VARIED)
def simulator(request: pytest.FixtureRequest, design_of: DesignOf) -> BulkSimulator:
    return BulkSimulator(design_of(request.param))


@pytest.fixture(params=[name for name, array in VARIED.items() if array.draws])
def drawing(request: pytest.FixtureRequest, design_of: DesignOf) -> BulkSimulator:
    return BulkSimulator(design_of(request.param))


def run(simulator: BulkSimulator, beats: Beats, **options: float) -> BulkRun:
    return simulator.run(beats, len(beats["o"]["last"]), **options)  # type: ignore[arg-type]


def check(observed: BulkRun, beats: Beats) -> None:
    """Every result beat must be the golden's, flags included."""
    np.testing.assert_array_equal(observed.fields["codes"], beats["o"]["codes"])
    np.testing.assert_array_equal(observed.fields["last"][:, 0], beats["o"]["last"])


@pytest.mark.parametrize("tiles", [(2, 3, 2), (1, 1, 1), (3, 1, 3), (1, 9, 1)])
def test_values_flags_and_cycles(simulator: BulkSimulator, tiles: tuple[int, int, int]) -> None:
    array = simulator.design.spec
    a, b = matrices(array, tiles)
    beats = array.beats(a, b)
    observed = run(simulator, beats)
    check(observed, beats)
    cycles = array.schedule_of(a, b).cycles
    assert observed.cycles[-1] + 1 == cycles
    assert observed.simulated_cycles == array.seeding_cycles + cycles
    assert np.all(np.diff(observed.cycles) > 0)


def test_extremes_only(simulator: BulkSimulator) -> None:
    array = simulator.design.spec
    a, b = matrices(array, (2, 8, 2))
    rng = np.random.default_rng(0)
    a = rng.choice([array.pe.a.minimum, array.pe.a.maximum], a.shape)
    b = rng.choice([array.pe.b.minimum, array.pe.b.maximum], b.shape)
    a[0], b[:, 0] = array.pe.a.minimum, array.pe.b.minimum
    beats = array.beats(a, b)
    check(run(simulator, beats), beats)


def test_product_is_cut_to_its_shape(simulator: BulkSimulator) -> None:
    array = simulator.design.spec
    a, b = matrices(array, (3, 2, 3), seed=5)
    product = simulator.product(a, b, stall=0.2)
    assert product.shape == (a.shape[0], b.shape[1])
    np.testing.assert_array_equal(product, array.golden(a, b))


@pytest.mark.parametrize(("stall", "stall_seed"), [(0.1, 1), (0.5, 2), (0.5, 3), (0.9, 4)])
def test_pauses_change_nothing(simulator: BulkSimulator, stall: float, stall_seed: int) -> None:
    beats = beats_of(simulator.design.spec, (3, 3, 3), stall_seed)
    observed = run(simulator, beats, stall=stall, stall_seed=stall_seed)
    check(observed, beats)
    assert observed.simulated_cycles > run(simulator, beats).simulated_cycles


@pytest.mark.parametrize("reset_at", RESET_CYCLES)
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_reset_at_any_time(simulator: BulkSimulator, reset_at: int, stall: float) -> None:
    array = simulator.design.spec
    a, b = matrices(array, (6, 3, 6), seed=reset_at)
    beats = array.beats(a, b)
    observed = run(simulator, beats, stall=stall, reset_at=reset_at)
    check(observed, beats)
    cycles = array.schedule_of(a, b).cycles
    assert observed.simulated_cycles >= cycles + reset_at
    if not stall:
        assert observed.cycles[-1] + 1 == cycles


@pytest.mark.parametrize("random_seed", [0, 1, 0xABCDEF1, MAX_SEED])
def test_draws_are_those_of_the_seed(drawing: BulkSimulator, random_seed: int) -> None:
    array = drawing.design.spec
    a, b = matrices(array, (3, 3, 3), seed=8)
    beats = array.beats(a, b, random_seed)
    check(run(drawing, beats, stall=0.2, reset_at=17, random_seed=random_seed), beats)
    product = drawing.product(a, b, random_seed=random_seed)
    np.testing.assert_array_equal(product, array.golden(a, b, random_seed))
    assert not np.array_equal(product, array.golden(a, b, random_seed ^ 1))


def test_seed_is_the_specs_when_left_out(drawing: BulkSimulator) -> None:
    array = drawing.design.spec
    a, b = matrices(array, (3, 3, 3), seed=8)
    product = drawing.product(a, b)
    np.testing.assert_array_equal(product, drawing.product(a, b, random_seed=array.random.seed))
    np.testing.assert_array_equal(product, array.golden(a, b))


@pytest.mark.parametrize("random_seed", [-1, MAX_SEED + 1])
def test_seed_out_of_range_is_refused(design_of: DesignOf, random_seed: int) -> None:
    simulator = BulkSimulator(design_of("os_stochastic_pe"))
    beats = beats_of(simulator.design.spec)
    with pytest.raises(InputError, match=f"^seed must be 0 to 268435455, not {random_seed}$"):
        run(simulator, beats, random_seed=random_seed)


def test_runs_do_not_touch_each_other(simulator: BulkSimulator) -> None:
    first, second = (beats_of(simulator.design.spec, (2, 2, 2), seed) for seed in (1, 2))
    for beats in (first, second, first):
        check(run(simulator, beats), beats)


def test_pauses_depend_on_the_seed_alone(design_of: DesignOf) -> None:
    simulator = BulkSimulator(design_of("os_one_pe"))
    beats = beats_of(simulator.design.spec, (9, 9, 9))
    one, again, other = (run(simulator, beats, stall=0.5, stall_seed=seed).cycles
                         for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["os_tall_lanes", "ws_bank_5"])
def test_missing_results_time_out(name: str, design_of: DesignOf) -> None:
    simulator = BulkSimulator(design_of(name))
    beats = beats_of(simulator.design.spec)
    results = len(beats["o"]["last"])
    with pytest.raises(TimeoutError, match=f"^{results} of {results + 1} result beats after "):
        simulator.run(beats, results + 1)


def test_max_cycles_is_a_limit(design_of: DesignOf) -> None:
    simulator = BulkSimulator(design_of("os_one_pe"))
    beats = beats_of(simulator.design.spec)
    with pytest.raises(TimeoutError, match="^0 of 1 result beats after 3 cycles"):
        simulator.run(beats, 1, max_cycles=3)


@pytest.mark.parametrize("name", ["os_wide_pipeline", "ws_bank_5"])
def test_all_simulators_agree(name: str, design_of: DesignOf, tmp_path: Path) -> None:
    """cocotb, the bulk simulator and Amaranth's: the same bits in the same cycles."""
    design = design_of(name)
    a, b = matrices(design.spec, (3, 3, 2))
    beats = design.spec.beats(a, b)
    ours = run(BulkSimulator(design), beats)
    np.savez(tmp_path / "record.npz", a=a, b=b)
    (outcome,) = run_regression(design, tmp_path / "sim", only="record", environment={
        "HWGEN_RECORD": str(tmp_path / "record.npz")})
    assert outcome.failure is None
    cocotb = np.load(tmp_path / "record.npz")
    amaranth = simulate_streams(design.spec, beats, len(beats["o"]["last"]))
    for codes, last, cycles in ((cocotb["codes"], cocotb["last"][:, 0], cocotb["cycles"]),
                                (amaranth.codes, amaranth.last, amaranth.cycles)):
        np.testing.assert_array_equal(codes, ours.fields["codes"])
        np.testing.assert_array_equal(last, ours.fields["last"][:, 0])
        np.testing.assert_array_equal(cycles, ours.cycles)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_random_array(seed: int, tmp_path: Path) -> None:
    array = random_array(seed)
    simulator = BulkSimulator(generate(array, tmp_path, vectors=False))
    for tiles in ((3, 4, 3), (4, 1, 4), (1, 1, 1)):
        a, b = matrices(array, tiles, seed)
        beats = array.beats(a, b)
        observed = run(simulator, beats)
        check(observed, beats)
        assert observed.cycles[-1] + 1 == array.schedule_of(a, b).cycles
        for run_seed in range(20):
            check(run(simulator, beats, stall=0.3, stall_seed=run_seed, reset_at=run_seed), beats)
