"""Small arrays that between them use every field of a spec, and random ones for long campaigns."""

from typing import Any

import numpy as np

from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from tests.arith.netlists import truncated

OPERAND_BITS = (1, 2, 5, 8, 13, 32)
ACCUMULATOR_BITS = (1, 6, 12, 32, 63, 64)
ROUNDINGS = ("floor", "nearest_up", "nearest_even")


def _output_stationary(rows: int, columns: int, **more: Any) -> dict[str, Any]:
    return {"rows": rows, "columns": columns, **more}


def _weight_stationary(rows: int, columns: int, bank_rows: int, **more: Any) -> dict[str, Any]:
    dataflow = {"kind": "weight-stationary", "bank_rows": bank_rows}
    return {"rows": rows, "columns": columns, "dataflow": dataflow, **more}


_TABLE = TableMultiplier.of(np.random.default_rng(1).integers(-90, 90, (8, 16)) // 4 * 2)
_VALUES: dict[str, dict[str, Any]] = {
    "os_one_pe": _output_stationary(1, 1),
    "os_tall_lanes": _output_stationary(
        5, 2, pe={"lanes": 3, "a": {"width": 5, "signed": False}, "b": {"width": 4},
                  "accumulator": {"width": 9, "overflow": "saturate"}}),
    "os_wide_pipeline": _output_stationary(
        2, 5, pe={"pipeline": 1, "a": {"width": 6, "frac": 3}, "b": {"width": 7, "frac": 2},
                  "accumulator": {"width": 14, "frac": 2, "rounding": "nearest_even"}},
        output={"width": 6, "frac": -1}),
    "os_unsigned": _output_stationary(
        3, 3, pe={"pipeline": 1, "lanes": 2, "a": {"width": 3, "signed": False},
                  "b": {"width": 4, "signed": False},
                  "accumulator": {"width": 10, "signed": False, "overflow": "saturate"}},
        output={"width": 5, "signed": False, "frac": -4, "rounding": "nearest_up"}),
    "ws_one_pe": _weight_stationary(1, 1, 0),
    "ws_no_bank": _weight_stationary(
        3, 4, 0, pe={"lanes": 2, "a": {"width": 4, "signed": False}, "b": {"width": 6},
                     "accumulator": {"width": 11, "overflow": "saturate"}},
        output={"width": 8, "frac": -2, "rounding": "floor", "overflow": "wrap"}),
    "ws_bank_1": _weight_stationary(
        2, 3, 1, pe={"pipeline": 1, "a": {"width": 7}, "b": {"width": 2}}),
    "ws_bank_5": _weight_stationary(
        4, 2, 5, pe={"lanes": 2, "a": {"width": 6, "frac": 4}, "b": {"width": 5, "frac": 3},
                     "accumulator": {"width": 10, "frac": 3, "rounding": "nearest_up",
                                     "overflow": "saturate"}},
        output={"width": 7, "frac": 0}),
    "ws_one_row": _weight_stationary(
        1, 3, 4, pe={"a": {"width": 32}, "b": {"width": 32}, "accumulator": {"width": 64}}),
    "os_netlist": _output_stationary(
        2, 3, pe={"lanes": 2, "a": {"width": 4}, "b": {"width": 4, "signed": False},
                  "multiplier": {"kind": "netlist", "source": truncated("mul", 4, 2)}}),
    "ws_table": _weight_stationary(
        3, 2, 2, pe={"a": {"width": 3}, "b": {"width": 4}, "multiplier": _TABLE.model_dump()}),
}
VARIED = {name: ArraySpec.parse({"name": name, **values}) for name, values in _VALUES.items()}
"""By name: one PE, tall, wide; lanes, pipeline; every rounding, overflow and size of a bank."""


def random_array(seed: int) -> ArraySpec:
    """Any array of at most 5 x 5 PEs; every field is drawn."""
    rng = np.random.default_rng(seed)
    a, b = _operand(rng), _operand(rng)
    lanes = int(rng.integers(1, 4))
    accumulator = {
        **_derived(rng, a["frac"] + b["frac"], int(rng.integers(a["width"] + b["width"]))),
        "rounding": str(rng.choice(ROUNDINGS)), "overflow": str(rng.choice(["wrap", "saturate"])),
    }
    output = {
        **_derived(rng, accumulator["frac"], int(rng.integers(accumulator["width"]))),
        "rounding": str(rng.choice(ROUNDINGS)), "overflow": str(rng.choice(["wrap", "saturate"])),
    }
    shape = _output_stationary if rng.integers(2) else _weight_stationary
    bank = () if shape is _output_stationary else (int(rng.choice([0, 1, 2, 7, 64])),)
    return ArraySpec.parse({
        "name": f"random_{seed}",
        **shape(*map(int, rng.integers(1, 6, 2)), *bank),
        "pe": {"a": a, "b": b, "lanes": lanes, "pipeline": int(rng.integers(2)),
               "accumulator": accumulator},
        **({"output": output} if rng.integers(3) else {}),
    })


def _operand(rng: np.random.Generator) -> dict[str, Any]:
    return {"width": int(rng.choice(OPERAND_BITS)), "frac": int(rng.integers(-3, 9)),
            "signed": bool(rng.integers(2))}


def _derived(rng: np.random.Generator, source_frac: int, drop: int) -> dict[str, Any]:
    width = int(rng.choice(ACCUMULATOR_BITS))
    return {"width": width, "frac": source_frac - drop, "signed": width == 64 or
            bool(rng.integers(2))}
