"""Specs to start from: commented TOML of arrays that others have built or asked for."""

from dataclasses import dataclass

from hwgen.array.mesh import ArraySpec
from hwgen.flow.templates import render
from hwgen.spec import InputError


@dataclass(frozen=True)
class Preset:
    """A template of a spec, ``spec_<name>.toml.j2``, and the size that it has unless given.

    Parameters
    ----------
    summary : the array in a line.
    rows, columns : PEs.
    dataflow : the only one that the template knows; None if it takes any.
    """

    summary: str
    rows: int = 8
    columns: int = 8
    dataflow: str | None = "output-stationary"


PRESETS = {
    "default": Preset("int8 operands, exact products, 32-bit sums; every field explained",
                      dataflow=None),
    "gupta": Preset("16-bit operands, exact 48-bit sums, one stochastic conversion (ICML 2015)",
                    rows=28, columns=28),
    "sr12": Preset("stochastic rounding of every step into a 12-bit accumulator"),
    "chunked": Preset("two-level accumulation: narrow sums of chunks, added to a wide one"),
    "serial": Preset("bit-serial PEs whose cycles follow the precision of the values"),
    "truncated": Preset("a multiplier without its lowest partial products"),
}


def preset_toml(preset: str, name: str, source: str, rows: int | None = None,
                columns: int | None = None, dataflow: str | None = None) -> str:
    """The TOML of an array ``name``; ``source`` is its file, for messages.

    Raises
    ------
    InputError
        If there is no such preset, or it cannot have the size or the dataflow.
    """
    if preset not in PRESETS:
        raise InputError(f"--preset must be one of {', '.join(PRESETS)}, not {preset!r}")
    chosen = PRESETS[preset]
    if chosen.dataflow and dataflow not in (None, chosen.dataflow):
        raise InputError(f"--dataflow must be {chosen.dataflow} with --preset {preset}, "
                         f"not {dataflow!r}")
    values = {"name": name, "rows": chosen.rows if rows is None else rows,
              "columns": chosen.columns if columns is None else columns}
    kind = dataflow or chosen.dataflow or "output-stationary"
    ArraySpec.parse({**values, "dataflow": {"kind": kind}}, source)
    return render(f"spec_{preset}.toml.j2", dataflow=kind, **values)
