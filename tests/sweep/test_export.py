"""Points as CSV, JSON, Markdown and Parquet."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.export import (
    _cell,
    as_text,
    described,
    exporter,
    to_csv,
    to_json,
    to_markdown,
    to_parquet,
)
from hwgen.sweep.runner import Row, Sweep
from tests.sweep.spaces import run_here, written


@pytest.fixture
def swept(tmp_path: Path) -> tuple[Sweep, list[Row]]:
    return run_here(written(
        tmp_path, metrics=["cycles", "snr_db"], keep=["rows == 2"],
        axes={"rows": [0, 1, 2], "pe.multiplier": [{"kind": "drum", "segment_bits": 4},
                                                   {"kind": "exact"}],
              "pe.accumulator.overflow": ["saturate"]}))


def test_csv(swept: tuple[Sweep, list[Row]]) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(*swept))))
    assert list(lines[0]) == ["config_hash", "status", "kept", "rows", "pe.multiplier",
                              "pe.accumulator.overflow", "cycles", "snr_db", "reason"]
    assert [line["status"] for line in lines] == ["refused"] * 2 + ["done"] * 4
    assert [line["kept"] for line in lines] == ["0"] * 4 + ["1"] * 2
    assert lines[0]["reason"] == "rows must be at least 1, not 0"
    assert lines[0]["cycles"] == lines[0]["snr_db"] == ""
    assert json.loads(lines[2]["pe.multiplier"]) == {"kind": "drum", "segment_bits": 4}
    assert lines[2]["pe.accumulator.overflow"] == "saturate"
    assert lines[3]["snr_db"] == "inf"
    assert 10 < float(lines[2]["snr_db"]) < 60
    for row, line in zip(swept[1], lines, strict=True):
        assert line["config_hash"] == row.point.key
        assert row.failure or float(line["snr_db"]) == row.values["snr_db"]
        assert row.failure or line["cycles"] == str(int(row.values["cycles"]))


def test_json(swept: tuple[Sweep, list[Row]]) -> None:
    told = json.loads(to_json(*swept), parse_constant=pytest.fail)
    assert told["metrics"][0] == {"name": "cycles", "unit": "cycles", "direction": "minimise",
                                  "summary": "Cycles of the product, at most, when no stream "
                                             "stalls."}
    assert [point["status"] for point in told["points"]] == ["refused"] * 2 + ["done"] * 4
    assert told["points"][0]["failure"] == {"metric": "", "log": "", "reason":
                                            "rows must be at least 1, not 0"}
    assert told["points"][3]["metrics"]["snr_db"] == "inf"
    for point, row in zip(told["points"], swept[1], strict=True):
        if row.point.array:
            array = ArraySpec.parse(point["spec"])
            assert array == row.point.array
            assert array.config_hash == point["config_hash"]


def cell(value: object) -> str:
    """A value of a Parquet file as the CSV file has it."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return "" if value is None else str(int(value) if isinstance(value, bool) else value)


def test_parquet_says_what_csv_says(swept: tuple[Sweep, list[Row]], tmp_path: Path) -> None:
    path = tmp_path / "points.parquet"
    path.write_bytes(to_parquet(*swept))
    table = pyarrow.parquet.read_table(path)
    lines = list(csv.DictReader(io.StringIO(to_csv(*swept))))
    assert table.column_names == [*lines[0], "spec"]
    for row, line in zip(table.to_pylist(), lines, strict=True):
        spec = row.pop("spec")
        assert {name: cell(value) for name, value in row.items()} == line
        assert line["status"] == "refused" or ArraySpec.parse(
            json.loads(spec)).config_hash == line["config_hash"]


def test_parquet_has_types_units_and_directions(tmp_path: Path) -> None:
    sweep, rows = run_here(written(
        tmp_path, metrics=["cycles", "snr_db"], base={"pe": {"multiplier": {"kind": "truncated"}}},
        axes={"rows": [1, 2], "pe.multiplier.cut": [0, 2], "columns": [3, "x"],
              "pe.accumulator.overflow": ["wrap"], "pe.a": [{"width": 8}],
              "pe.a.signed": [True], "pe.accumulator.chunk": [{"every": 4, "width": 40}]}))
    schema = pyarrow.parquet.read_schema(pyarrow.BufferReader(to_parquet(sweep, rows)))
    assert {field.name: str(field.type) for field in schema} == {
        "config_hash": "string", "status": "string", "kept": "bool", "rows": "int64",
        "pe.multiplier.cut": "int64", "columns": "string", "pe.accumulator.overflow": "string",
        "pe.a": "string", "pe.a.signed": "bool", "pe.accumulator.chunk": "string",
        "cycles": "double", "snr_db": "double", "reason": "string", "spec": "string"}
    assert schema.field("snr_db").metadata == {
        b"unit": b"dB", b"direction": b"maximise", b"summary":
        b"Power of the exact sums over that of the results' error; infinite without an error."}
    assert schema.field("rows").metadata is None


def test_parquet_of_points_without_values(tmp_path: Path) -> None:
    sweep, (row,) = run_here(written(tmp_path, axes={"rows": [1]}))
    for rows in ([], [Row(row.point, {}, None, kept=False)]):
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(to_parquet(sweep, rows)))
        assert [each["cycles"] for each in table.to_pylist()] == [None] * len(rows)
        assert str(table.schema.field("cycles").type) == "double"


def test_parquet_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"package pyarrow must be installed for Parquet; run: "
                                         r"pip install 'hwgen\[sweep\]'"):
        exporter(Path("a.parquet"))
    assert exporter(Path("a.csv"))


def test_described(swept: tuple[Sweep, list[Row]]) -> None:
    sweep, rows = swept
    assert described(sweep, rows[3]) == (
        'rows 1, pe.multiplier {"kind": "exact"}, pe.accumulator.overflow saturate')


def test_a_point_that_was_not_reached(tmp_path: Path) -> None:
    sweep, (row,) = run_here(written(tmp_path, axes={"rows": [1]}))
    missing = Row(row.point, {}, None, kept=False)
    assert to_csv(sweep, [missing]).splitlines()[1].split(",")[1:] == ["missing", "0", "1", "", "",
                                                                     ""]


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), (4, "4"), (0.1234567, "0.123457"), ("wrap", "wrap"), (True, "true"),
    (4120.0, "4120"), (float("inf"), "inf"), ({"a": 1}, '{"a": 1}'),
])
def test_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("name", ["a.xlsx", "csv", "a.CSV.gz"])
def test_refuses_formats(name: str) -> None:
    with pytest.raises(InputError, match=r"export must be a file named \*.csv or \*.json or "
                                         r"\*.md or \*.parquet, not"):
        exporter(Path(name))


def test_markdown(swept: tuple[Sweep, list[Row]]) -> None:
    head, rule, *lines = to_markdown(*swept).splitlines()
    assert head == ("| rows | pe.multiplier | pe.accumulator.overflow | cycles, cycles "
                    "| snr_db, dB | front |")
    assert rule == "| --- | --- | --- | --- | --- | --- |"
    best = {row.point.key for row in swept[0].front(swept[1])}
    kept = [row for row in swept[1] if row.kept]
    assert len(lines) == len(kept) == 2
    for line, row in zip(lines, kept, strict=True):
        assert line.startswith("| 2 | {\"kind\": ")
        assert f"| {row.values['cycles']:,.0f} |" in line
        assert line.endswith("| * |" if row.point.key in best else "|  |")
    assert "| inf |" in lines[1]


def test_markdown_keeps_its_columns(tmp_path: Path) -> None:
    swept = run_here(written(tmp_path, axes={"name": ["a", "b"]}))
    assert "| a | " in to_markdown(*swept)
    assert _cell("x|y") == r"x\|y"
