"""Memories that a netlist of gates keeps: one port that writes, one that reads."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from hwgen.flow.cell_logic import ONE, ZERO, Cell
from hwgen.spec import ToolError

MEMORY = "$mem_v2"


class Memory:
    """A memory of a group of instances, an array of Verilog for each of them.

    Parameters
    ----------
    name : prefix of its names.
    pin : the vector at a pin.

    Raises
    ------
    ToolError
        If it has other ports than those of hwgen's memories.
    """

    def __init__(self, cell: Cell, name: str, pin: Callable[[str], str]):
        self._cell, self._name, self._pin = cell, name, pin
        self.width = self._number("WIDTH")
        if (self._number("RD_PORTS"), self._number("WR_PORTS")) != (1, 1):
            raise ToolError("memories must have one port that reads and one that writes, not "
                            f"{self._number('RD_PORTS')} and {self._number('WR_PORTS')}")

    def _number(self, parameter: str) -> int:
        return int(self._cell["parameters"][parameter], 2)

    @cached_property
    def _clocked(self) -> bool:
        return bool(self._number("RD_CLK_ENABLE"))

    @cached_property
    def accesses(self) -> list[str]:
        """The enables of its clocked ports."""
        return [self._pin("WR_EN"), *([self._pin("RD_EN")] if self._clocked else [])]

    def lines(self, count: int) -> Iterator[str]:
        """The memories of ``count`` instances, and the vectors that are read from them."""
        depth, width = self._number("SIZE"), self.width
        for place in range(count):
            words, read = f"{self._name}_{place}", f"{self._name}_{place}_read"
            taken = self._word("RD_ADDR", place)
            write, to, data = (self._bit(self._pin("WR_EN"), place), self._word("WR_ADDR", place),
                               self._word("WR_DATA", place))
            yield f"  reg [{width - 1}:0] {words} [0:{depth - 1}];"
            yield f"  always @(posedge clk) if ({write}) {words}[{to}] <= {data};"
            if not self._clocked:
                yield f"  wire [{width - 1}:0] {read} = {words}[{taken}];"
                continue
            value = f"{words}[{taken}]"
            if self._number("RD_TRANSPARENCY_MASK"):
                value = f"{write} && {to} == {taken} ? {data} : {value}"
            yield f"  reg [{width - 1}:0] {read};"
            yield (f"  always @(posedge clk) if ({self._bit(self._pin('RD_EN'), place)}) "
                   f"{read} <= {value};")
        for bit, net in enumerate(self._cell["connections"]["RD_DATA"]):
            if isinstance(net, int):
                bits = [f"{self._name}_{place}_read[{bit}]" for place in reversed(range(count))]
                vector = self._pin(f"RD_DATA[{bit}]")
                yield f"  wire [{count - 1}:0] {vector} = {{{', '.join(bits)}}};"

    def _word(self, port: str, place: int) -> str:
        """The bits of a port at one instance, side by side."""
        bits: list[Any] = self._cell["connections"][port]
        vectors = [self._pin(f"{port}[{bit}]") for bit in range(len(bits))]
        return f"{{{', '.join(self._bit(vector, place) for vector in reversed(vectors))}}}"

    @staticmethod
    def _bit(vector: str, place: int) -> str:
        constants = {ZERO: "1'b0", ONE: "1'b1"}
        return constants.get(vector) or f"{vector}[{place}]"
