"""Verbs on a spec: new, check."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.app import AsJson, app, name_of, require_new, tell

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec
    from hwgen.pe.dot_product import DotProductPE


@app.command(epilog="Example: hwgen new my.toml --dataflow weight-stationary --rows 4; "
                    "hwgen new sr.toml --preset sr12")
def new(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="The file to write.")],
    preset: Annotated[str, typer.Option(
        help="What to start from; hwgen list shows all.")] = "default",
    rows: Annotated[int | None, typer.Option(
        help="PEs in a column [default: the preset's].")] = None,
    columns: Annotated[int | None, typer.Option(
        help="PEs in a row [default: the preset's].")] = None,
    dataflow: Annotated[str | None, typer.Option(
        help="output-stationary or weight-stationary [default: the preset's].")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented spec to start from."""
    from hwgen.flow.design import write_files
    from hwgen.flow.presets import preset_toml

    require_new(spec, force)
    name = name_of(spec)
    text = preset_toml(preset, name, str(spec), rows, columns, dataflow)
    write_files(spec.parent, {spec.name: text})
    tell(as_json, {"spec": str(spec), "name": name, "preset": preset},
         f"wrote {spec}; next: hwgen gen {spec}")


@app.command(epilog="Example: hwgen check my.toml; hwgen check --schema > array.schema.json")
def check(
    spec: Annotated[Path | None, typer.Argument(metavar="SPEC.toml", help="The spec.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a spec and say what it means: formats, latency, cycles."""
    from hwgen.array.mesh import ArraySpec
    from hwgen.spec import InputError

    if schema:
        print(json.dumps(ArraySpec.model_json_schema(), indent=2))
        return
    if spec is None:
        raise InputError("SPEC.toml must be given, or --schema; write one with: hwgen new my.toml")
    array = ArraySpec.load(spec)
    facts = _facts(array)
    tell(as_json, facts, "\n".join(f"{name:<14} {value}" for name, value in facts.items()))


def _facts(array: "ArraySpec") -> dict[str, Any]:
    m, k, n = 64, array.max_depth or 64, 64
    schedule = array.schedule(m, k, n)
    acc, most = array.pe.format, "at most " if array.varies else ""
    return {
        "name": array.name,
        "config_hash": array.config_hash,
        "array": f"{array.rows} x {array.columns} PEs of {array.pe.lanes} lanes, "
                 f"{array.dataflow.kind}",
        "pe": _pe(array.pe),
        "operands": f"{_format(array.pe.a)} x {_format(array.pe.b)}",
        "multiplier": _multiplier(array.pe),
        "accumulator": f"{_format(acc)}, {array.pe.accumulator.overflow.value}",
        "result": _format(array.result),
        "latency": f"{array.latency} cycles from an operand beat to its first result",
        "cycles": f"{most}{schedule.cycles} for ({m} x {k}) x ({k} x {n}), "
                  f"utilisation {schedule.utilisation:.1%}",
    }


def _pe(pe: "DotProductPE") -> str:
    from hwgen.pe.serial import SerialPE

    if not isinstance(pe, SerialPE):
        return "parallel, a cycle a step"
    planes = " x ".join(str(getattr(pe, side).width) for side in pe.sides)
    return f"{pe.kind}, {planes} cycles a step, precision {pe.precision.kind}"


def _multiplier(pe: "DotProductPE") -> str:
    from hwgen.pe.parallel import ParallelPE

    kind: str = pe.multiplier.kind
    if not isinstance(pe, ParallelPE) or pe.mapped is None:
        return kind
    what = " with the accumulator's adder" if pe.folds else ""
    return f"{kind}, {pe.mapped.cells} cells of {pe.target} in {pe.mapped.form}{what}"


def _format(fixed: Any) -> str:
    kind = "signed" if fixed.signed else "unsigned"
    return f"{kind} {fixed.width} bits, {fixed.frac} fraction"
