"""Expressions over named values, as users write them in a sweep; parsed, never executed as Python.

A name that a point lacks is None.  As in SQL, None passes through arithmetic, and an order of
None and anything is false, so ``pe.multiplier.cut < 4`` holds for no multiplier without a cut.
"""

import ast
import operator
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hwgen.spec import InputError

MAX_LENGTH = 1000
MAX_DEPTH = 50
MAX_POWER_BITS = 1024

Lookup = Callable[[str], Any]
"""The value of a dotted name; None where there is none."""

_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_ORDERS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}
_EQUALITIES: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
    ast.In: lambda x, many: x in many, ast.NotIn: lambda x, many: x not in many,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs}
_WORDS = {"true": True, "false": False}
_ALLOWED = ("names with dots, numbers, strings, + - * / // % **, comparisons, in, and, or, not, "
            "lists, min, max and abs")


@dataclass(frozen=True)
class Expression:
    """One expression: what it names, and its value for given names.

    Raises
    ------
    InputError
        If ``text`` is anything but :data:`_ALLOWED`, naming the column; and from :meth:`value`,
        if the values cannot be combined so.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_LENGTH:
            raise InputError(f"expression must be at most {MAX_LENGTH} characters long, not "
                             f"{len(self.text)}")
        self._check(self._tree, 0)

    @cached_property
    def _tree(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError as error:
            raise self._fault(f"be like Python, not what stands there ({error.msg})",
                              self._indent + (error.offset or len(self.text.strip()) + 1)
                              ) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise self._fault(f"be like Python, not what stands there ({error})", 1) from None

    @cached_property
    def names(self) -> dict[str, int]:
        """The dotted names in it, each with the column where it first stands."""
        found: dict[str, int] = {}
        for name, node in _names(self._tree):
            found.setdefault(name, self._column(node))
        return found

    def value(self, lookup: Lookup) -> Any:
        """What it comes to, with the names' values from ``lookup``."""
        try:
            return _value(self._tree, lookup)
        except ZeroDivisionError:
            reason = "divides by zero"
        except OverflowError:
            reason = "exceeds every number"
        except TypeError as error:
            reason = f"combines what does not go together ({error})"
        raise InputError(f"expression {self.text!r} must have a value everywhere, but {reason}")

    def holds(self, lookup: Lookup) -> bool:
        """Whether its value is true; None is not."""
        return bool(self.value(lookup))

    def _fault(self, must: str, column: int) -> InputError:
        return InputError(f"expression {self.text!r}, column {column}: must {must}")

    @property
    def _indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def _column(self, node: ast.expr) -> int:
        line = self.text.strip().splitlines()[node.lineno - 1].encode()
        return self._indent + len(line[: node.col_offset].decode(errors="ignore")) + 1

    def _check(self, node: ast.expr, depth: int) -> None:
        """Refuse every node that is not allowed, before anything is evaluated."""
        if depth > MAX_DEPTH:
            raise self._fault(f"be nested at most {MAX_DEPTH} deep", self._column(node))
        if not _is_allowed(node):
            shown = ast.get_source_segment(self.text.strip(), node) or ""
            shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
            raise self._fault(f"be made of {_ALLOWED}, not {shown!r}", self._column(node))
        if _dotted(node) is None:
            for child in _operands(node):
                self._check(child, depth + 1)


def _dotted(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of attributes, None for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return node.args
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _is_allowed(node: ast.expr) -> bool:
    """Whether the node itself is allowed, whatever its operands."""
    match node:
        case ast.Constant():
            return node.value is None or type(node.value) in (int, float, str, bool)
        case ast.UnaryOp():
            return isinstance(node.op, ast.Not) or type(node.op) in _SIGNS
        case ast.BinOp():
            return type(node.op) in _ARITHMETIC
        case ast.Compare():
            return all(type(op) in _ORDERS or type(op) in _EQUALITIES for op in node.ops)
        case ast.Call():
            return (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
                    and bool(node.args) and not node.keywords)
        case ast.BoolOp() | ast.List() | ast.Tuple():
            return True
    return _dotted(node) is not None


def _names(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    name = _dotted(node)
    if name is None:
        for child in _operands(node):
            yield from _names(child)
    elif name not in _WORDS:
        yield name, node


def _value(node: ast.expr, lookup: Lookup) -> Any:
    name = _dotted(node)
    if name is not None:
        return _WORDS[name] if name in _WORDS else lookup(name)
    match node:
        case ast.Constant():
            return node.value
        case ast.BoolOp():
            decided = isinstance(node.op, ast.Or)
            return next((decided for part in node.values if bool(_value(part, lookup)) is decided),
                        not decided)
        case ast.UnaryOp():
            operand = _value(node.operand, lookup)
            return not operand if isinstance(node.op, ast.Not) else _numeric(
                _SIGNS[type(node.op)], operand)
        case ast.Compare():
            return _compared(node, lookup)
        case ast.BinOp():
            return _numeric(_ARITHMETIC[type(node.op)], _value(node.left, lookup),
                            _value(node.right, lookup))
        case ast.Call():
            function = _FUNCTIONS[ast.unparse(node.func)]
            arguments = [_value(part, lookup) for part in node.args]
            return function(*arguments) if len(arguments) == 1 and isinstance(
                arguments[0], list) else _numeric(function, *arguments)
    return [_value(part, lookup) for part in _operands(node)]  # a list or a tuple


def _compared(node: ast.Compare, lookup: Lookup) -> bool:
    """A chain of comparisons, as Python's: ``1 < x <= 4``."""
    left = _value(node.left, lookup)
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, lookup)
        if type(op) in _EQUALITIES:
            if not _EQUALITIES[type(op)](left, right):
                return False
        elif left is None or right is None or not _ORDERS[type(op)](left, right):
            return False
        left = right
    return True


def _numeric(function: Callable[..., Any], *values: Any) -> Any:
    """``function`` of numbers; None if any of them is None."""
    if None in values:
        return None
    for value in values:
        if not isinstance(value, int | float):
            raise TypeError(f"{value!r} is no number")
    if function is operator.pow:
        _require_small_power(*values)
    return function(*values)


def _require_small_power(base: float, exponent: float) -> None:
    size = max(1, int(abs(base)).bit_length()) * abs(exponent)
    if size > MAX_POWER_BITS:
        raise OverflowError
    if base < 0 and exponent != int(exponent):
        raise TypeError(f"{base} ** {exponent} is no real number")
