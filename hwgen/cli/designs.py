"""Verbs on the hardware of a spec: gen, sim, synth."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.app import AsJson, OutputFolder, SpecFile, app, busy, generated, tell

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


@app.command(epilog="Example: hwgen gen my.toml -o build/my_array")
def gen(spec: SpecFile, output: OutputFolder = None, as_json: AsJson = False) -> None:
    """Generate the array's folder: Verilog, manifest, plain-Verilog bench and vectors."""
    array, design = generated(spec, output)
    names = sorted(design.manifest["sha256"])
    tell(as_json, {"folder": str(design.folder), "config_hash": array.config_hash,
                     "files": names},
           f"{array.name} ({array.config_hash}) in {design.folder}: {', '.join(names)}")


@app.command(epilog="Example: hwgen sim my.toml --waves; hwgen sim my.toml --network digits")
def sim(
    spec: SpecFile,
    output: OutputFolder = None,
    simulator: Annotated[str, typer.Option(help="verilator, or icarus from PATH.")] = "verilator",
    network: Annotated[str | None, typer.Option(
        help="Run a network instead of the regression, in the bulk simulator: digits.")] = None,
    waves: Annotated[bool, typer.Option("--waves", help="Write sim/<name>.fst.")] = False,
    only: Annotated[str | None, typer.Option(help="Regular expression of tests to run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the array's cocotb regression, or a network, against the golden."""
    from hwgen.spec import InputError

    for value, known, option in ((simulator, ("verilator", "icarus"), "--simulator"),
                                 (network, (None, "digits"), "--network")):
        if value not in known:
            choices = " or ".join(filter(None, known))
            raise InputError(f"{option} must be {choices}, not {value!r}")
    array, design = generated(spec, output)
    if network:
        _simulate_network(array, design, as_json)
    else:
        _simulate_regression(design, simulator, waves, only, as_json)


def _simulate_regression(design: Any, simulator: str, waves: bool, only: str | None,
                         as_json: bool) -> None:
    from hwgen.flow.cocotb import run_regression

    work = design.folder / "sim"
    trace = work / f"{design.top}.fst" if waves else None
    with busy(f"building and running {design.top} in {simulator}"):
        outcomes = run_regression(design, work, simulator=simulator, waves=trace, only=only)
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    lines = [f"{'FAIL' if outcome.failure is not None else 'pass'}  {outcome.name}"
             + (f": {outcome.failure}" if outcome.failure else "") for outcome in outcomes]
    lines.append(f"{design.top}: {len(outcomes) - len(failed)} passed, {len(failed)} failed"
                 + (f"; waves in {trace}" if trace else ""))
    tell(as_json, {"design": design.top, "passed": len(outcomes) - len(failed),
                     "failed": len(failed), "tests": [vars(outcome) for outcome in outcomes]},
           "\n".join(lines))
    if failed:
        raise typer.Exit(1)


def _simulate_network(array: "ArraySpec", design: Any, as_json: bool) -> None:
    import time

    from hwgen.flow.bulk import BulkSimulator
    from hwgen.nn.digits import DigitsNetwork

    network = DigitsNetwork.load()
    simulator = BulkSimulator(design)
    with busy(f"building {design.top} for the bulk simulator"):
        simulator.build()
    start = time.perf_counter()
    with busy("running the digits network through the Verilog"):
        rtl = network.classify(array, simulator.product)
    seconds = time.perf_counter() - start
    golden = network.classify(array, array.golden)
    equal, results = rtl.equal(golden), rtl.results
    tell(as_json, {"design": design.top, "images": len(network.images), "results": results,
                     "wrong": results - equal, "accuracy": rtl.accuracy,
                     "golden_accuracy": golden.accuracy, "seconds": seconds},
           f"digits on {design.top}: {equal} of {results} results equal the golden's; "
           f"accuracy {rtl.accuracy:.2%} on {len(network.images)} test images "
           f"(golden {golden.accuracy:.2%}), {seconds:.1f} s")
    if equal < results:
        raise typer.Exit(1)


@app.command(epilog="Example: hwgen synth my.toml --family ecp5 --family xilinx7 --no-dsp")
def synth(
    spec: SpecFile,
    family: Annotated[list[str] | None, typer.Option(
        help="ice40, ecp5, gowin, xilinx7 or gates; may be repeated [default: all].")] = None,
    dsp: Annotated[bool | None, typer.Option(
        "--dsp/--no-dsp", help="With or without DSP blocks only [default: both].")] = None,
    flat: Annotated[bool, typer.Option(
        "--flat", help="Synthesise the whole array at once; minutes from 8 x 8 on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Size a PE and the array on FPGA families, and in gates, with Yosys."""
    from hwgen.array.mesh import ArraySpec
    from hwgen.console import print_areas
    from hwgen.flow.area import size, size_flat, targets_of
    from hwgen.flow.recipes import FAMILIES
    from hwgen.spec import InputError

    array = ArraySpec.load(spec)
    for name in family or ():
        if name not in FAMILIES:
            raise InputError(f"--family must be one of {', '.join(FAMILIES)}, not {name!r}")
    able = targets_of(array)
    targets = [(name, hard) for name, hard in able
               if name in (family or FAMILIES) and dsp in (None, hard)]
    if not targets and array.pe.target:
        raise InputError(f"--family must be {array.pe.target} without DSP blocks, as the spec's "
                         "pe.target says; leave pe.target out for portable Verilog")
    if not targets:
        raise InputError("--dsp must go with an FPGA family, not with gates alone")
    if flat:
        rows = [("array", area) for area in size_flat(array, targets)]
    else:
        rows = [row for sized in size(array, targets)
                for row in (("PE", sized.cell), ("array", sized.array))]
    if as_json:
        print(json.dumps({"design": array.name, "composed": not flat,
                          "areas": [{"part": part, **area.to_json()} for part, area in rows]},
                         indent=2))
    else:
        print_areas(array, rows)
