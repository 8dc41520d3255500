"""Tabulated multipliers: files of every kind and fault, the table inside the spec, the hardware."""

import base64
import json
import os
import pickle
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil
from pydantic import ValidationError

from hwgen.arith import diagram, table
from hwgen.arith.multiplier import MultiplierUnit, Operands
from hwgen.arith.own import codes_by_bits, exact_table
from hwgen.arith.table import TableMultiplier
from hwgen.array.mesh import ArraySpec
from hwgen.flow.emit import convert
from hwgen.number import Codes, Fixed
from hwgen.spec import InputError
from hwgen.tools.gates import gates_of

U3, S2 = Fixed(width=3, signed=False), Fixed(width=2)
U8, S8 = Fixed(width=8, signed=False), Fixed(width=8)
SPEC = """\
name = "mac"
[pe]
a = {width = 3, signed = false}
b = {width = 2}
multiplier = {kind = "table", file = "%s"}
"""
PRODUCTS = np.arange(32).reshape(8, 4) * 3 - 40


def saved(array: Any, **options: Any) -> bytes:
    file = BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def load(folder: Path, content: bytes, name: str = "mul.npy") -> ArraySpec:
    (folder / name).write_bytes(content)
    (folder / "mac.toml").write_text(SPEC % name)
    return ArraySpec.load(folder / "mac.toml")


def as_csv(products: Codes) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in products.tolist()).encode()


def table_of(array: ArraySpec) -> Codes:
    multiplier = array.pe.multiplier
    assert isinstance(multiplier, TableMultiplier)
    return multiplier.table(array.pe.operands)


@pytest.mark.parametrize("content", [
    saved(PRODUCTS), saved(PRODUCTS.astype(">i2")), saved(PRODUCTS.astype(np.int8)),
    saved(np.asfortranarray(PRODUCTS))])
def test_npy(tmp_path: Path, content: bytes) -> None:
    np.testing.assert_array_equal(table_of(load(tmp_path, content)), PRODUCTS)


@pytest.mark.parametrize("content", [
    as_csv(PRODUCTS), as_csv(PRODUCTS) + b"\n\n", as_csv(PRODUCTS).replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf" + as_csv(PRODUCTS).replace(b",", b" ,\t+0").replace(b"+0-", b"-")])
def test_csv(tmp_path: Path, content: bytes) -> None:
    np.testing.assert_array_equal(table_of(load(tmp_path, content, "mul.csv")), PRODUCTS)


def test_largest_file_of_each_kind(tmp_path: Path) -> None:
    products = np.full((1024, 1024), -(1 << 39))
    for name, content in (("a.npy", saved(products)), ("a.csv", as_csv(products))):
        (tmp_path / name).write_bytes(content)
        spec = TableMultiplier.model_validate({"kind": "table", "file": str(tmp_path / name)})
        assert spec.products.startswith("1024x1024 ")
        assert spec == TableMultiplier.of(products)


def test_rows_are_bit_patterns_of_a() -> None:
    operands = Operands(S2, U3)
    spec = TableMultiplier.of(10 * np.arange(4)[:, None] + np.arange(8))
    a, b = np.array([0, 1, -2, -1]), np.array([3, 0, 7, 1])
    assert spec.golden(operands, a, b).tolist() == [3, 10, 27, 31]
    assert spec.bounds(operands) == (0, 37)
    assert codes_by_bits(S2).tolist() == [0, 1, -2, -1]
    assert exact_table(Operands(S2, S2))[2].tolist() == [0, -2, 4, 2]


@pytest.mark.parametrize(("products", "error"), [
    (exact_table(Operands(U3, S2)), 0), (exact_table(Operands(U3, S2)) - 5, 5),
    (exact_table(Operands(U3, S2)) + (1 << 20), 1 << 20)])
def test_worst_error_is_that_of_the_table(products: Codes, error: int) -> None:
    assert TableMultiplier.of(products).worst_error(Operands(U3, S2)) == error


def test_wide_products_widen_the_pe() -> None:
    products = exact_table(Operands(U3, U3)) - (1 << 38)
    spec = TableMultiplier.of(products)
    shape = spec.product_shape(Operands(U3, U3))
    assert (shape.width, shape.signed) == (39, True)


def npy_header(**changes: Any) -> bytes:
    """A header with no data behind it."""
    values = {"descr": "<i8", "fortran_order": False, "shape": (8, 4)} | changes
    text = f"{values!r}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


AS_SAVED = r"file must be a NumPy array of integers as numpy\.save writes it, not damaged"
FAULTS: dict[str, tuple[str, bytes, str]] = {
    "floats": ("mul.npy", saved(PRODUCTS * 1.0), r"products must be integers, not float64"),
    "booleans": ("mul.npy", saved(PRODUCTS > 0), r"products must be integers, not bool"),
    "complex": ("mul.npy", saved(PRODUCTS * 1j), r"products must be integers, not complex128"),
    "objects": ("mul.npy", saved(PRODUCTS.astype(object)), r"products must be integers, not obj"),
    "records": ("mul.npy", saved(np.zeros((8, 4), "i4,i4")), r"products must be integers, not \["),
    "pickle": ("mul.npy", pickle.dumps(PRODUCTS), AS_SAVED),
    "empty": ("mul.npy", b"", AS_SAVED),
    "text": ("mul.npy", as_csv(PRODUCTS), AS_SAVED),
    "archive": ("mul.npy", b"PK\x03\x04" + bytes(100), AS_SAVED),
    "cut": ("mul.npy", saved(PRODUCTS)[:-1], AS_SAVED),
    "bomb": ("mul.npy", npy_header(shape=(1 << 40, 1 << 40)), r"products must be a table of"),
    "code in the header": ("mul.npy", npy_header(descr="__import__('os').abort()"), AS_SAVED),
    "nested header": ("mul.npy", npy_header(shape="(" * 9000), AS_SAVED),
    "newest format": ("mul.npy", b"\x93NUMPY\x03\x00" + npy_header()[8:], AS_SAVED),
    "negative shape": ("mul.npy", npy_header(shape=(-8, -4)), r"products must be a table of"),
    "vector": ("mul.npy", saved(PRODUCTS.ravel()), r"products must be a table of .*\(32,\)"),
    "cube": ("mul.npy", saved(PRODUCTS.reshape(2, 4, 4)), r"products must be a table of"),
    "no power": ("mul.npy", saved(PRODUCTS[:7]), r"products must be a table of .*\(7, 4\)"),
    "one row": ("mul.npy", saved(PRODUCTS[:1]), r"products must be a table of .*\(1, 4\)"),
    "21 bits": ("mul.npy", saved(np.zeros((2048, 1024), np.int8)),
                r"products must be .* at most 2\*\*20 in all, not of shape \(2048, 1024\)"),
    "too high": ("mul.npy", saved(PRODUCTS + (1 << 39)),
                 r"products must lie in -2\*\*39 to 2\*\*39 - 1, not 549755813848 to"),
    "too low": ("mul.npy", saved(PRODUCTS - (1 << 39)), r"products must lie in -2\*\*39"),
    "unsigned": ("mul.npy", saved(np.full((8, 4), 2**64 - 1, np.uint64)),
                 r"products must lie in -2\*\*39 to 2\*\*39 - 1, not 18446744073709551615"),
    "empty csv": ("mul.csv", b"\n \n", r"products must be a table of .*\(0, 0\)"),
    "ragged csv": ("mul.csv", as_csv(PRODUCTS) + b",1",
                   r"file must have 4 products in every row, not 5 as in row 8"),
    "word": ("mul.csv", as_csv(PRODUCTS).replace(b"-31", b"nan"),
             r"file must hold integers, not b'nan' in row 1, column 4"),
    "fraction": ("mul.csv", as_csv(PRODUCTS).replace(b"-31", b"1.5"),
                 r"file must .* not b'1\.5' in row 1"),
    "digits": ("mul.csv", as_csv(PRODUCTS).replace(b"-31", b"9" * 5000),
               r"file must .* not b'9{20}' in row 1"),
    "other digits": ("mul.csv", as_csv(PRODUCTS).replace(b"-31", "٣".encode()),
                     r"file must hold integers, not b'.*row 1"),
    "too high csv": ("mul.csv", as_csv(PRODUCTS).replace(b"-31", b"549755813888"),
                     r"products must lie in -2\*\*39 to 2\*\*39 - 1, not -40 to 549755813888"),
    "other operands": ("mul.npy", saved(PRODUCTS.T), r"multiplier\.products must be a table of "
                       r"8 x 4 for operands of 3 x 2 bits, not of 4 x 8"),
    "unknown kind": ("mul.txt", as_csv(PRODUCTS), r"file must end in \.npy or \.csv, not be 'mul"),
    "too large": ("mul.csv", b" " * ((1 << 24) + 1), r"file must have at most 16,777,216 bytes"),
}


@pytest.mark.parametrize(("name", "content", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_faulty_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"1 fault in the spec\n  pe\.(multiplier\.)?{message}"
                       ) as failure:
        load(tmp_path, content, name)
    assert len(str(failure.value)) < 600


@pytest.mark.parametrize(("values", "message"), [
    ({}, r"file is required and missing"),
    ({"products": 3}, r"products must be a string, not 3"),
    ({"file": "x.npy", "products": "AAAA"}, r"file must not come together with products"),
    ({"file": "x.npy", "colour": 1}, r"file must be a readable file"),
])
def test_faulty_fields(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ArraySpec.parse({"name": "mac", "pe": {"multiplier": {"kind": "table", **values}}})


def packed(raw: bytes) -> str:
    return "2x2 " + base64.b64encode(zlib.compress(raw)).decode()


WRONG_SIZE = r"products must hold 2 x 2 integers of 8 bytes, not more or fewer"


@pytest.mark.parametrize(("products", "message"), [
    ("2x2 %%%%", r"products must be base64 of zlib, not damaged"),
    ("2x2 " + base64.b64encode(b"no zlib").decode(), r"products must be base64 of zlib, not"),
    (packed(bytes(31)), WRONG_SIZE), (packed(bytes(33)), WRONG_SIZE),
    (packed(bytes(10**8)), WRONG_SIZE),  # a bomb: 100 kB, of which 33 bytes are ever unpacked
    ("2x2 " + base64.b64encode(zlib.compress(bytes(32)) + b"more").decode(), WRONG_SIZE),
    ("2x2 " + base64.b64encode(zlib.compress(bytes(32))[:-1]).decode(), WRONG_SIZE),
    ("2x2", r"products must be base64 of zlib, not damaged|" + WRONG_SIZE),
    *[(text, r"products must begin with the table's rows and columns") for text in (
        "", "AAAA", "2x AAAA", "2x2x2 AAAA", "-2x2 AAAA", "99999999x2 AAAA", "\u0662x2 AAAA",
        packed(bytes(32)).partition(" ")[2])],
    *[(text, r"products must be a table of") for text in (
        "2x3 AAAA", "1x4 AAAA", "2048x1024 AAAA", "1048576x1048576 AAAA")],
    (packed(b"\xff" * 7 + b"\x7f" + bytes(24)), r"products must lie in -2\*\*39"),
])
def test_faulty_products(products: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TableMultiplier(products=products)


def test_spec_holds_the_table_and_names_no_file(tmp_path: Path) -> None:
    array = load(tmp_path, saved(PRODUCTS))
    os.remove(tmp_path / "mul.npy")
    text = array.canonical_json()
    assert "mul.npy" not in text
    again = ArraySpec.parse(json.loads(text), folder=None)
    assert again == array
    assert hash(again) == hash(array)
    np.testing.assert_array_equal(table_of(again), PRODUCTS)


def test_spec_is_the_same_from_every_file(tmp_path: Path) -> None:
    specs = {load(tmp_path, saved(PRODUCTS)), load(tmp_path, saved(PRODUCTS.astype(np.int16))),
             load(tmp_path, as_csv(PRODUCTS), "mul.csv")}
    assert len(specs) == 1


def test_table_is_not_shown_in_full() -> None:
    spec = TableMultiplier.of(np.random.default_rng(1).integers(0, 1 << 30, (256, 256)))
    assert len(repr(spec)) < 100
    with pytest.raises(InputError) as failure:
        ArraySpec.parse({"name": "mac", "pe": {"multiplier": {**spec.model_dump(), "more": 1}}})
    assert len(str(failure.value)) < 300


def test_products_cannot_be_changed() -> None:
    spec = TableMultiplier.of(PRODUCTS)
    with pytest.raises(ValueError, match="read-only"):
        spec.table(Operands(U3, S2))[0, 0] = 1


def kulkarni(a: Any, b: Any, width: int = 8) -> Any:
    """Products from 2 x 2 blocks that give 7 for 3 * 3 (Kulkarni et al., VLSI Design 2011)."""
    if width == 2:
        return np.where((a == 3) & (b == 3), 7, a * b)
    half = width // 2
    low, high = (1 << half) - 1, half
    parts = (kulkarni(a & low, b & low, half), kulkarni(a & low, b >> high, half),
             kulkarni(a >> high, b & low, half), kulkarni(a >> high, b >> high, half))
    return parts[0] + ((parts[1] + parts[2]) << half) + (parts[3] << width)


@pytest.mark.parametrize(("formats", "products", "nodes", "corrected"), [
    (Operands(U8, U8), exact_table(Operands(U8, U8)), 0, True),
    (Operands(S8, S8), exact_table(Operands(S8, S8)), 0, True),
    (Operands(U8, U8), kulkarni(*np.indices((256, 256))), 328, True),
    (Operands(U8, U8), np.add.outer(np.arange(256) >> 4, np.arange(256) >> 4), 29, False),
], ids=["exact", "signed", "Kulkarni", "sum"])
def test_hardware_is_small(formats: Operands, products: Codes, nodes: int, corrected: bool) -> None:
    spec = TableMultiplier.of(products)
    found = table._hardware(spec, formats)
    assert found[0] == corrected
    assert found[1].size <= nodes
    text = convert(MultiplierUnit(spec, formats))
    assert len(text) < 10_000
    assert len(spec.products) < 10_000


def test_even_a_plain_diagram_of_the_exact_product_is_moderate(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the exact multiplier were no choice: what a table far from it costs at worst."""
    formats = Operands(U8, U8)
    spec = TableMultiplier.of(exact_table(formats))
    found = diagram.smallest_diagram(spec.table(formats), 16)
    monkeypatch.setattr(table, "_hardware", lambda *_: (False, found))
    assert len(convert(MultiplierUnit(spec, formats))) < 400_000


def test_wide_operands_are_refused() -> None:
    message = TableMultiplier.of(PRODUCTS).fault(Operands(Fixed(width=20), S2))
    assert message == "a.width must be 1 to 19 with multiplier.kind 'table', not 20"


def test_irregular_table_is_refused() -> None:
    products = np.random.default_rng(1).integers(0, 1 << 30, (256, 512))
    operands = Operands(U8, Fixed(width=9))
    message = TableMultiplier.of(products).fault(operands)
    assert message
    assert message.startswith("multiplier.products must need at most 131072 multiplexers, not ")
    assert message.endswith("use fewer operand bits or a more regular function")


def errors(spec: TableMultiplier, formats: Operands) -> int:
    """Pairs at which the hardware's bits are not the golden's."""
    text = rtlil.convert(MultiplierUnit(spec, formats).create(), name="top")
    a, b = np.indices((1 << formats.a.width, 1 << formats.b.width)).reshape(2, -1)
    width = spec.product_shape(formats).width
    bits = gates_of(text, ["top"])["top"].evaluate(a=a, b=b)["p"]
    golden = spec.golden(formats, codes_by_bits(formats.a)[a], codes_by_bits(formats.b)[b])
    return int((bits != golden & ((1 << width) - 1)).sum())


@pytest.mark.parametrize("products", [
    PRODUCTS, PRODUCTS % 7, kulkarni(*np.indices((8, 4)), width=4),
    np.random.default_rng(1).integers(-99, 99, (8, 4))])
def test_hardware_is_the_table(products: Codes) -> None:
    assert errors(TableMultiplier.of(products), Operands(U3, S2)) == 0


@pytest.mark.planted
def test_planted_node_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One multiplexer with its inputs exchanged."""
    spec, formats = TableMultiplier.of(PRODUCTS % 7), Operands(U3, S2)
    corrected, found = table._hardware(spec, formats)
    low, high = found.levels[1]
    levels = (found.levels[0], (np.concatenate([high[:1], low[1:]]),
                                np.concatenate([low[:1], high[1:]])), *found.levels[2:])
    planted = diagram.Diagram(found.order, levels, found.roots)
    monkeypatch.setattr(table, "_hardware", lambda *_: (corrected, planted))
    assert errors(spec, formats)
