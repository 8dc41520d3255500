"""The product that the arrays of a sweep compute."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.workload import Workload

ARRAY = ArraySpec.parse({"name": "a", "pe": {"a": {"width": 4, "signed": False}}})


def given(folder: Path, a: object, b: object) -> Workload:
    np.save(folder / "a.npy", a)
    np.save(folder / "b.npy", b)
    return Workload.parse({"a": "a.npy", "b": "b.npy"}, "workload", folder)


def test_random_codes_depend_on_the_seed() -> None:
    a, b = Workload(m=3, k=5, n=2).codes(ARRAY)
    assert (a.shape, b.shape) == ((3, 5), (5, 2))
    assert (a.min(), a.max()) == (0, 15)
    np.testing.assert_array_equal(Workload(m=3, k=5, n=2).codes(ARRAY)[1], b)
    assert (Workload(m=3, k=5, n=2, seed=2).codes(ARRAY)[1] != b).any()


def test_given_codes_are_found_beside_the_sweep(tmp_path: Path) -> None:
    a, b = np.array([[1, 2, 15]]), np.array([[1, -128], [3, 4], [5, 127]])
    workload = given(tmp_path, a, b).sized()
    assert (workload.m, workload.k, workload.n) == (1, 3, 2)
    for codes, expected in zip(workload.codes(ARRAY), (a, b), strict=True):
        np.testing.assert_array_equal(codes, expected)


def test_what_results_depend_on(tmp_path: Path) -> None:
    plain = Workload()
    assert plain.size != Workload(k=65).size
    assert plain.size == Workload(seed=2).size
    assert plain.content != Workload(seed=2).content
    first = given(tmp_path, [[1]], [[1]]).content
    assert given(tmp_path, [[2]], [[1]]).content != first
    (tmp_path / "moved").mkdir()
    assert given(tmp_path / "moved", [[1]], [[1]]).content == first


@pytest.mark.parametrize(("a", "b", "part"), [
    ([[1, 2]], [[1]], "workload.a's columns must equal workload.b's rows, not 1 x 2 and 1 x 1"),
    ([1, 2], [[1]], "workload.a must be a matrix of 1 to 65536 rows and columns, not of shape"),
    ([[1]], np.zeros((0, 3), int), "workload.b must be a matrix"),
])
def test_refuses_shapes(a: object, b: object, part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=part.replace("(", r"\(")):
        given(tmp_path, a, b).sized()


def test_refuses_codes_outside_a_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="workload.a must hold codes of 0 to 15, not 16 to 16"):
        given(tmp_path, [[16]], [[1]]).codes(ARRAY)


@pytest.mark.parametrize(("fields", "part"), [
    ({"m": 0}, "m must be at least 1, not 0"), ({"a": "x.npy"}, "a and b must be given both or"),
    ({"q": 1}, "q is not a known field"), ({"k": 2**16 + 1}, "k must be at most 65536"),
])
def test_refuses_fields(fields: dict[str, object], part: str) -> None:
    with pytest.raises(InputError, match=part):
        Workload.parse(fields)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_text("no array")
    workload = Workload.parse({"a": "a.npy", "b": "none.npy"}, "workload", tmp_path)
    with pytest.raises(InputError, match="workload.a must be a matrix of codes in a .npy file"):
        workload.sized()
