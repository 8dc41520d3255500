"""Multipliers so narrow that each bit of the product is one LUT."""

from collections.abc import Iterator

import numpy as np

from hwgen.fabric.builder import Plan
from hwgen.fabric.logic import combined
from hwgen.fabric.netlist import Netlist

_WIDEST = 8  # bits of both operands whose truth tables are worth a look


def plain_netlists(plan: Plan, pins: int) -> Iterator[Netlist]:
    """The circuit of one LUT a bit, if every bit depends on at most ``pins`` nets."""
    products = plan.products
    if plan.turned or plan.addend_width or products.a_width + products.b_width > _WIDEST:
        return
    net = Netlist({"a": products.a_width, "b": products.b_width})
    nets = [*net.inputs["a"], *net.inputs["b"]]
    codes = np.arange(1 << len(nets))
    totals = products.total(codes, codes >> products.a_width)
    bits = [combined((totals >> column & 1).tolist().__getitem__, nets)
            for column in range(products.width)]
    if all(len(bit.nets) <= pins for bit in bits):
        net.drive("p", [net.delayed(bit, plan.stages, "stage") for bit in bits])
        yield net
