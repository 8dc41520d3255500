"""Files that a spec names: read once, in full, and never anything but a plain file."""

import os
import stat
from pathlib import Path

from pydantic import ValidationInfo


def folder_of(info: ValidationInfo) -> Path:
    """Where the relative file names of a spec begin: its own folder, or the working directory.

    Raises
    ------
    ValueError : the spec, a manifest's, may name no file.
    """
    folder = info.context["folder"] if info.context else Path()
    if folder is None:
        raise ValueError("file must not be named here: a manifest holds the content itself")
    return Path(folder)


def read_attachment(name: object, info: ValidationInfo, max_bytes: int) -> bytes:
    """The content of the file ``name``; opens no device, waits for no pipe.

    Raises
    ------
    ValueError : it is no plain file that can be read, or larger than ``max_bytes``.
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError("file must be the name of a file in quotes, not "
                         f"{'an empty one' if name == '' else type(name).__name__}")
    path = folder_of(info) / name
    try:
        _expect_plain(path.stat(), path)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            _expect_plain(os.fstat(handle), path)
            content = file.read(max_bytes + 1)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no file can be called so"
        raise ValueError(f"file must be a readable file, not {str(path)!r} ({reason}); "
                         "a relative name begins at the spec's folder") from None
    if len(content) > max_bytes:
        raise ValueError(f"file must have at most {max_bytes:,} bytes, not more, as {str(path)!r}")
    return content


def _expect_plain(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
        raise ValueError(f"file must be a plain file, not {kind}: {str(path)!r}")
