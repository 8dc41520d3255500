"""Runs an array in Amaranth's simulator: drives its streams beat by beat, with random pauses."""

import warnings

import numpy as np
from amaranth.sim import Simulator

from hwgen.array.mesh import ArraySpec
from hwgen.array.stream import int_to_words, words_to_int


def simulate_streams(array: ArraySpec, beats: dict, results: int, *, stall: float = 0.0, seed=0,
                     max_cycles=20000, before=None):
    """Result codes ``(results, C)``, their ``last`` flags and the cycle of each beat.

    Cycle 0 is the first one in which an operand beat is accepted.  ``stall`` is the chance that a
    stream pauses in a cycle.  ``before`` is an optional process that runs first (a reset test).
    """
    dut = array.create()
    words = {name: [words_to_int(row) for row in array.streams[name].pack(beats[name])]
             for name in beats if name != "o"}
    rng = np.random.default_rng(seed)
    taken, cycles, accepted = [], [], []

    async def testbench(ctx):
        if before is not None:
            await before(ctx, dut, words)
        sent = dict.fromkeys(words, 0)
        offered = dict.fromkeys(words, False)
        for cycle in range(max_cycles):
            for name, todo in words.items():
                more = sent[name] < len(todo)
                offered[name] = more and (offered[name] or rng.random() >= stall)
                port = getattr(dut, name)
                ctx.set(port.valid, offered[name])
                if offered[name]:
                    ctx.set(port.payload.as_value(), todo[sent[name]])
            ctx.set(dut.o.ready, rng.random() >= stall)
            clock = ctx.tick()
            for name in words:
                port = getattr(dut, name)
                if ctx.get(port.valid) and ctx.get(port.ready):
                    sent[name] += 1
                    offered[name] = False
                    accepted.append(cycle)
            if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
                taken.append(ctx.get(dut.o.payload.as_value()))
                cycles.append(cycle)
                if len(taken) == results:
                    return
            await clock
        raise AssertionError(f"{len(taken)} of {results} result beats after {max_cycles} cycles")

    sim = Simulator(dut)
    sim.add_clock(1e-6)
    sim.add_testbench(testbench)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        sim.run()
    layout = array.streams["o"]
    values = layout.unpack(np.stack([int_to_words(beat, layout) for beat in taken]))
    return values["codes"], values["last"][:, 0], np.array(cycles) - min(accepted)


def simulate_product(array: ArraySpec, a, b, **options):
    """The product that the RTL computes, and its cycles as the schedule counts them."""
    beats = array.beats(a, b)
    results = result_beats(array, a.shape[0], b.shape[1])
    codes, _last, cycles = simulate_streams(array, beats, results, **options)
    return array.collect(codes, a.shape[0], b.shape[1]), cycles[-1] + 1


def result_beats(array: ArraySpec, m: int, n: int) -> int:
    """Beats of stream ``o`` that an (m, n) product takes."""
    unit_m, _k, unit_n = array.dataflow.granularity(array)
    return -(-m // unit_m) * unit_m * -(-n // unit_n)


def random_codes(rng, operand, shape):
    """Codes over the whole format, with both extremes forced in."""
    codes = rng.integers(operand.minimum, operand.maximum, shape, np.int64, endpoint=True)
    flat = codes.reshape(-1)
    flat[rng.integers(flat.size)] = operand.minimum
    flat[rng.integers(flat.size)] = operand.maximum
    return codes
