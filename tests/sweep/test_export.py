"""Points as CSV and JSON."""

import csv
import io
import json
from pathlib import Path

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.export import as_text, described, exporter, to_csv, to_json
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


@pytest.mark.parametrize("name", ["a.parquet", "csv", "a.CSV.gz"])
def test_refuses_formats(name: str) -> None:
    with pytest.raises(InputError, match=r"export must be a file named \*.csv or \*.json, not"):
        exporter(Path(name))
