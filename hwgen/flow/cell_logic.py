"""What the cells of a mapped netlist compute, as Verilog expressions of bits side by side.

A netlist is Yosys' JSON: cells with ``type``, ``parameters`` and ``connections``.  Here are the
gates, LUTs, carry cells and flip-flops of which netlists with ``Job.apart`` consist.  Expressions
hold ``& | ^ ~`` and the constants ``'0`` and ``'1`` only, so that they work on vectors, too.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hwgen.spec import ToolError

Cell = Mapping[str, Any]
Pin = Callable[[str], str]
"""The Verilog of what drives a pin; ``CO[2]`` names a bit of one that has several."""


ZERO, ONE = "'0", "'1"


class FlipFlop(NamedTuple):
    """A flip-flop: on a rising edge with ``enable`` it takes ``data``, its reset included."""

    data: str
    enable: str


_GATES = {
    "$_BUF_": "A", "$_NOT_": "~A", "$_AND_": "A & B", "$_NAND_": "~(A & B)", "$_OR_": "A | B",
    "$_NOR_": "~(A | B)", "$_XOR_": "A ^ B", "$_XNOR_": "~(A ^ B)", "$_ANDNOT_": "A & ~B",
    "$_ORNOT_": "A | ~B",
}
_CONSTANTS = {"GND": {"G": ZERO}, "VCC": {"V": ONE}}
_LUT = re.compile(r"(SB_)?LUT([1-6])")
_FLIP_FLOP = re.compile(r"SB_DFFE?(SS|SR)?|DFF[RS]?E?|FD[RS]E|\$_DFFE?_PP?_|TRELLIS_FF")
CLOCK_PINS, ENABLE_PINS = ("C", "CLK"), ("E", "CE")
_RESETS = {"R": 0, "RESET": 0, "LSR": 0, "S": 1, "SET": 1}  # to the value that they give
_TRELLIS = {"CLKMUX": ("CLK",), "LSRMUX": ("LSR",), "CEMUX": ("CE", "1"),
            "SRMODE": ("LSR_OVER_CE",)}


def is_flip_flop(cell: Cell) -> bool:
    """Whether the cell keeps its value between clock edges."""
    return _FLIP_FLOP.fullmatch(cell["type"]) is not None


def combinational(cell: Cell, pin: Pin) -> dict[str, str]:
    """Output pin to expression, for a cell that is no flip-flop.

    Raises
    ------
    ToolError
        If the cell is not known.
    """
    kind, parameters = cell["type"], cell["parameters"]
    if kind in _GATES:
        return {"Y": re.sub(r"[AB]", lambda name: pin(name[0]), _GATES[kind])}
    if kind in _CARRIES:
        return _CARRIES[kind](parameters, pin)
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    if kind == "INV":
        return {"O": f"~{pin('I')}"}
    lut = _LUT.fullmatch(kind)
    if lut is None:
        raise ToolError(f"netlist must consist of cells whose function is known, not {kind!r}")
    letters = "A" in cell["connections"]
    inputs = [pin("ABCD"[index] if letters else f"I{index}") for index in range(int(lut[2]))]
    output = next(name for name in "ZOF" if name in cell["connections"])
    return {output: _table(parameters.get("INIT") or parameters["LUT_INIT"], inputs)}


def flip_flop(cell: Cell, pin: Pin) -> FlipFlop:
    """What a flip-flop does on a rising edge.

    Raises
    ------
    ToolError
        If it has a setting that Yosys is not known to give.
    """
    kind, pins = cell["type"], cell["connections"]
    # Yosys adds a blank to text that it could take for a number.
    parameters = {name: text.removesuffix(" ") for name, text in cell["parameters"].items()}
    for name, values in _TRELLIS.items():
        if parameters.get(name, values[0]) not in values:
            raise ToolError(f"{kind} must have {name} {' or '.join(values)}, "
                            f"not {parameters[name]!r}")
    enable = next((pin(name) for name in ENABLE_PINS if name in pins), ONE)
    enable = ONE if parameters.get("CEMUX") == "1" else enable
    data = pin(next(name for name in ("D", "DI") if name in pins))
    reset = next((name for name in _RESETS if name in pins), None)
    if reset is None or pin(reset) == ZERO:
        return FlipFlop(data, enable)
    value = parameters.get("REGSET") == "SET" or _RESETS[reset]
    if not kind.startswith("SB_") and enable != ONE:  # those of iCE40 are reset if enabled
        enable = f"({enable} | {pin(reset)})"
    return FlipFlop(_chosen(pin(reset), ONE if value else ZERO, data), enable)


def _chosen(select: str, high: str, low: str) -> str:
    """``high`` where ``select`` is set, else ``low``."""
    if high == low:
        return high
    if (high, low) == (ONE, ZERO):
        return select
    if (high, low) == (ZERO, ONE):
        return f"~{select}"
    if low == ZERO:
        return f"({select} & {high})"
    if low == ONE:
        return f"(~{select} | {high})"
    if high == ZERO:
        return f"(~{select} & {low})"
    return f"({select} | {low})" if high == ONE else f"({select} & {high} | ~{select} & {low})"


def _table(truth: str, inputs: list[str]) -> str:
    """The bit of ``truth``, highest first, that the inputs, lowest first, choose."""
    size = 1 << len(inputs)
    truth = truth.rjust(size, "0")[-size:]
    if not inputs:
        return ONE if truth == "1" else ZERO
    high, low = (_table(half, inputs[:-1]) for half in (truth[: size // 2], truth[size // 2 :]))
    return _chosen(inputs[-1], high, low)


def _ccu2c(parameters: Mapping[str, str], pin: Pin) -> dict[str, str]:
    outputs, carry = {}, pin("CIN")
    for half in "01":
        inputs, truth = [pin(f"{name}{half}") for name in "ABCD"], parameters[f"INIT{half}"]
        broken = parameters[f"INJECT1_{half}"] != "NO"
        propagates = _table(truth, inputs)
        generates = ZERO if broken else _table(truth.rjust(16, "0")[-4:], inputs[:2])
        outputs[f"S{half}"] = propagates if broken else f"{propagates} ^ {carry}"
        carry = _chosen(propagates, carry, generates)
    return {**outputs, "COUT": carry}


def _sb_carry(parameters: Mapping[str, str], pin: Pin) -> dict[str, str]:
    a, b, c = (pin(name) for name in ("I0", "I1", "CI"))
    return {"CO": f"({a} & {b}) | ({a} & {c}) | ({b} & {c})"}


def _alu(parameters: Mapping[str, str], pin: Pin) -> dict[str, str]:
    a, b, c, carry = (pin(name) for name in ("I0", "I1", "I3", "CIN"))
    modes = {  # what propagates, and what a carry is made from
        0: (f"({a} ^ {b})", a), 1: (f"({a} ^ ~{b})", a), 2: (f"({a} ^ {b} ^ ~{c})", a),
        3: (f"({a} ^ ~{b})", ONE), 4: (f"({a} ^ ~{b})", a), 5: (f"(~{a} ^ {b})", b),
        9: (f"({a} & {b} ^ {c})", f"({a} & {b})"),
    }
    mode = int(parameters["ALU_MODE"], 2)
    if mode not in modes:
        raise ToolError(f"ALU must have a mode that is known, not {mode}")
    propagates, generates = modes[mode]
    return {"SUM": f"{propagates} ^ {carry}", "COUT": _chosen(propagates, carry, generates)}


def _carry4(parameters: Mapping[str, str], pin: Pin) -> dict[str, str]:
    outputs, carry = {}, f"({pin('CI')} | {pin('CYINIT')})"
    for bit in range(4):
        outputs[f"O[{bit}]"] = f"{pin(f'S[{bit}]')} ^ {carry}"
        carry = _chosen(pin(f"S[{bit}]"), carry, pin(f"DI[{bit}]"))
        outputs[f"CO[{bit}]"] = carry
    return outputs


def _lut6_2(parameters: Mapping[str, str], pin: Pin) -> dict[str, str]:
    inputs, truth = [pin(f"I{index}") for index in range(6)], parameters["INIT"].rjust(64, "0")
    return {"O6": _table(truth, inputs), "O5": _table(truth, inputs[:5])}


def _mux(output: str, select: str, low: str, high: str) -> Any:
    return lambda parameters, pin: {output: _chosen(pin(select), pin(high), pin(low))}


_CARRIES: dict[str, Callable[[Mapping[str, str], Pin], dict[str, str]]] = {
    "CCU2C": _ccu2c, "SB_CARRY": _sb_carry, "ALU": _alu, "CARRY4": _carry4, "LUT6_2": _lut6_2,
    "MUXF7": _mux("O", "S", "I0", "I1"), "MUXF8": _mux("O", "S", "I0", "I1"),
}
