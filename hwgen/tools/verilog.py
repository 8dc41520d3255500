"""Verilog that a user gives: checked before Yosys sees it, and brought into plain RTLIL.

The text is not trusted. Comments and attributes, which tools read in ways of their own, are
blanked, and every other word must be one that can describe logic: what is left names no file, and
Yosys reads it in an empty folder, in bounded time.
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.spec import InputError
from hwgen.tools.gates import TO_GATES, Gates, read_gates
from hwgen.tools.yowasp import YOSYS, Processes

TIMEOUT_S = 30.0
_MAX_BYTES = 1 << 24  # of RTLIL
_NAMES_SHOWN = 8
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*", re.ASCII)
_TOKEN = re.compile(r"""
    (?P<blank> //[^\n]* | /\*.*?\*/
             | \(\*(?!\s*\)) (?: "(?:\\.|[^"\\\n])*" | [^"*] | \*(?!\)) )*? \*\) )
  | (?P<unclosed> /\* | \(\*(?!\s*\)) )
  | (?P<directive> `\w* )
  | (?P<system> \$\w+ )
  | (?P<word> [A-Za-z_][\w$]* )
  | (?P<escaped> \\[A-Za-z_][\w.:$\[\]<>]*(?=\s) )
  | (?P<logic> \s+ | [0-9][\w.]* | '\s*[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+
             | @\s*\(\s*\*\s*\) | [()\[\]{}.,;:=+\-*/%&|^~!<>?#@] )
""", re.VERBOSE | re.DOTALL | re.ASCII)
_ALLOWED = {
    "directive": {"`timescale", "`default_nettype"},
    "system": {"$signed", "$unsigned"},
    "unclosed": set[str](),
}
_PORT = re.compile(r"^  wire (?:\w+ )*?(?P<direction>input|output|inout) (?P<number>\d+) (?:\w+ )*"
                   r"\\(?P<name>\S+)$", re.MULTILINE)
_PARTIAL = re.compile(r"^  cell (\$(?:div|mod|pow)\w*) ", re.MULTILINE)  # somewhere undefined
_ATTRIBUTE = re.compile(r"^ *attribute .*\n", re.MULTILINE)

# The check comes before opt, which would tidy away what must be told.
_READ = """\
read_verilog netlist.v
hierarchy -check -purge_lib -top {top}
proc -norom
flatten
tee -q -o check.txt check
write_rtlil flat.il
"""
# A bit beyond a vector's end is 0 ($shift), where simulators and synthesis would go their own ways.
# Names of the user's choice could be keywords elsewhere, so none is left.
# Whether undefined bits matter is found among the gates; where they do not, zeros stand for them.
_NORMALISE = """\
read_rtlil flat.il
chtype -set $shift t:$shiftx
opt
cd {top}
{deleted}
rename -hide w:* c:*
{renamed}
cd ..
opt_clean -purge
design -save netlist
setundef -zero
opt
write_rtlil netlist.il
design -load netlist
""" + TO_GATES


@dataclass(frozen=True)
class Netlist:
    """A module with two inputs and one output, in RTLIL that owes nothing to other modules.

    Members
    -------
    name : what the user calls the module.
    rtlil : the module with the ports ``a``, ``b`` and ``p``.
    gates : the same as gates.
    """

    name: str
    rtlil: str
    gates: Gates

    @property
    def widths(self) -> tuple[int, int, int]:
        """Bits of ``a``, ``b`` and ``p``."""
        return self.gates.inputs["a"], self.gates.inputs["b"], len(self.gates.outputs["p"])

    def called(self, name: str) -> str:
        """The module in RTLIL under another name."""
        return self.rtlil.replace(f"module \\{self.name}\n", f"module \\{name}\n", 1)


def cleaned(source: str) -> str:
    """The text with comments and attributes blanked, its lines where they were.

    Raises
    ------
    InputError : a word or sign that no netlist of plain logic needs.
    """
    parts, place = [], 0
    while place < len(source):
        token = _TOKEN.match(source, place)
        kind, text = (token.lastgroup, token[0]) if token else ("sign", source[place : place + 20])
        if token is None or text == "initial" or text not in _ALLOWED.get(kind or "", {text}):
            line = source.count("\n", 0, place) + 1
            raise InputError("Verilog must be a netlist of plain logic, not with "
                             f"{text.splitlines()[0]!r} in line {line}")
        parts.append(" " + "\n" * text.count("\n") if kind == "blank" else text)
        place = token.end()
    return "".join(parts)


def modules_of(text: str) -> list[str]:
    """Names of the modules of a :func:`cleaned` text.

    Raises
    ------
    InputError : there is none, or one has no plain name.
    """
    names = re.findall(r"(?<![\w$\\.])(?:macro)?module\s+([^\s(;#]*)", text, re.ASCII)
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError("Verilog must give its modules plain names (letters, digits and _), "
                             f"not {name[:40]!r}")
    if not names:
        raise InputError("Verilog must hold a module, not none")
    return names


def chosen_module(text: str, wanted: str | None) -> str:
    """The name of the module ``wanted``, or of the only one.

    Raises
    ------
    InputError : there is no such module, or there are several and none is wanted.
    """
    names = modules_of(text)
    if wanted in names:
        return str(wanted)
    if wanted is None and len(names) == 1:
        return names[0]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    if wanted is None:
        raise InputError(f"module must name one of those in the file: {shown}")
    raise InputError(f"module must be one of those in the file ({shown}), not {wanted!r}")


def read_netlist(source: str, module: str | None = None, ports: Sequence[str] | None = None,
                 timeout_s: float = TIMEOUT_S) -> Netlist:
    """The module of a Verilog text, with all below it, flat and in RTLIL.

    Parameters
    ----------
    module : its name; may be left out if the text has just one.
    ports : its two inputs and its output; if left out, those it has, in order of declaration.

    Raises
    ------
    InputError : the text is no netlist of plain logic, the module or its ports are not there, or
        it is not combinational.
    ToolError : Yosys refused the text or took too long.
    """
    text = cleaned(source)
    top = chosen_module(text, module)
    with tempfile.TemporaryDirectory(prefix="hwgen-netlist-") as name:
        folder = Path(name)
        (folder / "netlist.v").write_text(text, encoding="utf-8")
        flat = _yosys(folder, _READ.format(top=top), "flat.il", timeout_s)
        _refuse_warnings((folder / "check.txt").read_text(encoding="utf-8"))
        found = _ports(flat)
        names = _chosen_ports(top, found, ports)
        script = _NORMALISE.format(top=top, deleted=_deleted(found, names), renamed=_renamed(names))
        rtlil = _yosys(folder, script, "netlist.il", timeout_s)
        partial = _PARTIAL.search(rtlil)
        if partial:
            raise InputError(f"netlist must consist of logic alone, not with the cell {partial[1]}")
        gates = read_gates(folder, [top])[top]
    return Netlist(top, _ATTRIBUTE.sub("", rtlil[rtlil.index("module ") :]), gates)


def _yosys(folder: Path, script: str, result: str, timeout_s: float) -> str:
    """The file ``result`` that ``script`` leaves in ``folder``."""
    (folder / "script.ys").write_text(script, encoding="utf-8")
    Processes().run(YOSYS, ["-q", "-s", "script.ys"], folder, task="read the netlist",
                    timeout_s=timeout_s)
    path = folder / result
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"netlist must take at most {_MAX_BYTES >> 20} MiB once Yosys has "
                         f"written it out, not {path.stat().st_size >> 20} MiB")
    return path.read_text(encoding="utf-8")


def _refuse_warnings(log: str) -> None:
    """Undriven nets and conflicts; loops are found, without false alarms, among the gates."""
    for line in log.splitlines():
        if line.startswith("Warning: ") and "logic loop" not in line:
            fault = line.removeprefix("Warning: ").rstrip(".:")
            raise InputError(f"netlist must drive every net once, but Yosys says: {fault}")


def _ports(rtlil: str) -> dict[str, str]:
    """Direction of each port, in order of declaration."""
    found = sorted((int(port["number"]), port["name"], port["direction"])
                   for port in _PORT.finditer(rtlil))
    return {name: direction for _, name, direction in found}


def _chosen_ports(top: str, found: dict[str, str], wanted: Sequence[str] | None) -> list[str]:
    """The two inputs and the output, ``wanted`` or found."""
    ports = {kind: [name for name, direction in found.items() if direction == kind]
             for kind in ("input", "output", "inout")}
    listed = "; ".join(f"{kind}s {', '.join(names[:_NAMES_SHOWN]) or 'none'}"
                       for kind, names in ports.items())
    chosen = list(wanted or ports["input"] + ports["output"])
    directions = [found.get(name) for name in chosen]
    if len(ports["input"]) != 2 or ports["inout"] or not ports["output"]:
        raise InputError(f"module {top} must have two inputs and an output, not {listed}")
    if directions != ["input", "input", "output"] or len(set(chosen)) != 3:
        raise InputError("ports must name the two inputs and the output, as in "
                         f'ports = ["A", "B", "O"], for module {top} ({listed})'
                         + (f", not {list(wanted)}" if wanted else ""))
    for name in chosen:
        if not _NAME.fullmatch(name):
            raise InputError(f"ports must have plain names (letters, digits and _), not {name!r}")
    return chosen


def _deleted(found: dict[str, str], names: Sequence[str]) -> str:
    """Commands that leave outputs open which are not among ``names``."""
    return "\n".join(f"delete -output w:{name}" for name in found if name not in names)


def _renamed(names: Sequence[str]) -> str:
    """Commands that call the ports a, b and p; in two steps, as the user's b may become a."""
    steps = [f"rename {name} hwgen_port_{port}" for name, port in zip(names, "abp", strict=True)]
    return "\n".join(steps + [f"rename hwgen_port_{port} {port}" for port in "abp"])
