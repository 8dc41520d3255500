"""The verb that tells where an array's energy goes: power."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.app import AsJson, SpecFile, app, busy

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.power import Energy, Products


@app.command(epilog="Example: hwgen power my.toml --network digits; "
                    "hwgen power my.toml --activations a.npy --weights w.npy")
def power(
    spec: SpecFile,
    activations: Annotated[Path | None, typer.Option(
        metavar="A.npy", help="Codes of A, (M, K) integers [default: random].")] = None,
    weights: Annotated[Path | None, typer.Option(
        metavar="W.npy", help="Codes of B, (K, N) integers [default: random].")] = None,
    network: Annotated[str | None, typer.Option(
        help="Take the products of a network instead: digits.")] = None,
    family: Annotated[str | None, typer.Option(
        help="gates, ecp5, gowin, ice40 or xilinx7 [default: pe.target, or gates].")] = None,
    seed: Annotated[int, typer.Option(help="Of the random codes.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Count the toggles of the array's netlist on real operands: relative energy a MAC.

    The array is measured idle, on the operands given, and on random ones of the same size.
    """
    from hwgen.array.mesh import ArraySpec
    from hwgen.flow.power import energies, random_like
    from hwgen.flow.yosys import FAMILIES
    from hwgen.spec import InputError

    if network not in (None, "digits"):
        raise InputError(f"--network must be digits, not {network!r}")
    if network and (activations or weights):
        raise InputError("--network must go without --activations and --weights")
    if family not in (None, *FAMILIES):
        raise InputError(f"--family must be one of {', '.join(FAMILIES)}, not {family!r}")
    if seed < 0:
        raise InputError(f"--seed must be at least 0, not {seed}")
    array = ArraySpec.load(spec)
    chosen = family or array.pe.target or "gates"
    given = _given(array, activations, weights, network, seed)
    products = given or {"random": _random(array, seed)}
    if given:
        products |= {"random": random_like(array, next(iter(given.values())), seed)}
    with busy(f"counting toggles of {array.name}; the first time takes a minute to build"):
        found = energies(array, products, chosen)
    if as_json:
        print(json.dumps({"design": array.name, "config_hash": array.config_hash,
                          "family": chosen, "runs": [each.to_json() for each in found]}, indent=2))
    else:
        _print(array, chosen, found)


def _given(array: "ArraySpec", activations: Path | None, weights: Path | None,
           network: str | None, seed: int) -> "dict[str, Products]":
    """The operands that the user chose; none for random ones alone."""
    from hwgen.flow.power import random_size
    from hwgen.nn.digits_operands import digits_products
    from hwgen.number import random_codes

    if network:
        products = digits_products(array)
        return {"digits": products}
    if not activations and not weights:
        return {}
    import numpy as np

    rng = np.random.default_rng(seed)
    a = _matrix(activations, "activations", array.pe.a)
    b = _matrix(weights, "weights", array.pe.b)
    m, _, n = random_size(array)
    if a is None and b is not None:
        a = random_codes(rng, array.pe.a, (m, len(b)))
    elif b is None and a is not None:
        b = random_codes(rng, array.pe.b, (a.shape[1], n))
    return {"given": [(a, b)]}


def _matrix(path: Path | None, what: str, operand: Any) -> Any:
    from hwgen.analysis.codes import load_codes
    from hwgen.spec import InputError

    if path is None:
        return None
    codes = load_codes(path, what, operand)
    if codes.ndim != 2:
        raise InputError(f"{what} must be a matrix, not of shape {codes.shape}")
    return codes


def _random(array: "ArraySpec", seed: int) -> "Products":
    import numpy as np

    from hwgen.flow.power import random_like, random_size

    m, k, n = random_size(array)
    return random_like(array, [(np.zeros((m, k)), np.zeros((k, n)))], seed)


def _print(array: "ArraySpec", family: str, found: "list[Energy]") -> None:
    """All runs, and where the energy of the first that computes something goes."""
    from hwgen.console import print_table, size_of

    unit = "a two-input gate's toggle" if family == "gates" else f"a toggle of a LUT of {family}"
    print(f"{array.name} on {family}: {size_of(array)}; energy in units of {unit}")
    counted = ("cycles", "MACs", "energy/cycle", "energy/MAC", "ungated/cycle", "toggles/net")
    print_table("", ("operands", *counted), [_row(each) for each in found], right=counted)
    shown = found[1]
    columns: tuple[str, ...] = ("logic", "registers", "clock", "memory", "share")
    parts = [(part, *(f"{kinds[kind] / shown.cycles:,.1f}" for kind in kinds),
              f"{sum(kinds.values()) / shown.total:.1%}") for part, kinds in shown.parts.items()]
    print_table(f"energy a cycle, {shown.name}", ("part", *columns), parts, right=columns)
    columns = ("nets", "energy/cycle", "share", "toggles/net")
    modules = sorted(shown.modules, key=lambda module: -shown.modules[module])
    print_table("by module, without what is inside", ("module", *columns),
                [_module_row(shown, module) for module in modules], right=columns)
    print("zero-delay toggles, so no glitches; no wires, clock tree or leakage; all results are "
          "the golden's")


def _row(energy: "Energy") -> tuple[str, ...]:
    per_mac = "" if energy.per_mac is None else f"{energy.per_mac:,.1f}"
    return (energy.name, f"{energy.cycles:,}", f"{energy.macs:,}", f"{energy.per_cycle:,.1f}",
            per_mac, f"{energy.ungated / energy.cycles:,.1f}", f"{energy.activity:.4f}")


def _module_row(energy: "Energy", module: str) -> tuple[str, ...]:
    nets, value = energy.nets.get(module, 0), energy.modules[module]
    rate = f"{energy.toggles[module] / nets / energy.cycles:.4f}" if nets else ""
    return (module, f"{nets:,}", f"{value / energy.cycles:,.1f}", f"{value / energy.total:.1%}",
            rate)
