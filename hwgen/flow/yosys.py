"""Area of a Verilog design on four FPGA families, or in gates, by Yosys from PyPI.

A design is flattened and mapped by a few recipes in turn; the smallest result is kept. The cells
of each run are a content-addressed cache entry, so that nothing is synthesised twice.

`netlist` maps a design once more by the best recipe, for a tool that places it.

A recipe is a process: one process for all recipes was no faster, and would use one core. Jobs that
are to be mapped alike share one, as most of the time of a small design goes into starting it.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import Progress

from hwgen.flow.cells import Area
from hwgen.flow.job import (
    TIMEOUT_S,
    Job,
    alike,
    common_script,
    counted,
    files_of,
    mapped_alike,
    script,
    survey_script,
    surveys_script,
    titled,
)
from hwgen.flow.recipes import FLOWS, Survey
from hwgen.spec import ToolError
from hwgen.tools import cache
from hwgen.tools.yowasp import YOSYS, Processes, say

_PATIENCE_S = 2.0  # work that takes longer than this is announced

Progressed = Callable[[str], None]
_Value = TypeVar("_Value")  # anything JSON can hold but None


def versions() -> dict[str, str]:
    """Version of each tool used here; InputError if one is not installed. Runs nothing."""
    return {YOSYS.package: YOSYS.version}


def synthesise(
    verilog: str,
    *,
    top: str,
    family: str,
    dsp: bool,
    blackbox: tuple[str, ...] = (),
    recipes: tuple[str, ...] | None = None,
    progress: Progressed | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Area:
    """Smallest area of module `top` that the recipes reach; ties go to fewer flip-flops.

    Parameters
    ----------
    verilog : the design, in one text.
    family : one of `FAMILIES`.
    dsp : whether multipliers may use DSP blocks.
    blackbox : modules kept as empty boxes that cost nothing; what feeds them stays.
    recipes : which to try, else those of the family that the design can profit from.
    progress : called with one line after each recipe.
    timeout_s : limit in seconds for one recipe.

    Raises
    ------
    InputError : an argument cannot be used, or the cache cannot be written.
    ToolError : Yosys failed, or gave a cell whose cost is not known.
    """
    job = Job(verilog, top, family, dsp, blackbox, recipes, timeout_s)
    area, = _best([job], Processes(), progress or (lambda line: None))
    return area


def netlist(job: Job, progress: Progressed | None = None) -> tuple[Area, str]:
    """The smallest area that the recipes of `job` reach, and its netlist as Yosys' JSON.

    Raises what `synthesise` raises.
    """
    processes = Processes()
    area, = _best([job], processes, progress or (lambda line: None))
    holds, = _surveys([job], processes)
    # To the very end of synth_*: what ABC9 leaves in the midst of it cannot be written.
    text = script(job, area.recipe, holds, "write_json netlist.json", stop="")

    def written(folder: Path) -> str:
        return (folder / "netlist.json").read_text(encoding="utf-8")

    found, = _from_cache([_key(job, text)], lambda _: [_run([job], text, written, processes)],
                         processes)
    return area, found


def synthesise_many(jobs: Sequence[Job], workers: int | None = None) -> list[Area]:
    """The area of each job, in order, `workers` at a time (one a core by default).

    Progress goes to standard error. An interrupt, or the first job that fails, ends the others at
    once; what was finished stays in the cache. Raises what `synthesise` raises.
    """
    groups, processes, areas = alike(jobs), Processes(), dict[Job, Area]()
    with _Meter(len(groups)) as meter, ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            futures = {pool.submit(_best, group, processes, meter.note): group for group in groups}
            for future in as_completed(futures):
                areas |= zip(futures[future], future.result(), strict=True)
                meter.advance()
        except BaseException:
            processes.end()
            pool.shutdown(cancel_futures=True)
            raise
    return [areas[job] for job in jobs]


def warm() -> None:
    """Have Yosys compiled for this machine: minutes at the very first call, then nothing.

    Raises
    ------
    InputError : Yosys is not installed or cannot run, or the cache cannot be written.
    """
    YOSYS.warm()


def _best(jobs: Sequence[Job], processes: Processes, progress: Progressed) -> list[Area]:
    """The smallest area of each job over its recipes, which are known if there are many jobs."""
    holds = _surveys(jobs, processes)

    def areas_by(recipes: Sequence[str]) -> list[list[Area]]:
        return [_areas(jobs, recipe, holds, processes, progress) for recipe in recipes]

    if jobs[0].recipes:
        areas = areas_by(jobs[0].recipes)
    else:
        usual = FLOWS[jobs[0].family].recipes
        areas = areas_by([recipe for recipe in usual if "booth" not in recipe])
        if holds[0].multipliers and not any(area.dsps for area, in areas):
            areas += areas_by([recipe for recipe in usual if "booth" in recipe])
    return [_smallest(tried) for tried in zip(*areas, strict=True)]


def _smallest(areas: Sequence[Area]) -> Area:
    """The best of one job's areas."""
    best = min(areas, key=lambda area: (area.size, area.ffs))
    return replace(best, tried={area.recipe: area.size for area in areas})


def _surveys(jobs: Sequence[Job], processes: Processes) -> list[Survey]:
    """Look for multipliers and memories, before any mapping."""
    texts = [survey_script(job) for job in jobs]
    found = _cells(jobs, texts, surveys_script, processes)
    return [
        Survey(
            multipliers=any(name.startswith(("$mul", "$macc")) for name in cells),
            memories=any(name.startswith("$mem") for name in cells),
        )
        for cells in found
    ]


def _areas(
    jobs: Sequence[Job], recipe: str, holds: Sequence[Survey], processes: Processes,
    progress: Progressed,
) -> list[Area]:
    """The area of each job by one recipe."""
    areas = dict[Job, Area]()
    for common, same in mapped_alike(jobs, recipe, holds):
        start = time.monotonic()
        texts = [script(job, recipe, common) for job in same]
        found = _cells(same, texts, partial(common_script, recipe=recipe, holds=common), processes)
        areas |= {job: _area(job, recipe, cells) for job, cells in zip(same, found, strict=True)}
        sizes = ", ".join(str(areas[job].size) for job in same)
        unit = "gates" if same[0].family == "gates" else "LUTs"
        progress(f"{titled(same)}, {recipe}: {sizes} {unit}, {time.monotonic() - start:.1f} s")
    return [areas[job] for job in jobs]


def _area(job: Job, recipe: str, cells: Mapping[str, int]) -> Area:
    try:
        area = Area.of_cells(job.family, job.dsp, cells, job.blackbox)
    except KeyError as error:
        raise ToolError(
            f"cell type must be one whose cost is known, not {error.args[0]!r} (in {job}): "
            "describe it in plain logic, or name its module as a black box"
        ) from None
    return replace(area, recipe=recipe)


def _cells(jobs: Sequence[Job], texts: Sequence[str], common: Callable[[Sequence[Job]], str],
           processes: Processes) -> list[dict[str, int]]:
    """Of each job, cell type to count once its script has run, or all in one run of ``common``."""

    def run(missing: Sequence[int]) -> list[dict[str, int]]:
        few = [jobs[index] for index in missing]
        text = common(few) if few[1:] else texts[missing[0]]
        return _run(few, text, lambda folder: counted(folder, few), processes)

    keys = [_key(job, text) for job, text in zip(jobs, texts, strict=True)]
    return _from_cache(keys, run, processes)


def _key(job: Job, text: str) -> str:
    return cache.key_of(YOSYS.version, text, job.verilog)


def _from_cache(keys: Sequence[str], run: Callable[[Sequence[int]], Sequence[_Value]],
                processes: Processes) -> list[_Value]:
    """The value of each key; ``run`` gives those at the indices that the cache lacks."""

    def load() -> tuple[dict[str, _Value], list[int]]:
        found = {key: value for key in keys if (value := cache.load_json("yosys", key)) is not None}
        return found, [index for index, key in enumerate(keys) if key not in found]

    with ExitStack() as held:
        for key in sorted(set(keys)):  # jobs on several families share their survey, for one
            held.enter_context(processes.alone(key))
        values, missing = load()
        # Locks of all processes, 4096 files at most, taken in one order by all.
        for prefix in sorted({keys[index][:3] for index in missing}):
            held.enter_context(cache.lock(f"yosys-{prefix}"))
        if missing:
            values, missing = load()
        for index, value in zip(missing, run(missing) if missing else (), strict=True):
            cache.store_json("yosys", keys[index], value)
            values[keys[index]] = value
    return [values[key] for key in keys]


def _run(jobs: Sequence[Job], text: str, read: Callable[[Path], _Value], processes: Processes
         ) -> _Value:
    """What ``read`` finds in the folder once the script ``text`` has run there."""
    with tempfile.TemporaryDirectory(prefix="hwgen-yosys-") as name:
        folder = Path(name)
        (folder / "script.ys").write_text(text, encoding="utf-8")
        for file, job in zip(files_of(jobs), jobs, strict=True):
            (folder / file).write_text(job.verilog, encoding="utf-8")
        processes.run(
            YOSYS, ["-q", "-s", "script.ys"], folder, task=f"synthesise {titled(jobs)}",
            timeout_s=sum(job.timeout_s for job in jobs),
        )
        return read(folder)


class _Meter:
    """Progress on standard error: a bar on a terminal, else lines once two seconds have passed."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True)
        self._bar = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("synthesis", total=total)
        self._plain = not console.is_terminal
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def note(self, line: str) -> None:
        """Show what was finished last."""
        self._bar.update(self._task, description=line)
        if self._plain and time.monotonic() - self._start > _PATIENCE_S:
            say(line)

    def advance(self) -> None:
        """Count one more job as done."""
        self._bar.advance(self._task)
