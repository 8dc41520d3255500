"""Registers in DSP blocks: fewer flip-flops, and the same products in the same cycles."""

import json
import random
from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from hwgen.flow.dsp_registers import with_dsp_registers
from hwgen.flow.yosys import Job, netlist

pytestmark = pytest.mark.usefixtures("cache_folder")

MULTIPLY = """
module mul(input clk, input rst, input en, input signed [7:0] a, input signed [7:0] b,
           output signed [15:0] p, output [15:0] seen);
  reg signed [7:0] first, second;
  reg signed [15:0] product;
  always @(posedge clk) if (en) begin
    first <= a;
    second <= b;
    product <= first * second;
  end
  assign p = product, seen = {seen};
endmodule
"""
PLAIN = MULTIPLY.replace("{seen}", "0")
CASES = {
    "plain": (PLAIN, 0, "INPUTA INPUTB OUTPUT"),
    "always": (PLAIN.replace("if (en) ", ""), 0, "INPUTA INPUTB OUTPUT"),
    "operand read twice": (MULTIPLY.replace("{seen}", "first"), 8, "INPUTA INPUTB OUTPUT"),
    "product read before": (PLAIN.replace("seen = 0", "seen = first * second"), 16,
                            "INPUTA INPUTB"),
    "reset": (PLAIN.replace("product <= first", "product <= rst ? 16'sd0 : first"), 16,
              "INPUTA INPUTB"),
    "other enable": (PLAIN.replace("second <= b;", "").replace(
        "  assign", "  always @(posedge clk) second <= b;\n  assign"), 32, ""),
}


@cache
def mapped(case: str) -> str:
    return netlist(Job(CASES[case][0], "mul", "ecp5", True))[1]


def cells_of(text: str) -> dict[str, Any]:
    cells: dict[str, Any] = json.loads(text)["modules"]["mul"]["cells"]
    return cells


class Simulation:
    """Cycles of a netlist of flip-flops and one multiplier."""

    def __init__(self, text: str):
        self.module = json.loads(text)["modules"]["mul"]
        self.cells = [cell for cell in self.module["cells"].values()
                      if cell["type"] != "$scopeinfo"]
        assert {cell["type"] for cell in self.cells} <= {"TRELLIS_FF", "MULT18X18D", "LUT4"}
        self.values: dict[int | str, int] = defaultdict(int, {"1": 1})
        self.held: dict[str, int] = defaultdict(int)

    def step(self, inputs: dict[str, int]) -> tuple[int, int]:
        """Outputs before the clock's edge."""
        for name, value in inputs.items():
            for index, bit in enumerate(self.module["ports"][name]["bits"]):
                self.values[bit] = value >> index & 1
        for _ in range(3):  # as deep as the logic is
            for cell in self.cells:
                self._settle(cell)
        outputs = tuple(sum(self.values[bit] << index for index, bit in enumerate(
            self.module["ports"][name]["bits"])) for name in ("p", "seen"))
        self._clock()
        return outputs  # type: ignore[return-value]

    def _pin(self, cell: dict[str, Any], pin: str) -> int:
        return self.values[cell["connections"][pin][0]]

    def _operand(self, cell: dict[str, Any], side: str) -> int:
        code = sum(self._pin(cell, f"{side}{index}") << index for index in range(18))
        return code - (1 << 18) * (code >> 17)

    def _settle(self, cell: dict[str, Any]) -> None:
        if cell["type"] == "LUT4":
            index = sum(self._pin(cell, pin) << place for place, pin in enumerate("ABCD"))
            self.values[cell["connections"]["Z"][0]] = int(
                cell["parameters"]["INIT"][::-1][index])
        elif cell["type"] == "MULT18X18D":
            operands = [self.held[side] if f"REG_INPUT{side}_CLK" in cell["parameters"]
                        else self._operand(cell, side) for side in "AB"]
            product = operands[0] * operands[1]
            self.held["next"] = product
            out = self.held["P"] if "REG_OUTPUT_CLK" in cell["parameters"] else product
            for index in range(36):
                self.values[cell["connections"][f"P{index}"][0]] = out >> index & 1

    def _clock(self) -> None:
        later: dict[int | str, int] = {}
        for cell in self.cells:
            if cell["type"] == "TRELLIS_FF":
                if cell["parameters"]["CEMUX"] == "1 " or self._pin(cell, "CE"):
                    later[cell["connections"]["Q"][0]] = (
                        self._pin(cell, "DI") & ~self._pin(cell, "LSR"))
            elif cell["type"] == "MULT18X18D" and "CE0" in cell["connections"] and self._pin(
                    cell, "CE0"):
                self.held.update({side: self._operand(cell, side) for side in "AB"})
                self.held["P"] = self.held["next"]
        self.values.update(later)


@pytest.mark.parametrize("case", [
    pytest.param(case, marks=[pytest.mark.slow] if case in ("always", "reset") else [])
    for case in CASES])
def test_packed_netlist_does_the_same(case: str) -> None:
    _, ffs, registers = CASES[case]
    packed = with_dsp_registers(mapped(case), "mul")
    cells = cells_of(packed).values()
    assert sum(cell["type"] == "TRELLIS_FF" for cell in cells) == ffs
    block, = (cell for cell in cells if cell["type"] == "MULT18X18D")
    assert {name: value for name, value in block["parameters"].items() if "REG_" in name} == {
        f"REG_{place}_{pin}": f"{pin}0" for place in registers.split()
        for pin in ("CLK", "CE", "RST")}
    before, after = Simulation(mapped(case)), Simulation(packed)
    draw = random.Random(case)
    for _ in range(100):
        inputs = {"a": draw.choice((-128, 127, draw.randrange(-128, 128))),
                  "b": draw.choice((-128, 127, draw.randrange(-128, 128))),
                  "en": draw.randrange(2), "rst": draw.randrange(2)}
        assert after.step(inputs) == before.step(inputs)


def test_nothing_but_multipliers_changes() -> None:
    text = netlist(Job("module mul(input clk, input d, output reg q); always @(posedge clk) "
                       "q <= d; endmodule", "mul", "ecp5", True))[1]
    assert json.loads(with_dsp_registers(text, "mul")) == json.loads(text)
