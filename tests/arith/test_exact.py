"""The exact multiplier; tests/contract compares its RTL exhaustively."""

import numpy as np
import pytest

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierUnit, Operands
from hwgen.number import Fixed
from tests.combinational import simulate_products

WIDE = [Operands(Fixed(width=32), Fixed(width=32)),
        Operands(Fixed(width=32, signed=False), Fixed(width=32, signed=False)),
        Operands(Fixed(width=32, signed=False), Fixed(width=32)),
        Operands(Fixed(width=1), Fixed(width=32, signed=False))]


def extremes(operand: Fixed) -> list[int]:
    return sorted({operand.minimum, operand.minimum + 1, 0, operand.maximum - 1, operand.maximum})


@pytest.mark.parametrize("operands", WIDE, ids=str)
def test_extremes_of_wide_operands(operands: Operands) -> None:
    pairs = [(x, y) for x in extremes(operands.a) for y in extremes(operands.b)]
    a, b = np.array(pairs, object).T
    expected = [x * y for x, y in pairs]
    assert ExactMultiplier().golden(operands, a, b).tolist() == expected
    unit = MultiplierUnit(ExactMultiplier(), operands)
    assert simulate_products(unit.create, a, b).tolist() == expected


@pytest.mark.parametrize("dtype", [np.int64, object])
def test_golden_broadcasts_and_keeps_the_dtype(dtype: type) -> None:
    operands = Operands(Fixed(width=8), Fixed(width=8))
    product = ExactMultiplier().golden(operands, np.array([[-3], [4]], dtype),
                                       np.array([5, -6, 7], dtype))
    assert product.dtype == dtype
    assert product.tolist() == [[-15, 18, -21], [20, -24, 28]]


@pytest.mark.parametrize(("a", "b", "width", "signed"), [
    (Fixed(width=8), Fixed(width=4), 12, True),
    (Fixed(width=8, signed=False), Fixed(width=4), 12, True),
    (Fixed(width=8, signed=False), Fixed(width=4, signed=False), 12, False),
    (Fixed(width=1), Fixed(width=1), 2, True),
])
def test_product_shape(a: Fixed, b: Fixed, width: int, signed: bool) -> None:
    operands = Operands(a, b)
    shape = ExactMultiplier().product_shape(operands)
    assert (shape.width, shape.signed) == (width, signed)
    ports = MultiplierUnit(ExactMultiplier(), operands).signature.members
    assert {name: port.shape for name, port in ports.items()} == {
        "a": a.shape, "b": b.shape, "p": shape}


def test_names_tell_operands_apart() -> None:
    operands = Operands(Fixed(width=8, frac=3), Fixed(width=4, frac=-5, signed=False))
    assert str(operands) == "s8xu4"
    assert operands.product_frac == -2
    assert MultiplierUnit(ExactMultiplier(), operands).module_name == "multiply_exact_s8xu4"
