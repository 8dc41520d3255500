"""Gates of combinational modules: every kind, every net, and what is refused."""

import json
from dataclasses import asdict
from itertools import product

import numpy as np
import pytest
from amaranth import Module
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierUnit, Operands
from hwgen.number import Fixed
from hwgen.spec import InputError, ToolError
from hwgen.tools import gates
from hwgen.tools.gates import FUNCTIONS, Gates, gates_of
from hwgen.tools.yowasp import Processes
from tests.combinational import all_pairs, as_codes

TRUTH = {  # outputs for the inputs 00, 01, 10, 11 (A first), or 000 to 111 (A, B, S)
    "$_BUF_": "01", "$_NOT_": "10", "$_AND_": "0001", "$_NAND_": "1110", "$_OR_": "0111",
    "$_NOR_": "1000", "$_XOR_": "0110", "$_XNOR_": "1001", "$_ANDNOT_": "0010", "$_ORNOT_": "1011",
    "$_MUX_": "00011011",
}


def module(body: str, ports: str = "") -> str:
    """RTLIL of a module with inputs of two bits, ``a`` and ``b``, and an output ``p``."""
    return ("module \\top\n  wire width 2 input 1 \\a\n  wire width 2 input 2 \\b\n"
            f"  wire width 2 output 3 \\p\n{ports}\n{body}\nend\n")


def cell(kind: str, number: int = 0, width: int = 2, **pins: str) -> str:
    parameters = "" if kind.startswith("$_") else "".join(
        f"    parameter \\{pin}_WIDTH {width}\n" for pin in pins) + "".join(
        f"    parameter \\{pin}_SIGNED 0\n" for pin in pins if pin != "Y")
    connections = "".join(f"    connect \\{pin} {net}\n" for pin, net in pins.items())
    return f"  cell {kind} $cell{number}\n{parameters}{connections}  end\n"


AND = cell("$and", A="\\a", B="\\b", Y="\\p")


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_truth_table(kind: str) -> None:
    pins = FUNCTIONS[kind][0]
    rows = np.array(list(product((0, 1), repeat=len(pins)))).T
    netlist = Gates(dict.fromkeys(pins, 1), {"Y": (3 + len(pins),)},
                    ((kind, tuple(range(3, 3 + len(pins)))),))
    codes = netlist.evaluate(**dict(zip(pins, rows, strict=True)))["Y"]
    assert "".join(map(str, codes)) == TRUTH[kind]


def test_every_kind_has_a_truth_table() -> None:
    assert TRUTH.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_any_number_of_operands(count: int) -> None:
    netlist = gates_of(module(AND), ["top"])["top"]
    a, b = np.random.default_rng(count).integers(-2, 2, (2, count))
    assert netlist.evaluate(a=a, b=b)["p"].tolist() == (a & b & 3).tolist()


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    netlist = gates_of(module(AND), ["top"])["top"]
    a, b = np.random.default_rng(1).integers(0, 4, (2, 1000))
    whole = netlist.evaluate(a=a, b=b)["p"]
    monkeypatch.setattr(gates, "_PARALLEL_BITS", 1)
    assert netlist.evaluate(a=a, b=b)["p"].tolist() == whole.tolist()


class Mixed(wiring.Component):
    """Adders, shifts, comparisons and choices; a module below; constant and repeated bits."""

    a: In(5)
    b: In(3)
    p: Out(12)
    q: Out(4)

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.inner = inner = MultiplierUnit(ExactMultiplier(), Operands(
            Fixed(width=5, signed=False), Fixed(width=3, signed=False))).create()
        m.d.comb += [inner.a.eq(self.a), inner.b.eq(self.b), self.q.eq(0b0101)]
        with m.If(self.a > self.b):
            m.d.comb += self.p.eq(inner.p + (self.a << self.b))
        with m.Else():
            m.d.comb += self.p.eq(self.b - self.a)
        return m


def test_module_with_all_kinds_of_logic() -> None:
    netlist = gates_of(rtlil.convert(Mixed(), name="mixed"), ["mixed"])["mixed"]
    a, b = all_pairs(Fixed(width=5, signed=False), Fixed(width=3, signed=False))
    result = netlist.evaluate(a=a, b=b)
    assert result["p"].tolist() == (np.where(a > b, a * b + (a << b), b - a) & 0xFFF).tolist()
    assert set(result["q"]) == {5}


def multipliers(widths: list[int]) -> str:
    """RTLIL of exact multipliers ``m2``, ``m3``, ... of signed operands."""
    units = [MultiplierUnit(ExactMultiplier(), Operands(Fixed(width=width), Fixed(width=width)))
             for width in widths]
    return "\n".join(rtlil.convert(unit.create(), name=f"m{width}")
                     for width, unit in zip(widths, units, strict=True))


def test_modules_share_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    run = Processes.run

    def counted(*arguments: object, **options: object) -> None:
        runs.append(1)
        run(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Processes, "run", counted)
    found = gates_of(multipliers([2, 3, 4]), ["m2", "m4"])
    assert {name: netlist.inputs for name, netlist in found.items()} == {
        "m2": {"a": 2, "b": 2}, "m4": {"a": 4, "b": 4}}
    assert len(runs) == 1


def products_are_exact() -> bool:
    side = Fixed(width=4)
    a, b = all_pairs(side, side)
    bits = gates_of(multipliers([4]), ["m4"])["m4"].evaluate(a=a, b=b)["p"]
    shape = ExactMultiplier().product_shape(Operands(side, side))
    return bool((as_codes(bits, shape) == a * b).all())


def test_products() -> None:
    assert products_are_exact()


@pytest.mark.planted
@pytest.mark.parametrize("kind", ["$_XOR_", "$_AND_", "$_OR_"])
def test_planted_gate_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pins, function = FUNCTIONS[kind]
    monkeypatch.setitem(FUNCTIONS, kind, (pins, lambda *values: ~function(*values)))
    assert not products_are_exact()


def test_gates_survive_json() -> None:
    netlist = gates_of(module(AND), ["top"])["top"]
    assert Gates.from_json(json.loads(json.dumps(asdict(netlist)))) == netlist


LOOP = ("  wire $t\n" + cell("$_AND_", 1, A="\\a [0]", B="$t", Y="$t")
        + "  connect \\p { \\a [0] $t }\n")
REFUSED = {
    "register": (cell("$_DFF_P_", C="\\a [0]", D="\\b [0]", Q="\\p [0]")
                 + "  connect \\p [1] 1'0\n", r"be combinational, not with a latch or register "
                                              r"\(\$_DFF_P_\)"),
    "latch": (cell("$_DLATCH_P_", E="\\a [0]", D="\\b [0]", Q="\\p [0]")
              + "  connect \\p [1] 1'0\n", r"be combinational, not with a latch or register "
                                           r"\(\$_DLATCH_P_\)"),
    "loop": (LOOP, r"be combinational, not with a loop through p\[0\]"),
    "z": ("  connect \\p { 1'z \\a [0] }\n", r"drive every net, not with tri-state logic \(z"),
    "undriven": ("  connect \\p [0] \\a [0]\n", r"drive every net, not with p\[1\] left open"),
    "black box": (cell("\\foo", A="\\a", B="\\b", Y="\\p"),
                  r"consist of logic alone, not with the cell foo"),
    "power": (cell("$pow", A="\\a", B="\\b", Y="\\p"),
              r"consist of logic alone, not with the cell \$pow"),
    "two drivers": (cell("$_AND_", 1, A="\\a [0]", B="\\b [0]", Y="\\p [0]")
                    + cell("$_OR_", 2, A="\\a [0]", B="\\b [0]", Y="\\p [0]")
                    + "  connect \\p [1] 1'0\n", r"drive each net once, not with p\[0\] twice"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refusal(body: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^module top must {message}"):
        gates_of(module(body), ["top"])


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_undefined_bits_spread_no_further_than_they_must(kind: str) -> None:
    """A or B is undefined: so is the output exactly where the truth table asks for it."""
    pins = FUNCTIONS[kind][0]
    rows = list(product((0, 1), repeat=len(pins)))
    for undefined in range(min(len(pins), 2)):
        sources = [2 if pin == undefined else 3 + pin for pin in range(len(pins))]
        netlist = Gates(dict.fromkeys(pins, 1), {"Y": (3 + len(pins),)}, ((kind, tuple(sources)),))
        for number, row in enumerate(rows):
            other = number ^ 1 << (len(pins) - 1 - undefined)
            codes = {pin: np.array([bit]) for pin, bit in zip(pins, row, strict=True)}
            if TRUTH[kind][number] == TRUTH[kind][other]:
                assert netlist.evaluate(**codes)["Y"].tolist() == [int(TRUTH[kind][number])]
            else:
                with pytest.raises(InputError, match="output Y must be defined"):
                    netlist.evaluate(**codes)


def test_undefined_output_names_its_operands() -> None:
    body = cell("$_MUX_", A="\\b [0]", B="1'x", S="\\a [1]", Y="\\p [0]")
    netlist = gates_of(module(body + "  connect \\p [1] 1'1\n"), ["top"])["top"]
    assert netlist.evaluate(a=np.array([0, 1]), b=np.array([1, 2]))["p"].tolist() == [3, 2]
    with pytest.raises(InputError, match=r"^output p must be defined for all operands, not with an "
                                         r"x at \{'a': 2, 'b': 0\}"):
        netlist.evaluate(a=np.array([0, 1, 2]), b=np.array([1, 2, 0]))


def test_memory_is_refused() -> None:
    text = module(
        "  connect \\p \\a\n  memory width 2 size 4 \\m\n"
        "  cell $memrd_v2 $read\n    parameter \\MEMID \"\\\\m\"\n    parameter \\ABITS 2\n"
        "    parameter \\WIDTH 2\n    parameter \\CLK_ENABLE 0\n    parameter \\CLK_POLARITY 0\n"
        "    parameter \\TRANSPARENCY_MASK 0'0\n    parameter \\COLLISION_X_MASK 0'0\n"
        "    parameter \\ARST_VALUE 2'x\n    parameter \\SRST_VALUE 2'x\n"
        "    parameter \\INIT_VALUE 2'x\n    parameter \\CE_OVER_SRST 0\n"
        "    connect \\CLK 1'x\n    connect \\EN 1'1\n    connect \\ARST 1'0\n"
        "    connect \\SRST 1'0\n    connect \\ADDR \\a\n    connect \\DATA \\q\n  end\n",
        "  wire width 2 output 4 \\q\n")
    with pytest.raises(InputError, match=r"^module top must be combinational, not with a memory"):
        gates_of(text, ["top"])


def test_inout_is_refused() -> None:
    with pytest.raises(InputError, match=r"^module top must have inputs and outputs only, not with "
                                         r"the inout q"):
        gates_of(module(AND, "  wire inout 4 \\q"), ["top"])


def test_too_many_gates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "_MAX_BYTES", 100)
    with pytest.raises(InputError, match=r"^modules must consist of fewer gates"):
        gates_of(module(AND), ["top"])


def test_text_that_yosys_refuses() -> None:
    with pytest.raises(ToolError, match=r"(?s)must turn modules into gates.*Parser error"):
        gates_of(module("  cell"), ["top"])


def test_missing_module_is_named() -> None:
    with pytest.raises(ToolError, match=r"^Yosys wrote no module 'other'"):
        gates_of(module(AND), ["top", "other"])


def test_time_limit() -> None:
    with pytest.raises(ToolError, match=r"Yosys must turn modules into gates in 0\.01 s"):
        gates_of(module(AND), ["top"], timeout_s=0.01)
