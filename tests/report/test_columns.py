"""Fields as columns."""

from hwgen.report.columns import columns, flattened


def test_flattened_names_have_dots() -> None:
    assert list(flattened({"a": 1, "b": {"c": "x", "d": {"e": [2]}, "f": None}})) == [
        ("a", 1), ("b.c", "x"), ("b.d.e", [2])]


def test_each_value_stands_once() -> None:
    found = columns([{"a": 8, "b": {"c": "x"}}, None, {"a": 4}, {"a": 8, "b": {"c": "y"}}])
    assert found == [{"name": "a", "literals": ["8", "4"], "codes": [0, -1, 1, 0]},
                     {"name": "b.c", "literals": ['"x"', '"y"'], "codes": [0, -1, -1, 1]}]
