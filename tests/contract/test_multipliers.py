"""What every multiplier family keeps: RTL equal to golden for all pairs of operand codes."""

from functools import cache

import numpy as np
import pytest
from amaranth.back import rtlil

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from hwgen.number import Codes, Fixed, random_codes
from hwgen.pe.parallel import ParallelPE
from hwgen.tools.gates import Gates, gates_of
from tests.combinational import all_codes, all_pairs, as_codes, simulate_products


def operands(a: str, b: str) -> Operands:
    """From names such as ``s8``."""
    left, right = (Fixed(width=int(name[1:]), signed=name[0] == "s") for name in (a, b))
    return Operands(left, right)


FORMATS = [operands(*names) for names in (
    ("s8", "s8"), ("u8", "u8"), ("s8", "u8"), ("u6", "s6"), ("s1", "s1"), ("u1", "u1"),
    ("s1", "u1"), ("s2", "s2"), ("s3", "u7"), ("u7", "s2"), ("s5", "s4"), ("u5", "u4"),
    ("s1", "s8"), ("u8", "u1"),
)]
SIMULATED = {"u6xs6", "s3xu7", "s5xs4", "u5xu4", "s1xu1"}  # in Amaranth's simulator too

Example = tuple[MultiplierFamily, Operands]
ALL: list[tuple[Example, str]] = [
    ((spec, each), f"{spec.kind}-{each}-{index}") for family in MULTIPLIERS for each in FORMATS
    for index, spec in enumerate(family.examples(each))
]
EXAMPLES = [pytest.param(*example, id=name) for example, name in ALL]


@cache
def gates_of_family(kind: str) -> dict[Example, Gates]:
    """The gates of all examples of a family, from one run of Yosys."""
    modules = {name: example for example, name in ALL if example[0].kind == kind}
    text = "\n".join(
        rtlil.convert(MultiplierUnit(*example).create(), name=name, emit_src=False)
        for name, example in modules.items())
    return {modules[name]: gates for name, gates in gates_of(text, list(modules)).items()}


def evaluate_products(spec: MultiplierFamily, formats: Operands, a: Codes, b: Codes) -> Codes:
    """Products of the RTL's gates."""
    gates = gates_of_family(spec.kind)[spec, formats]
    return as_codes(gates.evaluate(a=a, b=b)["p"], spec.product_shape(formats))


@pytest.mark.parametrize(("spec", "formats"), EXAMPLES)
def test_rtl_matches_golden_exhaustively(spec: MultiplierFamily, formats: Operands) -> None:
    a, b = all_pairs(formats.a, formats.b)
    golden = spec.golden(formats, a, b)
    np.testing.assert_array_equal(evaluate_products(spec, formats, a, b), golden)
    low, high = spec.bounds(formats)
    assert low <= golden.min()
    assert golden.max() <= high


@pytest.mark.parametrize(("spec", "formats"), [
    pytest.param(*example, id=name) for example, name in ALL if str(example[1]) in SIMULATED])
def test_simulator_agrees_with_gates(spec: MultiplierFamily, formats: Operands) -> None:
    rng = np.random.default_rng(len(str(spec)))
    a, b = (random_codes(rng, side, (16,)) for side in (formats.a, formats.b))
    products = simulate_products(MultiplierUnit(spec, formats).create, a, b)
    np.testing.assert_array_equal(products, evaluate_products(spec, formats, a, b))


@pytest.mark.parametrize(("spec", "formats"), EXAMPLES)
def test_golden_broadcasts_in_int64(spec: MultiplierFamily, formats: Operands) -> None:
    a, b = all_codes(formats.a)[::11], all_codes(formats.b)[::7]
    table = spec.golden(formats, a[:, None], b)
    assert table.dtype == np.int64
    left, right = np.repeat(a, len(b)), np.tile(b, len(a))
    assert table.ravel().tolist() == spec.golden(formats, left, right).tolist()


@pytest.mark.parametrize(("spec", "formats"), EXAMPLES)
def test_worst_error_bounds_every_error(spec: MultiplierFamily, formats: Operands) -> None:
    bound = spec.worst_error(formats)
    if bound is not None:
        a, b = all_pairs(formats.a, formats.b)
        assert np.abs(spec.golden(formats, a, b) - a * b).max() <= bound


@pytest.mark.parametrize("family", MULTIPLIERS, ids=lambda family: family.__name__)
def test_catalogue_entry_is_a_choice_of_the_pe(family: type[MultiplierFamily]) -> None:
    assert any(spec.fault(FORMATS[0]) is None for spec in family.examples(FORMATS[0]))
    for spec in family.examples(FORMATS[0]):
        pe = ParallelPE.parse({"multiplier": spec.model_dump(mode="json")})
        assert pe.multiplier == spec
        assert type(pe.multiplier) is family


def test_kinds_are_distinct() -> None:
    kinds = [family.model_fields["kind"].default for family in MULTIPLIERS]
    assert len(set(kinds)) == len(kinds)
