"""A small JSON Schema validator: the keywords that pydantic writes for specs, and no other."""

import re
from typing import Any

_TYPES = {"object": dict, "string": str, "integer": int, "boolean": bool, "null": type(None)}
_NOTES = {"title", "description", "default", "$defs", "discriminator"}


def valid(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None) -> bool:
    """True when ``value`` is what ``schema`` allows; raises KeyError on an unknown keyword."""
    root = root or schema
    return all(_CHECKS[keyword](rule, value, schema, root)
               for keyword, rule in schema.items() if keyword not in _NOTES)


def _type(rule: str, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return isinstance(value, _TYPES[rule]) and isinstance(value, bool) == (rule == "boolean")


def _properties(rule: dict[str, Any], value: Any, schema: dict[str, Any],
                root: dict[str, Any]) -> bool:
    return not isinstance(value, dict) or all(
        valid(rule[name], part, root) for name, part in value.items() if name in rule)


def _additional(rule: bool, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return rule or not isinstance(value, dict) or value.keys() <= schema["properties"].keys()


_CHECKS: dict[str, Any] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda rule, value, *_: not isinstance(value, dict) or set(rule) <= value.keys(),
    "$ref": lambda rule, value, _, root: valid(root["$defs"][rule.rpartition("/")[2]], value, root),
    "anyOf": lambda rule, value, _, root: any(valid(option, value, root) for option in rule),
    "oneOf": lambda rule, value, _, root: sum(valid(option, value, root) for option in rule) == 1,
    "enum": lambda rule, value, *_: value in rule,
    "const": lambda rule, value, *_: value == rule,
    "minimum": lambda rule, value, *_: not isinstance(value, int) or value >= rule,
    "maximum": lambda rule, value, *_: not isinstance(value, int) or value <= rule,
    "pattern": lambda rule, value, *_: not isinstance(value, str) or bool(re.search(rule, value)),
    "maxLength": lambda rule, value, *_: not isinstance(value, str) or len(value) <= rule,
}
