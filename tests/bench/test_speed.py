"""Speed of generation, simulation and the command line, as ratios where the machine matters."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.back import verilog
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from threadpoolctl import threadpool_limits

from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.flow.bulk import BulkSimulator
from hwgen.flow.cocotb import run_regression
from hwgen.flow.design import generate, verilog_text
from hwgen.number import random_codes

pytestmark = pytest.mark.bench


def square(side: int, dataflow: str = "output-stationary") -> ArraySpec:
    """The default int8 array, ``side`` x ``side``."""
    return ArraySpec.parse({"name": f"bench{side}", "rows": side, "columns": side,
                            "dataflow": {"kind": dataflow}})


def seconds(call, runs: int = 3, clock=time.perf_counter) -> float:
    """Median time of ``call`` by ``clock``."""
    times = []
    for _ in range(runs):
        start = clock()
        call()
        times.append(clock() - start)
    return statistics.median(times)


class NaiveMesh(wiring.Component):
    """The plain way: one Amaranth submodule a PE, int8 operands and a 32-bit sum."""

    def __init__(self, side: int):
        self.side = side
        super().__init__({"a": In(8 * side), "b": In(8 * side), "o": Out(32 * side)})

    def elaborate(self, platform):
        m = Module()
        west = [self.a.word_select(row, 8) for row in range(self.side)]
        north = [self.b.word_select(column, 8) for column in range(self.side)]
        for row in range(self.side):
            for column in range(self.side):
                pe = NaivePE()
                m.submodules[f"pe_{row}_{column}"] = pe
                m.d.comb += [pe.a.eq(west[row]), pe.b.eq(north[column])]
                west[row], north[column] = pe.a_out, pe.b_out
                if row == self.side - 1:
                    m.d.comb += self.o.word_select(column, 32).eq(pe.acc)
        return m


class NaivePE(wiring.Component):
    """Registers for both operands and a sum."""

    a: In(8)
    b: In(8)
    a_out: Out(8)
    b_out: Out(8)
    acc: Out(32)

    def elaborate(self, platform):
        m = Module()
        a, b = Signal(8), Signal(8)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]
        m.d.sync += self.acc.eq(self.acc + a.as_signed() * b.as_signed())
        m.d.comb += [self.a_out.eq(a), self.b_out.eq(b)]
        return m


def test_generation_time_and_size(figure):
    """The time of 8, 16, 32 and 64 square, in the process, Amaranth already imported."""
    verilog_text(square(2))
    times, sizes = {}, {}
    for side in (8, 16, 32, 64):
        array = square(side)
        times[side] = seconds(lambda array=array: verilog_text(array))
        sizes[side] = len(verilog_text(array))
    figure("generation of 16, 32, 64 square, as multiples of 8x8",
           ", ".join(f"{times[side] / times[8]:.2f}" for side in (16, 32, 64)),
           f"target 64x64: 3; 8x8 took {times[8]:.2f} s")
    figure("Verilog of 8, 64 square", ", ".join(f"{sizes[s] / 1000:.1f} KB" for s in (8, 64)),
           "target 64x64: 60 KB")
    start = time.perf_counter()
    naive = verilog.convert(NaiveMesh(16), name="naive", emit_src=False)
    took = time.perf_counter() - start
    figure("one Amaranth submodule a PE, 16x16, over hwgen's",
           f"{took / times[16]:.1f} times the time, {len(naive) / sizes[16]:.1f} times the bytes",
           "grows with the number of PEs")


@pytest.mark.parametrize("side", [4, 8, 16, 32])
def test_simulation(side, figure, tmp_path):
    """Build from cold, cycles a second in the bulk simulator and in the cocotb bench."""
    from hwgen.flow import verilator

    for waves in (False, True):
        verilator.runtime(waves)
    design = generate(square(side), tmp_path / "design")
    simulator = BulkSimulator(design)
    text = design.verilog.read_text("utf-8")
    design.verilog.write_text(text + f"// {time.time_ns()}\n", "utf-8")  # a model never seen
    build = seconds(simulator.build, runs=1)
    rng = np.random.default_rng(0)
    array = design.spec
    a = random_codes(rng, array.pe.a, (side * 4, 64 * side))
    b = random_codes(rng, array.pe.b, (64 * side, side * 4))
    beats = array.beats(a, b)
    results = len(beats["o"]["last"])
    runs = [simulator.run(beats, results) for _ in range(3)]
    start = time.perf_counter()
    cycles = sum(simulator.run(beats, results).simulated_cycles for _ in range(3))
    bulk = cycles / (time.perf_counter() - start)
    np.testing.assert_array_equal(runs[0].fields["codes"], beats["o"]["codes"])
    report = tmp_path / "speed.json"
    run_regression(design, tmp_path / "sim", only="speed", environment={
        "HWGEN_BENCH_CYCLES": "30000", "HWGEN_BENCH_REPORT": str(report)})
    cocotb = json.loads(report.read_text())["cycles_per_second"]
    macs = array.multipliers
    against = {8: "target: build 6 s", 16: "targets: 150,000 and 20,000"}.get(side, "")
    figure(f"{side}x{side}: build, bulk, cocotb",
           f"{build:.1f} s; {bulk:,.0f} cycles/s ({bulk * macs / 1e6:,.0f} M MAC/s); "
           f"{cocotb:,.0f} cycles/s", against)


def test_command_line_start(figure, tmp_path):
    """``hwgen --help`` and ``hwgen check``, cold (no bytecode) and warm."""
    def start(*arguments, **environment):
        subprocess.run([sys.executable, "-m", "hwgen", *arguments], check=True,
                       capture_output=True, env={**os.environ, **environment})

    cold = seconds(lambda: start("--help", PYTHONPYCACHEPREFIX=str(tmp_path / f"{time.time_ns()}")))
    warm = seconds(lambda: start("--help"), runs=7)
    python = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), runs=7)
    spec = tmp_path / "my.toml"
    start("new", str(spec))
    check = seconds(lambda: start("check", str(spec)), runs=5)
    figure("`hwgen --help` warm, cold; `hwgen check` warm",
           f"{warm:.2f} s, {cold:.2f} s; {check:.2f} s",
           f"target 0.4 s warm; an empty Python takes {python:.2f} s")


ROUNDED = {"accumulator": {"width": 16, "frac": -6, "rounding": "stochastic",
                           "overflow": "saturate"}}
GOLDENS = {
    "exact": {},
    "saturating at 18 bits": {"pe": {"accumulator": {"width": 18, "overflow": "saturate"}}},
    "table of 8x8 bits": {"pe": {"multiplier": TableMultiplier.of(
        np.random.default_rng(0).integers(-(2**15), 2**15, (256, 256)))}},
    "stochastic, a source a column": {"pe": ROUNDED},
    "stochastic, a source a PE": {"pe": ROUNDED, "random": {"sharing": "pe"}},
}


@pytest.mark.parametrize("kind", GOLDENS)
def test_golden(kind, figure):
    """The golden of 256x576x256 on 16x16 against NumPy's float32 product, both on one core."""
    rng, speeds = np.random.default_rng(0), []
    with threadpool_limits(1):
        for dataflow in ("output-stationary", "weight-stationary"):
            array = ArraySpec.parse({"name": "bench", "rows": 16, "columns": 16,
                                     "dataflow": {"kind": dataflow}, **GOLDENS[kind]})
            a = random_codes(rng, array.pe.a, (256, 576))
            b = random_codes(rng, array.pe.b, (576, 256))
            array.golden(a, b)
            took = seconds(lambda array=array, a=a, b=b: array.golden(a, b), 5, process_time)
            speeds.append(a.size * 256 / took / 1e9)
        x, y = a.astype(np.float32), b.astype(np.float32)
        sgemm = a.size * 256 / seconds(lambda: x @ y, 9, process_time) / 1e9
    figure(f"golden of 256x576x256, {kind}: output-, weight-stationary",
           ", ".join(f"{speed:.2f}" for speed in speeds) + " G MAC/s",
           ", ".join(f"{speed / sgemm:.4f}" for speed in speeds)
           + " of float32 `@`; target 0.5 G MAC/s, one core")


def test_bench_readme_is_ours():
    """The table's markers are in the README, or the figures would be lost."""
    from tests.bench.conftest import BEGIN, END, README

    text = Path(README).read_text("utf-8")
    assert BEGIN in text
    assert END in text
