"""The base of every specification: one frozen model that is file, argument, schema and sweep axis.

A :class:`Spec` is a strict, frozen pydantic model.  The TOML file, the constructor's arguments, the
JSON Schema, the manifest and the sweep axis are all the same object; there is no second layer.
"""

import hashlib
import json
import operator
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError


class InputError(Exception):
    """A fault in what the user gave; the command line prints it and exits with status 2."""


class ToolError(InputError):
    """A tool could not run, refused its input, or took too long."""


def _index(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(f"value must be an integer, not {value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"value must be an integer, not {_short(value)}") from None


Int = Annotated[int, BeforeValidator(_index)]
"""An integer; NumPy integers are accepted, floats, strings and booleans are not."""


class Spec(BaseModel):
    """Frozen, strict, keyword-only and hashable description of one configurable thing.

    Raises
    ------
    InputError
        From :meth:`load` and :meth:`parse`, naming every faulty field, its value and its limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    @classmethod
    def parse(cls, values: dict[str, Any], source: str = "spec",
              folder: Path | None = Path()) -> Self:
        """Build the spec from plain values, reporting all faults at once.

        Parameters
        ----------
        source : what the values come from, for the report.
        folder : where the relative file names in it begin; None if it may name no file.
        """
        try:
            return cls.model_validate(values, context={"folder": folder})
        except ValidationError as error:
            raise InputError(_explain(error, source, cls)) from None

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a TOML file."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            hint = f"; write one with: hwgen new {path}" if missing else ""
            raise InputError(
                f"spec must be a readable file, not {str(path)!r} ({error.strerror}){hint}"
            ) from None
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: spec must be TOML in UTF-8, not bytes with {error.reason}"
            ) from None
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}: spec must be TOML: {str(error) or 'nesting too deep'}; "
                "a commented example comes from: hwgen new example.toml"
            ) from None
        return cls.parse(values, str(path), path.parent)

    def replaced(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated anew; ValidationError where they clash."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**fields, **changes})

    def canonical_json(self) -> str:
        """Every field, defaults included, with sorted keys: equal specs give equal text."""
        values = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

    @property
    def config_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of :meth:`canonical_json`; stable across versions."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:16]


def _explain(error: ValidationError, source: str, spec_class: type[Spec]) -> str:
    """All faults of a spec, a line each: field, what it must be, the value found."""
    lines = sorted(_fault(fault, spec_class) for fault in error.errors(include_url=False))
    count = "1 fault" if len(lines) == 1 else f"{len(lines)} faults"
    return "\n  ".join([f"{source}: {count} in the spec", *lines])


_BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "below {lt}",
    "literal_error": "{expected}",
    "enum": "one of {expected}",
    "string_type": "a string",
    "bool_type": "true or false",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "string_pattern_mismatch": "text matching {pattern}",
    "string_too_long": "at most {max_length} characters long",
    "union_tag_invalid": "of a kind among {expected_tags}",
    "union_tag_not_found": "a table with the field 'kind'",
}


def _fault(fault: Any, spec_class: type[Spec]) -> str:
    """One fault in one line: the field's path in the file, what it must be, the value found."""
    path, known = _locate(spec_class, fault["loc"])
    field, kind, context = ".".join(path) or "spec", fault["type"], fault.get("ctx", {})
    if kind == "missing":
        return f"{field} is required and missing"
    if kind == "extra_forbidden":
        return f"{field} is not a known field; known here: {', '.join(known)}"
    if kind == "value_error":
        message = str(context["error"])
        own = message.startswith("value ")
        return f"{field} {message.removeprefix('value ')}" if own else ".".join([*path, message])
    value = repr(context["tag"]) if kind == "union_tag_invalid" else _short(fault["input"])
    if kind in _BOUNDS:
        return f"{field} must be {_BOUNDS[kind].format(**context)}, not {value}"
    return f"{field}: {fault['msg']}, not {value}"


def _locate(spec_class: type[Spec], steps: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    """The path as the file spells it, without union tags, and the fields known beside its end."""
    schema = spec_class.model_json_schema()
    node, path = schema, []
    known = sorted(node.get("properties", {}))
    for step in map(str, steps):
        choice = node.get("discriminator", {}).get("mapping", {}).get(step)
        if choice:
            node = _resolve(schema, {"$ref": choice})
            continue
        path.append(step)
        known = sorted(node.get("properties", {}))
        node = _plain(schema, node.get("properties", {}).get(step, {}))
    return path, known


def _plain(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """``node`` behind its references and the null of an optional field."""
    node = _resolve(schema, node)
    for option in node.get("anyOf", []):
        if option.get("type") != "null":
            return _resolve(schema, option)
    return node


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][name] if name else node


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write an integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
