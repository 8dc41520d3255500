"""Verilog of strangers: plain netlists are read to the letter, everything else is refused."""

import contextlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from hwgen.spec import InputError, ToolError
from hwgen.tools import verilog
from hwgen.tools.gates import gates_of
from hwgen.tools.verilog import Netlist, cleaned, read_netlist
from hwgen.tools.yowasp import Processes


def module(body: str, name: str = "mul") -> str:
    return (f"module {name} (A, B, O);\n  input [3:0] A, B;\n  output [7:0] O;\n{body}\n"
            "endmodule\n")


def products(netlist: Netlist) -> list[int]:
    """The output for all operands."""
    width_a, width_b, _ = netlist.widths
    a, b = np.indices((1 << width_a, 1 << width_b)).reshape(2, -1)
    return netlist.gates.evaluate(a=a, b=b)["p"].tolist()


EXACT = [a * b for a in range(16) for b in range(16)]
GATES = """\
  wire bit, \\do[0] ; // names that other languages keep for themselves
  and g0 (bit, A[0], B[0]);
  (* keep, text = "`include $readmemh */ *)" *) buf g1 (\\do[0] , bit);
  /* initial $display("*)"); */
  assign O = {A * B} & 8'hfe | \\do[0] ;
"""
GOOD = {
    "operator": (module("  assign O = A * B;"), EXACT),
    "ansi": ("module m(input [3:0] x, input [3:0] y, output wire [7:0] z);"
             "assign z = x * y; endmodule", EXACT),
    "directives": ("`timescale 1ns/1ps\n`default_nettype none\n" + module("assign O = A * B;"),
                   EXACT),
    "odd names, comments, attributes": (module(GATES),
                                        [a * b & 14 | a & b & 1 for a in range(16)
                                         for b in range(16)]),
    "always": (module("  reg [7:0] O; integer i;\n  always @(*) begin O = 0;\n"
                      "  for (i = 0; i < 4; i = i + 1) if (B[i]) O = O + (A << i); end"), EXACT),
    "list of events": (module("  reg [7:0] O;\n  always @(A or B) O = A * B;"), EXACT),
    "any event": (module("  reg [7:0] O;\n  always @* O = A * B;"), EXACT),
    "case": (module("  reg [7:0] O;\n  always @* case ({A, B})\n" + "".join(
        f"    8'h{a:x}{b:x}: O = 8'd{a * b};\n" for a in range(16) for b in range(16))
        + "  endcase"), EXACT),
    "signed": (module("  assign O = $signed(A) * $signed(B);"),
               [((a ^ 8) - 8) * ((b ^ 8) - 8) & 255 for a in range(16) for b in range(16)]),
    "generate": (module("  wire [3:0] row [0:3];\n  genvar i;\n"
                        "  generate for (i = 0; i < 4; i = i + 1)\n"
                        "    begin : g assign row[i] = A & {4{B[i]}}; end endgenerate\n"
                        "  assign O = row[0] + (row[1] << 1) + (row[2] << 2) + (row[3] << 3);"),
                 EXACT),
    "parameter": ("module m #(parameter W = 4) (input [W-1:0] A, B, output [2*W-1:0] O);"
                  "assign O = A * B; endmodule", EXACT),
    "complete case": (module("  reg [7:0] O;\n  always @* case (B[1:0]) 0: O = 0; 1: O = A; "
                             "2: O = A << 1; 3: O = A * 3; endcase"),
                      [a * (b & 3) for a in range(16) for b in range(16)]),
    "bit beyond the end": (module("  wire [2:0] at = B[2:0]; assign O = A[at];"),
                           [a >> (b & 7) & 1 for a in range(16) for b in range(16)]),
    "division by a power of two": (module("  assign O = A / 4 + B % 8;"),
                                   [a // 4 + b % 8 for a in range(16) for b in range(16)]),
    "a false loop of words": (module(
        "  wire [4:0] c; assign c[0] = 0; assign c[4:1] = c[3:0] ^ A;\n"
        "  assign O = {3'd0, c};"),
        [(a ^ a << 1 ^ a << 2 ^ a << 3) << 1 & 31 for a in range(16) for _ in range(16)]),
}


@pytest.mark.parametrize(("text", "expected"), GOOD.values(), ids=GOOD.keys())
def test_good_netlist(text: str, expected: list[int]) -> None:
    netlist = read_netlist(text)
    assert netlist.widths == (4, 4, 8)
    assert products(netlist) == expected


@pytest.mark.parametrize("body", [
    "assign O = A[0] ? 8'bx : A * B;",
    "reg [7:0] O; always @* case (A[0]) 1'b0: O = B; default: O = 8'bx; endcase"])
def test_undefined_products_are_refused(body: str) -> None:
    with pytest.raises(InputError, match=r"output p must .*, not with an x at {'a': 1, 'b': 0}"):
        products(read_netlist(module(body)))


def test_rtlil_is_the_module_and_nothing_of_its_names() -> None:
    netlist = read_netlist(module(GATES))
    text = netlist.called("mine")
    assert gates_of(text, ["mine"])["mine"].evaluate(a=np.array([3]), b=np.array([5]))["p"] == [15]
    public = set(re.findall(r"wire .*\\(\S+)", text))
    assert public == {"a", "b", "p"}
    assert "attribute" not in text
    assert text.startswith("module \\mine\n")


SUBTRACT = ("module minus(input [2:0] b, input [3:0] a, output [7:0] p, output less);\n"
            "assign {less, p} = b - a; endmodule\nmodule other(input q, output r); assign r = q;"
            "endmodule")


@pytest.mark.parametrize(("ports", "widths", "a", "b", "p"), [
    (("b", "a", "p"), (3, 4, 8), 7, 9, 254), (("a", "b", "p"), (4, 3, 8), 9, 7, 254),
    (("a", "b", "less"), (4, 3, 1), 9, 7, 1)])
def test_ports_may_be_chosen(ports: Sequence[str], widths: tuple[int, int, int], a: int, b: int,
                             p: int) -> None:
    netlist = read_netlist(SUBTRACT, "minus", ports)
    assert netlist.widths == widths
    assert netlist.gates.evaluate(a=np.array([a]), b=np.array([b]))["p"].tolist() == [p]


@pytest.mark.parametrize(("name", "ports", "message"), [
    (None, None, r"module must name one of those in the file: minus, other"),
    ("plus", None, r"module must be one of those in the file \(minus, other\), not 'plus'"),
    ("minus", None, r"ports must name the two inputs and the output, as in ports = \[\"A\", \"B\","
                    r" \"O\"\], for module minus \(inputs b, a; outputs p, less; inouts none\)"),
    ("minus", ("a", "b", "q"), r"ports must .*, not \['a', 'b', 'q'\]"),
    ("minus", ("a", "a", "p"), r"ports must .*, not \['a', 'a', 'p'\]"),
    ("minus", ("a", "p", "b"), r"ports must .*, not \['a', 'p', 'b'\]"),
    ("other", None, r"module other must have two inputs and an output, not inputs q; outputs r;"),
])
def test_choice_that_is_not_there(name: str | None, ports: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_netlist(SUBTRACT, name, ports)


PLAIN = r"^Verilog must be a netlist of plain logic, not with "
REFUSED = {  # before Yosys runs
    "include": ('`include "/etc/passwd"\n' + module("assign O = A * B;"),
                PLAIN + r"'`include' in line 1"),
    "macro": ("`define T A * B\n" + module("assign O = `T;"), PLAIN + r"'`define' in line 1"),
    "bare backtick": (module("assign O = ` A;"), PLAIN + r"'`' in line 4"),
    "memory file": (module('reg [7:0] m [0:15];\ninitial $readmemh("/etc/passwd", m);'),
                    PLAIN + r"'initial' in line 5"),
    "memory file at once": (module('always @* $readmemh("/etc/passwd", m);'),
                            PLAIN + r"'\$readmemh' in line 4"),
    "display": (module('always @* $display("x");'), PLAIN + r"'\$display' in line 4"),
    "system function": (module("assign O = $random;"), PLAIN + r"'\$random' in line 4"),
    "hidden system task": (module("always @* \\$readmemh (A, B);"),
                           PLAIN + r"'\\\\\\\\\$readmemh \(A, B\);' in line 4"),
    "cell of Yosys": (module("\\$dff x (A, B, O);"), PLAIN + r"'\\\\\\\\\$dff x"),
    "string": (module('wire [7:0] t = "a"; assign O = A;'), PLAIN + r"'\"a\"; assign O = A;"),
    "unclosed comment": (module("assign O = A; /* end"), PLAIN + r"'/\*' in line 4"),
    "unclosed attribute": (module("(* keep = 1"), PLAIN + r"'\(\*' in line 4"),
    "unclosed string": (module('(* x = "a *) assign O = A;'), PLAIN + r"'\(\*' in line 4"),
    "path for a name": ("module \\../../x (A, B, O);\nendmodule", PLAIN + r"'\\\\\\\\\.\./\.\./x"),
    "escaped name": ("module \\a.b (A, B, O);\nendmodule",
                     r"^Verilog must give its modules plain names .*not '\\\\\\\\a\.b'"),
    "semicolon in a name": ("module \\a;shell (A, B, O);\nendmodule", PLAIN),
    "zero byte": (module("assign O = A;\0"), PLAIN + r"'\\x00"),
    "other alphabet": (module("assign \u041e = A;"), PLAIN),
    "nothing": ("", r"^Verilog must hold a module, not none"),
    "only a comment": ("// module mul(A, B, O);", r"^Verilog must hold a module, not none"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_before_yosys_sees_it(text: str, message: str,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Processes, "run", None)
    with pytest.raises(InputError, match=message.replace("\\\\\\\\", "\\\\")) as failure:
        read_netlist(text)
    assert len(str(failure.value)) < 200


FAULTY = {
    "latch": (module("reg [7:0] O; always @* if (A[0]) O = B;"),
              r"module mul must be combinational, not with a latch or register \(\$_DLATCH_"),
    "register": (module("reg [7:0] O; always @(posedge A[0]) O <= B;"),
                 r"module mul must be combinational, not with a latch or register \(\$_DFF_"),
    "loop": (module("wire t; assign t = A[0] & t; assign O = {7'd0, t};"),
             r"module mul must be combinational, not with a loop through p\[0\]"),
    "memory": (module("reg [7:0] m [0:15]; always @(posedge B[0]) m[A] <= B; assign O = m[B];"),
               r"module mul must be combinational, not with a "),
    "tri-state": (module("bufif1 t (O[0], A[0], B[0]); assign O[7:1] = 0;"),
                  r"module mul must drive every net, not with tri-state logic \(z\)"),
    "division": (module("assign O = A / B;"), r"netlist must consist of logic alone, not .* \$div"),
    "remainder": (module("assign O = A % B;"), r"netlist must .*, not with the cell \$mod"),
    "power": (module("assign O = A ** B;"), r"netlist must .*, not with the cell \$pow"),
    "undriven": (module("wire q; assign O = {A, B[2:0], q};"),
                 r"netlist must drive every net once, but Yosys says: Wire mul\.\\q is used but"),
    "half driven": (module("assign O[6:0] = A * B;"), r"Wire mul\.\\O \[7\] is used but has no"),
    "misspelt": (module("assign O = A * b;"), r"Wire mul\.\\b is used but has no driver"),
    "driven twice": (module("assign O = A * B; assign O[0] = A[0] & B[1];"),
                     r"netlist must drive every net once, but Yosys says: multiple conflicting"),
    "drives its input": (module("assign O = A * B; assign A[0] = 1'b1;"),
                         r"netlist must drive every net once, but Yosys says: Drivers conflicting"),
    "no body": (module(""), r"module mul must drive every net, not with p\[7\] left open"),
    "black box": (module("secret s (A, B, O);"),
                  r"(?s)Yosys must read the netlist, .*`\\secret' referenced in module `\\mul'"),
    "marked black box": (module("secret s (A, B, O);") + "(* blackbox *)" + module("", "secret"),
                         r"module mul must consist of logic alone, not with the cell secret"),
    "recursion": (module("mul m (A, B, O);"), r"(?s)Yosys must read the netlist, .*recursive"),
    "syntax": (module("assign O = ;"), r"(?s)Yosys must read the netlist, .*netlist\.v:4: ERROR"),
    "twice": (module("assign O = A;") * 2, r"(?s)Yosys must read the netlist, .*definition"),
    "two outputs": ("module mul(input [3:0] A, B, output [7:0] O, output c);"
                    "assign O = A * B, c = 0; endmodule", r"ports must name the two inputs"),
    "inout": ("module mul(input [3:0] A, B, inout [7:0] O); assign O = A * B; endmodule",
              r"module mul must have two inputs and an output, not .*; inouts O"),
    "three inputs": ("module mul(input [3:0] A, B, input c, output [7:0] O); assign O = A * B;"
                     "endmodule", r"module mul must have two .* an output, not inputs A, B, c;"),
    "escaped port": ("module mul(input [3:0] \\A.x , B, output [7:0] O); assign O = \\A.x * B;"
                     "endmodule", r"ports must have plain names .* not 'A\.x'"),
    "width": (module("wire [2000000000:0] t = A; assign O = t;"), r"Yosys must read the netlist"),
}


@pytest.mark.parametrize(("text", "message"), FAULTY.values(), ids=FAULTY.keys())
def test_faulty_netlist(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_netlist(text, "mul")


BOMBS = {
    "generate": "genvar i; generate for (i = 0; i < 100000000; i = i + 1) begin : g wire w; "
                "assign w = A[0]; end endgenerate assign O = A * B;",
    "loop": "reg [7:0] O; integer i; always @* begin O = 0; "
            "for (i = 0; i < 20000000; i = i + 1) O = O + A; end",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_bomb_meets_the_time_limit(body: str) -> None:
    with pytest.raises(ToolError, match=r"Yosys must read the netlist in 1\.5 s, but did not"):
        read_netlist(module(body), timeout_s=1.5)


def test_size_once_written_out_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilog, "_MAX_BYTES", 100)
    with pytest.raises(InputError, match=r"netlist must take at most 0 MiB once Yosys has written"):
        read_netlist(module("assign O = A * B;"))


@pytest.mark.parametrize("piece", ["(*", "/*", '(* "a" ', '"', "@ ", "(* \\", "@" + " " * 99 + "("])
def test_no_text_takes_long_to_judge(piece: str) -> None:
    """Each is a thousand times what a pattern that backtracks could bear."""
    with contextlib.suppress(InputError):
        cleaned(piece * (250_000 // len(piece)))


def test_lines_stay_where_they_were() -> None:
    text = "/* a\nb */ module (* c\n\"d\ne\" *) x;\n// end\nendmodule"
    assert cleaned('/* a\nb */ module x;\n// end\nendmodule') == " \n module x;\n \nendmodule"
    with pytest.raises(InputError):
        cleaned(text)  # a string does not go on in the next line
    assert cleaned("module (* c\nd *) x;").splitlines()[1].strip() == "x;"
