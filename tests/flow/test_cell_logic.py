"""Cells of mapped netlists: their expressions against what the vendors' cells do, bit by bit."""

import re
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from hwgen.flow.cell_logic import ONE, ZERO, combinational, flip_flop, is_flip_flop
from hwgen.spec import ToolError


def cell(kind: str, pins: list[str], parameters: Mapping[str, str] | None = None) -> Any:
    return {"type": kind, "parameters": parameters or {}, "connections": {
        pin: [2 + index] for index, pin in enumerate(pins)}}


def value(expression: str, bits: Mapping[str, int]) -> int:
    """The expression for bits of its pins."""
    text = expression.replace(ZERO, "0").replace(ONE, "-1")
    return eval(re.sub(r"[A-Z]\w*", lambda name: str(-bits[name[0]]), text)) & 1


def outputs(kind: str, inputs: list[str], outs: list[str],
            parameters: Mapping[str, str]) -> Any:
    """Bits of the inputs, and of the outputs, for all of them."""
    found = combinational(cell(kind, [*inputs, *outs], parameters), str)
    for bits in product((0, 1), repeat=len(inputs)):
        given = dict(zip(inputs, bits, strict=True))
        yield given, {name: value(found[name], given) for name in outs}


@pytest.mark.parametrize(("kind", "inputs", "out", "parameter"), [
    ("LUT4", list("ABCD"), "Z", "INIT"), ("SB_LUT4", ["I0", "I1", "I2", "I3"], "O", "LUT_INIT"),
    ("LUT3", ["I0", "I1", "I2"], "F", "INIT"), ("LUT1", ["I0"], "F", "INIT"),
    ("LUT6", [f"I{index}" for index in range(6)], "O", "INIT"),
])
def test_luts(kind: str, inputs: list[str], out: str, parameter: str) -> None:
    size = 1 << len(inputs)
    rng = np.random.default_rng(1)
    tables = ["0" * size, "1" * size, "01" * (size // 2), "10" * (size // 2)]
    tables += ["".join(map(str, rng.integers(0, 2, size))) for _ in range(20)]
    for table in tables:
        for given, found in outputs(kind, inputs, [out], {parameter: table}):
            index = sum(given[name] << bit for bit, name in enumerate(inputs))
            assert found[out] == int(table[size - 1 - index])


@pytest.mark.parametrize("injects", ["NO", "YES"])
def test_carry_of_ecp5(injects: str) -> None:
    """A sum of A and B with INIT 0x96AA, whose C and D are 0 and 1."""
    names = ["CIN", *(f"{name}{half}" for half in "01" for name in "ABCD")]
    parameters = {"INIT0": f"{0x96AA:016b}", "INIT1": f"{0x96AA:016b}",
                  "INJECT1_0": injects, "INJECT1_1": injects}
    for given, found in outputs("CCU2C", names, ["S0", "S1", "COUT"], parameters):
        if (given["C0"], given["D0"], given["C1"], given["D1"]) != (0, 1, 0, 1):
            continue
        halves = [given[f"A{half}"] ^ given[f"B{half}"] for half in "01"]
        total = sum((given[f"{name}0"] + 2 * given[f"{name}1"]) for name in "AB") + given["CIN"]
        assert found == ({"S0": total & 1, "S1": total >> 1 & 1, "COUT": total >> 2}
                         if injects == "NO" else
                         {"S0": halves[0], "S1": halves[1],
                          "COUT": halves[0] & halves[1] & given["CIN"]})


def test_carry_of_ice40() -> None:
    for given, found in outputs("SB_CARRY", ["I0", "I1", "CI"], ["CO"], {}):
        assert found["CO"] == (sum(given.values()) >= 2)


@pytest.mark.parametrize(("mode", "negates"), [(0, False), (1, True), (2, None)])
def test_alu_of_gowin(mode: int, negates: bool | None) -> None:
    parameters = {"ALU_MODE": f"{mode:032b}"}
    for given, found in outputs("ALU", ["I0", "I1", "I3", "CIN"], ["SUM", "COUT"], parameters):
        subtracts = not given["I3"] if negates is None else negates
        total = given["I0"] + (given["I1"] ^ subtracts) + given["CIN"]
        assert found == {"SUM": total & 1, "COUT": total >> 1}


def test_flip_flops() -> None:
    ecp5 = {"CEMUX": "CE", "CLKMUX": "CLK", "LSRMUX": "LSR", "SRMODE": "LSR_OVER_CE"}
    assert flip_flop(cell("$_DFF_P_", ["C", "D", "Q"]), str) == ("D", ONE)
    assert flip_flop(cell("$_DFFE_PP_", ["C", "D", "E", "Q"]), str) == ("D", "E")
    pins = ["CLK", "CE", "LSR", "DI", "Q"]
    assert flip_flop(cell("TRELLIS_FF", pins, {**ecp5, "REGSET": "SET"}), str) == (
        "(LSR | DI)", "(CE | LSR)")
    assert flip_flop(cell("TRELLIS_FF", pins, {**ecp5, "CEMUX": "1 "}), str) == (
        "(~LSR & DI)", ONE)
    assert flip_flop(cell("SB_DFFESR", ["C", "E", "R", "D", "Q"]), str) == ("(~R & D)", "E")
    assert flip_flop(cell("FDSE", ["C", "CE", "S", "D", "Q"]), str) == ("(S | D)", "(CE | S)")
    assert not is_flip_flop(cell("LUT4", []))


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ToolError, match="not 'SB_MAC16'"):
        combinational(cell("SB_MAC16", []), str)
    with pytest.raises(ToolError, match="TRELLIS_FF must have SRMODE LSR_OVER_CE, not 'ASYNC'"):
        flip_flop(cell("TRELLIS_FF", ["CLK", "DI", "Q"], {"SRMODE": "ASYNC"}), str)
    with pytest.raises(ToolError, match="ALU must have a mode that is known, not 8"):
        combinational(cell("ALU", ["I0", "I1", "I3", "CIN"], {"ALU_MODE": f"{8:032b}"}), str)
