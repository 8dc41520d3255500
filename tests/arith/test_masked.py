"""Masked families against their partial products one by one, and published circuits."""

import numpy as np
import pytest

from hwgen.arith.masked import (
    BrokenArrayMultiplier,
    MaskedFamily,
    MaskedMultiplier,
    TruncatedMultiplier,
)
from hwgen.arith.multiplier import MultiplierUnit
from hwgen.pe.parallel import ParallelPE
from hwgen.spec import InputError
from tests.arith.arrays import expect_product, partial_products, published_figures
from tests.arith.magnitudes import WIDE, expect_attained, operands
from tests.combinational import all_pairs, simulate_products


@pytest.mark.parametrize("constant", [0, 70])
@pytest.mark.parametrize("formats", WIDE)
def test_masked_definition(formats: str, constant: int) -> None:
    each = operands(formats)
    first = [(7 * j + 3) % (each.a.width + 1) for j in range(each.b.width)]
    expect_product(MaskedMultiplier(first=first, constant=constant), each,
                   partial_products(each, lambda i, j: i >= first[j], constant))


@pytest.mark.parametrize(("cut", "constant"), [(0, 0), (7, 56)])
@pytest.mark.parametrize("formats", WIDE)
def test_truncated_definition(formats: str, cut: int, constant: int) -> None:
    each = operands(formats)
    expect_product(TruncatedMultiplier(cut=cut, constant=constant), each,
                   partial_products(each, lambda i, j: i + j >= cut, constant))


@pytest.mark.parametrize(("horizontal", "vertical", "constant"), [
    (1, 0, 0), (1, 2, 7)])
@pytest.mark.parametrize("formats", WIDE)
def test_broken_array_definition(formats: str, horizontal: int, vertical: int,
                                 constant: int) -> None:
    each = operands(formats)
    expect_product(
        BrokenArrayMultiplier(horizontal=horizontal, vertical=vertical, constant=constant), each,
        partial_products(each, lambda i, j: j >= horizontal and i + j >= vertical, constant))


@pytest.mark.parametrize(("spec", "formats", "a", "b", "product"), [
    (TruncatedMultiplier(cut=2), "u3xu3", 7, 7, 49 - (1 + 2 + 2)),
    (TruncatedMultiplier(cut=2, constant=3), "u3xu3", 7, 7, 49 - 5 + 3),
    (TruncatedMultiplier(cut=3), "s3xs3", -1, -1, 16 - 8 - 8),
    (TruncatedMultiplier(cut=3), "s3xs3", -4, -4, 16),
    (TruncatedMultiplier(cut=3), "s3xs3", 3, 3, 0),
    (TruncatedMultiplier(cut=3), "s3xu3", -4, 7, -16 - 8),
    (BrokenArrayMultiplier(horizontal=1), "u3xu3", 5, 7, 5 * 6),
    (BrokenArrayMultiplier(horizontal=1, vertical=3), "u3xu3", 7, 7, 8 + 8 + 16),
    (BrokenArrayMultiplier(horizontal=2), "s3xs3", 3, -1, 3 * -4),
    (MaskedMultiplier(first=(3, 2, 0)), "s3xs3", -1, -1, -4 * 2 + 1 * 4),
    (MaskedMultiplier(first=(3, 3, 3), constant=5), "s3xs3", -1, -1, 5),
])
def test_hand_worked(spec: MaskedFamily, formats: str, a: int, b: int, product: int) -> None:
    assert spec.golden(operands(formats), np.array(a), np.array(b)) == product


@pytest.mark.parametrize(("spec", "figures"), [
    pytest.param(TruncatedMultiplier(cut=4), {
        "MAE": 12, "WCE": 49, "EP%": 81.25, "MRE%": 2.53, "WCRE%": 4900, "MSE": 248.25,
    }, id="mul8s_1KVA"),
    pytest.param(BrokenArrayMultiplier(horizontal=6, vertical=6), {
        "MAE": 2016, "WCE": 8064, "EP%": 98.05, "MRE%": 135.77, "WCRE%": 6300, "MSE": 7282910.25,
    }, id="mul8s_1L12"),
    pytest.param(BrokenArrayMultiplier(horizontal=6, vertical=11), {"MRE%": 147.6305},
                 id="BAM v=11 h=6"),
    pytest.param(MaskedMultiplier(first=(8, 8, 8, 3, 3, 3, 3, 3)), {
        "MAE": 340, "WCE": 1743, "EP%": 97.75, "MRE%": 27.44, "WCRE%": 6300, "MSE": 191238.25,
    }, id="mul8s_1L2N"),
    pytest.param(MaskedMultiplier(first=(8, 8, 2, 2, 2, 2, 2, 2)), {
        "MAE": 150, "WCE": 759, "EP%": 93.16, "MRE%": 12.26, "WCRE%": 1500, "MSE": 38236.25,
    }, id="mul8s_1L2L"),
])
def test_published_circuits(spec: MaskedFamily, figures: dict[str, float]) -> None:
    """Signed array multipliers of EvoApproxLib (2018); it rounds MAE to integers."""
    measured = published_figures(spec, operands("s8xs8"))
    assert {name: pytest.approx(measured[name], abs=0.5 if name == "MAE" else 0.01)
            for name in figures} == figures


@pytest.mark.parametrize("formats", ["u8xu8", "s8xs8", "s8xu8", "u6xs6", "s2xs2", "s3xu7", "u7xs2"])
@pytest.mark.parametrize("family", [MaskedMultiplier, TruncatedMultiplier, BrokenArrayMultiplier])
def test_bounds_are_attained(family: type[MaskedFamily], formats: str) -> None:
    specs = list(family.examples(operands(formats)))
    assert specs
    for spec in specs:
        expect_attained(spec, operands(formats))


@pytest.mark.parametrize(("cut", "constant"), [(1, 0), (5, 40), (8, 0), (8, 448), (8, 1700)])
@pytest.mark.parametrize("formats", ["u8xu8", "u16xu16", "u9xu13"])
def test_largest_error_of_unsigned_truncation(formats: str, cut: int, constant: int) -> None:
    """Column k below both widths has k + 1 partial products: all of them are lost, or none."""
    dropped = sum((k + 1) << k for k in range(cut))
    spec = TruncatedMultiplier(cut=cut, constant=constant)
    assert spec.worst_error(operands(formats)) == max(constant, dropped - constant)


@pytest.mark.parametrize("formats", ["u16xu16", "s16xs16", "s9xu16"])
def test_nothing_dropped_is_exact(formats: str) -> None:
    assert TruncatedMultiplier().worst_error(operands(formats)) == 0
    assert TruncatedMultiplier().bounds(operands(formats)) == operands(formats).exact_bounds


def test_constant_may_need_a_wider_product() -> None:
    spec, formats = TruncatedMultiplier(constant=100), operands("u4xu4")
    assert spec.bounds(formats) == (100, 325)
    assert spec.product_shape(formats).width == 9
    a, b = all_pairs(formats.a, formats.b)
    products = simulate_products(MultiplierUnit(spec, formats).create, a, b)
    assert products.tolist() == (a * b + 100).tolist()


@pytest.mark.parametrize(("spec", "formats", "fault"), [
    (MaskedMultiplier(first=(0, 0)), "u8xu3",
     "multiplier.first must have 3 entries, one a bit of b, not 2"),
    (MaskedMultiplier(first=(0, 9, 0)), "u8xu3",
     "multiplier.first must hold columns 0 to 8 (a.width, for an empty row), not 9 for bit 1 of b"),
    (MaskedMultiplier(first=(0, 8, -1)), "u8xu3", "multiplier.first must hold columns 0 to 8 "
     "(a.width, for an empty row), not -1 for bit 2 of b"),
    (MaskedMultiplier(first=(0, 8, 0)), "u8xu3", None),
    (TruncatedMultiplier(cut=10), "s8xu3",
     "multiplier.cut must be 0 to 9 for s8xu3 operands, not 10"),
    (TruncatedMultiplier(cut=9), "s8xu3", None),
    (BrokenArrayMultiplier(horizontal=3), "s8xu3",
     "multiplier.horizontal must be 0 to 2 for s8xu3 operands, not 3"),
    (BrokenArrayMultiplier(vertical=10), "s8xu3",
     "multiplier.vertical must be 0 to 9 for s8xu3 operands, not 10"),
    (BrokenArrayMultiplier(horizontal=2, vertical=9), "s8xu3", None),
    (TruncatedMultiplier(), "s1xu3",
     "a.width must be 2 to 16 with multiplier.kind 'truncated', not 1"),
])
def test_fault(spec: MaskedFamily, formats: str, fault: str | None) -> None:
    assert spec.fault(operands(formats)) == fault


@pytest.mark.parametrize(("values", "message"), [
    ({"kind": "masked"}, "multiplier.first is required and missing"),
    ({"kind": "masked", "first": [0, "x"]}, "multiplier.first.1 must be an integer, not 'x'"),
    ({"kind": "truncated", "cut": -1}, "multiplier.cut must be at least 0, not -1"),
    ({"kind": "broken-array", "vertical": 15},
     "multiplier.vertical must be 0 to 14 for s8xs8 operands, not 15"),
])
def test_user_is_told(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        ParallelPE.parse({"multiplier": values})
