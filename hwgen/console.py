"""Tables of the command line."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from hwgen.array.mesh import ArraySpec
from hwgen.flow.cells import Area
from hwgen.flow.pnr import Use


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *,
                right: Sequence[str] = (), wrapped: Sequence[str] = ()) -> None:
    """A table whose columns ``right`` hold numbers and ``wrapped`` may take several lines."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left",
                         no_wrap=heading not in wrapped)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def size_of(array: ArraySpec) -> str:
    """PEs, operands and accumulator."""
    return (f"{array.rows} x {array.columns} PEs, {array.pe.operands}, "
            f"{array.pe.accumulator.width}-bit accumulator")


def print_areas(array: ArraySpec, rows: list[tuple[str, Area]]) -> None:
    """A line for each target and part, PE or array: what it takes, and how it was mapped."""
    title = f"{array.name}: {size_of(array)}"
    lines = []
    for part, area in rows:
        name = area.family + (" + DSP" if area.dsp else "")
        if area.gates is None:
            counts = [area.luts, area.ffs, area.carries, area.dsps, area.brams, None]
        else:
            counts = [None, area.ffs, None, None, None, area.gates]
        shown = ["" if count is None else f"{count:,}" for count in counts]
        lines.append((name, part, *shown, area.recipe))
    counted = ("LUT", "FF", "carry", "DSP", "BRAM", "gates")
    print_table(title, ("family", "part", *counted, "recipe"), lines, right=counted)


def print_placed(title: str, uses: Mapping[str, Use]) -> None:
    """A line for each resource of a device: what the array and the registers around it take."""
    lines = []
    for name, use in uses.items():
        share = f"{100 * use.used / use.available:.1f} %" if use.available else ""
        lines.append((name, f"{use.array:,}", f"{use.boundary:,}", f"{use.available:,}", share))
    counted = ("array", "boundary", "device", "used")
    print(title)
    print_table("", ("resource", *counted), lines, right=counted)
