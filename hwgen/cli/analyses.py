"""Verbs on the arithmetic of a spec: error, accwidth."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.app import AsJson, SpecFile, app, busy

Range = Annotated[str | None, typer.Option(
    metavar="LOW:HIGH", help="Codes that the operand takes [default: its format's].")]


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
    with busy(f"measuring the multiplier of {array.name}"):
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
    with busy(f"bounding the sums of {array.name}"):
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
