"""The base of all specs: what it accepts, and each message for what it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.array.mesh import ArraySpec
from hwgen.array.weight_stationary import WeightStationary
from hwgen.number import Fixed
from hwgen.spec import InputError


def parse(values: dict[str, Any]) -> ArraySpec:
    return ArraySpec.parse({"name": "mac", **values}, "mac.toml")


def pe(**fields: Any) -> dict[str, Any]:
    return {"pe": fields}


@pytest.mark.parametrize(("values", "message"), [
    ({"row": 8}, "row is not a known field; known here: "
                 "columns, dataflow, name, output, pe, random, rows"),
    (pe(lane=2), "pe.lane is not a known field; known here: "
                 "a, accumulator, b, form, kind, lanes, multiplier, pipeline, target"),
    (pe(accumulator={"bits": 8}), "pe.accumulator.bits is not a known field; known here: "
                                  "chunk, frac, length, overflow, random_bits, rounding, signed, "
                                  "width"),
    ({"output": {"bits": 8}}, "output.bits is not a known field; known here: "
                              "frac, overflow, random_bits, rounding, signed, width"),
    (pe(accumulator={"chunk": {"step": 8, "steps": 8}}), "pe.accumulator.chunk.step is not a known "
     "field; known here: overflow, steps, width"),
    ({"random": {"seeds": 8}}, "random.seeds is not a known field; known here: seed, sharing"),
    ({"dataflow": {"kind": "output-stationary", "bank_rows": 8}},
     "dataflow.bank_rows is not a known field; known here: kind"),
    ({"dataflow": {"kind": "weight-stationary", "rows": 8}},
     "dataflow.rows is not a known field; known here: bank_rows, kind"),
    (pe(a={"width": 8, "fraction": 1}),
     "pe.a.fraction is not a known field; known here: frac, signed, width"),
])
def test_unknown_field_lists_the_known_ones(values: dict[str, Any], message: str) -> None:
    check_refused(values, message)


def check_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(values)
    assert str(error.value) == f"mac.toml: 1 fault in the spec\n  {message}"


@pytest.mark.parametrize(("values", "message"), [
    ({"rows": 1.5}, "rows must be an integer, not 1.5"),
    ({"rows": 8.0}, "rows must be an integer, not 8.0"),
    ({"rows": np.float64(8)}, "rows must be an integer, not np.float64(8.0)"),
    ({"rows": "8"}, "rows must be an integer, not '8'"),
    ({"rows": True}, "rows must be an integer, not True"),
    ({"rows": None}, "rows must be an integer, not None"),
    ({"rows": [8]}, "rows must be an integer, not [8]"),
    ({"rows": "8" * 99}, "rows must be an integer, not '" + 56 * "8" + "..."),
    (pe(a={"width": 8, "frac": 0.0}), "pe.a.frac must be an integer, not 0.0"),
    (pe(accumulator={"frac": 0.5}), "pe.accumulator.frac must be an integer, not 0.5"),
    (pe(accumulator={"frac": False}), "pe.accumulator.frac must be an integer, not False"),
    (pe(a={"width": 8, "signed": 1}), "pe.a.signed must be true or false, not 1"),
    (pe(a={"width": 8, "signed": "yes"}), "pe.a.signed must be true or false, not 'yes'"),
    ({"name": 5}, "name must be a string, not 5"),
    ({"pe": 3}, "pe must be a table, not 3"),
    ({"pe": []}, "pe must be a table, not []"),
    (pe(a=8), "pe.a must be a table, not 8"),
    ({"output": 16}, "output must be a table, not 16"),
    ({"dataflow": "weight-stationary"}, "dataflow must be a table, not 'weight-stationary'"),
])
def test_wrong_type(values: dict[str, Any], message: str) -> None:
    check_refused(values, message)


@pytest.mark.parametrize(("values", "message"), [
    ({"rows": 0}, "rows must be at least 1, not 0"),
    ({"columns": -1}, "columns must be at least 1, not -1"),
    ({"columns": 257}, "columns must be at most 256, not 257"),
    ({"rows": 10**5000}, "rows must be at most 256, not a number of thousands of digits"),
    (pe(a={"width": 0}), "pe.a.width must be at least 1, not 0"),
    (pe(b={"width": 33}), "pe.b.width must be at most 32, not 33"),
    (pe(b={"width": 8, "frac": -65}), "pe.b.frac must be -64 to 64, not -65"),
    (pe(lanes=0), "pe.lanes must be at least 1, not 0"),
    (pe(lanes=257), "pe.lanes must be at most 256, not 257"),
    (pe(pipeline=9), "pe.pipeline must be at most 8, not 9"),
    (pe(target="virtex"), "pe.target must be 'ecp5', 'gowin', 'ice40' or 'xilinx7', "
                          "not 'virtex'"),
    (pe(accumulator={"width": 0}), "pe.accumulator.width must be at least 1, not 0"),
    (pe(accumulator={"width": 65}), "pe.accumulator.width must be at most 64, not 65"),
    (pe(accumulator={"width": 64, "signed": False}),
     "pe.accumulator.width must be at most 63 when unsigned, not 64: codes are int64"),
    (pe(accumulator={"frac": 129}), "pe.accumulator.frac must be at most 128, not 129"),
    (pe(accumulator={"frac": 1}), "pe.accumulator.frac must be -16 to 0 "
     "(the sum of products has 16 bits, 0 of them fraction), not 1"),
    (pe(lanes=5, a={"width": 4, "frac": 3}, accumulator={"frac": -13}),
     "pe.accumulator.frac must be -12 to 3 "
     "(the sum of products has 15 bits, 3 of them fraction), not -13"),
    ({"output": {"width": 64, "signed": False}},
     "output.width must be at most 63 when unsigned, not 64: codes are int64"),
    ({"output": {"frac": -33}}, "output.frac must be -32 to 0 "
     "(the accumulator has 32 bits, 0 of them fraction), not -33"),
    ({"output": {"frac": 1}}, "output.frac must be -32 to 0 "
     "(the accumulator has 32 bits, 0 of them fraction), not 1"),
    ({"dataflow": {"kind": "weight-stationary", "bank_rows": -1}},
     "dataflow.bank_rows must be at least 0, not -1"),
    ({"dataflow": {"kind": "weight-stationary", "bank_rows": 65537}},
     "dataflow.bank_rows must be at most 65536, not 65537"),
    ({"random": {"seed": -1}}, "random.seed must be at least 0, not -1"),
    ({"random": {"seed": 2**28}}, "random.seed must be at most 268435455, not 268435456"),
    (pe(accumulator={"chunk": {"steps": 0}}),
     "pe.accumulator.chunk.steps must be at least 1, not 0"),
    (pe(accumulator={"chunk": {"steps": 65537}}),
     "pe.accumulator.chunk.steps must be at most 65536, not 65537"),
    (pe(accumulator={"chunk": {"steps": 1, "width": 65}}),
     "pe.accumulator.chunk.width must be at most 64, not 65"),
    (pe(accumulator={"signed": False, "chunk": {"steps": 1, "width": 64}}),
     "pe.accumulator.chunk.width must be at most 63 when unsigned, not 64: codes are int64"),
    (pe(accumulator={"frac": -8, "rounding": "stochastic", "random_bits": 25}),
     "pe.accumulator.random_bits must be at most 24, not 25"),
    (pe(accumulator={"frac": -8, "rounding": "stochastic", "random_bits": 0}),
     "pe.accumulator.random_bits must be at least 1, not 0"),
    (pe(accumulator={"frac": -8, "rounding": "stochastic", "random_bits": 9}),
     "pe.accumulator.random_bits must be at most 8, the bits dropped, not 9"),
    ({"output": {"rounding": "stochastic", "random_bits": 1}},
     "output.random_bits must be at most 0, the bits dropped, not 1"),
    ({"output": {"frac": -1, "random_bits": 1}},
     "output.random_bits must be left out with nearest_even rounding, not 1"),
    ({"dataflow": {"kind": "weight-stationary"}, "rows": 4,
      "pe": {"accumulator": {"chunk": {"steps": 3}}}},
     "pe.accumulator.chunk.steps must be the rows of a weight-stationary array, 4, not 3"),
    ({"dataflow": {"kind": "weight-stationary", "bank_rows": 0}, "rows": 4,
      "pe": {"accumulator": {"chunk": {"steps": 4}}}},
     "dataflow.bank_rows must be at least 1 with pe.accumulator.chunk, not 0: the bank keeps the "
     "outer sums"),
])
def test_out_of_range(values: dict[str, Any], message: str) -> None:
    check_refused(values, message)


@pytest.mark.parametrize(("values", "message"), [
    (pe(accumulator={"rounding": "nearest"}), "pe.accumulator.rounding must be one of "
     "'floor', 'nearest_up', 'nearest_even' or 'stochastic', not 'nearest'"),
    (pe(accumulator={"overflow": 0}),
     "pe.accumulator.overflow must be one of 'wrap' or 'saturate', not 0"),
    ({"dataflow": {"kind": "systolic"}}, "dataflow must be of a kind among "
     "'output-stationary', 'weight-stationary', not 'systolic'"),
    ({"dataflow": {}}, "dataflow must be a table with the field 'kind', not {}"),
    ({"random": {"sharing": "row"}}, "random.sharing must be 'pe' or 'column', not 'row'"),
    (pe(kind="serial"), "pe must be of a kind among 'parallel', 'activation-serial', "
     "'both-serial', not 'serial'"),
    (pe(multiplier={"kind": "wrong"}), "pe.multiplier must be of a kind among "
     f"{', '.join(repr(f.model_fields['kind'].default) for f in MULTIPLIERS)}, not 'wrong'"),
])
def test_unknown_choice(values: dict[str, Any], message: str) -> None:
    check_refused(values, message)


@pytest.mark.parametrize("name", ["", "8x8", "Mac", "_mac", "mac-8", "mac 8", "mac\n", "mäc"])
def test_bad_name(name: str) -> None:
    check_refused({"name": name}, f"name must be text matching ^[a-z][a-z0-9_]*$, not {name!r}")


def test_long_name() -> None:
    check_refused({"name": "a" * 65}, "name must be at most 64 characters long, not '"
                  + 56 * "a" + "...")
    assert parse({"name": "a" * 64}).name == "a" * 64


@pytest.mark.parametrize(("values", "message"), [
    ({}, "name is required and missing"),
    ({"name": "mac", "pe": {"a": {}}}, "pe.a.width is required and missing"),
])
def test_missing_field(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        ArraySpec.parse(values)
    assert str(error.value) == f"spec: 1 fault in the spec\n  {message}"


def test_all_faults_at_once_in_order() -> None:
    with pytest.raises(InputError) as error:
        parse({"rows": 10**6, "columns": 10**6, "size": 8, "output": {"width": 0},
               "pe": {"lanes": 1.5, "accumulator": {"overflow": "clip"}}})
    assert str(error.value) == """\
mac.toml: 6 faults in the spec
  columns must be at most 256, not 1000000
  output.width must be at least 1, not 0
  pe.accumulator.overflow must be one of 'wrap' or 'saturate', not 'clip'
  pe.lanes must be an integer, not 1.5
  rows must be at most 256, not 1000000
  size is not a known field; known here: columns, dataflow, name, output, pe, random, rows"""


def test_huge_array_is_refused_before_it_is_built() -> None:
    with pytest.raises(InputError, match="2 faults"):
        parse({"rows": 10**6, "columns": 10**6})


def test_not_a_table() -> None:
    with pytest.raises(InputError) as error:
        ArraySpec.parse([])  # type: ignore[arg-type]
    assert str(error.value) == "spec: 1 fault in the spec\n  spec must be a table, not []"


@pytest.mark.parametrize("integer", [np.int8, np.uint16, np.int64])
def test_numpy_integers_are_integers(integer: type) -> None:
    array = parse({"rows": integer(4), "pe": {"accumulator": {"frac": integer(0)}}})
    assert type(array.rows) is int
    assert array == parse({"rows": 4, "pe": {"accumulator": {"frac": 0}}})


def test_constructor_takes_the_same_values() -> None:
    built = ArraySpec(name="mac", rows=np.int64(2), dataflow=WeightStationary(bank_rows=3))
    assert built == parse({"rows": 2, "dataflow": {"kind": "weight-stationary", "bank_rows": 3}})
    with pytest.raises(ValidationError, match="integer"):
        ArraySpec(name="mac", rows=2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Fixed(8)  # type: ignore[call-arg,misc]


@pytest.mark.parametrize("content", [b"rows = ", b"rows 8", b"rows = 8\nrows = 9", b"\x00"])
def test_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mac.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        ArraySpec.load(path)
    # In between Python's parser tells what and where.
    assert str(error.value).startswith(f"{path}: spec must be TOML: ")
    assert re.search(r"line 1|end of document", str(error.value))
    assert str(error.value).endswith("); a commented example comes from: hwgen new example.toml")


@pytest.mark.parametrize(("content", "message"), [
    (b"\xff\xfe\x00", "spec must be TOML in UTF-8, not bytes with invalid start byte"),
    (b"\x7fELF\x02\x01\x80", "spec must be TOML in UTF-8, not bytes with invalid start byte"),
    (b"", "1 fault in the spec\n  name is required and missing"),
    (b"name = 'mac'\nrows = inf", "1 fault in the spec\n  rows must be an integer, not inf"),
])
def test_bad_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mac.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        ArraySpec.load(path)
    assert str(error.value) == f"{path}: {message}"


@pytest.mark.parametrize("content", [
    b"a = " + b"[" * 5000, b"name = 'mac'\nrows = " + b"9" * 5000,
    b"name = 'mac'\nrows = 0x" + b"f" * 9000,
], ids=["deep", "decimal", "hexadecimal"])
def test_file_that_strains_the_parser(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mac.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="must be"):
        ArraySpec.load(path)


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(InputError) as error:
        ArraySpec.load(path)
    assert str(error.value) == (f"spec must be a readable file, not {str(path)!r} "
                                f"(No such file or directory); write one with: hwgen new {path}")


@pytest.mark.parametrize(("name", "reason"), [
    ("", "Is a directory"), ("file/mac.toml", "Not a directory"), ("n" * 300, "File name too long"),
])
def test_unreadable_file(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    with pytest.raises(InputError) as error:
        ArraySpec.load(path)
    assert str(error.value) == f"spec must be a readable file, not {str(path)!r} ({reason})"


@pytest.mark.parametrize("content", [b"name = 'mac'", b"\xef\xbb\xbfname = 'mac'\r\n"],
                         ids=["plain", "byte order mark"])
def test_file_gives_the_defaults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mac.toml"
    path.write_bytes(content)
    assert ArraySpec.load(path) == ArraySpec(name="mac") == ArraySpec.load(str(path))


def test_hash_is_stable() -> None:
    # A new default or field order would change every user's hash and cache key.
    assert ArraySpec(name="mac").config_hash == "d24dc99862cc1915"


def test_hash_ignores_how_a_default_is_given() -> None:
    explicit = parse({"rows": 8, "dataflow": {"kind": "output-stationary"}, "output": None,
                      "pe": {"a": {"frac": 0, "width": 8}, "accumulator": {"rounding": "floor"}}})
    assert explicit == parse({})
    assert hash(explicit) == hash(parse({}))
    assert explicit.config_hash == parse({}).config_hash
    assert parse({"rows": 9}).config_hash != parse({}).config_hash


def test_canonical_json_parses_back() -> None:
    array = parse({"output": {"width": 8}, "dataflow": {"kind": "weight-stationary"}})
    text = array.canonical_json()
    assert ArraySpec.parse(json.loads(text)) == array
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_frozen() -> None:
    array = parse({})
    with pytest.raises(ValidationError, match="frozen"):
        array.rows = 4  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        array.pe.a.width = 4  # type: ignore[misc]
    assert {array: 1}[parse({})] == 1


SCHEMA = Draft202012Validator(ArraySpec.model_json_schema())


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)


@pytest.mark.parametrize("kind", ["table", "netlist"])
def test_schema_knows_the_file_of_a_multiplier(kind: str) -> None:
    def valid(**fields: Any) -> bool:
        return SCHEMA.is_valid({"name": "mac", "pe": {"multiplier": {"kind": kind, **fields}}})

    assert valid(file="mul")
    assert not valid()
    assert not valid(file=3)
    assert not valid(file="mul", colour="red")


@pytest.mark.parametrize("values", [
    {}, {"rows": 256}, {"output": {"width": 1}}, {"output": {"frac": -3}},
    {"dataflow": {"kind": "weight-stationary", "bank_rows": 0}},
    {"pe": {"a": {"width": 4, "signed": False}, "accumulator": {"rounding": "nearest_up"}}},
])
def test_schema_accepts_what_the_spec_accepts(values: dict[str, Any]) -> None:
    SCHEMA.validate({"name": "mac", **values})
    SCHEMA.validate(json.loads(parse(values).canonical_json()))
    SCHEMA.validate(parse(values).model_dump(mode="json"))


@pytest.mark.parametrize("values", [
    {"name": "Mac"}, {"name": "a" * 65}, {"rows": 0}, {"rows": 257}, {"rows": 8.5}, {"rows": True},
    {"size": 1}, {"output": {"frac": 129}}, {"output": {"frac": 1.5}}, {"output": 8},
    {"dataflow": {"kind": "systolic"}}, {"dataflow": {"kind": "output-stationary", "bank_rows": 1}},
    {"pe": {"a": {}}}, {"pe": {"accumulator": {"rounding": "up"}}}, {"pe": {"lanes": 257}},
    {"pe": {"accumulator": {"frac": -129}}}, {"pe": {"multiplier": {"kind": "wrong"}}},
])
def test_schema_refuses_what_the_spec_refuses(values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse(values)
    assert not SCHEMA.is_valid({"name": "mac", **values})
