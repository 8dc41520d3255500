"""The constant of a family and the adder of a row."""

import operator

import pytest
from amaranth import Module, Shape, Signal, Value

from hwgen.arith.masked import TruncatedMultiplier
from hwgen.arith.rows import add_with_carry, onto
from tests.arith.magnitudes import operands
from tests.streams import simulate


def outcome(shapes: list[Shape], codes: list[int], build: object) -> tuple[int, int]:
    """Value and width of what ``build(m, *signals)`` makes of ``codes``."""
    m = Module()
    signals = [Signal(shape) for shape in shapes]
    value = build(m, *signals)  # type: ignore[operator]
    output = Signal(value.shape())
    m.d.comb += output.eq(value)
    results = []

    async def testbench(ctx: object) -> None:
        for signal, code in zip(signals, codes, strict=True):
            ctx.set(signal, code)  # type: ignore[attr-defined]
        results.append(ctx.get(output))  # type: ignore[attr-defined]

    simulate(m, testbench)
    return results[0], len(output)


@pytest.mark.parametrize("carry", [0, 1])
@pytest.mark.parametrize(("x_signed", "y_signed", "x", "y"), [
    (True, True, -8, -8), (True, True, 7, 7), (True, True, -1, 0), (False, False, 15, 15),
    (False, True, 15, -8), (True, False, -8, 15), (False, True, 0, 7),
])
def test_add_with_carry(x_signed: bool, y_signed: bool, x: int, y: int, carry: int) -> None:
    def build(m: Module, left: Value, right: Value, bit: Value) -> Value:
        return add_with_carry(left, right, bit)

    shapes = [Shape(4, x_signed), Shape(4, y_signed), Shape(1)]
    assert outcome(shapes, [x, y, carry], build)[0] == x + y + carry


@pytest.mark.parametrize("total_signed", [False, True])
@pytest.mark.parametrize(("total", "column", "row"), [
    (5, 0, 3), (5, 2, -4), (7, 2, 3), (3, 3, -1), (6, 5, 3), (6, 7, -4),
])
def test_row_goes_onto_its_columns(total: int, column: int, row: int, total_signed: bool) -> None:
    def build(m: Module, base: Value, value: Value) -> Value:
        return onto(m, "sum", base, column, value, operator.add)

    total -= 8 * total_signed
    value, width = outcome([Shape(4, total_signed), Shape(3, True)], [total, row], build)
    assert value == total + (row << column)
    assert width <= max(4, column + 3) + 2


@pytest.mark.parametrize(("formats", "constant", "limits"), [
    ("u8xu8", -1, "0 to 65025"), ("u8xu8", 65026, "0 to 65025"),
    ("s8xs8", -16257, "-16256 to 16384"), ("s8xs8", 16385, "-16256 to 16384"),
    ("s3xu7", 382, "-508 to 381"),
])
def test_constant_is_within_the_exact_products(formats: str, constant: int, limits: str) -> None:
    assert TruncatedMultiplier(constant=constant).fault(operands(formats)) == (
        f"multiplier.constant must be {limits} (the exact products of {formats}), not {constant}")


@pytest.mark.parametrize(("formats", "constant"), [
    ("u8xu8", 0), ("u8xu8", 65025), ("s8xs8", -16256), ("s8xs8", 16384)])
def test_constant_at_its_limits(formats: str, constant: int) -> None:
    assert TruncatedMultiplier(constant=constant).fault(operands(formats)) is None


def test_width_is_told_before_the_constant() -> None:
    assert TruncatedMultiplier(constant=9**9).fault(operands("u8xu17")) == (
        "b.width must be 2 to 16 with multiplier.kind 'truncated', not 17")
