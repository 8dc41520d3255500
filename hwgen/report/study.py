"""A sweep as a page of the docs: ``python -m hwgen.report.study docs/studies/NAME.md``.

Measures the sweep of ``NAME.toml`` beside the page, draws its plots into ``NAME_1.svg`` and so on,
and puts the table of its points between the page's marks.  What is written around them stays.
Results are kept in the cache, so that the same command goes on where it ended.
"""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from hwgen.analysis.page import Page
from hwgen.flow.design import write_files
from hwgen.report.lines import lines
from hwgen.report.style import content, require_plots, styled
from hwgen.spec import InputError
from hwgen.sweep.export import to_markdown
from hwgen.sweep.pool import Pool
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import Store
from hwgen.tools import cache


def study(page: Path, jobs: int) -> int:
    """Measure the sweep and renew the page and its figures; how many points failed."""
    require_plots()
    Page.of(page, "points")  # refused before anything is measured
    sweep = Sweep.load(page.with_suffix(".toml"))
    rows = _measured(sweep, page.stem, jobs)
    files: dict[str, str | bytes] = {
        page.name: Page.of(page, "points").renewed(f"\n{to_markdown(sweep, rows)}\n")}
    with styled():
        for number, plot in enumerate(sweep.spec.plots, 1):
            files[f"{page.stem}_{number}.svg"] = content(lines(plot, sweep, rows), "svg")
    write_files(page.parent, files)
    for row in rows:
        if row.failure:
            print(f"{row.point.key}, {row.failure.metric}: {row.failure.reason}", file=sys.stderr)
    return sum(row.failure is not None and row.failure.kind == "failed" for row in rows)


def _measured(sweep: Sweep, name: str, jobs: int) -> list[Row]:
    console = Console(stderr=True)
    with Store(cache.folder() / "studies" / f"{name}.sqlite") as store, Progress(
            console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=len(sweep.todo(store)))
        pool = Pool(jobs, sweep.spec.timeout_s, sweep.spec.memory_mb)
        sweep.run(store, pool.outcomes, watch=lambda _: bar.advance(task))
        return sweep.rows(store)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="the page; the sweep is the *.toml beside it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes")
    options = parser.parse_args()
    try:
        failed = study(options.page, options.jobs)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
