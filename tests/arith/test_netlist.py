"""Netlists of a user's own: products as an oracle says, faults told, no file needed later."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from hwgen.arith import netlist as module
from hwgen.arith.multiplier import MultiplierUnit, Operands
from hwgen.arith.netlist import NetlistMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, Fixed
from hwgen.spec import InputError
from hwgen.tools.yowasp import Processes
from tests.arith import netlists
from tests.combinational import all_pairs, simulate_products

SPEC = """\
name = "mac"
[pe]
a = {width = %d, signed = false}
b = {width = %d, signed = false}
multiplier = {kind = "netlist", file = "mul.v"%s}
"""


def unsigned(width: int) -> Operands:
    return Operands(Fixed(width=width, signed=False), Fixed(width=width, signed=False))


def load(folder: Path, source: str, widths: tuple[int, int] = (4, 4), more: str = "") -> ArraySpec:
    (folder / "mul.v").write_text(source)
    (folder / "mac.toml").write_text(SPEC % (*widths, more))
    return ArraySpec.load(folder / "mac.toml")


def of(array: ArraySpec) -> NetlistMultiplier:
    assert isinstance(array.pe.multiplier, NetlistMultiplier)
    return array.pe.multiplier


def exact(name: str = "mul", width: int = 4) -> str:
    return netlists.header(name, width) + "assign O = A * B;\nendmodule\n"


CIRCUITS = {
    "8x8 assignments": (netlists.truncated("mul8u_own", 8, 5), 8,
                        lambda a, b: netlists.truncated_product(a, b, 8, 5)),
    "8x8 exact": (netlists.truncated("mul8u_own", 8, 0), 8, np.multiply),
    "4x4 gates": (netlists.gate_primitives("mul4u_own"), 4, netlists.without_carries),
    "3x3 adders": (netlists.ADDERS.format(name="mul3u_own"), 3, netlists.without_last_carry),
}


@pytest.mark.parametrize(("source", "width", "oracle"), CIRCUITS.values(), ids=CIRCUITS.keys())
def test_golden_is_the_circuit(source: str, width: int, oracle: Any) -> None:
    name = f"mul{width}u_own"
    spec, formats = NetlistMultiplier(source=source, module=name), unsigned(width)
    assert spec.fault(formats) is None
    a, b = all_pairs(formats.a, formats.b)
    np.testing.assert_array_equal(spec.golden(formats, a, b), oracle(a, b))
    assert spec.worst_error(formats) == np.abs(oracle(a, b) - a * b).max()


@pytest.mark.parametrize(("a_signed", "b_signed"), [(False, False), (True, False), (True, True)])
def test_bits_are_taken_as_the_formats_say(a_signed: bool, b_signed: bool) -> None:
    formats = Operands(Fixed(width=3, signed=a_signed), Fixed(width=2, signed=b_signed))
    spec = NetlistMultiplier(source="module join(input [2:0] A, input [1:0] B, output [4:0] O);"
                                    "assign O = {A, B}; endmodule")
    a, b = all_pairs(formats.a, formats.b)
    joined = (a & 7) << 2 | b & 3
    product = spec.golden(formats, a, b)
    assert product.tolist() == (np.where(joined > 15, joined - 32, joined)
                                if a_signed or b_signed else joined).tolist()
    assert spec.bounds(formats) == ((-16, 15) if a_signed or b_signed else (0, 31))
    simulated = simulate_products(MultiplierUnit(spec, formats).create, a, b)
    assert simulated.tolist() == product.tolist()


@pytest.mark.parametrize("signed", [False, True])
def test_signed_published_circuit(signed: bool) -> None:
    """A signed multiplier, as in the class of 8-bit signed ones: formats and circuit agree."""
    source = exact().replace("A * B", "$signed(A) * $signed(B)") if signed else exact()
    formats = Operands(Fixed(width=4, signed=signed), Fixed(width=4, signed=signed))
    assert NetlistMultiplier(source=source).worst_error(formats) == 0
    other = Operands(Fixed(width=4, signed=not signed), Fixed(width=4, signed=not signed))
    assert NetlistMultiplier(source=source).worst_error(other) > 0


def test_widest_netlist() -> None:
    formats = unsigned(12)
    spec = NetlistMultiplier(source=exact(width=12))
    assert spec.fault(formats) is None
    assert spec.worst_error(formats) == 0


def test_spec_holds_the_source_and_names_no_file(tmp_path: Path) -> None:
    array = load(tmp_path, exact())
    os.remove(tmp_path / "mul.v")
    again = ArraySpec.parse(json.loads(array.canonical_json()), folder=None)
    assert again == array
    assert of(again).source == exact()
    assert "mul.v" not in array.canonical_json()


def test_ports_and_module_come_from_the_file(tmp_path: Path) -> None:
    source = ("module top(output [6:0] o, input [2:0] y, input [3:0] x); assign o = x - y;\n"
              "endmodule\nmodule unused(input i); endmodule\n")
    array = load(tmp_path, source, (4, 3), ', module = "top", ports = ["x", "y", "o"]')
    assert of(array).ports == ("x", "y", "o")
    golden = of(array).golden(array.pe.operands, np.array([9]), np.array([4]))
    assert golden.tolist() == [5]
    assert ArraySpec.parse(json.loads(array.canonical_json()), folder=None) == array
    assert hash(array) == hash(ArraySpec.load(tmp_path / "mac.toml"))


USABLE = r"pe\.multiplier\.source must be a netlist to multiply with; "
FAULTS: dict[str, tuple[str, tuple[int, int], str]] = {
    "include": ('`include "x"\n', (4, 4),
                USABLE + r"Verilog must .* not with '`include' in line 1"),
    "latch": (exact().replace("assign", "reg [7:0] O; always @* if (A[0])"), (4, 4),
              USABLE + r"module mul must be combinational"),
    "undefined": (exact().replace("A * B", "A ? A * B : 8'bx"), (4, 4),
                  USABLE + r"output p must be defined for all operands, not with an x at"),
    "black box": (exact().replace("assign O = A * B", "secret s (A, B, O)"), (4, 4),
                  USABLE + r"Yosys must read the netlist"),
    "narrow output": (exact().replace("[7:0] O", "[6:0] O"), (4, 4), USABLE + r"module mul must "
                      r"give 8 bits for operands of 4 x 4, not 7"),
    "other widths": (exact(), (5, 4), r"pe\.multiplier\.source must multiply 5 x 4 bits, as "
                     r"a\.width and b\.width say, not 4 x 4 as module mul"),
    "exchanged widths": ("module m(input [2:0] A, input [3:0] B, output [6:0] O);"
                         "assign O = A * B; endmodule", (4, 3), r".* 4 x 3 bits, .*not 3 x 4"),
    "operand of 24 bits": (exact(), (24, 1), r"pe\.a\.width must be 1 to 23 with multiplier\.kind "
                           r"'netlist', not 24"),
    "25 bits": ("module m(input [12:0] A, input [11:0] B, output [24:0] O); assign O = A * B;"
                "endmodule", (13, 12), USABLE + r"module m must have inputs of at most 24 bits "
                r"together, not 13 \+ 12"),
    "large": (" " * ((1 << 18) + 1), (4, 4), r"pe\.multiplier\.file must have at most 262,144 byt"),
    "very large": ("x" * 10_000_000, (4, 4), r"pe\.multiplier\.file must have at most 262,144 byt"),
}


@pytest.mark.parametrize(("source", "widths", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_faulty_netlist(tmp_path: Path, source: str, widths: tuple[int, int],
                        message: str) -> None:
    with pytest.raises(InputError, match=message) as failure:
        load(tmp_path, source, widths)
    assert len(str(failure.value)) < 700


def test_file_is_text(tmp_path: Path) -> None:
    (tmp_path / "mul.v").write_bytes(b"\xff\xfe\x00module")
    (tmp_path / "mac.toml").write_text(SPEC % (4, 4, ""))
    with pytest.raises(InputError, match=r"file must be Verilog in UTF-8, not bytes with invalid"):
        ArraySpec.load(tmp_path / "mac.toml")


@pytest.mark.parametrize(("fields", "message"), [
    ({}, "file is required and missing"),
    ({"source": "x" * ((1 << 18) + 1)}, "at most 262144 characters"),
    ({"source": "", "module": 3}, "string"), ({"source": "", "ports": ["A", "B"]}, "required"),
    ({"source": "", "ports": ["A", "B", 3]}, "string"),
    ({"source": "", "port": 1}, "not permitted"),
])
def test_faulty_fields(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NetlistMultiplier.model_validate({"kind": "netlist", **fields})


def test_source_is_not_shown_in_full() -> None:
    spec = NetlistMultiplier(source=netlists.truncated("mul", 8, 0))
    assert len(repr(spec)) < 100


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Yosys was started for, from an empty cache on."""
    tasks: list[str] = []
    run = Processes.run

    def counted(self: Processes, *arguments: Any, task: str, **options: Any) -> None:
        tasks.append(task)
        run(self, *arguments, task=task, **options)

    monkeypatch.setattr(Processes, "run", counted)
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    forget()
    return tasks


def forget() -> None:
    module._circuit.cache_clear()
    module._products.cache_clear()


def test_second_time_costs_no_run(runs: list[str], tmp_path: Path) -> None:
    spec = NetlistMultiplier(source=exact())
    first = spec.table(unsigned(4))
    assert len(runs) == 2
    forget()
    np.testing.assert_array_equal(spec.table(unsigned(4)), first)
    assert NetlistMultiplier(source=exact()).fault(unsigned(4)) is None
    assert len(runs) == 2
    shutil.rmtree(tmp_path / "cache")
    forget()
    np.testing.assert_array_equal(spec.table(unsigned(4)), first)
    assert len(runs) == 4


def test_damaged_cache_is_made_again(runs: list[str], tmp_path: Path) -> None:
    spec = NetlistMultiplier(source=exact())
    first: Codes = spec.table(unsigned(4)).copy()
    (entry,) = (tmp_path / "cache" / "netlist").glob("*/*/products.npy")
    entry.write_bytes(entry.read_bytes()[:-1] + b"\x55")
    forget()
    np.testing.assert_array_equal(spec.table(unsigned(4)), first)
    assert len(runs) == 4


def test_another_source_is_another_entry(runs: list[str]) -> None:
    tables = [NetlistMultiplier(source=source).table(unsigned(4))[3, 3]
              for source in (exact(), exact().replace("A * B", "A & B"))]
    assert tables == [9, 3]


@pytest.mark.planted
def test_planted_gate_is_found() -> None:
    """One AND of the circuit becomes an OR: the oracle says so."""
    source = netlists.truncated("mul", 4, 0)
    planted = source.replace("A[1] & B[2]", "A[1] | B[2]")
    assert planted != source
    assert NetlistMultiplier(source=source).worst_error(unsigned(4)) == 0
    assert NetlistMultiplier(source=planted).worst_error(unsigned(4)) > 0
