"""Codes from a user's .npy files: anything else is refused with one message."""

import os
from pathlib import Path

import numpy as np
import pytest

from hwgen.analysis import codes
from hwgen.analysis.codes import load_codes
from hwgen.number import Fixed
from hwgen.spec import InputError

S4 = Fixed(width=4)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_integers_become_int64(dtype: str, order: str, tmp_path: Path) -> None:
    matrix = np.array([[0, 1, 2], [7, 5, 3]], dtype, order=order)
    np.save(tmp_path / "w.npy", matrix)
    loaded = load_codes(tmp_path / "w.npy", "weights", S4)
    assert loaded.dtype == np.int64
    assert loaded.tolist() == matrix.tolist()


@pytest.mark.parametrize(("array", "part"), [
    (np.zeros(3), "weights must be integer codes, not float64; quantize them first"),
    (np.zeros(3, bool), "not bool"),
    (np.array([0, 8]), "weights must hold codes of -8 to 7, not 0 to 8"),
    (np.array([-9, 7]), "not -9 to 7"),
    (np.array([2**64 - 1], np.uint64), "not 18446744073709551615 to"),
    (np.zeros((3, 0), int), "weights must hold 1 to 4194304 codes, not 0"),
    (np.array([None]), "weights must be one array of integers"),
])
def test_other_arrays_are_refused(array: np.ndarray, part: str, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", array, allow_pickle=True)
    with pytest.raises(InputError) as error:
        load_codes(tmp_path / "w.npy", "weights", S4)
    assert part in str(error.value)


def header(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("content", [
    b"", b"PK\x03\x04", b"1 2 3\n", header(b"{}"), header(b"{'descr': '<i8'"), header(b"\xff" * 40),
    header(b"{'descr': '<i8', 'fortran_order': False, 'shape': (9999999999999,)}\n"),
    header(b"{'descr': '<i8', 'fortran_order': False, 'shape': (4,)}\n") + b"123",
    header(b"{'descr': '<i8', 'fortran_order': False, 'shape': (-4,)}\n") + bytes(64),
    header(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n") + b"cos\nsystem\n",
    header(b"[" * 2000),
], ids=range(11))
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.npy").write_bytes(content)
    with pytest.raises(InputError, match="weights must be"):
        load_codes(tmp_path / "w.npy", "weights", S4)


@pytest.mark.parametrize("name", ["missing.npy", "."])
def test_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weights must be a readable file, not"):
        load_codes(tmp_path / name, "weights", S4)


def test_size_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "MAX_CODES", 8)
    np.save(tmp_path / "w.npy", np.ones((3, 3), np.int8))
    with pytest.raises(InputError, match="weights must hold 1 to 8 codes, not 9"):
        load_codes(tmp_path / "w.npy", "weights", S4)


def test_large_file_is_not_read(tmp_path: Path) -> None:
    """A terabyte, all holes: its header is enough to refuse it."""
    path = tmp_path / "w.npy"
    path.write_bytes(header(
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (137438953472,)}\n"))
    os.truncate(path, 2**40 + 4096)
    with pytest.raises(InputError, match="not 137438953472; give a part of them"):
        load_codes(path, "weights", S4)
