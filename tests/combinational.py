"""Evaluates combinational logic in Amaranth's simulator, many functions or copies at once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from amaranth import Cat, Module, Shape, Signal, Value
from amaranth.lib import data, wiring

from hwgen.number import Codes, Fixed
from tests.streams import simulate

COPIES = 64


def evaluate(source: Shape, functions: Sequence[Callable[[Value], Value]],
             codes: Sequence[int]) -> list[list[int]]:
    """Each function's value at each of the ``codes``: ``result[function][code]``."""
    m = Module()
    x = Signal(source)
    outputs = []
    for function in functions:
        value = function(x)
        output = Signal(value.shape())
        m.d.comb += output.eq(value)
        outputs.append(output)
    results: list[list[int]] = [[] for _ in outputs]

    async def testbench(ctx: Any) -> None:
        for code in codes:
            ctx.set(x, code)
            for output, values in zip(outputs, results, strict=True):
                values.append(ctx.get(output))

    simulate(m, testbench)
    return results


def all_codes(operand: Fixed) -> Codes:
    """Every code of a format, ascending."""
    return np.arange(operand.minimum, operand.maximum + 1)


def all_pairs(a: Fixed, b: Fixed) -> tuple[Codes, Codes]:
    """Every pair of codes, as two flat arrays."""
    left, right = np.meshgrid(all_codes(a), all_codes(b), indexing="ij")
    return left.ravel(), right.ravel()


def simulate_products(create: Callable[[], wiring.Component], a: Codes, b: Codes) -> Codes:
    """Port ``p`` of a combinational unit for every pair of codes on ports ``a`` and ``b``.

    Many copies work side by side: the simulator's time goes into settling, not into logic.
    """
    m = Module()
    units = [create() for _ in range(min(COPIES, len(a)))]
    m.submodules += units
    ports = [Cat(unit.a for unit in units), Cat(unit.b for unit in units)]
    sides = [Signal(len(port)) for port in ports]
    m.d.comb += [port.eq(side) for port, side in zip(ports, sides, strict=True)]
    p = Signal(data.ArrayLayout(units[0].p.shape(), len(units)))
    m.d.comb += [p[index].eq(unit.p) for index, unit in enumerate(units)]
    products: list[int] = []

    async def testbench(ctx: Any) -> None:
        for first in range(0, len(a), len(units)):
            for side, codes, unit_port in zip(sides, (a, b), (units[0].a, units[0].b), strict=True):
                ctx.set(side, packed(codes[first : first + len(units)].tolist(), len(unit_port)))
            products.extend(ctx.get(p))

    simulate(m, testbench)
    return np.array(products[: len(a)], object)  # wide products do not fit int64


def as_codes(bits: Codes, shape: Shape) -> Codes:
    """The codes of a shape that bit patterns, given as unsigned integers, stand for."""
    return bits - ((bits >> (shape.width - 1)) << shape.width) if shape.signed else bits


def packed(codes: list[int], width: int) -> int:
    """Codes side by side, the first lowest."""
    return sum(code % 2**width << index * width for index, code in enumerate(codes))
