"""One design to synthesise, and what Yosys is told to do to one or to several of them at once.

Designs that are mapped alike share a run, as most of the time of a small one goes into starting
Yosys: each is flattened on its own, then all become modules that are kept apart to the end.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hwgen.flow.recipes import FAMILIES, FLOWS, Survey, mapping
from hwgen.spec import InputError

TIMEOUT_S = 900.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ALL = "all_designs"


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

    @property
    def allowed(self) -> tuple[str, ...]:
        """The recipes of the family."""
        flow = FLOWS[self.family]
        return flow.recipes + flow.others


def titled(jobs: Sequence[Job]) -> str:
    """The jobs in words, all of which are on one family."""
    first, *others = jobs
    return f"{first} and {len(others)} more" if others else str(first)


def alike(jobs: Sequence[Job]) -> list[list[Job]]:
    """The distinct jobs, those together that are to be mapped by the same known recipes."""
    groups = dict[object, list[Job]]()
    for job in dict.fromkeys(jobs):
        alone = job.apart or not job.recipes
        own = job if alone else (job.family, job.dsp, job.recipes)
        groups.setdefault(own, []).append(job)
    return list(groups.values())


def mapped_alike(jobs: Sequence[Job], recipe: str, holds: Sequence[Survey]
                 ) -> list[tuple[Survey, list[Job]]]:
    """Those together that Yosys maps by the same commands, with what the first of them holds."""
    groups = dict[tuple[str, ...], tuple[Survey, list[Job]]]()
    for job, own in zip(jobs, holds, strict=True):
        commands = tuple(mapping(job.family, job.dsp, "", recipe, own))
        groups.setdefault(commands, (own, []))[1].append(job)
    return list(groups.values())


def files_of(jobs: Sequence[Job]) -> list[str]:
    """Where the scripts of these jobs expect each one's Verilog."""
    return [_file(index) for index in range(len(jobs))]


def survey_script(job: Job) -> str:
    """Count what the design holds as it is read."""
    return _text(*_flattened(job), _count())


def surveys_script(jobs: Sequence[Job]) -> str:
    """Do to each of several designs what :func:`survey_script` does."""
    return _text(*(command for index, job in enumerate(jobs)
                   for command in (*_flattened(job, index), _count(index), "design -reset")))


def script(job: Job, recipe: str, holds: Survey, *more: str, stop: str = "check") -> str:
    """Map the design by ``recipe``; then do ``more``, or count what it takes."""
    mapped = mapping(job.family, job.dsp, job.top, recipe, holds, stop=stop, apart=job.apart)
    return _text(*_opening(job), *mapped, *(more or [_count()]))


def common_script(jobs: Sequence[Job], recipe: str, holds: Survey) -> str:
    """Do to each of several designs, which hold the same, what :func:`script` does."""
    job, numbered = jobs[0], list(enumerate(jobs))
    reads = [command for index, own in numbered
             for command in (*_flattened(own, index), f"rename {own.top} {_module(index)}",
                             f"design -stash {_module(index)}")]
    instances = " ".join(f"{_module(index)} part{index} ();" for index, _ in numbered)
    return _text(
        *reads,
        *(f"design -import {_module(index)} {_module(index)}" for index, _ in numbered),
        f"read_verilog <<all\nmodule {_ALL}; {instances} endmodule\nall",
        *(f"setattr -mod -set {kept} 1 {_module('*')}" for kept in ("keep_hierarchy", "keep")),
        *mapping(job.family, job.dsp, _ALL, recipe, holds),
        *(f"{_count(index)} {_module(index)}" for index, _ in numbered),
    )


def counted(folder: Path, jobs: Sequence[Job]) -> list[dict[str, int]]:
    """Cell type to count of each of these jobs, once their script has run."""
    return [_cells(folder / _counts(index), job, _module(index)) for index, job in enumerate(jobs)]


def _cells(path: Path, job: Job, common: str) -> dict[str, int]:
    """Cells of the job's top, which is named ``common`` in a common script, as its boxes are."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if job.apart:  # with those of the modules that it holds, which are no cells
        return {name: count for name, count in found["design"]["num_cells_by_type"].items()
                if not name.startswith(f"{job.top}_")}
    top = found["modules"].get(f"\\{common}") or found["modules"][f"\\{job.top}"]
    return {name.removeprefix(f"{common}."): count
            for name, count in top["num_cells_by_type"].items()}


def _opening(job: Job, index: int = 0) -> list[str]:
    """Read the design; empty the boxes, keep them and see that they exist."""
    keep = "-set keep_hierarchy 1" if job.apart else "-unset keep_hierarchy"
    commands = [f"read_verilog {_file(index)}", f"setattr -mod {keep} *"]
    for box in job.blackbox:
        commands += [f"select -assert-any {box}", f"setattr -mod -set keep 1 {box}"]
    return commands + [f"blackbox {box}" for box in job.blackbox]


def _flattened(job: Job, index: int = 0) -> list[str]:
    """Read the design and make one module of it."""
    return [*_opening(job, index), f"hierarchy -top {job.top}", "proc", "flatten"]


def _module(index: int | str) -> str:
    return f"design{index}"


def _count(index: int = 0) -> str:
    return f"tee -q -o {_counts(index)} stat -json"


def _file(index: int) -> str:
    return f"design{index or ''}.v"


def _counts(index: int) -> str:
    return f"cells{index or ''}.json"


def _text(*commands: str) -> str:
    return "\n".join([*commands, ""])
