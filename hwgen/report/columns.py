"""The fields of many arrays as columns, in which each distinct value stands once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hwgen.report.toml import literal

Values = Mapping[str, Any]


def flattened(values: Values, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value of nested tables with its dotted name."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, value


def columns(rows: Sequence[Values | None]) -> list[dict[str, Any]]:
    """A column a dotted name, in the order in which they first occur.

    Returns
    -------
    Of each its ``name``, the ``literals`` that occur as TOML, and as ``codes`` a row's index among
    them; -1 for a row that lacks the field or is None.
    """
    found: dict[str, dict[str, int]] = {}
    codes: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        for name, value in flattened(row or {}):
            text = literal(value)
            known = found.setdefault(name, {})
            column = codes.setdefault(name, [-1] * len(rows))
            column[index] = known.setdefault(text, len(known))
    return [{"name": name, "literals": list(known), "codes": codes[name]}
            for name, known in found.items()]
