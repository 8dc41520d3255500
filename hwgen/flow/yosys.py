"""Area of a Verilog design on four FPGA families, or in gates, by Yosys from PyPI.

A design is flattened and mapped by a few recipes in turn; the smallest result is kept. The cells
of each run are a content-addressed cache entry, so that nothing is synthesised twice.

A recipe is "plain", or some of these joined by "+". What they did with Yosys 0.70 to four PEs and
13 bare multipliers, without DSPs, says which are tried:

- booth: multipliers as Booth rows of radix 4, in LUTs even where DSPs are allowed. 38 to 50 % off
  a signed PE, but a loss on constants and on narrow operands (4 x 4 unsigned, 12 x 4 signed).
  Tried wherever there is a multiplier and no DSP can take it.
- nowidelut: no muxes that join LUTs. Never a LUT more on ECP5 and Gowin, and up to three times
  fewer: always used there. On Xilinx 7 it changes a PE by one LUT, a bare multiplier by 10 %
  either way: tried only for those who ask.
- fast: ABC9 maps once and optimises nothing. Up to 6 % more LUTs on those PEs, in a third of the
  time from 16 x 16 bits on. Only for those who ask: long carry chains in a row, as in a 32 x 17
  bit requantiser, take 2 s instead of 150 s.

`netlist` maps a design once more by the best recipe, for a tool that places it.

A recipe is a process: one process for all recipes was no faster, and would use one core.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from rich.console import Console
from rich.progress import Progress

from hwgen.flow.cells import Area
from hwgen.spec import InputError, ToolError
from hwgen.tools import cache
from hwgen.tools.yowasp import YOSYS, Processes, say

TIMEOUT_S = 900.0
_PATIENCE_S = 2.0  # work that takes longer than this is announced
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")

Progressed = Callable[[str], None]
_Value = TypeVar("_Value")  # anything JSON can hold but None


class _Flow(NamedTuple):
    """How Yosys maps one family.

    `command` always flattens and adds no I/O pads; `soft` and `hard` are its options without and
    with DSPs. Arithmetic is still whole at the label `whole`. `memory` are the labels around a
    stage for memories that takes seconds even without one. `finish` are commands to end with.
    `recipes` are those worth their time, `others` those that a caller can ask for.
    `apart` is what `Job.apart` changes: options that keep memories out of blocks, and on gates the
    label to stop at, before memories become flip-flops, and `finish`.
    """

    command: str
    soft: str
    hard: str
    whole: str
    recipes: tuple[str, ...]
    others: tuple[str, ...] = ()
    memory: tuple[str, str] | None = None
    finish: tuple[str, ...] = ()
    apart: tuple[str, str, tuple[str, ...]] = ("-nobram -nolutram", "", ())


_WIDE = ("plain", "booth")
_FAST = ("fast", "booth+fast")
_NARROW = ("nowidelut", "booth+nowidelut")
_NARROW_FAST = ("nowidelut+fast", "booth+nowidelut+fast")
_FLOWS = {
    "ice40": _Flow("synth_ice40", "", "-dsp -device u", "flatten", _WIDE, _FAST,
                   apart=("-nobram", "", ())),
    "ecp5": _Flow("synth_ecp5", "-nodsp", "", "coarse", _NARROW, (*_WIDE, *_NARROW_FAST)),
    "gowin": _Flow(
        "synth_gowin -noiopads", "-nodsp", "", "coarse", _NARROW, (*_WIDE, *_NARROW_FAST),
    ),
    "xilinx7": _Flow(
        "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf", "-nodsp", "", "prepare",
        _WIDE, (*_NARROW, *_FAST), memory=("map_memory", "map_ffram"),
        apart=("-nobram -nolutram -nosrl", "", ()),
    ),
    "gates": _Flow(
        "synth -flatten -noabc", "", "", "coarse", _WIDE,
        finish=(
            "dfflegalize -cell $_DFF_?_ 01 -cell $_DFF_?P?_ 01", "simplemap", "abc -g gates",
            "opt_clean",
        ),
        apart=("", "fine", (
            "opt -fast -full", "opt -undriven -fine", "techmap", "opt -fast", "dffunmap -srst-only",
            "dfflegalize -cell $_DFF_?_ 01 -cell $_DFFE_PP_ 01 -cell $_DFF_?P?_ 01", "simplemap",
            "abc -g gates", "opt_clean",
        )),
    ),
}
FAMILIES = tuple(_FLOWS)
_BOOTH = (
    "proc", "flatten", "opt_expr", "opt_clean", "opt -nodffe -nosdff", "wreduce", "peepopt",
    "opt_clean", "booth",
)  # as synth_* begin, so that booth meets multipliers of their true width


@dataclass(frozen=True)
class Job:
    """One design to size; the fields are the arguments of `synthesise`.

    With `apart` every module stays one, so that equal ones are synthesised once, and flip-flops
    keep their clock enables on every family; memories stay what they are among gates, and become
    flip-flops elsewhere.

    Raises
    ------
    InputError : the family, a recipe or a module name cannot be used.
    """

    verilog: str
    top: str
    family: str
    dsp: bool = False
    blackbox: tuple[str, ...] = ()
    recipes: tuple[str, ...] | None = None
    timeout_s: float = field(default=TIMEOUT_S, compare=False)
    apart: bool = False

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise InputError(f"family must be one of {', '.join(FAMILIES)}, not {self.family!r}")
        if self.dsp and self.family == "gates":
            raise InputError("dsp must be False for gates, which have no DSP block, not True")
        for name in (self.top, *self.blackbox):
            if not _NAME.fullmatch(name):
                raise InputError(f"module name must be a plain Verilog identifier, not {name!r}")
        for recipe in self.recipes or ():
            if recipe not in self.allowed:
                names = ", ".join(self.allowed)
                raise InputError(f"recipe must be one of {names} on {self.family}, not {recipe!r}")

    def __str__(self) -> str:
        return f"{self.top} on {self.family}{' with DSPs' if self.dsp else ''}"

    def holds(self, cell: str) -> bool:
        """Whether a cell is an instance of a module of the design, whose own cells count."""
        return self.apart and cell.startswith(f"{self.top}_")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The recipes of the family."""
        flow = _FLOWS[self.family]
        return flow.recipes + flow.others


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
    return _best(job, Processes(), progress or (lambda line: None))


def netlist(job: Job, progress: Progressed | None = None) -> tuple[Area, str]:
    """The smallest area that the recipes of `job` reach, and its netlist as Yosys' JSON.

    Raises what `synthesise` raises.
    """
    processes = Processes()
    area = _best(job, processes, progress or (lambda line: None))
    # To the very end of synth_*: what ABC9 leaves in the midst of it cannot be written.
    script = _script(job, area.recipe, _survey(job, processes), stop="")
    return area, _outcome(
        job, [*script, "write_json netlist.json"],
        lambda folder: (folder / "netlist.json").read_text(encoding="utf-8"), processes,
    )


def synthesise_many(jobs: Sequence[Job], workers: int | None = None) -> list[Area]:
    """The area of each job, in order, `workers` at a time (one a core by default).

    Progress goes to standard error. An interrupt, or the first job that fails, ends the others at
    once; what was finished stays in the cache. Raises what `synthesise` raises.
    """
    todo = list(dict.fromkeys(jobs))
    processes, areas = Processes(), dict[Job, Area]()
    with _Meter(len(todo)) as meter, ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            futures = {pool.submit(_best, job, processes, meter.note): job for job in todo}
            for future in as_completed(futures):
                areas[futures[future]] = future.result()
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


def _best(job: Job, processes: Processes, progress: Progressed) -> Area:
    """The smallest area over the recipes of `job`."""
    holds = _survey(job, processes)

    def areas_by(recipes: Sequence[str]) -> list[Area]:
        return [_area(job, recipe, holds, processes, progress) for recipe in recipes]

    if job.recipes:
        areas = areas_by(job.recipes)
    else:
        usual = _FLOWS[job.family].recipes
        areas = areas_by([recipe for recipe in usual if "booth" not in recipe])
        if holds.multipliers and not any(area.dsps for area in areas):
            areas += areas_by([recipe for recipe in usual if "booth" in recipe])
    best = min(areas, key=lambda area: (area.size, area.ffs))
    return replace(best, tried={area.recipe: area.size for area in areas})


class _Survey(NamedTuple):
    """What a design holds that decides how it is synthesised."""

    multipliers: bool
    memories: bool


def _survey(job: Job, processes: Processes) -> _Survey:
    """Look for multipliers and memories, before any mapping."""
    script = [*_opening(job), f"hierarchy -top {job.top}", "proc", "flatten"]
    found = _cells(job, script, processes)
    return _Survey(
        multipliers=any(name.startswith(("$mul", "$macc")) for name in found),
        memories=any(name.startswith("$mem") for name in found),
    )


def _area(
    job: Job, recipe: str, holds: _Survey, processes: Processes, progress: Progressed
) -> Area:
    """The area by one recipe."""
    start = time.monotonic()
    cells = _cells(job, _script(job, recipe, holds), processes)
    try:
        area = Area.of_cells(job.family, job.dsp, cells, job.blackbox)
    except KeyError as error:
        raise ToolError(
            f"cell type must be one whose cost is known, not {error.args[0]!r} (in {job}): "
            "describe it in plain logic, or name its module as a black box"
        ) from None
    unit = "gates" if job.family == "gates" else "LUTs"
    progress(f"{job}, {recipe}: {area.size} {unit}, {time.monotonic() - start:.1f} s")
    return replace(area, recipe=recipe)


def _script(job: Job, recipe: str, holds: _Survey, stop: str = "check") -> list[str]:
    """Commands that map `job` by `recipe`, as far as the label `stop`."""
    flow, parts = _FLOWS[job.family], recipe.split("+")
    wide = "-nowidelut" if "nowidelut" in parts else ""
    to_blocks = job.dsp and holds.multipliers and "booth" not in parts
    blocks = flow.hard if to_blocks else flow.soft
    memory, last, finish = flow.apart if job.apart else ("", "", ())
    command = f"{flow.command} {blocks} {wide} {memory} -top {job.top}"
    spans = [(flow.whole, last or stop)]
    if flow.memory and not holds.memories:
        spans = [(flow.whole, flow.memory[0]), (flow.memory[1], stop)]
    return [
        *_opening(job),
        *(["scratchpad -copy abc9.script.default.fast abc9.script"] if "fast" in parts else ()),
        f"{command} -run begin:{flow.whole}",
        *(_BOOTH if "booth" in parts else ()),
        *(f"{command} -run {start}:{end}" for start, end in spans),
        *(finish or flow.finish),
    ]


def _opening(job: Job) -> list[str]:
    """Read the design; empty the boxes, keep them and see that they exist."""
    keep = "-set keep_hierarchy 1" if job.apart else "-unset keep_hierarchy"
    script = ["read_verilog design.v", f"setattr -mod {keep} *"]
    for box in job.blackbox:
        script += [f"select -assert-any {box}", f"setattr -mod -set keep 1 {box}"]
    return script + [f"blackbox {box}" for box in job.blackbox]


def _cells(job: Job, script: list[str], processes: Processes) -> dict[str, int]:
    """Cell type to count once `script` has run."""
    def count(folder: Path) -> dict[str, int]:
        statistics = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
        found = statistics["design"]["num_cells_by_type"]
        return {name: found[name] for name in found if not job.holds(name)}

    return _outcome(job, [*script, "tee -q -o cells.json stat -json"], count, processes)


def _outcome(
    job: Job, script: list[str], read: Callable[[Path], _Value], processes: Processes
) -> _Value:
    """What `read` finds in the folder once `script` has run, from the cache if it ran before."""
    text = "\n".join([*script, ""])
    key = cache.key_of(YOSYS.version, text, job.verilog)
    with processes.alone(key):  # jobs on several families share their survey, for one
        value: _Value | None = cache.load_json("yosys", key)
        if value is None:
            with cache.lock(f"yosys-{key[:3]}"):  # of all processes; 4096 lock files at most
                value = cache.load_json("yosys", key)
                if value is None:
                    value = _run(job, text, read, processes)
                    cache.store_json("yosys", key, value)
    return value


def _run(job: Job, script: str, read: Callable[[Path], _Value], processes: Processes) -> _Value:
    """What `read` finds in the folder once `script` has run."""
    with tempfile.TemporaryDirectory(prefix="hwgen-yosys-") as name:
        folder = Path(name)
        (folder / "design.v").write_text(job.verilog, encoding="utf-8")
        (folder / "script.ys").write_text(script, encoding="utf-8")
        processes.run(
            YOSYS, ["-q", "-s", "script.ys"], folder, task=f"synthesise {job}",
            timeout_s=job.timeout_s,
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
