"""Registers around an array: every port is connected, and no bit of a result cancels another."""

import re
from functools import cache

import pytest

from hwgen.flow.boundary import boundary_name, bounded
from hwgen.flow.cells import Area
from hwgen.flow.yosys import synthesise
from hwgen.spec import ToolError

COPIES = """
module copies(clk, d, en, q, valid);
  input clk;
  input [2:0] d;
  input en;
  output [3:0] q;
  output valid;
  assign q = {4{d[2] ^ d[1] ^ d[0]}};
  assign valid = en;
endmodule
"""


@cache
def area(text: str) -> Area:
    return synthesise(text, top="copies_boundary", family="ecp5", dsp=False)


def test_every_port_has_its_bits() -> None:
    text = bounded(COPIES, "copies")
    assert text.startswith(COPIES)
    assert re.search(r"copies array \((.*)\);", text)[1] == (  # type: ignore[index]
        ".clk(clk), .d(fed[2:0]), .en(fed[3:3]), .q(outputs[3:0]), .valid(outputs[4:4])")
    assert f"module {boundary_name('copies')}(input clk, input from_pin, output to_pin);" in text


@pytest.mark.usefixtures("cache_folder")
def test_copies_of_a_bit_do_not_cancel() -> None:
    """Five flip-flops before the array; behind it one catches all copies, and five fold."""
    whole = area(bounded(COPIES, "copies"))
    assert whole.ffs == 5 + 2 + 5
    assert whole.luts == 1 + 4
    lost = bounded(COPIES, "copies").replace("{folded, 1'b0} ^ caught", "{5{^caught}}")
    assert area(lost).ffs < 5 + 2 + 1  # a plain parity loses four equal bits


def test_module_must_be_there() -> None:
    with pytest.raises(ToolError, match="Yosys wrote no module other"):
        bounded(COPIES, "other")
