"""Small arrays that between them use every field of a spec, and random ones for long campaigns."""

from typing import Any

import numpy as np

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.arith.multiplier import Operands
from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.array.random import MAX_SEED
from hwgen.fabric.catalogue import FABRICS
from hwgen.lfsr import MAX_DRAW_BITS
from hwgen.number import Fixed
from tests.arith.netlists import truncated

OPERAND_BITS = (1, 2, 5, 8, 13, 32)
ACCUMULATOR_BITS = (1, 6, 12, 32, 63, 64)
ROUNDINGS = ("floor", "nearest_up", "nearest_even", "stochastic")
SUMS_OF_ROWS = ("masked", "truncated", "broken-array", "perforated")
OVERFLOWS = ("wrap", "saturate")


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
    "os_stochastic_pe": _output_stationary(
        3, 4, random={"sharing": "pe", "seed": 77},
        pe={"lanes": 2, "pipeline": 1, "a": {"width": 6, "frac": 3}, "b": {"width": 5, "frac": 4},
            "accumulator": {"width": 10, "frac": 2, "rounding": "stochastic"}}),
    "os_stochastic_chunked": _output_stationary(
        2, 3, random={"sharing": "column", "seed": 268435455},
        pe={"a": {"width": 5, "frac": 2}, "b": {"width": 6, "frac": 5},
            "multiplier": {"kind": "truncated", "cut": 2},
            "accumulator": {"width": 8, "frac": 3, "rounding": "stochastic", "random_bits": 3,
                            "overflow": "saturate", "chunk": {"steps": 2, "width": 11}}},
        output={"width": 7, "frac": 0, "rounding": "stochastic"}),
    "ws_stochastic_pe": _weight_stationary(
        3, 2, 3, random={"sharing": "pe"},
        pe={"a": {"width": 5}, "b": {"width": 4, "frac": 3}, "multiplier": {"kind": "roba"},
            "accumulator": {"width": 9, "frac": 0, "rounding": "stochastic", "overflow": "wrap"}},
        output={"width": 6, "frac": -2, "rounding": "stochastic", "random_bits": 1}),
    "ws_stochastic_column": _weight_stationary(
        2, 4, 0, random={"sharing": "column", "seed": 0},
        pe={"lanes": 3, "pipeline": 1, "a": {"width": 4, "signed": False}, "b": {"width": 6},
            "multiplier": {"kind": "drum", "segment_bits": 3},
            "accumulator": {"width": 9, "frac": -3, "rounding": "stochastic",
                            "overflow": "saturate"}}),
    "ws_chunked": _weight_stationary(
        3, 3, 4, pe={"a": {"width": 6}, "b": {"width": 6}, "multiplier": {"kind": "mitchell"},
                     "accumulator": {"width": 12, "overflow": "saturate",
                                     "chunk": {"steps": 3, "width": 14, "overflow": "saturate"}}},
        output={"width": 8, "frac": -5, "rounding": "stochastic"}),
    "os_ecp5": _output_stationary(
        3, 2, pe={"target": "ecp5", "a": {"width": 6, "frac": 3}, "b": {"width": 5, "frac": 4}}),
    "ws_ecp5_tree": _weight_stationary(
        3, 3, 4, pe={"target": "ecp5", "form": "tree", "pipeline": 3, "lanes": 2,
                     "a": {"width": 7, "signed": False}, "b": {"width": 6, "frac": 5},
                     "multiplier": {"kind": "truncated", "cut": 4, "constant": 11},
                     "accumulator": {"width": 10, "frac": 2, "rounding": "stochastic",
                                     "overflow": "saturate"}}),
    "os_ice40": _output_stationary(
        2, 3, pe={"target": "ice40", "pipeline": 2, "a": {"width": 4}, "b": {"width": 7},
                  "accumulator": {"width": 13, "overflow": "saturate", "chunk": {"steps": 3}}}),
    "os_xilinx7": _output_stationary(
        2, 3, pe={"target": "xilinx7", "lanes": 2, "pipeline": 1,
                  "b": {"width": 8, "signed": False},
                  "accumulator": {"width": 19, "overflow": "saturate"}}),
    "ws_gowin_tree": _weight_stationary(
        2, 3, 2, pe={"target": "gowin", "form": "tree", "pipeline": 2, "a": {"width": 6},
                     "b": {"width": 7}, "multiplier": {"kind": "broken-array", "horizontal": 1,
                                                       "vertical": 3, "constant": -5}}),
    "ws_ice40_tree": _weight_stationary(
        2, 2, 0, pe={"target": "ice40", "form": "tree", "a": {"width": 5, "signed": False},
                     "b": {"width": 5, "signed": False}}),
    "os_activation_serial": _output_stationary(
        3, 2, random={"sharing": "pe", "seed": 5},
        pe={"kind": "activation-serial", "target": "xilinx7", "lanes": 5, "pipeline": 3,
            "a": {"width": 6, "frac": 3}, "b": {"width": 5, "frac": 4},
            "precision": {"kind": "dynamic"},
            "accumulator": {"width": 11, "frac": 3, "rounding": "stochastic",
                            "overflow": "saturate"}}),
    "ws_activation_serial": _weight_stationary(
        3, 2, 3, pe={"kind": "activation-serial", "lanes": 2, "a": {"width": 5, "signed": False},
                     "b": {"width": 7}, "precision": {"kind": "run-time"},
                     "accumulator": {"width": 13, "overflow": "saturate"}}),
    "os_both_serial": _output_stationary(
        2, 3, pe={"kind": "both-serial", "target": "ecp5", "lanes": 7, "pipeline": 1,
                  "a": {"width": 4}, "b": {"width": 3}, "precision": {"kind": "run-time"},
                  "accumulator": {"width": 9, "overflow": "saturate",
                                  "chunk": {"steps": 2, "width": 12}}},
        output={"width": 6, "frac": -2}),
    "ws_run_ahead": _weight_stationary(
        3, 2, 4, random={"sharing": "column", "seed": 9},
        pe={"kind": "activation-serial", "lanes": 2, "pipeline": 1, "a": {"width": 5},
            "b": {"width": 4, "frac": 2}, "precision": {"kind": "dynamic", "run_ahead": 2},
            "accumulator": {"width": 9, "frac": 0, "rounding": "stochastic"}}),
    "ws_both_serial": _weight_stationary(
        2, 3, 0, pe={"kind": "both-serial", "lanes": 3, "a": {"width": 4, "frac": 2},
                     "b": {"width": 5, "signed": False},
                     "precision": {"kind": "dynamic", "form": "sign-magnitude"},
                     "accumulator": {"width": 10, "frac": 0, "rounding": "nearest_even"}}),
}
VARIED = {name: ArraySpec.parse({"name": name, **values}) for name, values in _VALUES.items()}
"""By name: one PE, tall, wide; lanes, pipeline; every rounding, overflow and size of a bank; draws
of both sharings for steps and results; chunks; approximate multipliers; FPGA families; bit-serial
PEs of every precision."""


def _mapping(rng: np.random.Generator, multiplier: dict[str, Any]) -> dict[str, str]:
    """Cells of an FPGA family, if the multiplier can be made of them."""
    if multiplier["kind"] not in SUMS_OF_ROWS or rng.integers(2):
        return {}
    return {"target": str(rng.choice(sorted(FABRICS))), "form": str(rng.choice(["rows", "tree"]))}


def random_array(seed: int) -> ArraySpec:
    """Any array of at most 5 x 5 PEs; every field is drawn."""
    rng = np.random.default_rng(seed)
    a, b = _operand(rng), _operand(rng)
    multiplier, bits = _multiplier(rng, Operands(Fixed(**a), Fixed(**b)))
    rows, columns = map(int, rng.integers(1, 6, 2))
    shape = _output_stationary if rng.integers(2) else _weight_stationary
    bank = () if shape is _output_stationary else (int(rng.choice([0, 1, 2, 7, 64])),)
    accumulator = _derived(rng, a["frac"] + b["frac"], bits)
    if rng.integers(3) == 0 and bank != (0,):
        steps = rows if bank else int(rng.integers(1, 6))
        accumulator["chunk"] = {"steps": steps, "width": _width(rng, accumulator["signed"]),
                                "overflow": str(rng.choice(OVERFLOWS))}
    total = accumulator.get("chunk", accumulator)["width"]
    output = {"output": _derived(rng, accumulator["frac"], total)} if rng.integers(3) else {}
    return ArraySpec.parse({
        "name": f"random_{seed}",
        **shape(rows, columns, *bank),
        "pe": {"a": a, "b": b, "lanes": int(rng.integers(1, 4)), "pipeline": int(rng.integers(4)),
               "multiplier": multiplier, "accumulator": accumulator, **_mapping(rng, multiplier)},
        **output,
        "random": {"sharing": str(rng.choice(["pe", "column"])),
                   "seed": int(rng.integers(MAX_SEED, endpoint=True))},
    })


def _operand(rng: np.random.Generator) -> dict[str, Any]:
    return {"width": int(rng.choice(OPERAND_BITS)), "frac": int(rng.integers(-3, 9)),
            "signed": bool(rng.integers(2))}


def _multiplier(rng: np.random.Generator, operands: Operands) -> tuple[dict[str, Any], int]:
    """An example of a family that takes the operands, and the bits of its products."""
    families = [list(family.examples(operands)) for family in MULTIPLIERS]
    fitting = [examples for examples in families if examples]
    examples = fitting[rng.integers(len(fitting))]
    spec = examples[rng.integers(len(examples))]
    return spec.model_dump(), spec.product_shape(operands).width


def _derived(rng: np.random.Generator, source_frac: int, source_bits: int) -> dict[str, Any]:
    """An accumulator or requantizer behind a source."""
    drop, signed = int(rng.integers(source_bits)), bool(rng.integers(2))
    rounding = str(rng.choice(ROUNDINGS))
    draws = {}
    if rounding == "stochastic" and drop and rng.integers(2):
        draws["random_bits"] = int(rng.integers(1, min(drop, MAX_DRAW_BITS), endpoint=True))
    return {"width": _width(rng, signed), "frac": source_frac - drop, "signed": signed,
            "rounding": rounding, "overflow": str(rng.choice(OVERFLOWS)), **draws}


def _width(rng: np.random.Generator, signed: bool) -> int:
    return min(int(rng.choice(ACCUMULATOR_BITS)), 63 + signed)
