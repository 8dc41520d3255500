"""The regression of an emitted array in cocotb: values, order and cycles against the golden."""

import json
import os
import time
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles
from drivers import Bench, Observed, Stall

from hwgen.nn.digits import DigitsNetwork
from hwgen.number import random_codes

EVERY_STREAM = {"a": 0.4, "b": 0.4, "o": 0.4}


def operands(bench: Bench, tiles: tuple[int, int, int], seed: int = 0):
    """Random full-range matrices of a number of tiles in M, K and N, with one row less than full.

    Extremes of both formats are always among the codes.
    """
    array = bench.array
    unit_m, unit_k, unit_n = array.dataflow.granularity(array)
    rows = max(1, tiles[0] * max(unit_m, array.rows) - 1)
    depth = min(tiles[1] * unit_k, array.max_depth or tiles[1] * unit_k)
    rng = np.random.default_rng([int(array.config_hash, 16), seed])
    return (random_codes(rng, array.pe.a, (rows, depth)),
            random_codes(rng, array.pe.b, (depth, max(1, tiles[2] * unit_n - 1))))


def check(observed: Observed, beats) -> None:
    """Every result beat must be the golden's, flags included."""
    np.testing.assert_array_equal(observed.fields["codes"], beats["o"]["codes"])
    np.testing.assert_array_equal(observed.fields["last"][:, 0], beats["o"]["last"])


async def started(dut) -> Bench:
    """The bench on ``dut``, clock running and reset done."""
    bench = Bench(dut)
    await bench.start()
    return bench


async def run_on_schedule(bench: Bench, a: np.ndarray, b: np.ndarray) -> None:
    """Without a pause: the golden's beats, in the schedule's cycles."""
    beats = bench.array.beats(a, b)
    observed = await bench.run(beats)
    check(observed, beats)
    assert observed.cycles[-1] + 1 == bench.array.schedule_of(a, b).cycles


@cocotb.test()
async def random_operands_and_cycles(dut):
    """Several tiles each way without a pause: the golden's values in the schedule's cycles."""
    bench = await started(dut)
    await run_on_schedule(bench, *operands(bench, (3, 5, 3)))


@cocotb.test()
async def extremes_only(dut):
    """Every operand at an end of its range: the sums that overflow first."""
    bench = await started(dut)
    a, b = operands(bench, (1, 4, 1))
    pe = bench.array.pe
    rng = np.random.default_rng(1)
    a = rng.choice([pe.a.minimum, pe.a.maximum], a.shape)
    b = rng.choice([pe.b.minimum, pe.b.maximum], b.shape)
    a[0], b[:, 0] = pe.a.minimum, pe.b.minimum
    beats = bench.array.beats(a, b)
    check(await bench.run(beats), beats)


@cocotb.test()
async def back_to_back_short_tiles(dut):
    """The shortest tiles, one after the other: drain and preload are the limit, and are met."""
    bench = await started(dut)
    await run_on_schedule(bench, *operands(bench, (4, 1, 4)))


@cocotb.test()
async def one_step(dut):
    """K = 1, M = 1, N = 1."""
    bench = await started(dut)
    a, b = operands(bench, (1, 1, 1))
    beats = bench.array.beats(a[:1, :1], b[:1, :1])
    check(await bench.run(beats), beats)


@cocotb.test()
@cocotb.parametrize(stream=["a", "b", "o", "every"])
async def pauses_change_nothing(dut, stream):
    """Random pauses on one stream or on all of them leave every result as it was."""
    bench = await started(dut)
    beats = bench.array.beats(*operands(bench, (3, 3, 2), seed=2))
    chances = EVERY_STREAM if stream == "every" else {stream: 0.6}
    check(await bench.run(beats, stall=Stall(chances)), beats)


@cocotb.test()
@cocotb.parametrize(cycles=[1, 5, 17])
async def reset_in_mid_tile(dut, cycles):
    """After a reset at any time, a fresh product is right."""
    bench = await started(dut)
    beats = bench.array.beats(*operands(bench, (2, 3, 2), seed=3))
    running = cocotb.start_soon(bench.run(beats, stall=Stall({"o": 0.3})))
    await ClockCycles(dut.clk, cycles)
    running.cancel()
    await bench.reset()
    check(await bench.run(beats), beats)


@cocotb.test()
async def reset_while_a_result_waits(dut):
    """A reset also drops the result that stands on the stream."""
    bench = await started(dut)
    beats = bench.array.beats(*operands(bench, (2, 3, 2), seed=4))
    running = cocotb.start_soon(bench.run(beats, stall=Stall({"o": 1.0})))
    await bench.result_offered()
    running.cancel()
    await bench.reset()
    check(await bench.run(beats), beats)


@cocotb.test()
async def another_seed(dut):
    """The draws are those of the seed that stood on its port in the last reset (if it draws)."""
    bench = await started(dut)
    a, b = operands(bench, (2, 3, 2), seed=5)
    for seed in (bench.array.random.seed ^ 0x5A5A5A5, 0, bench.array.random.seed):
        await bench.reset(seed)
        beats = bench.array.beats(a, b, seed)
        check(await bench.run(beats), beats)


def joined(*products):
    """The beats of products one after the other."""
    return {stream: {field: np.concatenate([product[stream][field] for product in products])
                     for field in fields} for stream, fields in products[0].items()}


@cocotb.test()
async def precision_of_each_tile(dut):
    """Products of different precisions one after the other (if the streams tell it)."""
    bench = await started(dut)
    array = bench.array
    widths = array.pe.a.width, array.pe.b.width
    for told in ((1, 1), widths, tuple(-(-width // 2) for width in widths), (widths[0], 1)):
        bits = [bit if side in array.pe.sides else width
                for bit, side, width in zip(told, "ab", widths, strict=True)]
        a, b = operands(bench, (2, 2, 2), seed=sum(bits))
        few, all_bits = array.beats(a, b, precision=tuple(bits)), array.beats(a, b)
        observed = await bench.run(few)
        check(observed, few)
        cycles = array.schedule_of(a, b, tuple(bits)).cycles
        assert observed.cycles[-1] + 1 == cycles, f"{observed.cycles[-1] + 1}, not {cycles}"
        both = joined(all_bits, few, all_bits)
        check(await bench.run(both, stall=Stall(EVERY_STREAM)), both)


@cocotb.test()
@cocotb.parametrize(above=[False, True])
async def precision_out_of_range(dut, above):
    """A precision of 0, or of one bit too many, is an error; no result comes of it, until reset."""
    bench = await started(dut)
    array = bench.array
    good = array.beats(*operands(bench, (2, 2, 1), seed=6))
    for side in array.pe.sides:
        width = getattr(array.pe, side).width
        wrong = width + 1 if above else 0
        bad = {name: dict(fields) for name, fields in good.items()}
        if wrong.bit_length() > width.bit_length():
            continue  # the field cannot hold it
        bad["a"][f"{side}_bits"] = np.full(len(bad["a"]["codes"]), wrong)
        both = joined(good, bad)
        raised = cocotb.start_soon(bench.error_raised())
        check(await bench.run(both, results=len(good["o"]["last"])), good)
        await raised
        for _ in range(50):
            await ClockCycles(dut.clk, 1)
            assert not bench.offers_result
        await bench.reset()
        check(await bench.run(good), good)


@cocotb.test()
async def digits_first_tiles(dut):
    """The first tiles of the digits network's first layer, where the formats can hold it."""
    bench = await started(dut)
    array = bench.array
    if not (array.pe.a.width >= 6 and array.pe.b.width >= 8 and array.pe.b.signed):
        return
    network = DigitsNetwork.load()
    beats = array.beats(network.images[: 2 * array.rows].astype(np.int64)[:, : array.max_depth],
                        network.weights1.astype(np.int64)[: array.max_depth, : 2 * array.columns])
    check(await bench.run(beats), beats)


@cocotb.test(skip="HWGEN_BENCH_CYCLES" not in os.environ)
async def speed(dut):
    """Not a check of time: keeps all streams busy and reports the cycles simulated a second."""
    bench = await started(dut)
    array = bench.array
    depth = 16 * array.rows
    tiles = int(os.environ["HWGEN_BENCH_CYCLES"]) // depth + 1
    rng = np.random.default_rng(0)
    beats = array.beats(random_codes(rng, array.pe.a, (array.rows * tiles, depth)),
                        random_codes(rng, array.pe.b, (depth, array.columns)))
    start = time.perf_counter()
    observed = await bench.run(beats)
    seconds = time.perf_counter() - start
    check(observed, beats)
    figures = {"cycles_per_second": int(observed.cycles[-1]) / seconds}
    Path(os.environ["HWGEN_BENCH_REPORT"]).write_text(json.dumps(figures), "utf-8")


@cocotb.test(skip="HWGEN_RECORD" not in os.environ)
async def record(dut):
    """Not a check: runs the matrices ``a`` and ``b`` of an .npz file and adds what came out."""
    bench = await started(dut)
    path = os.environ["HWGEN_RECORD"]
    with np.load(path) as given:
        a, b = given["a"], given["b"]
    observed = await bench.run(bench.array.beats(a, b))
    np.savez(path, a=a, b=b, cycles=observed.cycles, **observed.fields)
