"""What a report holds."""

import json
from pathlib import Path

import pytest

from hwgen.report import content
from hwgen.report.content import Report
from tests.report.reports import HOSTILE, SMALL, Built, filled


@pytest.fixture
def report(small: Built) -> Report:
    return small.report


def test_counts(report: Report) -> None:
    counts = report.counts
    assert counts == {"points": 28, "done": 22, "failed": 2, "refused": 4, "missing": 0,
                      "kept": 18, "front": len(report.front)}
    assert 1 < counts["front"] < 20


def test_values_are_those_of_the_store(report: Report) -> None:
    for metric in report.to_json()["metrics"]:
        values = [None if value is None else float(value) for value in metric["values"]]
        assert values == [row.values.get(metric["name"]) for row in report.rows]


def test_any_metric_appears(report: Report) -> None:
    assert [(each["name"], each["direction"]) for each in report.to_json()["metrics"]][-1] == (
        "odd", "maximise")


def test_is_json_without_infinities(report: Report) -> None:
    text = json.dumps(report.to_json(), allow_nan=False)
    assert '"Infinity"' in text


def test_failures_come_with_reason_and_log(report: Report) -> None:
    failures = report.to_json()["failures"]
    failed = [each for each in failures if each["kind"] == "failed"]
    assert len(failed) == 2
    assert failed[0]["reason"] == f"yosys died: {HOSTILE}"
    assert failed[0]["log"].splitlines()[-1] == "last"
    assert "toml" not in failed[0]
    refused = [each for each in failures if each["kind"] == "refused"]
    assert len(refused) == 4
    assert all("segment_bits = 99" in each["toml"] for each in refused)


def test_points_with_one_multiplier_share_a_map(report: Report) -> None:
    maps = report.to_json()["maps"]
    assert len(maps["list"]) == 4
    assert sorted(set(maps["of"])) == [-1, 0, 1, 2, 3]
    for index, row in zip(maps["of"], report.rows, strict=True):
        assert (index < 0) == (row.point.array is None)
        if row.point.array:
            assert maps["list"][index]["title"].startswith(row.point.array.pe.multiplier.kind)


def test_maps_are_few_and_those_of_the_front_first(
        report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAX_MAPS", 1)
    maps = report.to_json()["maps"]
    assert len(maps["list"]) == 1
    first = report.front[0].point.array
    assert first
    assert maps["list"][0]["title"].startswith(first.pe.multiplier.kind)


def test_the_base_is_what_no_axis_touches(report: Report, tmp_path: Path) -> None:
    base = report.to_json()["base"]
    assert (base["rows"], base["name"]) == ("8", '"mac"')
    no_array = SMALL.replace('name = "mac"', "rows = 0")
    assert filled(tmp_path, no_array).to_json()["base"] is None


def test_versions_and_workload(report: Report) -> None:
    assert len(report.versions) == 2
    assert report.versions[0].startswith("hwgen ")
    assert "yosys" in report.versions[0]
    assert report.versions[1].startswith("plug-in ")
    assert report.workload == "(64 x 64) x (64 x 64), random codes of seed 1"
