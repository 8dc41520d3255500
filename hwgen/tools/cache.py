"""Content-addressed cache of results (JSON) and built folders, safe to share between processes.

The cache lives in ``$HWGEN_CACHE``, else ``$XDG_CACHE_HOME/hwgen``, else ``~/.cache/hwgen``, and
may be deleted at any time. Nothing in it is trusted: each JSON entry carries its own checksum and
each folder a manifest of sizes and SHA-256 sums. What does not match is reported once on standard
error and made again, so a damaged cache costs time and never a wrong result. No pickle.
"""

import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hwgen
from hwgen.spec import InputError

MANIFEST = ".manifest.json"

_KIND = re.compile(r"[a-z0-9][a-z0-9_-]*")
_KEY = re.compile(r"[0-9a-f]{64}")
_PATIENCE_SECONDS = 2.0  # a lock held longer than this is announced
_POLL_SECONDS = 0.05
_reported: set[Path] = set()


def folder() -> Path:
    """Absolute path of the cache folder. It need not exist yet."""
    chosen = os.environ.get("HWGEN_CACHE")
    if chosen:
        return Path(os.path.expanduser(chosen)).absolute()
    shared = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if shared.is_absolute():  # the XDG specification says to ignore a relative path
        return shared / "hwgen"
    return Path(os.path.expanduser("~")).absolute() / ".cache" / "hwgen"


def key_of(*parts: str | bytes) -> str:
    """SHA-256, in hexadecimal, of `parts`; where one part ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.hexdigest()


@functools.cache
def code_digest() -> str:
    """SHA-256 of hwgen's own source files, for what depends on more of them than can be told."""
    top = Path(hwgen.__file__).parent
    files = sorted(top.rglob("*.py"))
    return key_of(*(part for path in files for part in (str(path.relative_to(top)),
                                                        path.read_bytes())))


def load_json(kind: str, key: str) -> Any | None:
    """The value stored under (`kind`, `key`), or None if there is none that can be trusted."""
    path = _place(kind, key).with_suffix(".json")
    try:
        return _trusted_value(path.read_bytes(), key)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        _report(path)
        return None


def store_json(kind: str, key: str, value: Any) -> None:
    """Store `value`, anything JSON can hold but None, under (`kind`, `key`), atomically.

    Raises
    ------
    ValueError : `value` is None or is not JSON.
    InputError : the cache folder cannot be written.
    """
    if value is None:
        raise ValueError("value must be anything but None, which load_json gives for no entry")
    path = _place(kind, key).with_suffix(".json")
    value = json.loads(json.dumps(value, allow_nan=False))  # as load_json will see it
    entry = {"sha256": _checksum(key, value), "value": value}
    with _writable():
        _write_atomically(path, json.dumps(entry).encode())


def build_directory(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Folder under (`kind`, `key`), made by `build` if it is not there in full.

    Parameters
    ----------
    build : called as ``build(folder)`` with an empty folder to fill. The folder is renamed once
        `build` returns, so its files must not hold its path. An exception leaves nothing behind.

    One process at a time builds a key; others wait for it. The files of the finished folder must
    not change; files added later are ignored.

    Raises
    ------
    InputError : the cache folder cannot be written.
    """
    place = _place(kind, key)
    if _is_intact(place):
        return place
    with lock(f"{kind}-{key}"):
        if _is_intact(place):  # another process built it while this one waited
            return place
        if place.exists():
            _report(place)
        _build_in_place(place, build)
    return place


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold the lock `name`, shared by all threads and processes that use this cache.

    The operating system frees it when its holder dies, so the lock files stay and mean nothing.

    Raises
    ------
    InputError : the cache folder cannot be written.
    """
    path = folder() / "locks" / f"{name}.lock"
    with _writable():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with _writable():
            _acquire(handle, name)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, name: str) -> None:
    """Take the lock, saying so on standard error if another process makes us wait for it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_POLL_SECONDS)
    print(f"hwgen: waiting for another process to finish {name[:40]}", file=sys.stderr, flush=True)
    fcntl.flock(handle, fcntl.LOCK_EX)


def _place(kind: str, key: str) -> Path:
    """Where (`kind`, `key`) lives; `kind` is a lower-case word, `key` comes from `key_of`."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind must be a lower-case word, not {kind!r}")
    if not _KEY.fullmatch(key):
        raise ValueError(f"key must be 64 hexadecimal digits from key_of, not {key!r}")
    return folder() / kind / key[:2] / key


def _trusted_value(raw: bytes, key: str) -> Any:
    """The value inside an entry; ValueError, KeyError or TypeError if the entry is damaged."""
    entry = json.loads(raw)
    if entry["sha256"] != _checksum(key, entry["value"]):
        raise ValueError("checksum does not match")
    return entry["value"]


def _checksum(key: str, value: Any) -> str:
    """SHA-256 over the key too, so that an entry moved to another key is not trusted there."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return key_of(key, text)


def _report(path: Path) -> None:
    """Say once a process, on standard error, that `path` is damaged and will be made again."""
    if path not in _reported:
        _reported.add(path)
        print(f"hwgen: warning: cache entry {path} is damaged and will be made again",
              file=sys.stderr, flush=True)


@contextmanager
def _writable() -> Iterator[None]:
    """Turn a failed write into an InputError that names the folder and the cure."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cache folder must be writable, not {str(folder())!r} ({reason}): "
            "set HWGEN_CACHE to a folder that you can write, with some free space"
        ) from error


def _write_atomically(path: Path, raw: bytes) -> None:
    """Write `raw` to `path` so that a reader sees all of it or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _build_in_place(place: Path, build: Callable[[Path], None]) -> None:
    """Build beside `place` and rename, with the lock held; clears what a killed builder left."""
    with _writable():
        place.parent.mkdir(parents=True, exist_ok=True)
        for left_over in place.parent.glob(f"{place.name}.*.tmp"):
            shutil.rmtree(left_over)
        work = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=".tmp", dir=place.parent))
    try:
        build(work)
        with _writable():
            _publish(work, place)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _publish(work: Path, place: Path) -> None:
    """Describe the files of `work` in its manifest and give it its final name."""
    manifest = {name: _describe(work / name) for name in _files_of(work)}
    entry = {"sha256": _checksum(place.name, manifest), "value": manifest}
    (work / MANIFEST).write_text(json.dumps(entry), encoding="utf-8")
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    os.rename(work, place)


def _is_intact(place: Path) -> bool:
    """Whether `place` holds each file of its manifest, byte for byte."""
    try:
        manifest = _trusted_value((place / MANIFEST).read_bytes(), place.name)
        return all(_describe(place / name) == entry for name, entry in manifest.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _files_of(top: Path) -> list[str]:
    """Relative names of the files under `top`, sorted."""
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())


def _describe(path: Path) -> list[int | str]:
    """Size in bytes and SHA-256 of a file, as the manifest holds them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [path.stat().st_size, digest]
