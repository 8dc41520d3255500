"""Multipliers that a user brings: the content of a file is the spec, its products the golden."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from pydantic import ValidationInfo, model_validator

from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, Fixed
from hwgen.tools.attachment import read_attachment


class OwnMultiplier(MultiplierFamily):
    """A multiplier given in full by a file; combinational, latency 0 cycles.

    A TOML file names the file by ``file``, relative to its own folder.  The content replaces the
    name when the spec is read, so the spec needs no file ever after: not as a manifest, not in
    another process, not on another machine.
    """

    max_bytes: ClassVar[int]
    """Limit on the file's size."""

    content: ClassVar[str]
    """The field that the content of the file becomes."""

    @classmethod
    @abstractmethod
    def attached(cls, name: str, content: bytes) -> str:
        """The value of that field; raises ValueError, the field first, if there is none."""

    @abstractmethod
    def table(self, operands: Operands) -> Codes:
        """All products, ``(2**a.width, 2**b.width)`` int64; an operand's bits are its index."""

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, values: Any, info: ValidationInfo) -> Any:
        if not isinstance(values, dict):
            return values
        if "file" in values:
            if cls.content in values:
                raise ValueError(f"file must not come together with {cls.content}")
            rest = {field: value for field, value in values.items() if field != "file"}
            raw = read_attachment(values["file"], info, cls.max_bytes)
            return rest | {cls.content: cls.attached(values["file"], raw)}
        if cls.content not in values:
            raise ValueError("file is required and missing")
        return values

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """The fields, and the name of a file in their stead."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        required = schema.pop("required", [])
        schema["properties"]["file"] = {"type": "string", "minLength": 1, "title": "File"}
        schema["oneOf"] = [{"required": ["file"]}, {"required": required}]
        return schema

    def bounds(self, operands: Operands) -> tuple[int, int]:
        table = self.table(operands)
        return int(table.min()), int(table.max())

    def worst_error(self, operands: Operands) -> int:
        """The largest error that occurs."""
        errors = self.table(operands) - exact_table(operands)
        return int(np.abs(errors).max())

    def golden(self, operands: Operands, a: Codes, b: Codes) -> Codes:
        rows = np.asarray(a, np.int64) & ((1 << operands.a.width) - 1)
        columns = np.asarray(b, np.int64) & ((1 << operands.b.width) - 1)
        return self.table(operands).ravel().take(rows << operands.b.width | columns)


def codes_by_bits(operand: Fixed) -> Codes:
    """The code that each pattern of bits stands for, int64."""
    patterns = np.arange(1 << operand.width)
    return patterns - (patterns > operand.maximum) * (1 << operand.width)


def exact_table(operands: Operands) -> Codes:
    """All exact products, as :meth:`OwnMultiplier.table`."""
    return codes_by_bits(operands.a)[:, None] * codes_by_bits(operands.b)
