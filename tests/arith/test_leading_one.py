"""The normalising shifter, exhaustively, against Python's ``bit_length``."""

from typing import Any

import pytest
from amaranth import Module, Signal

from hwgen.arith.leading_one import normalise
from tests.streams import simulate


def normalised(width: int, most: int) -> list[tuple[int, int]]:
    """Shifted value and exponent of every value of ``width`` bits."""
    m, x = Module(), Signal(width)
    shifted, exponent = normalise(m, x, most)
    assert len(shifted) == width
    assert exponent.shape().width == most.bit_length()
    results: list[tuple[int, int]] = []

    async def testbench(ctx: Any) -> None:
        for code in range(1 << width):
            ctx.set(x, code)
            results.append((ctx.get(shifted), ctx.get(exponent)))

    simulate(m, testbench)
    return results


@pytest.mark.parametrize(("width", "most"), [
    *((width, most) for width in range(1, 8) for most in range(width)), (9, 8), (8, 7), (10, 4)])
def test_normalise_exhaustively(width: int, most: int) -> None:
    places = [min(most, width - x.bit_length()) for x in range(1 << width)]
    expected = [(x << by, most - by) for x, by in enumerate(places)]
    assert normalised(width, most) == expected


@pytest.mark.parametrize("width", [2, 5, 8])
def test_exponent_is_the_place_of_the_leading_one(width: int) -> None:
    assert [exponent for _, exponent in normalised(width, width - 1)] == [
        max(0, x.bit_length() - 1) for x in range(1 << width)]
