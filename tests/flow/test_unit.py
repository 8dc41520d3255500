"""Units in Verilog: clean, the same on every run, and the emitted packer and unpacker at work."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hwgen.accel.group_format import GroupFormat
from hwgen.accel.group_pack import GroupPack
from hwgen.accel.group_unpack import GroupUnpack
from hwgen.arith.group_precision import GroupPrecision
from hwgen.flow import verilator
from hwgen.flow.bulk import BulkSimulator, simulators
from hwgen.flow.unit import unit_verilog
from hwgen.number import Codes
from tests.accel.tensors import random_tensor

FORMATS = {
    "usual": GroupFormat(),
    "zeros": GroupFormat(width=8, zero_vector=True, form="sign-magnitude"),
    "narrow": GroupFormat(width=5, group=3, signed=False, bus_bits=8),
    "bit": GroupFormat(width=1, group=6, bus_bits=8),
}
UNITS = {
    **{f"{name}_{word}": unit(spec) for name, spec in FORMATS.items()
       for word, unit in (("pack", GroupPack), ("unpack", GroupUnpack))},
    **{f"precision_{width}_{form[0]}_{signed}": GroupPrecision(width=width, form=form,
                                                               signed=signed)
       for width in (1, 16) for form in ("twos-complement", "sign-magnitude")
       for signed in (True, False)},
}


@pytest.mark.parametrize("name", UNITS)
def test_verilog_is_clean(name: str, tmp_path: Path) -> None:
    text = unit_verilog(UNITS[name], name)
    path = tmp_path / f"{name}.v"
    path.write_text(text)
    assert verilator.lint([path], name) == ""
    assert "\\" not in text


def test_two_runs_give_the_same_bytes() -> None:
    assert len({unit_verilog(UNITS["zeros_pack"], "zeros_pack") for _ in range(2)}) == 1


def design(name: str, folder: Path) -> Any:
    """What the bulk simulator asks of a design."""
    unit: Any = UNITS[name]
    path = folder / f"{name}.v"
    path.write_text(unit_verilog(unit, name))
    ports = {stream: {role: f"{stream}__{role}" for role in ("valid", "ready", "payload")}
             for stream in unit.streams}
    return SimpleNamespace(
        verilog=path, top=name, repeated=[], streams=unit.streams, seed=None,
        manifest={"streams": ports, "clock": "clk", "reset": "rst"},
        spec=SimpleNamespace(random=SimpleNamespace(chosen=lambda seed: 0), seeding_cycles=0,
                             pe=SimpleNamespace(most_step_cycles=1)))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BulkSimulator]:
    """All packers and unpackers, by name."""
    folder = tmp_path_factory.mktemp("units")
    designs = [design(name, folder) for name in UNITS if "pack" in name]
    return {made.design.top: made for made in simulators(designs)}


def word_beats(spec: GroupFormat, tensors: list[list[int]]) -> dict[str, Codes]:
    """The words of tensors, one after the other, in bytes."""
    every = [word for words in tensors for word in words]
    raw = b"".join(word.to_bytes(spec.bus_bits // 8, "little") for word in every)
    return {"word": np.frombuffer(raw, np.uint8).reshape(len(every), -1).astype(np.int64),
            "last": ends([len(words) for words in tensors])}


def ends(lengths: list[int]) -> Codes:
    """A flag a beat, set at the end of each of several runs."""
    flags = np.zeros(sum(lengths), np.int64)
    flags[np.cumsum(lengths) - 1] = 1
    return flags


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("name", FORMATS)
def test_emitted_packer_and_unpacker(name: str, stall: float,
                                     compiled: dict[str, BulkSimulator]) -> None:
    spec = FORMATS[name]
    tensors = [random_tensor(spec, groups, groups) for groups in (1, 300, 2, 57, 500)]
    groups = {"codes": np.concatenate(tensors), "last": ends([len(codes) for codes in tensors])}
    words = word_beats(spec, [spec.pack(codes) for codes in tensors])
    packed = compiled[f"{name}_pack"].run({"i": groups}, len(words["last"]), stall=stall)
    np.testing.assert_array_equal(packed.fields["word"], words["word"])
    np.testing.assert_array_equal(packed.fields["last"].ravel(), words["last"])
    unpacked = compiled[f"{name}_unpack"].run({"i": words}, len(groups["last"]), stall=stall)
    np.testing.assert_array_equal(unpacked.fields["codes"], groups["codes"])
    np.testing.assert_array_equal(unpacked.fields["last"].ravel(), groups["last"])
    assert not unpacked.fields["error"].any()
    if not stall:
        cycles = sum(int(spec.pack_cycles(codes).sum()) for codes in tensors)
        assert packed.cycles[-1] == GroupPack(spec).latency - 1 + cycles
        cycles = sum(int(spec.unpack_cycles(codes).sum()) + 1 for codes in tensors)
        assert unpacked.cycles[-1] == GroupUnpack(spec).latency - 1 + cycles


@pytest.mark.parametrize("name", FORMATS)
def test_emitted_unpacker_on_noise(name: str, compiled: dict[str, BulkSimulator]) -> None:
    """Thousands of words of noise, each tensor ended by a last word: the flags of the golden."""
    spec, rng = FORMATS[name], np.random.default_rng(1)
    tensors = [[int.from_bytes(rng.bytes(spec.bus_bits // 8), "little")
                >> int(rng.integers(spec.bus_bits)) for _ in range(rng.integers(1, 6))]
               for _ in range(1000)]
    golden = [spec.decode(words) for words in tensors]
    errors = np.concatenate([decoded.errors for decoded in golden])
    run = compiled[f"{name}_unpack"].run({"i": word_beats(spec, tensors)}, len(errors))
    np.testing.assert_array_equal(run.fields["error"].ravel(), errors)
    np.testing.assert_array_equal(run.fields["last"].ravel(),
                                  ends([len(decoded.errors) for decoded in golden]))
    np.testing.assert_array_equal(
        run.fields["codes"][~errors],
        np.concatenate([decoded.codes[~decoded.errors] for decoded in golden]))
    assert errors.any()
