"""Combinational modules as one-bit gates, evaluated for 64 sets of operands a machine word.

Yosys turns modules into gates, any number of them in one run (its start takes longer than a
multiplier), and NumPy evaluates them with the bits of 64 sets side by side: all 65,536 pairs of an
8 x 8 multiplier take milliseconds.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.number import Codes
from hwgen.spec import InputError, ToolError
from hwgen.tools.yowasp import YOSYS, Processes

TIMEOUT_S = 120.0
_MAX_BYTES = 1 << 27  # of JSON, some 500 a gate
_UNDEFINED = 2  # the net x
_PARALLEL_BITS = 1 << 29  # of all nets together: what one sweep over the gates works on

FUNCTIONS: dict[str, tuple[str, Callable[..., Any]]] = {
    "$_BUF_": ("A", lambda a: a),
    "$_NOT_": ("A", lambda a: ~a),
    "$_AND_": ("AB", lambda a, b: a & b),
    "$_NAND_": ("AB", lambda a, b: ~(a & b)),
    "$_OR_": ("AB", lambda a, b: a | b),
    "$_NOR_": ("AB", lambda a, b: ~(a | b)),
    "$_XOR_": ("AB", lambda a, b: a ^ b),
    "$_XNOR_": ("AB", lambda a, b: ~(a ^ b)),
    "$_ANDNOT_": ("AB", lambda a, b: a & ~b),
    "$_ORNOT_": ("AB", lambda a, b: a | ~b),
    "$_MUX_": ("ABS", lambda a, b, s: (a & ~s) | (b & s)),
}
"""Input ports of each kind of gate, and its function of bits, words of them, or HDL values."""

_STATE = ("$_DFF", "$_SDFF", "$_ALDFF", "$_DLATCH", "$_SR_", "$_FF_", "$dff", "$adff", "$sdff",
          "$aldff", "$dlatch", "$adlatch", "$sr", "$ff", "$fsm")

_SCRIPT = """\
read_rtlil design.il
setattr -mod -unset top *
proc -norom
flatten
opt
"""
TO_GATES = """\
techmap
opt_expr
opt_clean -purge
setattr -unset src */c:* */w:*
write_json gates.json
"""
"""Commands that turn flat modules into gates and leave them for :func:`read_gates`."""


@dataclass(frozen=True)
class Gates:
    """A combinational module.

    Nets are numbered: 0 and 1 are the constants, 2 is undefined (x), then come the bits of the
    inputs in order, then the output of each gate. A gate reads lower numbers only.

    Members
    -------
    inputs : width of each input port.
    outputs : nets of each output port, lowest bit first.
    gates : kind and input nets of each gate, in an order in which they can be evaluated.
    """

    inputs: dict[str, int]
    outputs: dict[str, tuple[int, ...]]
    gates: tuple[tuple[str, tuple[int, ...]], ...]

    def nets(self, constants: Sequence[Any], inputs: Mapping[str, Sequence[Any]],
             output: Callable[[Any], Any] = lambda value: value) -> list[Any]:
        """The value of every net, from those of 0, 1 and x and of the bits of each input.

        Values are whatever ``&``, ``|``, ``^`` and ``~`` work on; a gate's goes through ``output``.
        """
        values = [*constants, *(bit for port in self.inputs for bit in inputs[port])]
        for kind, sources in self.gates:
            values.append(output(FUNCTIONS[kind][1](*[values[source] for source in sources])))
        return values

    def evaluate(self, **codes: Codes) -> dict[str, Codes]:
        """Each output's bits, as unsigned int64 codes, for the codes of every input.

        Parameters
        ----------
        codes : ``(n,)`` integers a port, of which the low bits count; two's complement is welcome.

        Raises
        ------
        InputError : an output is undefined for some of the codes.
        """
        count = len(next(iter(codes.values())))
        nets = 3 + sum(self.inputs.values()) + len(self.gates)
        chunk = max(64, _PARALLEL_BITS // nets // 64 * 64)
        parts = [self._sweep({port: code[first : first + chunk] for port, code in codes.items()})
                 for first in range(0, count, chunk)]
        return {port: np.concatenate([part[port] for part in parts] or [np.empty(0, np.int64)])
                for port in self.outputs}

    def _sweep(self, codes: dict[str, Codes]) -> dict[str, Codes]:
        """:meth:`evaluate` in one sweep over the gates."""
        words = {port: [_packed(codes[port] >> bit) for bit in range(width)]
                 for port, width in self.inputs.items()}
        count = len(next(iter(codes.values())))
        zero = np.zeros(-(-count // 64), np.uint64)
        if any(_UNDEFINED in sources for _, sources in (*self.gates, *self.outputs.items())):
            self._expect_defined(codes, words, zero)
        values = self.nets((zero, ~zero, zero), words)
        return {port: sum((_unpacked(values[net], count) << bit for bit, net in enumerate(nets)),
                          np.zeros(count, np.int64)) for port, nets in self.outputs.items()}

    def _expect_defined(self, codes: dict[str, Codes], words: dict[str, list[Codes]],
                        zero: Codes) -> None:
        """InputError if x reaches an output: a sweep in which a net can be 0, 1 or either."""
        known = {port: [_Either(~word, word) for word in bits] for port, bits in words.items()}
        values = self.nets((_Either(~zero, zero), _Either(zero, ~zero), _Either(~zero, ~zero)),
                           known)
        count = len(next(iter(codes.values())))
        for port, nets in self.outputs.items():
            for net in nets:
                unclear = _unpacked(values[net].low & values[net].high, count)
                if unclear.any():
                    found = {name: int(code[unclear.argmax()]) for name, code in codes.items()}
                    raise InputError(f"output {port} must be defined for all operands, not with an "
                                     f"x at {found}")

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Gates":
        """The module behind ``dataclasses.asdict``, also by way of JSON."""
        return cls(values["inputs"],
                   {port: tuple(nets) for port, nets in values["outputs"].items()},
                   tuple((kind, tuple(sources)) for kind, sources in values["gates"]))


@dataclass(frozen=True)
class _Either:
    """Words of bits of which each can be 0 (set in ``low``), 1 (set in ``high``), or either."""

    low: Codes
    high: Codes

    def __invert__(self) -> "_Either":
        return _Either(self.high, self.low)

    def __and__(self, other: "_Either") -> "_Either":
        return _Either(self.low | other.low, self.high & other.high)

    def __or__(self, other: "_Either") -> "_Either":
        return ~(~self & ~other)

    def __xor__(self, other: "_Either") -> "_Either":
        return (self & ~other) | (~self & other)


def _packed(bits: Codes) -> Codes:
    """The lowest bit of each code, 64 a word, uint64."""
    packed = np.packbits((bits & 1).astype(np.uint8), bitorder="little")
    return np.pad(packed, (0, -len(packed) % 8)).view(np.uint64)


def _unpacked(words: Codes, count: int) -> Codes:
    """The first ``count`` bits of ``words``, int64."""
    return np.unpackbits(words.view(np.uint8), count=count, bitorder="little").astype(np.int64)


def gates_of(rtlil: str, modules: Sequence[str], timeout_s: float = TIMEOUT_S) -> dict[str, Gates]:
    """The gates of each of the ``modules``, with all below them, from one Yosys run.

    Parameters
    ----------
    rtlil : the modules and those below them, as ``amaranth.back.rtlil.convert`` writes them.

    Raises
    ------
    InputError : a module is not combinational, or Yosys is missing.
    ToolError : Yosys refused the text or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-gates-") as name:
        folder = Path(name)
        (folder / "design.il").write_text(rtlil, encoding="utf-8")
        (folder / "script.ys").write_text(_SCRIPT + TO_GATES, encoding="utf-8")
        Processes().run(YOSYS, ["-q", "-s", "script.ys"], folder, task="turn modules into gates",
                        timeout_s=timeout_s)
        return read_gates(folder, modules)


def read_gates(folder: Path, modules: Sequence[str]) -> dict[str, Gates]:
    """The gates of each of the ``modules`` that :data:`TO_GATES` left in ``folder``.

    Raises
    ------
    InputError : a module is not combinational, or too large.
    ToolError : a module is not there.
    """
    path = folder / "gates.json"
    if path.stat().st_size > _MAX_BYTES:
        raise InputError("modules must consist of fewer gates, about 200,000 at most")
    found = json.loads(path.read_text(encoding="utf-8"))["modules"]
    for module in modules:
        if module not in found:
            raise ToolError(f"Yosys wrote no module {module!r}")
    return {module: _Reader(module, found[module]).gates() for module in modules}


class _Reader:
    """One module of Yosys' JSON netlist."""

    def __init__(self, name: str, values: dict[str, Any]):
        self._name = name
        self._cells = values["cells"]
        self._names = values["netnames"]
        ports = values["ports"]
        self._inputs = {port: entry["bits"] for port, entry in ports.items()
                        if entry["direction"] == "input"}
        self._outputs = {port: entry["bits"] for port, entry in ports.items()
                         if entry["direction"] == "output"}
        for port, entry in ports.items():
            if entry["direction"] == "inout":
                raise self._refusal("have inputs and outputs only", f"the inout {port}")

    def gates(self) -> Gates:
        """The module with its nets numbered in order of evaluation."""
        drivers = self._drivers()
        numbers: dict[Any, int] = {"0": 0, "1": 1, "x": _UNDEFINED}
        for bit in (bit for bits in self._inputs.values() for bit in bits):
            numbers[bit] = len(numbers)
        gates = []
        for cell in self._ordered(drivers, set(numbers)):
            kind = self._cells[cell]["type"]
            pins = self._cells[cell]["connections"]
            gates.append((kind, tuple(numbers[pins[pin][0]] for pin in FUNCTIONS[kind][0])))
            numbers[pins["Y"][0]] = len(numbers)
        return Gates(
            inputs={port: len(bits) for port, bits in self._inputs.items()},
            outputs={port: tuple(numbers[bit] for bit in bits)
                     for port, bits in self._outputs.items()},
            gates=tuple(gates),
        )

    def _drivers(self) -> dict[int, str]:
        """The cell that drives each net."""
        drivers: dict[int, str] = {}
        inputs = {bit for bits in self._inputs.values() for bit in bits}
        for name, cell in self._cells.items():
            kind = cell["type"]
            if kind.startswith(_STATE):
                raise self._refusal("be combinational", f"a latch or register ({kind})")
            if kind.startswith("$mem"):
                raise self._refusal("be combinational", f"a memory ({kind})")
            if kind not in FUNCTIONS:
                raise self._refusal("consist of logic alone", f"the cell {kind}")
            output = cell["connections"]["Y"][0]
            if output in drivers or output in inputs:
                raise self._refusal("drive each net once", f"{self._net(output)} twice")
            drivers[output] = name
        return drivers

    def _ordered(self, drivers: dict[int, str], known: set[Any]) -> Iterator[str]:
        """The cells, each behind those that drive it."""
        done, open_ = set(known), set[int]()
        # A net stands on the stack twice: to begin with, and when what it needs has been done.
        stack = [bit for bits in self._outputs.values() for bit in reversed(bits)][::-1]
        while stack:
            bit = stack.pop()
            if bit in done:
                continue
            cell = drivers.get(bit)
            if cell is None:
                raise self._undriven(bit)
            needed = [pin for port, (pin,) in self._cells[cell]["connections"].items()
                      if port != "Y" and pin not in done]
            if not needed:
                open_.discard(bit)
                done.add(bit)
                yield cell
            elif bit in open_:
                raise self._refusal("be combinational", f"a loop through {self._net(bit)}")
            else:
                open_.add(bit)
                stack += [bit, *needed]

    def _undriven(self, bit: Any) -> InputError:
        if bit == "z":
            return self._refusal("drive every net", "tri-state logic (z)")
        return self._refusal("drive every net", f"{self._net(bit)} left open")

    def _net(self, bit: Any) -> str:
        """Name of a net, for a message."""
        for name, entry in self._names.items():
            if bit in entry["bits"]:
                return f"{name}[{entry['bits'].index(bit)}]"
        return f"net {bit}"

    def _refusal(self, rule: str, found: str) -> InputError:
        return InputError(f"module {self._name} must {rule}, not with {found}")
