"""Values as TOML come back as they were."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.report.toml import document, literal

KEYS = st.text(st.characters(exclude_categories=["Cs"]))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.booleans() | st.integers(-2**80, 2**80) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4)
                      | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_documents_come_back(values: dict[str, Any]) -> None:
    assert tomllib.loads(document(values)) == values


def test_what_is_none_is_left_out() -> None:
    values = {"a": 1, "b": None, "c": {"d": None, "e": [{"f": None, "g": "x"}]}}
    assert tomllib.loads(document(values)) == {"a": 1, "c": {"e": [{"g": "x"}]}}


@pytest.mark.parametrize(("value", "text"), [
    (True, "true"), (8, "8"), (0.5, "0.5"), ("a\"b\n", '"a\\"b\\n"'), ("\x7f", '"\\u007f"'),
    ([1, "x"], '[1, "x"]'), ({}, "{}"), ({"a b": 1}, '{ "a b" = 1 }'),
])
def test_literals(value: Any, text: str) -> None:
    assert literal(value) == text


def test_plain_fields_come_before_tables() -> None:
    assert document({"t": {"x": 1, "u": {"y": 2}}, "z": 3}) == (
        "z = 3\n\n[t]\nx = 1\n\n[t.u]\ny = 2\n")
