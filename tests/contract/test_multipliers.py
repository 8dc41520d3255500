"""What every multiplier family keeps: RTL equal to golden for all pairs of operand codes."""

import numpy as np
import pytest

from hwgen.arith.catalogue import MULTIPLIERS, Multiplier
from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from hwgen.number import Fixed
from hwgen.pe.parallel import ParallelPE
from tests.combinational import all_codes, all_pairs, simulate_products


def operands(a: str, b: str) -> Operands:
    """From names such as ``s8``."""
    left, right = (Fixed(width=int(name[1:]), signed=name[0] == "s") for name in (a, b))
    return Operands(left, right)


FORMATS = [operands(*names) for names in (
    ("s8", "s8"), ("u8", "u8"), ("s8", "u8"), ("u6", "s6"), ("s1", "s1"), ("u1", "u1"),
    ("s1", "u1"), ("s2", "s2"), ("s3", "u7"), ("u7", "s2"), ("s5", "s4"), ("u5", "u4"),
    ("s1", "s8"), ("u8", "u1"),
)]
EXAMPLES = [pytest.param(spec, each, id=f"{spec.kind}-{each}-{index}")
            for family in MULTIPLIERS for each in FORMATS
            for index, spec in enumerate(family.examples(each))]


@pytest.mark.parametrize(("spec", "formats"), EXAMPLES)
def test_rtl_matches_golden_exhaustively(spec: MultiplierFamily, formats: Operands) -> None:
    a, b = all_pairs(formats.a, formats.b)
    golden = spec.golden(formats, a, b)
    products = simulate_products(MultiplierUnit(spec, formats).create, a, b)
    np.testing.assert_array_equal(products, golden)
    low, high = spec.bounds(formats)
    assert low <= golden.min()
    assert golden.max() <= high


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
    assert all(family.__name__ in str(Multiplier) for family in MULTIPLIERS)
