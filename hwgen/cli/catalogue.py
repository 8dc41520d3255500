"""Verbs on hwgen itself: list, doctor."""

import sys
from typing import Annotated, Any

import typer

from hwgen.cli.app import AsJson, app, tell


@app.command("list", epilog="Example: hwgen list --json")
def list_(as_json: AsJson = False) -> None:
    """Show what a spec can choose from."""
    from hwgen.arith.catalogue import MULTIPLIERS
    from hwgen.array.mesh import DATAFLOWS
    from hwgen.fabric.catalogue import FABRICS
    from hwgen.flow.devices import DEVICES
    from hwgen.flow.presets import PRESETS
    from hwgen.flow.recipes import FAMILIES
    from hwgen.number import Overflow, Rounding
    from hwgen.pe.catalogue import PES
    from hwgen.sweep.metrics import built_in

    def first_line(thing: Any) -> str:
        return (thing.__doc__ or "").strip().splitlines()[0]

    catalogue = {
        "preset": {name: preset.summary for name, preset in PRESETS.items()},
        "dataflow": {cls.model_fields["kind"].default: first_line(cls) for cls in DATAFLOWS},
        "pe": {cls.model_fields["kind"].default: first_line(cls) for cls in PES},
        "multiplier": {cls.model_fields["kind"].default: first_line(cls) for cls in MULTIPLIERS},
        "target": {name: first_line(sys.modules[type(fabric).__module__])
                   for name, fabric in FABRICS.items()},
        "rounding": {mode.value: mode.summary for mode in Rounding},
        "overflow": {mode.value: mode.summary for mode in Overflow},
        "synthesis family": dict.fromkeys(FAMILIES, ""),
        "device": {name: ", ".join(f"{count:,} {resource}s" for resource, count
                                   in device.capacity.items() if count)
                   for name, device in DEVICES.items()},
        "metric": {name: metric.summary for name, metric in built_in().items()},
    }
    lines = [f"{group:<17} {name:<18} {text}".rstrip()
             for group, entries in catalogue.items() for name, text in entries.items()]
    tell(as_json, catalogue, "\n".join(lines))


@app.command(epilog="Example: hwgen doctor --warm")
def doctor(
    warm: Annotated[bool, typer.Option(
        "--warm", help="Also compile the tools that compile themselves, once.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only what is missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the tools that hwgen needs, and say how to install what is missing."""
    from hwgen.flow.doctor import examine, warm_tools

    findings = examine()
    if warm and all(finding.cure is None for finding in findings):
        warm_tools()
    lines = [f"{'ok  ' if finding.cure is None else 'MISS'}  {finding.tool:<16} {finding.found}"
             + (f"\n      cure: {finding.cure}" if finding.cure else "") for finding in findings
             if finding.cure or not quiet]
    if lines or as_json:
        tell(as_json, [vars(finding) for finding in findings], "\n".join(lines))
    if any(finding.cure for finding in findings):
        raise typer.Exit(2)
