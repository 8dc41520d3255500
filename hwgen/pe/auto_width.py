"""``width = "auto"``: the narrowest accumulator in which a dot product of K terms never overflows.

The words of a spec become numbers when the PE is read, so the spec, its hash and its manifest know
numbers only.
"""

import operator
from typing import Any

import numpy as np
from pydantic import ValidationError

from hwgen.arith.accumulator import Accumulator
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.arith.width import sum_bounds
from hwgen.number import MAX_ACCUMULATOR_BITS, smallest_shape

AUTO = "auto"
MAX_LENGTH = 1 << 22
_ANY = 32  # a width until the real one is known, or while other faults are told


def is_auto(value: Any) -> bool:
    """Whether an accumulator, as a spec spells it, leaves a width to us."""
    return isinstance(value, dict) and (
        "length" in value or value.get("width") == AUTO or _chunk(value).get("width") == AUTO)


def accumulator_of(value: dict[str, Any], operands: Operands, lanes: int,
                   multiplier: MultiplierFamily) -> Any:
    """The accumulator with numbers for ``"auto"``; its fields, to be refused, where they are wrong.

    Raises
    ------
    ValueError
        If ``length`` is missing, out of place or out of range, or no width will do.
    """
    inner, outer = value.get("width") == AUTO, _chunk(value).get("width") == AUTO
    length = _length(value, inner or outer)
    plain = {name: field for name, field in value.items() if name != "length"}
    plain |= {"width": _ANY} if inner else {}
    plain |= {"chunk": {**_chunk(value), "width": _ANY}} if outer else {}
    try:
        accumulator = Accumulator.model_validate(plain)
    except ValidationError:
        return plain
    drop = accumulator.drop(operands.product_frac)
    if drop < 0:
        return plain
    zero = int(multiplier.golden(operands, *np.zeros((2, 1), np.int64))[0])

    def width(terms: int, field: str) -> int:
        low, high = sum_bounds(multiplier.bounds(operands), terms, lanes=lanes, drop=drop,
                               rounding=accumulator.rounding, zero=zero,
                               random_bits=accumulator.draw_bits(operands.product_frac))
        return _width(low, high, accumulator.signed, field)

    chunk = accumulator.chunk
    if chunk and outer:
        plain["chunk"]["width"] = width(length, "chunk.width")
    if inner:
        plain["width"] = width(min(length, chunk.steps * lanes) if chunk else length, "width")
    return plain


def _chunk(value: dict[str, Any]) -> dict[str, Any]:
    chunk = value.get("chunk")
    return chunk if isinstance(chunk, dict) else {}


def _length(value: dict[str, Any], wanted: bool) -> int:
    if not wanted:
        raise ValueError('length must be left out unless a width is "auto"')
    if "length" not in value:
        raise ValueError('length is required with width "auto": K, the terms of a dot product')
    given = value["length"]
    length = operator.index(given) if hasattr(given, "__index__") else 0
    if isinstance(given, bool) or not 1 <= length <= MAX_LENGTH:
        raise ValueError(f"length must be an integer of 1 to {MAX_LENGTH}, not {given!r}")
    return length


def _width(low: int, high: int, signed: bool, field: str) -> int:
    """Fewest bits that hold ``low`` to ``high``."""
    if low < 0 and not signed:
        raise ValueError(f'signed must be true with {field} "auto", not false: sums reach {low}')
    shape = smallest_shape(low, high)
    width, most = shape.width + (signed and not shape.signed), MAX_ACCUMULATOR_BITS - (not signed)
    if width > most:
        raise ValueError(f"length must be shorter: {field} would be {width} bits, "
                         f"more than {most}")
    return width
