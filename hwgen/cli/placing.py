"""The verb that places and routes an array: pnr."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.app import AsJson, SpecFile, app

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.pnr import Limits


@app.command(epilog="Example: hwgen pnr my.toml --device ecp5-45k --dsp --seeds 3")
def pnr(
    spec: SpecFile,
    device: Annotated[str, typer.Option(
        help="ecp5-25k, ecp5-45k, ecp5-85k, ice40-hx8k, ice40-up5k or gw1n-9.")] = "ecp5-45k",
    dsp: Annotated[bool | None, typer.Option(
        "--dsp/--no-dsp", help="With or without DSP blocks only [default: both].")] = None,
    seeds: Annotated[int, typer.Option(
        help="How often to place; Fmax is the median.")] = 5,
    timeout: Annotated[float, typer.Option(
        metavar="SECONDS", help="Limit for the synthesis, and for each seed.")] = 1800,
    memory: Annotated[int, typer.Option(
        metavar="MB", help="Limit for each seed.")] = 4096,
    as_json: AsJson = False,
) -> None:
    """Place and route the array: use of a device, Fmax and critical path, with nextpnr.

    A first call may take minutes; what is finished is kept, so the same call goes on after Ctrl-C.
    The exit status is 1 if the array fits neither with nor without DSP blocks.
    """
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.pnr import Limits, variants

    array = ArraySpec.load(spec)
    _check(seeds, timeout, memory)
    placed = _placed(array, device, variants(array, device, dsp), range(1, seeds + 1),
                     Limits(timeout, memory))
    if as_json:
        print(json.dumps({"design": array.name, "config_hash": array.config_hash,
                          "device": device, "placements": [each.to_json() for each in placed]},
                         indent=2))
    else:
        _print(array, placed)
    if all(each.shortfall for each in placed):
        raise typer.Exit(1)


def _check(seeds: int, timeout: float, memory: int) -> None:
    from hwgen.spec import InputError

    if not 1 <= seeds <= 100:
        raise InputError(f"--seeds must be 1 to 100, not {seeds}")
    if not timeout > 0:
        raise InputError(f"--timeout must be above 0 seconds, not {timeout:g}")
    if not 256 <= memory <= 1 << 20:
        raise InputError(f"--memory must be 256 to {1 << 20} MB, not {memory}")


def _placed(array: "ArraySpec", device: str, choices: tuple[bool, ...], seeds: range,
            limits: "Limits") -> list[Any]:
    """The array without and with DSP blocks; with them only if it has a use for them."""
    from hwgen.flow.pnr import place
    from hwgen.tools.yowasp import say

    found: list[Any] = []
    for dsp in choices:
        blocks = " with DSP blocks" if dsp else ""
        say(f"placing {array.name} on {device}{blocks}; the finished parts stay in the cache")
        placed = place(array, device, dsp, seeds, limits=limits, progress=say)
        if not found or placed.uses["DSP"].used:
            found.append(placed)
        else:
            say(f"{array.name} has no use for DSP blocks: the figures are those without")
    return found


def _print(array: "ArraySpec", placed: list[Any]) -> None:
    from hwgen.console import print_placed, size_of

    for each in placed:
        blocks = " with DSP blocks" if each.dsp else ""
        print_placed(f"{array.name} on {each.device}{blocks}: {size_of(array)}", each.uses)
        for line in _lines(each):
            print(f" {line}")


def _lines(placed: Any) -> list[str]:
    """What the table does not tell."""
    if placed.shortfall:
        return [f"does not fit: {placed.shortfall}"]
    if placed.fmax_mhz is None:
        return [f"Fmax n/a: {placed.fmax_note or 'nothing runs from register to register'}"]
    low, high = placed.placement.fmax_range_mhz
    count = len(placed.placement.layouts)
    spread = f"median of {count} seeds, {low:.1f} to {high:.1f}" if count > 1 else "one seed"
    lines = [f"Fmax {placed.fmax_mhz:.1f} MHz ({spread})"]
    if placed.critical_path:
        lines.append(f"critical path{' of the slowest' * (count > 1)}: {placed.critical_path}")
        if not placed.critical_path.in_array:
            lines.append("this path lies in the registers around the array: the array itself is "
                         "faster")
    return lines
