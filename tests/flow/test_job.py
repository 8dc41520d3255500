"""Which jobs share a run of Yosys, and what it is told then."""

import json
from pathlib import Path

from hwgen.flow.job import (
    Job,
    alike,
    common_script,
    counted,
    files_of,
    mapped_alike,
    script,
    surveys_script,
    titled,
)
from hwgen.flow.recipes import Survey

SOFT, HARD = Survey(multipliers=True, memories=False), Survey(multipliers=False, memories=True)


def job(top: str, family: str = "xilinx7", **options: object) -> Job:
    return Job("", top, family, **{"recipes": ("plain",), **options})  # type: ignore[arg-type]


def test_only_jobs_of_known_recipes_on_one_target_are_alike() -> None:
    a, b, c, d = job("a"), job("b"), job("c", dsp=True), job("d", "ecp5", recipes=("nowidelut",))
    free, apart = job("e", recipes=None), job("f", apart=True)
    assert alike([a, free, c, b, a, d, apart]) == [[a, b], [free], [c], [d], [apart]]


def test_what_they_hold_parts_them_only_where_it_changes_the_commands() -> None:
    a, b, c = job("a"), job("b"), job("c")
    assert mapped_alike([a, b, c], "plain", [SOFT, HARD, SOFT]) == [(SOFT, [a, c]), (HARD, [b])]
    gates = [job("a", "gates"), job("b", "gates")]
    assert mapped_alike(gates, "plain", [SOFT, HARD]) == [(SOFT, gates)]


def test_scripts_read_the_files_and_count_apart(tmp_path: Path) -> None:
    jobs = [job("a", blackbox=("box",)), job("b")]
    files = files_of(jobs)
    assert len(set(files)) == 2
    for text in (surveys_script(jobs), common_script(jobs, "plain", SOFT)):
        assert all(f"read_verilog {file}\n" in text for file in files)
        assert "blackbox box\n" in text
    alone = script(jobs[1], "plain", SOFT)
    assert f"read_verilog {files_of(jobs[1:])[0]}\n" in alone
    (tmp_path / "cells.json").write_text(json.dumps({"modules": {
        "\\a": {"num_cells_by_type": {"LUT6": 1, "box": 1}}, "\\box": {"num_cells_by_type": {}}}}))
    (tmp_path / "cells1.json").write_text(json.dumps({"modules": {
        "\\design1": {"num_cells_by_type": {"LUT6": 2, "design1.box": 3}}}}))
    assert counted(tmp_path, jobs) == [{"LUT6": 1, "box": 1}, {"LUT6": 2, "box": 3}]


def test_titles() -> None:
    assert titled([job("a")]) == "a on xilinx7"
    assert titled([job("a", dsp=True), job("b"), job("c")]) == "a on xilinx7 with DSPs and 2 more"
