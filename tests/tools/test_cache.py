"""The cache: never a wrong value, never a traceback, one builder at a time."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwgen.spec import InputError
from hwgen.tools import cache

KEY = cache.key_of("some", "key")
OTHER = cache.key_of("another key")

json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
shared_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entry_file(folder: Path) -> Path:
    (path,) = folder.glob("numbers/*/*.json")
    return path


def write_two_files(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "a.txt").write_text("first")
    (folder / "inner" / "b.bin").write_bytes(bytes(range(256)))


def left_overs(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HWGEN_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"}, "/a/b"),
        ({"HWGEN_CACHE": "~/c"}, "/home/me/c"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/hwgen"),
        ({"HWGEN_CACHE": "", "XDG_CACHE_HOME": "/x"}, "/x/hwgen"),
        ({"XDG_CACHE_HOME": "not/absolute"}, "/home/me/.cache/hwgen"),
        ({}, "/home/me/.cache/hwgen"),
    ],
)
def test_folder_follows_the_environment(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HWGEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(expected)


def test_relative_folder_survives_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HWGEN_CACHE", "here")
    assert cache.folder() == tmp_path / "here"


def test_key_depends_on_where_parts_end() -> None:
    keys = {
        cache.key_of("ab", "c"), cache.key_of("a", "bc"), cache.key_of("abc"), cache.key_of(),
        cache.key_of("abc", ""), cache.key_of("c", "ab"),
    }
    assert len(keys) == 6
    assert cache.key_of("µ") == cache.key_of("µ".encode())


@shared_folder
@given(json_values)
def test_stored_value_comes_back(value: object) -> None:
    cache.store_json("numbers", KEY, value)
    assert cache.load_json("numbers", KEY) == value


def test_integer_keys_come_back_as_json_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    cache.store_json("numbers", KEY, {2: "two", 10: "ten"})
    assert cache.load_json("numbers", KEY) == {"2": "two", "10": "ten"}
    assert capsys.readouterr().err == ""


def test_kinds_and_keys_are_separate() -> None:
    cache.store_json("numbers", KEY, 1)
    assert cache.load_json("letters", KEY) is None
    assert cache.load_json("numbers", OTHER) is None


def test_missing_entry_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.load_json("numbers", KEY) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw: raw[:-1], id="truncated by one byte"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="truncated"),
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: b"\0" * len(raw), id="zeros"),
        pytest.param(lambda raw: b"\xff\xfe" + raw, id="not UTF-8"),
        pytest.param(lambda raw: raw.replace(b"1234", b"1235"), id="another value"),
        pytest.param(lambda raw: b"[]", id="a list"),
        pytest.param(lambda raw: b"7", id="a number"),
        pytest.param(lambda raw: b"{}", id="no fields"),
        pytest.param(lambda raw: b"[" * 200_000, id="too deep"),
    ],
)
def test_damaged_entry_is_reported_once_and_made_again(
    damage: Callable[[bytes], bytes], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.store_json("numbers", KEY, {"luts": 1234})
    path = entry_file(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.load_json("numbers", KEY) is None
    assert cache.load_json("numbers", KEY) is None
    warning = capsys.readouterr().err
    assert warning.count(str(path)) == 1
    assert "damaged" in warning
    cache.store_json("numbers", KEY, {"luts": 1234})
    assert cache.load_json("numbers", KEY) == {"luts": 1234}


@shared_folder
@given(st.data())
def test_no_changed_byte_gives_another_value(folder: Path, data: st.DataObject) -> None:
    cache.store_json("numbers", KEY, {"luts": 1234, "name": "pe"})
    path = entry_file(folder)
    raw = bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    assert cache.load_json("numbers", KEY) in (None, {"luts": 1234, "name": "pe"})


def test_entry_moved_to_another_key_is_not_trusted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.store_json("numbers", OTHER, 5)
    path = entry_file(folder)
    target = folder / "numbers" / KEY[:2] / f"{KEY}.json"
    target.parent.mkdir()
    os.rename(path, target)
    assert cache.load_json("numbers", KEY) is None
    assert str(target) in capsys.readouterr().err


def test_failed_write_keeps_the_old_value(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    cache.store_json("numbers", KEY, "old")
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(InputError, match="No space left on device"):
        cache.store_json("numbers", KEY, "new")
    assert cache.load_json("numbers", KEY) == "old"
    assert left_overs(folder) == []


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_value_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"value must be|JSON compliant"):
        cache.store_json("numbers", KEY, value)


@pytest.mark.parametrize("kind", ["", "Up", "../x", "a/b", "."])
def test_kind_is_a_plain_word(kind: str) -> None:
    with pytest.raises(ValueError, match="kind must be a lower-case word"):
        cache.load_json(kind, KEY)


def test_key_is_a_digest() -> None:
    with pytest.raises(ValueError, match="key must be 64 hexadecimal digits from key_of"):
        cache.load_json("numbers", "short")


@pytest.mark.parametrize(
    "write",
    [
        lambda: cache.store_json("numbers", KEY, 1),
        lambda: cache.build_directory("folders", KEY, write_two_files),
    ],
    ids=["entry", "folder"],
)
def test_unwritable_folder_names_itself_and_the_cure(
    write: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(InputError, match=r"file/cache.*set HWGEN_CACHE to a folder"):
        write()


def test_folder_is_built_once(folder: Path) -> None:
    calls: list[Path] = []

    def build(work: Path) -> None:
        calls.append(work)
        write_two_files(work)

    place = cache.build_directory("folders", KEY, build)
    assert cache.build_directory("folders", KEY, build) == place
    assert len(calls) == 1
    assert calls[0] != place
    assert (place / "a.txt").read_text() == "first"
    assert (place / "inner" / "b.bin").read_bytes() == bytes(range(256))
    assert set(json.loads((place / cache.MANIFEST).read_text())["value"]) == {
        "a.txt", "inner/b.bin",
    }
    assert left_overs(folder) == []


def test_finished_folder_needs_no_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cache.build_directory("folders", KEY, write_two_files)
    monkeypatch.setattr(cache, "lock", None)
    assert cache.build_directory("folders", KEY, write_two_files) == place


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda place: (place / "a.txt").write_text("other"), id="same size"),
        pytest.param(lambda place: (place / "a.txt").write_text(""), id="truncated"),
        pytest.param(lambda place: (place / "inner" / "b.bin").unlink(), id="missing file"),
        pytest.param(lambda place: (place / cache.MANIFEST).unlink(), id="no manifest"),
        pytest.param(lambda place: (place / cache.MANIFEST).write_text("{"), id="bad manifest"),
        pytest.param(lambda place: (place / cache.MANIFEST).write_text("[]"), id="odd manifest"),
    ],
)
def test_damaged_folder_is_reported_and_built_again(
    damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    place = cache.build_directory("folders", KEY, write_two_files)
    damage(place)
    assert cache.build_directory("folders", KEY, write_two_files) == place
    assert (place / "a.txt").read_text() == "first"
    assert (place / "inner" / "b.bin").read_bytes() == bytes(range(256))
    assert capsys.readouterr().err.count(str(place)) == 1


def test_file_in_the_place_of_a_folder_is_replaced() -> None:
    place = cache.build_directory("folders", KEY, write_two_files)
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    place.rmdir()
    place.write_text("in the way")
    assert cache.build_directory("folders", KEY, write_two_files) == place
    assert (place / "a.txt").read_text() == "first"


def test_file_added_later_is_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    place = cache.build_directory("folders", KEY, write_two_files)
    (place / "extra").write_text("mine")
    cache.build_directory("folders", KEY, write_two_files)
    assert (place / "extra").read_text() == "mine"
    assert capsys.readouterr().err == ""


def test_failed_build_leaves_nothing(folder: Path) -> None:
    def fail(work: Path) -> None:
        (work / "half").write_text("done")
        raise FileNotFoundError("the builder's own file")

    with pytest.raises(FileNotFoundError, match="the builder's own file"):
        cache.build_directory("folders", KEY, fail)
    assert not list(folder.rglob("half"))
    assert (cache.build_directory("folders", KEY, write_two_files) / "a.txt").exists()


def run_script(text: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", text, KEY]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


KILLED_BUILDER = """
import os, signal, sys
from hwgen.tools import cache
def build(work):
    (work / "a.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
cache.build_directory("folders", sys.argv[1], build)
"""


def test_killed_builder_leaves_no_folder_and_no_lock(folder: Path) -> None:
    process = run_script(KILLED_BUILDER)
    process.communicate()
    assert process.returncode == -9
    assert len(left_overs(folder)) == 1
    place = cache.build_directory("folders", KEY, write_two_files)
    assert (place / "a.txt").read_text() == "first"
    assert left_overs(folder) == []


COUNTING_BUILDER = """
import sys
from hwgen.tools import cache
def build(work):
    print("built")
    for i in range(300):
        (work / str(i)).write_bytes(bytes(1000))
place = cache.build_directory("folders", sys.argv[1], build)
print(len(list(place.iterdir())))
"""


def test_processes_build_a_folder_once(folder: Path) -> None:
    processes = [run_script(COUNTING_BUILDER) for _ in range(3)]
    words = [word for process in processes for word in process.communicate()[0].split()]
    assert sorted(words) == ["301", "301", "301", "built"]


def test_second_builder_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_lock: list[str] = []
    both = threading.Event()
    built = []
    acquire = cache._acquire

    def announce(handle: int, name: str) -> None:
        at_the_lock.append(name)
        if len(at_the_lock) == 2:
            both.set()
        acquire(handle, name)

    def build(work: Path) -> None:
        assert both.wait(timeout=60)
        built.append(work)
        write_two_files(work)

    monkeypatch.setattr(cache, "_acquire", announce)
    arguments = ("folders", KEY, build)
    threads = [threading.Thread(target=cache.build_directory, args=arguments) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


HOLDER = """
import sys
from hwgen.tools import cache
with cache.lock("shared"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_waiting_for_another_process_is_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(cache, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(sys, "stderr", _Releasing(holder))
    with cache.lock("shared"):
        assert holder.wait() == 0


class _Releasing:
    """A standard error that ends `holder` at the first line, so that nothing waits on a clock."""

    def __init__(self, holder: "subprocess.Popen[str]") -> None:
        self._holder = holder

    def write(self, text: str) -> int:
        if "waiting for another process to finish shared" in text:
            assert self._holder.stdin is not None
            self._holder.stdin.close()
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""
