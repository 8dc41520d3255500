"""The verb that searches: search-multiplier."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.app import AsJson, app, name_of, require_new

if TYPE_CHECKING:
    from hwgen.analysis.masks import Measure
    from hwgen.analysis.pairs import Population
    from hwgen.analysis.search import Watch
    from hwgen.arith.multiplier import Operands
    from hwgen.number import Fixed

Budget = Annotated[str | None, typer.Option(
    metavar="LIMIT[%]", help="The most that it may be: LSBs, or % of 2^(a.width + b.width).")]
Bits = Annotated[int | None, typer.Option(help="Of one operand [default: --width].")]
Data = Annotated[Path | None, typer.Option(
    metavar="FILE.npy", help="Codes as they occur [default: all equally often].")]


@app.command("search-multiplier", epilog=(
    "Example: hwgen search-multiplier --width 8 --signed --mae 0.05% --target ecp5 -o my.toml; "
    "hwgen gen my.toml"))
def search_multiplier(
    target: Annotated[str, typer.Option(help="The family of FPGAs whose cells count.")],
    width: Annotated[int, typer.Option(help="Bits of each operand.")] = 8,
    a_width: Bits = None,
    b_width: Bits = None,
    signed: Annotated[bool, typer.Option(
        "--signed/--unsigned", help="Whether the operands are.")] = True,
    a_signed: Annotated[bool | None, typer.Option(
        "--a-signed/--a-unsigned", help="Of one operand [default: --signed].")] = None,
    b_signed: Annotated[bool | None, typer.Option(
        "--b-signed/--b-unsigned", help="Of one operand [default: --signed].")] = None,
    mae: Budget = None,
    wce: Budget = None,
    bias: Budget = None,
    mse: Annotated[str | None, typer.Option(
        metavar="LIMIT[%]", help="In squared LSBs, or % of 2^(2 a.width + 2 b.width).")] = None,
    zero: Annotated[bool, typer.Option(
        "--zero", help="Only multipliers whose products with 0 are 0.")] = False,
    a_data: Data = None,
    b_data: Data = None,
    seconds: Annotated[float | None, typer.Option(
        help="Anneal for so long [default: 0, or 60 above 25,000 staircases].")] = None,
    steps: Annotated[int | None, typer.Option(help="Anneal by so many steps at most.")] = None,
    seed: Annotated[int, typer.Option(help="Of the annealing.")] = 0,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE.toml",
        help="The spec to write [default: masked_<operands>_<target>.toml].")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find the smallest masked multiplier within an error, and write a spec with it."""
    import shlex

    from hwgen.analysis.annealing import find
    from hwgen.analysis.search import Goal
    from hwgen.analysis.searched import figures, metrics_of, searched_toml
    from hwgen.arith.multiplier import Operands
    from hwgen.console import print_table
    from hwgen.flow.design import write_files

    operands = Operands(_operand("a", a_width, width, a_signed, signed),
                        _operand("b", b_width, width, b_signed, signed))
    measure, limit = _budget(operands, mae=mae, wce=wce, bias=bias, mse=mse)
    goal = Goal(operands, target, measure, limit, zero, _population(a_data, "--a-data", operands.a),
                _population(b_data, "--b-data", operands.b))
    _require_effort(seconds, steps)
    path = output or Path(f"masked_{operands}_{target}.toml")
    require_new(path, force)
    with _bar() as watch:
        search, complete = find(goal, watch, seconds, steps, seed)
    metrics, best = metrics_of(search), search.best
    command = shlex.join(["hwgen", *sys.argv[1:]])
    shown = "".join(letter if letter.isprintable() else " " for letter in command)
    text = searched_toml(name_of(path), search, metrics, shown)
    write_files(path.parent, {path.name: text})
    if as_json:
        print(json.dumps({"spec": str(path), "target": target, "cells": best.cells,
                          "exact_cells": search.exact.cells, "first": list(best.mask),
                          "constant": best.constant, "complete": complete, **metrics.to_json()},
                         indent=2))
        return
    cells = [("cells", str(best.cells), target, "of the multiplier as placed"),
             ("exact", str(search.exact.cells), target, "of the exact multiplier")]
    print_table(metrics.multiplier, ("figure", "value", "unit", "meaning"),
                [*cells, *figures(metrics)], right=("value",), wrapped=("meaning",))
    ended = "" if complete else "interrupted: the best so far; "
    print(f"{ended}wrote {path}; next: hwgen gen {path}")


def _operand(side: str, own: int | None, width: int, sign: bool | None, signed: bool) -> "Fixed":
    """The format of an operand: what it has of its own, else what both have."""
    from hwgen.arith.masked import MaskedMultiplier
    from hwgen.number import Fixed
    from hwgen.spec import InputError

    bits = width if own is None else own
    low, high = MaskedMultiplier.widths
    if not low <= bits <= high:
        name = "--width" if own is None else f"--{side}-width"
        raise InputError(f"{name} must be {low} to {high}, not {bits}")
    return Fixed(width=bits, signed=signed if sign is None else sign)


def _budget(operands: "Operands", **texts: str | None) -> tuple["Measure", float]:
    """The only error that has a limit, and this limit in LSBs."""
    from hwgen.spec import InputError

    given: dict[Any, str] = {name: text for name, text in texts.items() if text is not None}
    if len(given) != 1:
        raise InputError("exactly one of --mae, --wce, --bias and --mse must be given, not "
                         f"{' and '.join(f'--{name}' for name in given) or 'none'}; for example: "
                         "--mae 0.05%")
    (measure, text), = given.items()
    bits = (operands.a.width + operands.b.width) * (2 if measure == "mse" else 1)
    try:
        limit = float(text.removesuffix("%")) * (2.0**bits / 100 if text.endswith("%") else 1)
    except ValueError:
        limit = -1.0
    if not (isfinite(limit) and limit >= 0):
        raise InputError(f"--{measure} must be a number of at least 0, in LSBs of the product or "
                         f"in % of 2^{bits} as 0.05%, not {text!r}")
    return measure, limit


def _population(path: Path | None, what: str, operand: "Fixed") -> "Population | None":
    """How often each code occurs in a file; None without one."""
    from hwgen.analysis.codes import load_codes
    from hwgen.analysis.pairs import Population

    return None if path is None else Population.observed(load_codes(path, what, operand))


def _require_effort(seconds: float | None, steps: int | None) -> None:
    from hwgen.spec import InputError

    if seconds is not None and not (isfinite(seconds) and seconds >= 0):
        raise InputError(f"--seconds must be a number of at least 0, not {seconds}")
    if steps is not None and steps < 0:
        raise InputError(f"--steps must be at least 0, not {steps}")


@contextmanager
def _bar() -> "Iterator[Watch]":
    """A bar on standard error, or elsewhere than on a terminal one line."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    what = "searching multipliers; Ctrl-C keeps the best so far"
    if not console.is_terminal:
        print(f"hwgen: {what} ...", file=sys.stderr, flush=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda share, doing: progress.update(
            task, completed=share, description=f"{doing}; Ctrl-C keeps the best so far")
