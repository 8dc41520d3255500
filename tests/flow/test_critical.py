"""Critical paths in the names of modules, from what nextpnr and Yosys say."""

from typing import Any

import pytest

from hwgen.flow.critical import CriticalPath, Origins

VERILOG = """\
module t_pe(a);
endmodule

module t_cell(a);
endmodule

module t_boundary(clk);
endmodule
"""


def cell(kind: str, line: int | None) -> dict[str, Any]:
    source = {} if line is None else {"src": f"design.v:{line}.3-{line}.9|/share/map.v:9.1"}
    return {"type": kind, "attributes": source}


CELLS = {
    "array.grid.part0.w_a_TRELLIS_FF_Q_3": cell("TRELLIS_FF", 4),
    "array.grid.part0.pe.acc_SB_DFFESR_Q_1": cell("SB_DFFESR", 5),
    "array.grid.part0.pe.acc_SB_DFFESR_Q_1_D_SB_LUT4_O": cell("SB_LUT4", None),
    "array.grid.part0.pe.p_MULT18X18D_P7": cell("MULT18X18D", 1),
    "array.b__payload_TRELLIS_FF_Q": cell("TRELLIS_FF", 7),
    "array.left_TRELLIS_FF_Q": cell("TRELLIS_FF", None),
    "caught_TRELLIS_FF_Q_2": cell("TRELLIS_FF", 7),
    "folded_TRELLIS_FF_Q_2": cell("TRELLIS_FF", 7),
    "to_pin_TRELLIS_FF_Q": cell("TRELLIS_FF", 7),
}
ORIGINS = Origins(CELLS, VERILOG, "t_boundary")


def path(start: str, end: str, *middle: str) -> CriticalPath:
    lines = [f"   0.50   0.50  clk-to-q  {start}", *middle, f"   9.00   0.25  setup     {end}"]
    found = ORIGINS.path("\n".join(lines))
    assert found is not None
    return found


def test_times_are_told_apart() -> None:
    found = path("array.grid.part0.w_a_TRELLIS_FF_Q_3", "array.grid.part0.pe.acc_SB_DFFESR_Q_1",
                 "   2.50   2.00  routing   array.grid.part0.w_a[3]",
                 "   6.50   4.00  logic     array.grid.part0.pe.p_MULT18X18D_P7",
                 "   7.50   1.00  routing   array.grid.part0.pe.p[7]",
                 "   8.75   1.25  logic     array.grid.part0.pe.q_LUT4_Z")
    assert (found.logic_ns, found.dsp_ns, found.routing_ns, found.delay_ns) == (2, 4, 3, 9)
    assert str(found) == ("9.0 ns (2.0 logic + 4.0 DSP + 3.0 routing), from array.grid.part0.w_a "
                          "(t_cell) to array.grid.part0.pe.acc (t_cell)")
    assert found.to_json()["end"] == {"signal": "array.grid.part0.pe.acc", "module": "t_cell"}


@pytest.mark.parametrize(("name", "signal", "module", "instance"), [
    ("array.grid.part0.w_a_TRELLIS_FF_Q_3", "array.grid.part0.w_a", "t_cell", "array.grid.part0"),
    ("array.grid.part0.pe.acc_SB_DFFESR_Q_1_D_SB_LUT4_O_LC", "array.grid.part0.pe.acc", "t_cell",
     "array.grid.part0.pe"),
    ("array.grid.part0.pe.acc_SB_DFFESR_Q_1_DFFLC", "array.grid.part0.pe.acc", "t_cell",
     "array.grid.part0.pe"),
    ("array.grid.part0.pe.p_MULT18X18D_P7", "array.grid.part0.pe.p", "t_pe",
     "array.grid.part0.pe"),
    ("array.b__payload_TRELLIS_FF_Q", "array.b__payload", "boundary", "boundary"),
    ("array.left_TRELLIS_FF_Q", "array.left", "", "array"),
    ("array.nobody_knows", "array.nobody_knows", "", "array"),
    ("folded_TRELLIS_FF_Q_2", "folded", "boundary", "boundary"),
])
def test_ends_are_named(name: str, signal: str, module: str, instance: str) -> None:
    end = path(name, name).end
    assert (end.signal, end.module, end.instance) == (signal, module, instance)


@pytest.mark.parametrize(("start", "end", "in_array"), [
    ("array.b__payload_TRELLIS_FF_Q", "array.left_TRELLIS_FF_Q", True),
    ("array.left_TRELLIS_FF_Q", "caught_TRELLIS_FF_Q_2", True),
    ("array.b__payload_TRELLIS_FF_Q", "caught_TRELLIS_FF_Q_2", True),  # straight through
    ("caught_TRELLIS_FF_Q_2", "folded_TRELLIS_FF_Q_2", False),
    ("array.b__payload_TRELLIS_FF_Q", "array.b__payload_TRELLIS_FF_Q", False),  # the next bit
])
def test_paths_around_the_array_are_told(start: str, end: str, in_array: bool) -> None:
    assert path(start, end).in_array == in_array


def test_boundary_is_counted() -> None:
    assert ORIGINS.boundary == {"FF": 4, "LUT": 1}


def test_no_clock_no_path() -> None:
    assert ORIGINS.path("") is None
