"""What every verb shares: the application, its common arguments, and how it answers.

Each verb imports what it needs when it runs, so that ``--help`` is quick.
"""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from hwgen import __version__

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


class _Verbs(TyperGroup):
    """The verbs; unlike typer's own group, it tells that Ctrl-C ended one."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print("hwgen: interrupted; what was finished is kept", file=sys.stderr)
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Verbs, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
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


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print it.")] = False) -> None:
    if version:
        print(f"hwgen {__version__}")
        raise typer.Exit


def generated(spec: Path, output: Path | None) -> tuple["ArraySpec", Any]:
    """The array of a spec and its design, generated."""
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.design import generate

    array = ArraySpec.load(spec)
    return array, generate(array, output or Path("rtl_out") / array.name)


def name_of(spec: Path) -> str:
    """A name for the array of a file."""
    from hwgen.array.keywords import KEYWORDS

    name = re.sub(r"[^a-z0-9_]+", "_", spec.stem.lower()).strip("_")[:64] or "array"
    return name if name[0].isalpha() and name not in KEYWORDS else f"array_{name}"[:64]


def require_new(spec: Path, force: bool) -> None:
    """InputError if the file is there and may not be overwritten."""
    from hwgen.spec import InputError

    if spec.exists() and not force:
        raise InputError(f"{spec} must be a new file, not an existing one; give --force to "
                         "overwrite it")


def tell(as_json: bool, values: Any, text: str) -> None:
    """Print the values as JSON, or the text."""
    print(json.dumps(values, indent=2) if as_json else text)


def busy(what: str) -> Any:
    """Say on standard error what is being done: a spinner on a terminal, else one line."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        print(f"hwgen: {what} ...", file=sys.stderr, flush=True)
    return console.status(what)
