"""The fields of an array's spec by their dotted names, such as ``pe.accumulator.width``."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError

Values = dict[str, Any]


@cache
def field_names() -> frozenset[str]:
    """Every field that any array can have."""
    schema = ArraySpec.model_json_schema()
    return frozenset(_names(schema, schema, ""))


def _names(schema: Values, node: Values, prefix: str) -> Iterator[str]:
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _names(schema, option, prefix)
    for name, field in node.get("properties", {}).items():
        yield prefix + name
        yield from _names(schema, field, f"{prefix}{name}.")


def found(values: Values, name: str) -> Any:
    """The value of a dotted name in nested tables; None where there is none."""
    node: Any = values
    for step in name.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node


def replaced(values: Values, name: str, value: Any) -> Values:
    """A copy of nested tables with another value under a dotted name.

    Raises
    ------
    InputError
        If the name leads through what is no table.
    """
    step, _, rest = name.partition(".")
    if not rest:
        return {**values, step: value}
    inner = values.get(step, {})
    if not isinstance(inner, dict):
        raise InputError(f"{name} must be a field inside a table, but {step} is {inner!r}")
    return {**values, step: replaced(inner, rest, value)}
