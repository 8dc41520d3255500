"""Files that a spec names: plain files only, from the right folder, of bounded size."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationInfo, field_validator

from hwgen.spec import InputError, Spec
from hwgen.tools.attachment import read_attachment

LIMIT = 1000


class Letter(Spec):
    """A spec whose text is that of a file."""

    text: str

    @field_validator("text", mode="before")
    @classmethod
    def _read(cls, name: Any, info: ValidationInfo) -> str:
        return read_attachment(name, info, LIMIT).decode()


class Envelope(Spec):
    letter: Letter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "text.txt").write_text("inside")
    (tmp_path / "outside.txt").write_text("outside")
    return tmp_path / "specs"


def load(folder: Path, name: str) -> str:
    path = folder / "spec.toml"
    path.write_text(f"letter = {{text = {name!r}}}\n")
    return Envelope.load(path).letter.text


@pytest.mark.parametrize(("name", "text"), [
    ("text.txt", "inside"), ("../outside.txt", "outside"), ("./../specs/text.txt", "inside")])
def test_relative_name_begins_at_the_folder_of_the_spec(
        folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert load(folder, name) == text


def test_absolute_name(folder: Path) -> None:
    assert load(folder, str(folder / "text.txt")) == "inside"


def test_link_to_a_plain_file(folder: Path) -> None:
    (folder / "link").symlink_to("text.txt")
    assert load(folder, "link") == "inside"


@pytest.mark.parametrize("make", [Letter, lambda text: Letter.parse({"text": text})])
def test_without_a_folder_it_is_the_working_directory(
        make: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert make(text="text.txt").text == "inside"


def test_manifest_names_no_file(folder: Path) -> None:
    with pytest.raises(InputError, match=r"letter\.text\.file must not be named here: a manifest"):
        Envelope.parse({"letter": {"text": str(folder / "text.txt")}}, folder=None)


def fault(folder: Path, name: Any) -> str:
    with pytest.raises(InputError) as failure:
        Envelope.parse({"letter": {"text": name}}, folder=folder)
    assert "Traceback" not in str(failure.value)
    return str(failure.value)


def test_folder_is_refused(folder: Path) -> None:
    assert "file must be a plain file, not a folder" in fault(folder, "..")


def test_pipe_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "file must be a plain file, not a device, pipe or socket" in fault(folder, "pipe")


def test_link_to_a_device_is_refused(folder: Path) -> None:
    (folder / "link").symlink_to("/dev/zero")
    assert "file must be a plain file, not a device, pipe or socket" in fault(folder, "link")


def test_socket_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "file must be a plain file, not a device, pipe or socket" in fault(folder, "socket")


def test_missing_file_names_path_and_cure(folder: Path) -> None:
    message = fault(folder, "none.txt")
    assert f"file must be a readable file, not {str(folder / 'none.txt')!r}" in message
    assert "No such file or directory" in message
    assert "a relative name begins at the spec's folder" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_unreadable_file(folder: Path) -> None:
    (folder / "text.txt").chmod(0)
    assert "Permission denied" in fault(folder, "text.txt")


def test_endless_link(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    assert "file must be a readable file" in fault(folder, "loop")


@pytest.mark.parametrize("name", ["x" * 5000, "\ud800", "a/" * 3000])
def test_impossible_name(folder: Path, name: str) -> None:
    assert "file must be a readable file" in fault(folder, name)


@pytest.mark.parametrize(("name", "found"), [
    ("", "an empty one"), (3, "int"), (["a"], "list"), (None, "NoneType"), ("a\0b", "str")])
def test_name_must_be_one(folder: Path, name: Any, found: str) -> None:
    assert f"file must be the name of a file in quotes, not {found}" in fault(folder, name)


def test_limit_of_size(folder: Path) -> None:
    (folder / "text.txt").write_bytes(b"x" * LIMIT)
    assert load(folder, "text.txt") == "x" * LIMIT
    (folder / "text.txt").write_bytes(b"x" * (LIMIT + 1))
    assert "file must have at most 1,000 bytes, not more" in fault(folder, "text.txt")
