"""Registers of an ECP5 netlist moved into the DSP blocks beside them, as Yosys does not do.

A MULT18X18D takes 3.9 ns from its inputs to its outputs, and the flip-flops around it stand where
its wires are long.  With the block's own registers neither counts.  The netlist does the same in
each cycle: a register at an input takes what the flip-flops before it take, which stay if something
else reads them; one at the output takes the place of the flip-flops behind it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

_BLOCK, _FLIP_FLOP = "MULT18X18D", "TRELLIS_FF"
_NEUTRAL = {"LSRMUX": "LSR", "CLKMUX": "CLK", "REGSET": "RESET"}  # as Yosys writes, for all others

Bit = int | str
Cell = dict[str, Any]
Timing = tuple[Bit, Bit]
"""Clock and enable."""


def with_dsp_registers(netlist: str, top: str) -> str:
    """The netlist of module ``top``, mapped to ECP5, with registers in its DSP blocks if possible.

    Those of one block need the same clock and enable, no reset, and no value to begin with but 0.
    """
    design = json.loads(netlist)
    _Packer(design["modules"][top]).pack()
    return json.dumps(design)


class _Packer:
    """One module; its cells are changed in place."""

    def __init__(self, module: dict[str, Any]):
        self._cells: dict[str, Cell] = module["cells"]
        self._by_output = {self._bit(cell, "Q"): name for name, cell in self._cells.items()
                           if cell["type"] == _FLIP_FLOP}
        self._loads: Counter[Bit] = Counter(
            bit for cell in self._cells.values() for _, bit in self._inputs(cell))
        self._loads.update(bit for port in module["ports"].values() for bit in port["bits"])
        self._by_input = {self._bit(cell, "DI"): name for name, cell in self._cells.items()
                          if cell["type"] == _FLIP_FLOP}

    def pack(self) -> None:
        for block in [cell for cell in self._cells.values() if cell["type"] == _BLOCK]:
            before = {side: self._before(block, side) for side in "AB"}
            behind = self._behind(block)
            timings = {self._timing(name) for names in (*before.values(), behind)
                       for name in names.values()}
            timing = timings.pop() if len(timings) == 1 else None
            if timing is not None:
                self._take_in(block, timing, before, behind)
        for name in [name for name, cell in self._cells.items() if cell["type"] == _FLIP_FLOP]:
            if not self._loads[self._bit(self._cells[name], "Q")]:
                del self._cells[name]

    def _take_in(self, block: Cell, timing: Timing, before: dict[str, dict[str, str]],
                 behind: dict[str, str]) -> None:
        for pin, bit in zip(("CLK0", "CE0", "RST0"), (*timing, "0"), strict=True):
            block["connections"][pin] = [bit]
            block["port_directions"][pin] = "input"
        for side, names in before.items():
            if names:
                self._register(block, f"INPUT{side}")
            for pin, name in names.items():
                self._loads[self._bit(block, pin)] -= 1
                block["connections"][pin] = self._cells[name]["connections"]["DI"]
                self._loads[self._bit(block, pin)] += 1
        if behind:
            self._register(block, "OUTPUT")
        for pin, name in behind.items():
            block["connections"][pin] = self._cells.pop(name)["connections"]["Q"]

    def _register(self, block: Cell, place: str) -> None:
        for pin in ("CLK", "CE", "RST"):
            block["parameters"][f"REG_{place}_{pin}"] = f"{pin}0"

    def _before(self, block: Cell, side: str) -> dict[str, str]:
        """Pin to flip-flop, for one operand; nothing unless all its bits can be registered."""
        bits = {pin: bit for pin, bit in self._inputs(block)
                if pin[0] == side and pin[1:].isdigit() and bit != "0"}
        found = {pin: self._by_output.get(bit, "") for pin, bit in bits.items()}
        return found if all(map(self._plain, found.values())) else {}

    def _behind(self, block: Cell) -> dict[str, str]:
        """Pin to flip-flop, for the product; nothing unless each bit in use has just one."""
        bits = {f"P{index}": self._bit(block, f"P{index}") for index in range(36)}
        read = {pin: bit for pin, bit in bits.items() if self._loads[bit]}
        found = {pin: self._by_input.get(bit, "") for pin, bit in read.items()}
        alone = all(self._loads[bit] == 1 for bit in read.values())
        return found if alone and all(map(self._plain, found.values())) else {}

    def _plain(self, name: str) -> bool:
        """Whether it is a flip-flop without reset, that begins with 0."""
        cell = self._cells.get(name)
        return cell is not None and self._bit(cell, "LSR") in ("", "0", "x") and all(
            cell["parameters"].get(key, value) == value for key, value in _NEUTRAL.items())

    def _timing(self, name: str) -> Timing:
        cell = self._cells[name]
        always = cell["parameters"].get("CEMUX", "CE").strip() == "1"  # Yosys writes "1 "
        return self._bit(cell, "CLK"), "1" if always else self._bit(cell, "CE") or "1"

    @staticmethod
    def _bit(cell: Cell, pin: str) -> Bit:
        """What a pin is connected to; "" if to nothing."""
        bits: list[Bit] = cell["connections"].get(pin, [])
        return bits[0] if bits else ""

    @staticmethod
    def _inputs(cell: Cell) -> Iterator[tuple[str, Bit]]:
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] == "input":
                yield from ((pin, bit) for bit in bits)
