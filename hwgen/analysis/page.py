"""What a command renews in a page of the docs: what stands between two marks."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hwgen.spec import InputError


@dataclass(frozen=True)
class Page:
    """A Markdown file with a place between ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``."""

    head: str
    tail: str

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """The file; InputError if it cannot be read or has no such place."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"page must be a readable file, not {str(path)!r} ({error.strerror})"
                             ) from None
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        head, begun, rest = text.partition(begin)
        _, ended, tail = rest.partition(end)
        if not begun or not ended:
            raise InputError(f"page must hold the lines {begin.strip()} and {end.strip()}, "
                             f"not {str(path)!r}")
        return cls(head + begin, end + tail)

    def renewed(self, text: str) -> str:
        """The file with this text in the place."""
        return f"{self.head}{text}{self.tail}"


def renew_command(renew: Callable[[Path], None], module: str, description: str | None,
                  arguments: Sequence[str] | None = None) -> int:
    """``python -m <module> PAGE``: renew the page; the exit status, 2 for bad input."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="a Markdown file with the markers")
    try:
        renew(parser.parse_args(arguments).page)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
