"""Expressions of users: what they come to, and what is refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.spec import InputError
from hwgen.sweep.expression import Expression

VALUES: dict[str, Any] = {"rows": 4, "pe.a.width": 8, "kind": "drum", "x": -1.5, "on": True}


def value(text: str) -> Any:
    return Expression(text).value(VALUES.get)


@pytest.mark.parametrize(("text", "expected"), [
    ("rows", 4), ("pe.a.width", 8), ("lacking", None), ("true", True), ("on == true", True),
    ("1 + 2 * 3 - 4", 3), ("7 // 2", 3), ("7 / 2", 3.5), ("7 % 4", 3), ("2 ** 10", 1024),
    ("-rows", -4), ("+x", -1.5), ("(rows + 1) * 2", 10), ("  rows * pe.a.width  ", 32),
    ("rows < 5", True), ("rows <= 4 < pe.a.width", True), ("1 < rows < 3", False),
    ("rows > 4", False), ("rows >= 4", True), ("rows != 4", False),
    ("kind == 'drum'", True), ("kind in ['exact', 'drum']", True), ("kind not in ('a',)", True),
    ("rows in (1, 2, 4)", True), ("not rows == 4", False),
    ("rows == 4 and kind == 'exact'", False), ("rows == 3 or kind == 'drum'", True),
    ("min(rows, pe.a.width, 5)", 4), ("max([rows, 9])", 9), ("abs(x)", 1.5),
    ("lacking + 1", None), ("-lacking", None), ("max(lacking, 1)", None),
    ("lacking < 1", False), ("1 < lacking", False), ("lacking == None", True),
    ("lacking != 3", True), ("rows or unknown.thing < 'a'", True), ("'é' == kind or x", True),
])
def test_value(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(("text", "column", "part"), [
    ("", 1, "be like Python"), ("rows <", 7, "be like Python"), ("rows = 4", 6, "like Python"),
    ("rows; rows", 5, "be like Python"), ("  rows )", 8, "be like Python"),
    ("a\0", 1, ""), ("x := 3", 3, "be like Python"),
    ("__import__('os').system('ls')", 1, "not \"__import__('os').system('ls')\""),
    ("rows + f(1)", 8, "not 'f(1)'"), ("'é' == kind or f()", 16, "not 'f()'"),
    ("rows[0]", 1, "not 'rows[0]'"), ("(1).real", 1, "not '(1).real'"), ("a is None", 1, "not"),
    ("lambda: 1", 1, "not 'lambda: 1'"), ("[r for r in a]", 1, "not"), ("{1: 2}", 1, "not"),
    ("{1, 2}", 1, "not"), ("f'{rows}'", 1, "not"), ("rows & 1", 1, "not"), ("~rows", 1, "not"),
    ("1 if a else 2", 1, "not"), ("min()", 1, "not"), ("min(*rows)", 5, "not '*rows'"),
    ("max(a, key=b)", 1, "not"), ("pe.min(1, 2)", 1, "not"), ("1j", 1, "not"), ("b'a'", 1, "not"),
    ("...", 1, "not"), ("rows @ 2", 1, "not"), ("1 << 9", 1, "not"), ("await x", 1, ""),
    ("-" * 60 + "1", 52, "be nested at most 50 deep"), ("(" * 250 + "1" + ")" * 250, 1, ""),
])
def test_refuses(text: str, column: int, part: str) -> None:
    with pytest.raises(InputError) as refusal:
        Expression(text)
    said = str(refusal.value)
    assert said.startswith(f"expression {text!r}, column ")
    assert part in said
    if part:
        assert f"column {column}: must " in said


def test_refuses_a_long_one() -> None:
    with pytest.raises(InputError, match="expression must be at most 1000 characters long, not"):
        Expression("1+" * 500 + "1")


@pytest.mark.parametrize(("text", "reason"), [
    ("rows / (rows - 4)", "divides by zero"), ("rows % 0", "divides by zero"),
    ("2 ** 2 ** 2 ** 2 ** 9", "exceeds every number"), ("9 ** 9 ** 9", "exceeds every number"),
    ("2.0 ** 400 * 2.0 ** 400 * 2.0 ** 400 * 10 ** 300", "exceeds"), ("kind * 9", "is no number"),
    ("kind < 3", "combines what does not go together"), ("-kind", "'drum' is no number"),
    ("[1] + [2]", "[1] is no number"), ("(-8) ** 0.5", "is no real number"),
    ("rows in 4", "combines"), ("max([kind, 1])", "combines"), ("0 ** -1", "divides by zero"),
])
def test_without_a_value(text: str, reason: str) -> None:
    with pytest.raises(InputError) as refusal:
        value(text)
    assert str(refusal.value).startswith(f"expression {text!r} must have a value everywhere, but ")
    assert reason in str(refusal.value)


def test_names_with_their_columns() -> None:
    text = " pe.a.width < max(rows, 3) and true or rows"
    assert Expression(text).names == {"pe.a.width": 2, "rows": 19}


def joined(part: st.SearchStrategy[str], operators: list[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda x, op, y: f"({x} {op} {y})", part, st.sampled_from(operators), part)


NUMBERS = st.recursive(
    st.one_of(st.integers(-9, 9).map(str), st.sampled_from(["rows", "pe.lanes", "0.5"])),
    lambda part: st.one_of(
        joined(part, ["+", "-", "*", "/", "//", "%"]), part.map("-{}".format),
        st.builds("min({}, {})".format, part, part), st.builds("max([{}, {}])".format, part, part),
        part.map("abs({})".format)), max_leaves=8)
TRUTHS = st.recursive(
    st.one_of(joined(NUMBERS, ["<", "<=", ">", ">=", "==", "!="]),
              st.builds("({} < {} <= {})".format, NUMBERS, NUMBERS, NUMBERS),
              st.builds("({} in [{}, 1])".format, NUMBERS, NUMBERS)),
    lambda part: st.one_of(joined(part, ["and", "or"]), part.map("(not {})".format)), max_leaves=5)


@given(text=st.one_of(NUMBERS, TRUTHS))
def test_means_what_it_means_in_python(text: str) -> None:
    try:
        expected = eval(text, {"rows": 3, "pe": SimpleNamespace(lanes=2)})
    except ZeroDivisionError:
        with pytest.raises(InputError, match="divides by zero"):
            Expression(text).value({"rows": 3, "pe.lanes": 2}.get)
        return
    assert Expression(text).value({"rows": 3, "pe.lanes": 2}.get) == expected
