"""The verb that shows a sweep."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.app import AsJson, app, busy


@app.command(epilog="Example: hwgen report my_sweep.toml -o report.html --plots figures")
def report(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="The sweep.")],
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE", help="Page to write [default: <sweep>.html].")] = None,
    results: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Results of the sweep [default: <sweep>.sqlite].")] = None,
    plots: Annotated[Path | None, typer.Option(
        metavar="DIR", help="Write each plot as SVG and PNG too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sweep's results as one HTML page to decide from."""
    from hwgen.flow.design import write_files
    from hwgen.report.content import Report
    from hwgen.report.page import page
    from hwgen.report.plots import figures
    from hwgen.report.style import require_plots
    from hwgen.spec import InputError
    from hwgen.sweep.runner import Sweep
    from hwgen.sweep.store import Store

    if plots:
        require_plots()
    loaded = Sweep.load(file)
    path = results or Path(f"{file.stem}.sqlite")
    if not path.is_file():
        raise InputError(f"results must be the file of a sweep that was run, not {str(path)!r}; "
                         f"measure it with: hwgen sweep {file} -o {path}")
    with Store(path, read_only=True) as store:
        made = Report(file, loaded, loaded.rows(store))
    target = output or Path(f"{file.stem}.html")
    with busy(f"drawing {len(made.rows):,} points"):
        write_files(target.parent, {target.name: page(made)})
        drawn = figures(made) if plots else {}
        if plots:
            write_files(plots, drawn)
    told = {"report": str(target), **made.counts, "plots": sorted(drawn)}
    if as_json:
        print(json.dumps(told, indent=2))
        return
    missing = f", {told['missing']} not reached yet" if told["missing"] else ""
    print(f"{target}: {told['done']} points measured, {told['refused']} refused, "
          f"{told['failed']} failed{missing}; {told['front']} on the front")
    if plots:
        print(f"in {plots}: {', '.join(sorted(drawn))}")
