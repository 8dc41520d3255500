"""The precision detector: its golden against Python's integers, its RTL against its golden."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from amaranth import Module, Signal

from hwgen.arith import group_precision
from hwgen.arith.group_precision import GroupPrecision, ones_of
from hwgen.number import Codes, random_codes
from hwgen.spec import InputError
from tests.combinational import all_codes, packed
from tests.streams import simulate

KINDS = [{"signed": True, "form": "twos-complement"}, {"signed": True, "form": "sign-magnitude"},
         {"signed": False}]
NAMES = ["twos", "magnitude", "unsigned"]
SMALL = [(1, 1), (1, 4), (2, 3), (3, 2), (4, 2), (7, 1)]
LARGE = [(5, 16), (8, 16), (16, 16), (32, 5), (11, 100)]


def bits_of(spec: GroupPrecision, value: int) -> int:
    """P of a group of one value, with Python's ``bit_length``."""
    if not spec.signed:
        bits = value.bit_length()
    elif spec.form == "sign-magnitude":
        bits = abs(value).bit_length() + 1
    else:
        bits = (~value if value < 0 else value).bit_length() + 1
    return min(max(bits, 1), spec.width)


def simulated(spec: GroupPrecision, groups: Codes) -> tuple[Codes, Codes]:
    """Ports ``precision`` and ``mask`` for each of ``(n, count)`` codes."""
    dut = spec.create()
    results: list[tuple[int, int]] = []

    async def testbench(ctx: Any) -> None:
        for group in groups.tolist():
            ctx.set(dut.i, packed(group, spec.width))
            results.append((ctx.get(dut.precision), ctx.get(dut.mask)))

    simulate(dut, testbench)
    precision, mask = np.array(results, np.int64).T
    return precision, mask


def all_groups(spec: GroupPrecision) -> Codes:
    return np.array(list(product(all_codes(spec.container), repeat=spec.count)), np.int64)


def random_groups(spec: GroupPrecision, groups: int) -> Codes:
    """Groups of every precision; in each kind both extremes of some width, and zeros."""
    rng = np.random.default_rng(spec.width * spec.count)
    codes = random_codes(rng, spec.container, (groups, spec.count))
    codes >>= rng.integers(0, spec.width, (groups, 1))
    places = rng.integers(0, spec.count, groups)
    edges = np.int64(1) << rng.integers(0, spec.width, groups)
    lone = np.zeros_like(codes)
    low, high = spec.container.minimum, spec.container.maximum
    lone[np.arange(groups), places] = np.clip(edges * rng.choice([-1, 1], groups), low, high)
    near = np.clip(lone - (lone != 0), low, high)
    return np.concatenate([codes, lone, near, codes[:1] * 0])


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@pytest.mark.parametrize(("width", "count"), SMALL)
def test_every_group(width: int, count: int, kind: dict[str, Any]) -> None:
    spec = GroupPrecision(width=width, count=count, **kind)
    groups = all_groups(spec)
    expected = [max(bits_of(spec, value) for value in group) for group in groups.tolist()]
    golden = spec.golden(groups)
    assert golden.tolist() == expected
    precision, mask = simulated(spec, groups)
    assert precision.tolist() == expected
    assert mask.tolist() == spec.masks(golden).tolist() == [(1 << p) - 1 for p in expected]


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@pytest.mark.parametrize(("width", "count"), LARGE)
def test_random_groups(width: int, count: int, kind: dict[str, Any]) -> None:
    spec = GroupPrecision(width=width, count=count, **kind)
    groups = random_groups(spec, 60)
    expected = [max(bits_of(spec, value) for value in group) for group in groups.tolist()]
    assert {1, spec.width} <= set(expected)
    golden = spec.golden(groups)
    assert golden.tolist() == expected
    precision, mask = simulated(spec, groups)
    assert precision.tolist() == expected
    assert mask.tolist() == spec.masks(golden).tolist()


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_largest_group(kind: dict[str, Any]) -> None:
    spec = GroupPrecision(width=2, count=4096, **kind)
    groups = np.zeros((2, 4096), np.int64)
    groups[1, 4095] = spec.container.maximum
    assert simulated(spec, groups)[0].tolist() == spec.golden(groups).tolist() == [1, 2]


def test_form_is_of_signed_values_only() -> None:
    group = np.array([[-4, 3, 0, 0]])
    assert [GroupPrecision(width=8, count=4, form=form).golden(group).item()
            for form in ("twos-complement", "sign-magnitude")] == [3, 4]
    group = np.array([[4, 3, 0, 0]])
    assert {GroupPrecision(width=8, count=4, signed=False, form=form).golden(group).item()
            for form in ("twos-complement", "sign-magnitude")} == {3}


@pytest.mark.parametrize("width", range(1, 34))
def test_ones_of_a_thermometer(width: int) -> None:
    m, mask = Module(), Signal(width)
    count = Signal(8)
    m.d.comb += count.eq(ones_of(mask))
    counts = []

    async def testbench(ctx: Any) -> None:
        for ones in range(width + 1):
            ctx.set(mask, (1 << ones) - 1)
            counts.append(ctx.get(count))

    simulate(m, testbench)
    assert counts == list(range(width + 1))


def test_planted_bug_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_precision, "_any_of", lambda values: values[0])
    spec = GroupPrecision(width=3, count=2)
    groups = all_groups(spec)
    assert simulated(spec, groups)[0].tolist() != spec.golden(groups).tolist()


@pytest.mark.parametrize(("codes", "message"), [
    (np.zeros((2, 3), int), r"codes must be integers of shape \(..., 4\), not int64 of shape \(2"),
    (np.zeros(4), r"codes must be integers of shape \(..., 4\), not float64"),
    (np.int64(3), r"not int64 of shape \(\)"),
    (np.array([0, 128, 0, -129]), "codes must be -128 to 127, not -129 to 128"),
])
def test_wrong_codes(codes: Codes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupPrecision(width=8, count=4).golden(codes)


@pytest.mark.parametrize(("fields", "message"), [
    ({"width": 0}, "width must be at least 1, not 0"),
    ({"width": 33}, "width must be at most 32, not 33"),
    ({"count": 0}, "count must be at least 1, not 0"),
    ({"count": 65537}, "count must be at most 65536, not 65537"),
    ({"form": "ones"}, "form must be 'twos-complement' or 'sign-magnitude', not 'ones'"),
])
def test_wrong_fields(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupPrecision.parse(fields)
