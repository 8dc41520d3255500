"""Hypothesis strategies over the whole space of array specs, at small sizes."""

from typing import Any

from hypothesis import strategies as st

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.array.mesh import ArraySpec
from hwgen.array.random import MAX_SEED
from hwgen.fabric.catalogue import FABRICS
from hwgen.lfsr import MAX_DRAW_BITS
from hwgen.number import Fixed, Overflow, Rounding
from hwgen.pe.parallel import MAX_MAPPED_BITS
from hwgen.pe.serial import SerialPE
from tests.array.products import CODES

Draw = Any

MAX_SERIAL_BITS = SerialPE.max_operand_bits

_OPERAND_BITS = st.one_of(st.integers(1, 9), st.sampled_from([1, 2, 8, 16, 31, 32]))
_SUM_BITS = st.one_of(st.integers(1, 40), st.sampled_from([1, 2, 32, 60, 61, 62, 63, 64]))
_CHOICES = {"rounding": st.sampled_from([mode.value for mode in Rounding]),
            "overflow": st.sampled_from([mode.value for mode in Overflow])}


@st.composite
def operands(draw: Draw) -> dict[str, Any]:
    """An operand format."""
    return {"width": draw(_OPERAND_BITS), "signed": draw(st.booleans()),
            "frac": draw(st.one_of(st.just(0), st.integers(-64, 64)))}


@st.composite
def multipliers(draw: Draw, formats: Operands) -> MultiplierFamily:
    """Any example of any family that takes the operands."""
    return draw(st.sampled_from([
        spec for family in MULTIPLIERS for spec in family.examples(formats)]))


@st.composite
def derived(draw: Draw, source_frac: int, source_bits: int) -> dict[str, Any]:
    """An accumulator or requantizer behind a source."""
    width = draw(_SUM_BITS)
    most = min(source_bits, source_frac + 128)
    drop = draw(st.one_of(st.none(), st.integers(0, min(most, 4)), st.integers(0, most)))
    values = {"width": width, "signed": width == 64 or draw(st.booleans()),
              "frac": None if drop is None else source_frac - drop,
              **{name: draw(choice) for name, choice in _CHOICES.items()}}
    if drop and values["rounding"] == "stochastic":
        bits = st.integers(1, min(drop, MAX_DRAW_BITS))
        values["random_bits"] = draw(st.one_of(st.none(), bits))
    return values


@st.composite
def chunks(draw: Draw, dataflow: dict[str, Any], rows: int, signed: bool) -> dict[str, Any] | None:
    """An outer sum or none, as the dataflow allows."""
    weight_stationary = dataflow["kind"] == "weight-stationary"
    if draw(st.booleans()) or (weight_stationary and not dataflow["bank_rows"]):
        return None
    widths = _SUM_BITS if signed else _SUM_BITS.filter(lambda width: width < 64)
    return {"steps": rows if weight_stationary else draw(st.integers(1, 5)),
            "width": draw(widths), "overflow": draw(_CHOICES["overflow"])}


@st.composite
def dataflows(draw: Draw) -> dict[str, Any]:
    """A dataflow; with small banks above all."""
    if draw(st.booleans()):
        return {"kind": "output-stationary"}
    return {"kind": "weight-stationary",
            "bank_rows": draw(st.one_of(st.integers(0, 4), st.sampled_from([8, 256, 65536])))}


@st.composite
def mappings(draw: Draw, operands: Operands, multiplier: MultiplierFamily) -> dict[str, str]:
    """Cells of an FPGA family for the multiplier, if there are any, or none."""
    wide = max(operands.a.width, operands.b.width) > MAX_MAPPED_BITS
    if wide or multiplier.partial_products(operands) is None or draw(st.booleans()):
        return {}
    return {"target": draw(st.sampled_from(sorted(FABRICS))),
            "form": draw(st.sampled_from(["rows", "tree"]))}


@st.composite
def serial_pes(draw: Draw) -> dict[str, Any]:
    """What makes a PE bit-serial."""
    precision = draw(st.sampled_from([
        {"kind": "fixed"}, {"kind": "run-time"}, {"kind": "dynamic"},
        {"kind": "dynamic", "form": "sign-magnitude"}]))
    return {"kind": draw(st.sampled_from(["activation-serial", "both-serial"])),
            "pipeline": draw(st.integers(0, 5)), "precision": precision}


@st.composite
def arrays(draw: Draw) -> ArraySpec:
    """Any array of up to 3 x 3 PEs with up to 3 lanes."""
    a, b, lanes = draw(operands()), draw(operands()), draw(st.integers(1, 3))
    formats = Operands(Fixed(**a), Fixed(**b))
    serial = draw(st.booleans()) and max(a["width"], b["width"]) <= MAX_SERIAL_BITS
    multiplier = ExactMultiplier() if serial else draw(multipliers(formats))
    bits = multiplier.product_shape(formats).width + (lanes - 1).bit_length()
    frac = formats.product_frac
    accumulator = draw(derived(frac, bits))
    acc_frac = frac if accumulator["frac"] is None else accumulator["frac"]
    rows, dataflow = draw(st.integers(1, 3)), draw(dataflows())
    chunk = draw(chunks(dataflow, rows, accumulator["signed"]))
    total_bits = chunk["width"] if chunk else accumulator["width"]
    return ArraySpec.parse({
        "name": "mac", "rows": rows, "columns": draw(st.integers(1, 3)), "dataflow": dataflow,
        "pe": {"a": a, "b": b, "lanes": lanes, "accumulator": {**accumulator, "chunk": chunk},
               "multiplier": multiplier.model_dump(), "pipeline": draw(st.integers(0, 3)),
               **draw(serial_pes() if serial else mappings(formats, multiplier))},
        "output": draw(st.one_of(st.none(), derived(acc_frac, total_bits))),
        "random": {"sharing": draw(st.sampled_from(["pe", "column"])),
                   "seed": draw(st.one_of(st.just(1), st.integers(0, MAX_SEED)))},
    })


@st.composite
def shapes(draw: Draw, array: ArraySpec) -> tuple[int, int, int]:
    """M, K and N of a product that the array takes, several tiles of it at times."""
    deepest = 7 if array.max_depth is None else min(7, array.max_depth)
    return draw(st.integers(1, 5)), draw(st.integers(1, deepest)), draw(st.integers(1, 4))


@st.composite
def products(draw: Draw) -> tuple[ArraySpec, tuple[int, int, int], str, int]:
    """An array, the shape of a product, the kind of its codes and a seed."""
    array = draw(arrays())
    return array, draw(shapes(array)), draw(st.sampled_from(CODES)), draw(st.integers(0, 999))


def stalls() -> st.SearchStrategy[dict[str, float]]:
    """How often each stream pauses."""
    return st.fixed_dictionaries({name: st.sampled_from([0.0, 0.3, 0.7]) for name in "abo"})
