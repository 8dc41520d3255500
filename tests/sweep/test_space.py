"""Which points a sweep has."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.fields import found
from hwgen.sweep.space import Space, SweepSpec
from tests.sweep.spaces import ROWS, space

EXAMPLE = Path(__file__).parents[2] / "docs" / "studies" / "sweep" / "example.toml"


def places(made: Space, *names: str) -> list[tuple[Any, ...]]:
    """Values of the fields of all points that are arrays."""
    return [tuple(found(point.array.model_dump(mode="json"), name) for name in names)
            for point in made.points if point.array]


def test_grid_in_order_the_last_axis_fastest() -> None:
    made = space(base={"columns": 3}, axes={"rows": [2, 1], "pe.lanes": [1, 4]})
    assert places(made, "rows", "columns", "pe.lanes") == [(2, 3, 1), (2, 3, 4), (1, 3, 1),
                                                           (1, 3, 4)]
    point = made.points[0]
    assert point.array == ArraySpec.parse({"name": "array", "rows": 2, "columns": 3})
    assert (point.key, point.spec) == (point.array.config_hash, point.array.canonical_json())


@pytest.mark.parametrize(("given", "values"), [
    ([4, 8], [4, 8]), ({"from": 2, "to": 5}, [2, 3, 4, 5]),
    ({"from": 1, "to": 8, "step": 3}, [1, 4, 7]), ({"from": 3, "to": 3}, [3]),
    ({"from": 1, "to": 7, "step": 3}, [1, 4, 7]),
])
def test_values_of_an_axis(given: Any, values: list[int]) -> None:
    assert places(space(axes={"rows": given}), "rows") == [(value,) for value in values]


def test_dots_may_be_tables() -> None:
    nested = space(axes={"pe": {"a": {"width": [4, 5]}, "b": {"width": {"from": 6, "to": 7}}}})
    assert list(nested.axes) == ["pe.a.width", "pe.b.width"]
    assert places(nested, "pe.a.width", "pe.b.width") == [(4, 6), (4, 7), (5, 6), (5, 7)]


@pytest.mark.parametrize("names", [("pe.multiplier", "pe.multiplier.cut"),
                                   ("pe.multiplier.cut", "pe.multiplier")], ids=str)
def test_an_axis_may_replace_a_table_and_another_a_field_of_it(names: tuple[str, str]) -> None:
    values = {"pe.multiplier.cut": [1, 2], "pe.multiplier": [{"kind": "truncated"},
                                                             {"kind": "exact"}]}
    made = space(axes={name: values[name] for name in names})
    assert places(made, "pe.multiplier.kind", "pe.multiplier.cut") == [
        ("truncated", 1), ("truncated", 2)]
    assert sum(point.array is None for point in made.points) == 2


def test_equal_points_are_one() -> None:
    made = space(axes={"rows": [1, 2, 1], "pe": [{}, {"lanes": 1}]})
    assert places(made, "rows") == [(1,), (2,)]


def test_where() -> None:
    made = space(axes={"rows": [1, 2, 4], "columns": [1, 2, 4]},
                 where=["rows * columns == 4", "rows <= columns"])
    assert places(made, "rows", "columns") == [(1, 4), (2, 2)]


def test_where_sees_defaults_and_enumerations() -> None:
    made = space(axes={"pe.accumulator.overflow": ["wrap", "saturate"]},
                 where=["pe.accumulator.overflow == 'wrap' and pe.a.width == 8"])
    assert places(made, "pe.accumulator.overflow") == [("wrap",)]


def test_what_is_no_spec_is_refused_with_the_reason() -> None:
    bad, good = space(axes={"rows": [0, 1]}).points
    assert bad.array is None
    assert bad.reason == "rows must be at least 1, not 0"
    assert good.array
    assert bad.key != good.key


def test_where_rules_out_what_is_no_spec() -> None:
    axes = {"rows": [0, 1], "columns": [0, 1]}
    assert [bool(point.array) for point in space(axes=axes).points] == [False] * 3 + [True]
    made = space(axes=axes, where=["rows > 0", "columns > 0 or 1 / rows > 1"])
    assert [bool(point.array) for point in made.points] == [True]
    # What was not given is not known of it, so it stays, refused.
    assert len(space(axes=axes, where=["pe.lanes == 1"]).points) == 4


def test_a_field_inside_a_number_is_refused() -> None:
    point, = space(base={"pe": {"a": 8}}, axes={"pe.a.width": [4]}).points
    assert "must be a field inside a table" in point.reason


@pytest.mark.parametrize("n", [1, 7, 30, 100])
def test_random_points_are_of_the_grid_and_distinct(n: int) -> None:
    axes = {"rows": {"from": 1, "to": 6}, "columns": {"from": 1, "to": 5}}
    names = ("rows", "columns")
    drawn = places(space(axes=axes, mode="random", n=n), *names)
    assert set(drawn) <= set(places(space(axes=axes), *names))
    assert len(set(drawn)) == len(drawn) == min(n, 30)


def test_random_points_follow_the_seed_and_where() -> None:
    axes = {"rows": {"from": 1, "to": 200}, "columns": {"from": 1, "to": 200}}
    fields = {"axes": axes, "mode": "random", "n": 20, "where": ["rows < columns"]}
    first = places(space(**fields), "rows", "columns")
    assert len(first) == 20
    assert all(rows < columns for rows, columns in first)
    assert places(space(**fields), "rows", "columns") == first
    assert places(space(**fields, seed=2), "rows", "columns") != first


def test_random_points_of_a_space_too_large_to_count() -> None:
    sides = {"from": 1, "to": 256}
    axes = {"rows": sides, "columns": sides, "pe.lanes": sides, "random.seed": {
        "from": 1, "to": 99999}}
    drawn = places(space(axes=axes, mode="random", n=50), "rows", "columns", "pe.lanes")
    assert len(drawn) == 50
    assert np.std([rows for rows, *_ in drawn]) > 30
    nothing = space(axes=axes, mode="random", n=1, where=["rows > 256"])
    assert nothing.points == []


def test_grid_has_a_limit() -> None:
    sides = {"from": 1, "to": 256}
    made = space(axes={"rows": sides, "columns": sides, "pe.lanes": [1, 2]})
    with pytest.raises(InputError, match="grid must have at most 100,000 points, not 131,072; "):
        _ = made.points


@pytest.mark.parametrize(("fields", "part"), [
    ({"axes": {"row": [1]}}, "axes must be fields of an array, not 'row'; do you mean rows?"),
    ({"axes": {"pe": {"a": {"widht": [1]}}}}, "not 'pe.a.widht'; do you mean pe.a.width?"),
    ({"axes": {"rows": []}}, "axes.rows must be a list of values or {from, to, step}, not []"),
    ({"axes": {"rows": 4}}, "axes.rows must be a list of values or {from, to, step}, not 4"),
    ({"axes": {"rows": {"from": 1}}}, "axes.rows must be {from, to, step} of integers"),
    ({"axes": {"rows": {"from": 1, "to": 4, "step": 0}}}, "with a step of 1 or more"),
    ({"axes": {"rows": {"from": 1, "to": 4.0}}}, "of integers"),
    ({"axes": {"rows": {"from": 1, "to": 4, "by": 2}}}, "of integers"),
    ({"axes": {"rows": {"from": 4, "to": 1}}}, "must have 1 to 100,000 values"),
    ({"axes": {"pe.lanes": [1], "pe": {"lanes": [2]}}}, "axes.pe.lanes must be given once, not"),
    ({"axes": {}}, "axes"), ({"metrics": []}, "metrics"), ({"n": 0}, "n must be at least 1, not 0"),
    ({"metrics": ["mae", "mae"]}, "metrics must name each metric once, not 'mae' twice"),
    ({"mode": "all"}, "mode must be 'grid', 'random' or 'search', not 'all'"),
    ({"timeout_s": 0}, "timeout_s must be above 0"),
    ({"memory_mb": 63}, "memory_mb must be at least 64, not 63"),
    ({"objectives": ["mae"]}, "objectives must be among the metrics cycles, utilisation, not "
                              "'mae'"),
    ({"objectives": ["cycles", "cycles"]}, "objectives must name each metric once, not 'cycles'"),
    ({"axis": {}}, "axis is not a known field"),
    ({"where": ["rows <"]}, "expression 'rows <', column"),
    ({"where": ["pe.widht > rowz"]}, "expression 'pe.widht > rowz', column 1: must name what is "
                                     "known, not 'pe.widht'"),
    ({"where": ["rows > cycles"]}, "column 8: must name what is known, not 'cycles'"),
    ({"workload": {"m": 0}}, "workload.m must be at least 1, not 0"),
])
def test_refuses(fields: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as refusal:
        space(**fields)
    assert part in str(refusal.value)


def test_an_expression_that_has_no_value() -> None:
    with pytest.raises(InputError, match="but divides by zero"):
        _ = space(where=["1 / (rows - 2) > 0"]).points


@pytest.mark.parametrize(("text", "part"), [
    (None, "sweep must be a readable file, not"), ("rows = = 1", "sweep must be TOML: "),
])
def test_refuses_files(text: str | None, part: str, tmp_path: Path) -> None:
    if text:
        (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=part):
        Space.load(tmp_path / "a.toml")


def test_files_are_found_beside_the_sweep(tmp_path: Path) -> None:
    np.save(tmp_path / "mul.npy", np.zeros((4, 4), int))
    width = {"width": 2, "signed": False}
    sweep = SweepSpec.parse({**ROWS, "base": {"pe": {"a": width, "b": width, "multiplier": {
        "kind": "table", "file": "mul.npy"}}}})
    assert all(point.array for point in Space(sweep, tmp_path).points)


def test_the_example_has_points_and_no_refused_one() -> None:
    _, made = Space.load(EXAMPLE)
    assert len(made.points) == 14
    assert all(point.array for point in made.points)


