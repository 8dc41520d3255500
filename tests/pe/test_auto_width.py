"""``width = "auto"``: the narrowest width that never overflows; and what is refused."""

import tomllib
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from hwgen.analysis.accumulator_width import worst_case
from hwgen.analysis.dot_product import DotProduct
from hwgen.array.mesh import ArraySpec
from hwgen.number import Fixed
from hwgen.pe.parallel import ParallelPE
from hwgen.spec import InputError

U8 = {"width": 8, "signed": False}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "one product of -128 * -128": ({}, {"length": 1}, 16),
    "576": ({}, {"length": 576}, 25),
    "511 fit in 24 bits": ({}, {"length": 511}, 24),
    "512 do not": ({}, {"length": 512}, 25),
    "numpy integer": ({}, {"length": np.int32(511)}, 24),
    "unsigned operands, signed sum": ({"a": U8, "b": U8}, {"length": 1}, 17),
    "unsigned sum": ({"a": U8, "b": U8}, {"length": 1, "signed": False}, 16),
    "lanes": ({"lanes": 3}, {"length": 511}, 24),
    "dropped bits": ({}, {"length": 512, "frac": -4}, 21),
    "rounded up at every step": ({"a": U8, "b": U8}, {
        "length": 256, "frac": -15, "signed": False, "rounding": "nearest_up"}, 10),
    "drawn up at every step": ({"a": U8, "b": U8}, {
        "length": 256, "frac": -15, "signed": False, "rounding": "stochastic"}, 10),
    "saturate": ({}, {"length": 511, "overflow": "saturate"}, 24),
    "constant": ({"multiplier": {"kind": "truncated", "cut": 2, "constant": 100}},
                 {"length": 511}, 25),
    "inner sum of chunks": ({}, {"length": 576, "chunk": {"steps": 16}}, 20),
    "a chunk longer than K": ({}, {"length": 3, "chunk": {"steps": 16}}, 17),
}


def pe_of(values: dict[str, Any], accumulator: dict[str, Any]) -> ParallelPE:
    return ParallelPE.parse({**values, "accumulator": {"width": "auto", **accumulator}})


@pytest.mark.parametrize(("values", "accumulator", "width"), CASES.values(), ids=CASES.keys())
def test_width(values: dict[str, Any], accumulator: dict[str, Any], width: int) -> None:
    pe = pe_of(values, accumulator)
    assert pe.accumulator.width == width
    length = accumulator["length"]
    fields = {name: field for name, field in accumulator.items() if name != "length"}
    plain = ParallelPE.parse({**values, "accumulator": {**fields, "width": width}})
    assert (pe, hash(pe), pe.config_hash) == (plain, hash(plain), plain.config_hash)
    if not pe.accumulator.chunk:
        worst = worst_case(DotProduct(array=ArraySpec(name="mac", pe=pe), length=int(length)))
        assert worst.fits(pe.format)
        assert not worst.fits(Fixed(width=width - 1, signed=pe.format.signed))


def test_both_sums_of_chunks() -> None:
    chunk = {"steps": 16, "width": "auto"}
    accumulator = pe_of({"lanes": 2}, {"length": 576, "chunk": chunk}).accumulator
    assert accumulator.chunk is not None
    assert (accumulator.width, accumulator.chunk.width) == (21, 25)
    accumulator = pe_of({}, {"length": 576, "chunk": chunk, "width": 8}).accumulator
    assert accumulator.chunk is not None
    assert (accumulator.width, accumulator.chunk.width) == (8, 25)


def test_file_and_manifest() -> None:
    array = ArraySpec.parse(tomllib.loads(
        'name = "mac"\npe.accumulator = {width = "auto", length = 576}'))
    assert array.pe.format.width == 25
    assert "auto" not in array.canonical_json()
    assert "length" not in array.canonical_json()
    assert ArraySpec.model_validate_json(array.canonical_json()) == array


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no length": ({"accumulator": {"width": "auto"}},
                  'accumulator.length is required with width "auto": K, the terms of a '
                  "dot product"),
    "length alone": ({"accumulator": {"width": 24, "length": 576}},
                     'accumulator.length must be left out unless a width is "auto"'),
    "zero": ({"accumulator": {"width": "auto", "length": 0}},
             "accumulator.length must be an integer of 1 to 4194304, not 0"),
    "a float": ({"accumulator": {"width": "auto", "length": 3.0}},
                "accumulator.length must be an integer of 1 to 4194304, not 3.0"),
    "true": ({"accumulator": {"width": "auto", "length": True}},
             "accumulator.length must be an integer of 1 to 4194304, not True"),
    "unsigned": ({"accumulator": {"width": "auto", "length": 3, "signed": False}},
                 'accumulator.signed must be true with width "auto", not false: sums reach -48768'),
    "too wide": ({"a": {"width": 32}, "b": {"width": 32},
                  "accumulator": {"width": "auto", "length": 1000}},
                 "accumulator.length must be shorter: width would be 73 bits, more than 64"),
    "another word": ({"accumulator": {"width": "wide", "length": 3}},
                     'accumulator.length must be left out unless a width is "auto"'),
    "and another fault": ({"accumulator": {"width": "auto", "length": 3, "rounding": "up"}},
                          "accumulator.rounding must be one of"),
    "operands": ({"a": {"width": 33}, "accumulator": {"width": "auto", "length": 3}},
                 "a.width must be"),
    "frac": ({"accumulator": {"width": "auto", "length": 3, "frac": 1}},
             "accumulator.frac must be -16 to 0"),
}


@pytest.mark.parametrize(("values", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        ParallelPE.parse(values)
    assert "1 fault in the spec" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(("accumulator", "valid"), [
    ({"width": 24}, True), ({"width": "auto", "length": 3}, True), ({}, True),
    ({"width": 24, "chunk": {"steps": 3, "width": "auto"}, "length": 9}, True),
    ({"width": "auto"}, False), ({"width": 24, "length": 3}, False), ({"width": "x"}, False),
    ({"width": 65}, False), ({"chunk": {"steps": 3, "width": "auto"}}, False),
    ({"length": 3}, False), ({"chunk": {"steps": 3}, "length": 3}, False),
])
def test_schema_agrees(accumulator: dict[str, Any], valid: bool) -> None:
    schema = Draft202012Validator(ParallelPE.model_json_schema())
    assert schema.is_valid({"accumulator": accumulator}) is valid
    if valid:
        ParallelPE.parse({"accumulator": accumulator})
    else:
        with pytest.raises(InputError):
            ParallelPE.parse({"accumulator": accumulator})
