"""The command line: verbs only.  Each verb imports what it needs, so that ``--help`` is quick."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen import __version__

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="From a number format to working hardware: Verilog of reduced-precision MAC arrays, "
         "proven against a bit-exact golden, and sized for FPGAs.",
    epilog="First steps: hwgen new my.toml; hwgen gen my.toml; hwgen sim my.toml; "
           "hwgen synth my.toml",
)

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC.toml", help="The array's spec.")]
OutputFolder = Annotated[Path | None, typer.Option(
    "-o", "--output", metavar="DIR", help="Folder to write [default: rtl_out/<name>].")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Range = Annotated[str | None, typer.Option(
    metavar="LOW:HIGH", help="Codes that the operand takes [default: its format's].")]


def main() -> None:
    """Entry point: one clear message and exit status 2 for what the user can mend."""
    from hwgen.spec import InputError

    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        print(f"hwgen: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("hwgen: interrupted; what was finished is kept", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader has left; nobody is there to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print it.")] = False) -> None:
    if version:
        print(f"hwgen {__version__}")
        raise typer.Exit


@app.command(epilog="Example: hwgen new my.toml --dataflow weight-stationary --rows 4")
def new(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="The file to write.")],
    rows: Annotated[int, typer.Option(help="PEs in a column.")] = 8,
    columns: Annotated[int, typer.Option(help="PEs in a row.")] = 8,
    dataflow: Annotated[str, typer.Option(
        help="output-stationary or weight-stationary.")] = "output-stationary",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented spec to start from."""
    import re

    from hwgen.array.keywords import KEYWORDS
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.design import write_files
    from hwgen.flow.templates import render
    from hwgen.spec import InputError

    if spec.exists() and not force:
        raise InputError(f"{spec} must be a new file, not an existing one; give --force to "
                         "overwrite it")
    name = re.sub(r"[^a-z0-9_]+", "_", spec.stem.lower()).strip("_")[:64] or "array"
    name = name if name[0].isalpha() and name not in KEYWORDS else f"array_{name}"[:64]
    array = ArraySpec.parse({"name": name, "rows": rows, "columns": columns,
                             "dataflow": {"kind": dataflow}}, str(spec))
    text = render("spec.toml.j2", name=name, rows=rows, columns=columns, dataflow=dataflow)
    write_files(spec.parent, {spec.name: text})
    _print(as_json, {"spec": str(spec), "name": array.name},
           f"wrote {spec}; next: hwgen gen {spec}")


@app.command(epilog="Example: hwgen check my.toml; hwgen check --schema > array.schema.json")
def check(
    spec: Annotated[Path | None, typer.Argument(metavar="SPEC.toml", help="The spec.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a spec and say what it means: formats, latency, cycles."""
    from hwgen.array.mesh import ArraySpec
    from hwgen.spec import InputError

    if schema:
        print(json.dumps(ArraySpec.model_json_schema(), indent=2))
        return
    if spec is None:
        raise InputError("SPEC.toml must be given, or --schema; write one with: hwgen new my.toml")
    array = ArraySpec.load(spec)
    facts = _facts(array)
    _print(as_json, facts, "\n".join(f"{name:<14} {value}" for name, value in facts.items()))


@app.command(epilog="Example: hwgen gen my.toml -o build/my_array")
def gen(spec: SpecFile, output: OutputFolder = None, as_json: AsJson = False) -> None:
    """Generate the array's folder: Verilog, manifest, plain-Verilog bench and vectors."""
    array, design = _generated(spec, output)
    names = sorted(design.manifest["sha256"])
    _print(as_json, {"folder": str(design.folder), "config_hash": array.config_hash,
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
    array, design = _generated(spec, output)
    if network:
        _simulate_network(array, design, as_json)
    else:
        _simulate_regression(design, simulator, waves, only, as_json)


def _simulate_regression(design: Any, simulator: str, waves: bool, only: str | None,
                         as_json: bool) -> None:
    from hwgen.flow.cocotb import run_regression

    work = design.folder / "sim"
    trace = work / f"{design.top}.fst" if waves else None
    with _busy(f"building and running {design.top} in {simulator}"):
        outcomes = run_regression(design, work, simulator=simulator, waves=trace, only=only)
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    lines = [f"{'FAIL' if outcome.failure is not None else 'pass'}  {outcome.name}"
             + (f": {outcome.failure}" if outcome.failure else "") for outcome in outcomes]
    lines.append(f"{design.top}: {len(outcomes) - len(failed)} passed, {len(failed)} failed"
                 + (f"; waves in {trace}" if trace else ""))
    _print(as_json, {"design": design.top, "passed": len(outcomes) - len(failed),
                     "failed": len(failed), "tests": [vars(outcome) for outcome in outcomes]},
           "\n".join(lines))
    if failed:
        raise typer.Exit(1)


def _simulate_network(array: "ArraySpec", design: Any, as_json: bool) -> None:
    import time

    import numpy as np

    from hwgen.flow.bulk import BulkSimulator
    from hwgen.nn.digits import DigitsNetwork

    network = DigitsNetwork.load()
    simulator = BulkSimulator(design)
    with _busy(f"building {design.top} for the bulk simulator"):
        simulator.build()
    start = time.perf_counter()
    with _busy("running the digits network through the Verilog"):
        rtl = network.classify(array, simulator.product)
    seconds = time.perf_counter() - start
    golden = network.classify(array, array.golden)
    wrong = sum(int(np.sum(ours != theirs))
                for ours, theirs in zip(rtl.layers, golden.layers, strict=True))
    results = sum(layer.size for layer in rtl.layers)
    _print(as_json, {"design": design.top, "images": len(network.images), "results": results,
                     "wrong": wrong, "accuracy": rtl.accuracy,
                     "golden_accuracy": golden.accuracy, "seconds": seconds},
           f"digits on {design.top}: {results - wrong} of {results} results equal the golden's; "
           f"accuracy {rtl.accuracy:.2%} on {len(network.images)} test images "
           f"(golden {golden.accuracy:.2%}), {seconds:.1f} s")
    if wrong:
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
    from hwgen.flow.area import TARGETS, size, size_flat
    from hwgen.flow.yosys import FAMILIES
    from hwgen.spec import InputError

    array = ArraySpec.load(spec)
    for name in family or ():
        if name not in FAMILIES:
            raise InputError(f"--family must be one of {', '.join(FAMILIES)}, not {name!r}")
    targets = [(name, hard) for name, hard in TARGETS
               if name in (family or FAMILIES) and dsp in (None, hard)]
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


@app.command("error", epilog="Example: hwgen error my.toml; hwgen error my.toml --json --no-plots")
def error_(
    spec: SpecFile,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="DIR", help="[default: rtl_out/<name>/error]")] = None,
    plots: Annotated[bool, typer.Option(
        "--plots/--no-plots", help="Draw the error over the operands, and its histogram.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure the error of a spec's multiplier against the exact product, and draw it."""
    from hwgen.analysis.error import error_metrics
    from hwgen.analysis.error_plots import error_plots, require_matplotlib
    from hwgen.array.mesh import ArraySpec
    from hwgen.console import print_table
    from hwgen.flow.design import write_files

    array = ArraySpec.load(spec)
    if plots:
        require_matplotlib()
    family, operands = array.pe.multiplier, array.pe.operands
    with _busy(f"measuring the multiplier of {array.name}"):
        metrics = error_metrics(family, operands)
        drawn = error_plots(family, operands, metrics) if plots else {}
    text = json.dumps({"design": array.name, "config_hash": array.config_hash,
                       **metrics.to_json()}, indent=2) + "\n"
    folder = output or Path("rtl_out") / array.name / "error"
    write_files(folder, {"error.json": text, **drawn})
    if as_json:
        print(text, end="")
        return
    print_table(f"{metrics.multiplier}: {metrics.evaluated}",
                ("metric", "value", "unit", "meaning"), metrics.rows(), right=("value",),
                wrapped=("meaning",))
    print(f"{metrics.remark}\nin {folder}: {', '.join(['error.json', *drawn])}")


@app.command(epilog="Example: hwgen accwidth my.toml --length 576; "
                    "hwgen accwidth my.toml --weights w.npy --probability 1e-9")
def accwidth(
    spec: SpecFile,
    length: Annotated[int | None, typer.Option(
        help="K, terms of a dot product [default: the rows of --weights].")] = None,
    weights: Annotated[Path | None, typer.Option(
        metavar="W.npy", help="Codes of B, (K, N) integers.")] = None,
    activations: Annotated[Path | None, typer.Option(
        metavar="A.npy", help="Codes of A as they occur, any shape.")] = None,
    a_range: Range = None,
    b_range: Range = None,
    probability: Annotated[float, typer.Option(
        help="Of an overflow in a dot product, for the statistical widths.")] = 1e-6,
    as_json: AsJson = False,
) -> None:
    """Tell the smallest accumulator with which dot products of a length never overflow."""
    from hwgen.analysis.accumulator_width import accumulator_widths
    from hwgen.analysis.dot_product import DotProduct
    from hwgen.array.mesh import ArraySpec
    from hwgen.console import print_table

    array = ArraySpec.load(spec)
    dot = DotProduct.read(array, length, weights, activations, a_range, b_range)
    with _busy(f"bounding the sums of {array.name}"):
        widths = accumulator_widths(dot, probability)
    safe = next(width for width in reversed(widths) if width.probability is None)
    if as_json:
        print(json.dumps({"design": array.name, "length": dot.length,
                          "never_overflows": safe.fits(array.pe.format),
                          "widths": [width.to_json() for width in widths]}, indent=2))
        return
    print_table(f"{array.name}: accumulator for {dot.length:,} terms",
                ("method", "width", "sums", "holds"), [width.row() for width in widths],
                wrapped=("sums", "holds"))
    print(safe.verdict(array.pe.format))


@app.command("list", epilog="Example: hwgen list --json")
def list_(as_json: AsJson = False) -> None:
    """Show what a spec can choose from."""
    from hwgen.arith.catalogue import MULTIPLIERS
    from hwgen.array.mesh import DATAFLOWS
    from hwgen.flow.yosys import FAMILIES
    from hwgen.number import Overflow, Rounding
    from hwgen.pe.parallel import ParallelPE

    def first_line(thing: Any) -> str:
        return (thing.__doc__ or "").strip().splitlines()[0]

    catalogue = {
        "dataflow": {cls.model_fields["kind"].default: first_line(cls) for cls in DATAFLOWS},
        "pe": {"parallel": first_line(ParallelPE)},
        "multiplier": {cls.model_fields["kind"].default: first_line(cls) for cls in MULTIPLIERS},
        "rounding": {mode.value: mode.summary for mode in Rounding},
        "overflow": {mode.value: mode.summary for mode in Overflow},
        "synthesis family": dict.fromkeys(FAMILIES, ""),
    }
    lines = [f"{group:<17} {name:<18} {text}".rstrip()
             for group, entries in catalogue.items() for name, text in entries.items()]
    _print(as_json, catalogue, "\n".join(lines))


@app.command(epilog="Example: hwgen doctor --warm")
def doctor(
    warm: Annotated[bool, typer.Option(
        "--warm", help="Also compile the tools that compile themselves, once.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only what is missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the tools that hwgen needs, and say how to install what is missing."""
    from hwgen.flow.doctor import examine, warm_tools

    findings = examine()
    if warm and all(finding.cure is None for finding in findings):
        warm_tools()
    lines = [f"{'ok  ' if finding.cure is None else 'MISS'}  {finding.tool:<16} {finding.found}"
             + (f"\n      cure: {finding.cure}" if finding.cure else "") for finding in findings
             if finding.cure or not quiet]
    if lines or as_json:
        _print(as_json, [vars(finding) for finding in findings], "\n".join(lines))
    if any(finding.cure for finding in findings):
        raise typer.Exit(2)


def _generated(spec: Path, output: Path | None) -> tuple["ArraySpec", Any]:
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.design import generate

    array = ArraySpec.load(spec)
    return array, generate(array, output or Path("rtl_out") / array.name)


def _facts(array: "ArraySpec") -> dict[str, Any]:
    m, k, n = 64, array.max_depth or 64, 64
    schedule = array.schedule(m, k, n)
    acc = array.pe.format
    return {
        "name": array.name,
        "config_hash": array.config_hash,
        "array": f"{array.rows} x {array.columns} PEs of {array.pe.lanes} lanes, "
                 f"{array.dataflow.kind}",
        "operands": f"{_format(array.pe.a)} x {_format(array.pe.b)}",
        "accumulator": f"{_format(acc)}, {array.pe.accumulator.overflow.value}",
        "result": _format(array.result),
        "latency": f"{array.latency} cycles from an operand beat to its first result",
        "cycles": f"{schedule.cycles} for ({m} x {k}) x ({k} x {n}), "
                  f"utilisation {schedule.utilisation:.1%}",
    }


def _format(fixed: Any) -> str:
    kind = "signed" if fixed.signed else "unsigned"
    return f"{kind} {fixed.width} bits, {fixed.frac} fraction"


def _print(as_json: bool, values: Any, text: str) -> None:
    print(json.dumps(values, indent=2) if as_json else text)


def _busy(what: str) -> Any:
    """Say on standard error what is being done: a spinner on a terminal, else one line."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        print(f"hwgen: {what} ...", file=sys.stderr, flush=True)
    return console.status(what)
