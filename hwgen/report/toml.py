"""Values as TOML text, which the standard library reads and does not write."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def literal(value: Any) -> str:
    """A value in one line; tables inline, None left out of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for surrogates, which are not written, and for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(name)} = {literal(each)}" for name, each in value.items()
                          if each is not None)
        return f"{{ {pairs} }}" if pairs else "{}"
    return repr(value)


def document(values: Mapping[str, Any]) -> str:
    """Nested tables as a document, without what is None."""
    return "\n".join(_lines(values, "")).strip() + "\n"


def _lines(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Plain fields first, as a table ends where the next one begins."""
    for name, value in values.items():
        if not isinstance(value, dict) and value is not None:
            yield f"{_key(name)} = {literal(value)}"
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"\n[{prefix}{_key(name)}]"
            yield from _lines(value, f"{prefix}{_key(name)}.")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else literal(name)
