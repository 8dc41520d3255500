"""Decision diagrams: equal to the table, reduced, shared, and small in a good order."""

from typing import Any

import numpy as np
import pytest
from amaranth import Module
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.arith.diagram import Diagram, diagram, smallest_diagram
from hwgen.number import Codes
from hwgen.tools.gates import gates_of


def grid(rows: int, columns: int) -> tuple[Codes, Codes]:
    return np.arange(1 << rows)[:, None], np.arange(1 << columns)


def followed(found: Diagram, a: int, b: int) -> int:
    """The result of walking from each root, as the definition says."""
    nodes = [(0, 0, 0)] * 2 + [
        (*variable, low, high) for variable, (lows, highs) in
        zip(reversed(found.order), found.levels, strict=True)
        for low, high in zip(lows.tolist(), highs.tolist(), strict=True)]
    result = 0
    for bit, node in enumerate(found.roots):
        while node > 1:
            side, position, low, high = nodes[node]
            node = high if (a, b)[side] >> position & 1 else low
        result |= node << bit
    return result


TABLES: dict[str, Codes] = {
    "product": np.multiply(*grid(4, 4)),
    "signed": np.multiply(*[(x ^ 8) - 8 for x in grid(4, 4)]),
    "wide and narrow": np.add(*grid(1, 6)) * 3,
    "narrow and wide": np.bitwise_xor(*grid(7, 2)),
    "one bit": np.bitwise_and(*grid(1, 1)),
    "random": np.random.default_rng(1).integers(0, 1 << 9, (16, 32)),
    "constant": np.full((8, 8), 0b1010),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_every_path_leads_to_the_table(table: Codes) -> None:
    found = smallest_diagram(table, 9)
    for a, b in np.ndindex(*table.shape):
        assert followed(found, a, b) == table[a, b] & 0x1FF


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_diagram_is_reduced(table: Codes) -> None:
    found = smallest_diagram(table, 9)
    for low, high in found.levels:
        assert (low != high).all()  # no node asks in vain
        assert len(set(zip(low.tolist(), high.tolist(), strict=True))) == len(low)  # none is twice


def test_bits_share_nodes() -> None:
    table = np.multiply(*grid(3, 3)) & 1
    alone = smallest_diagram(table, 1)
    assert smallest_diagram(table * 0b111, 3).size == alone.size == 2
    assert set(smallest_diagram(table * 0b111, 3).roots) == set(alone.roots)


@pytest.mark.parametrize(("table", "size"), [
    (np.multiply(*grid(1, 1)), 2), (np.zeros((4, 4), np.int64), 0),
    (np.broadcast_to(grid(3, 3)[0], (8, 8)), 3), (np.bitwise_xor(*grid(2, 2)), 6)])
def test_known_sizes(table: Codes, size: int) -> None:
    assert smallest_diagram(table, 3).size == size


def test_order_decides_the_size() -> None:
    table = (grid(4, 4)[0] == grid(4, 4)[1]).astype(np.int64)
    pairs = [(side, bit) for bit in range(4) for side in (0, 1)]
    assert diagram(table, 1, pairs).size == 12
    assert diagram(table, 1, sorted(pairs)).size == 15 + 30
    assert smallest_diagram(table, 1).size == 12


@pytest.mark.parametrize("bits", [6, 7, 8])
def test_words_of_the_truth_table_change_nothing(bits: int) -> None:
    """Six variables make a word; one more or fewer must give the reduced diagram as well."""
    table = np.multiply(*grid(bits // 2, bits - bits // 2))
    orders = [smallest_diagram(table, bits).order]
    orders += [orders[0][::-1]]
    for order in orders:
        nodes = np.stack([table.reshape([2] * bits).transpose(
            [(bits // 2 if side == 0 else bits) - 1 - bit for side, bit in order]).ravel() >> k & 1
            for k in range(bits)])
        subfunctions = set()
        for variable in range(bits):
            blocks = nodes.reshape(bits, 1 << variable, -1).reshape(-1, 1 << (bits - variable))
            half = blocks.shape[1] // 2
            subfunctions |= {tuple(block) for block in blocks.tolist()
                             if block[:half] != block[half:]}
        assert diagram(table, bits, order).size == len(subfunctions)


class Tabulated(wiring.Component):
    def __init__(self, table: Codes, bits: int):
        self.diagram = smallest_diagram(table, bits)
        super().__init__({"a": In(table.shape[0].bit_length() - 1),
                          "b": In(table.shape[1].bit_length() - 1), "p": Out(bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.p.eq(self.diagram.rtl(m, (self.a, self.b)))
        return m


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_rtl_is_the_table(table: Codes) -> None:
    text = rtlil.convert(Tabulated(table, 9), name="top")
    a, b = np.indices(table.shape).reshape(2, -1)
    assert gates_of(text, ["top"])["top"].evaluate(a=a, b=b)["p"].tolist() == (
        table.ravel() & 0x1FF).tolist()
