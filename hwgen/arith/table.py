"""Tabulated multiplier: any function of two operands, given as the table of all its products."""

import base64
import binascii
import re
import warnings
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any, ClassVar, Literal

import numpy as np
from amaranth import Module
from amaranth.lib import wiring
from pydantic import Field, model_validator

from hwgen.arith.diagram import Diagram, smallest_diagram
from hwgen.arith.multiplier import Operands
from hwgen.arith.own import OwnMultiplier, codes_by_bits, exact_table
from hwgen.number import Codes

MAX_BITS = 20
MAX_NODES = 1 << 17
_LIMIT = 1 << 39
_NUMBER = re.compile(rb"\s*[+-]?[0-9]{1,13}\s*")
_SIDES = re.compile(r"[1-9][0-9]{0,6}x[1-9][0-9]{0,6}", re.ASCII)
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0}


class TableMultiplier(OwnMultiplier):
    """Any product function, given as a NumPy or CSV file with all its products.

    Row ``i``, column ``j`` of the file is the product of the operands whose bits, read as unsigned
    numbers, are ``i`` and ``j``: signed operands stand in the order 0 .. maximum, minimum .. -1.
    Combinational: latency 0 cycles, one product a cycle.

    Parameters
    ----------
    file : ``.npy`` (any integer dtype) or ``.csv`` with ``2**a.width`` rows of ``2**b.width``
        products of -2**39 to 2**39 - 1; ``a.width + b.width`` is at most 20.  The field
        ``products`` takes its place.
    products : rows, "x", columns, a space, and the base64 of zlib of the table as little-endian
        int64, differenced along b and along a.
    """

    widths: ClassVar[tuple[int, int]] = (1, MAX_BITS - 1)
    max_bytes: ClassVar[int] = 1 << 24
    content: ClassVar[str] = "products"

    kind: Literal["table"] = "table"
    products: str = Field(max_length=12_000_000, repr=False)

    @classmethod
    def of(cls, products: Any) -> "TableMultiplier":
        """The multiplier of a ``(2**a.width, 2**b.width)`` array of integers, as in a file.

        Raises
        ------
        ValueError : it is no such array, or a product lies outside -2**39 to 2**39 - 1.
        """
        return cls(products=_packed(np.asarray(products)))

    @classmethod
    def attached(cls, name: str, content: bytes) -> str:
        suffix = name.lower()[-4:]
        if suffix not in (".npy", ".csv"):
            raise ValueError(f"file must end in .npy or .csv, not be {name!r}")
        return _packed(_of_npy(content) if suffix == ".npy" else _of_csv(content))

    @model_validator(mode="after")
    def _products_are_whole(self) -> "TableMultiplier":
        _unpacked(self)
        return self

    @classmethod
    def examples(cls, operands: Operands) -> Iterator["TableMultiplier"]:
        """Products to the nearest multiple of four, ties upward; and what nobody would design."""
        if operands.a.width + operands.b.width <= 16:  # larger ones take seconds
            exact = exact_table(operands)
            yield cls.of((exact + 2) >> 2 << 2)
            yield cls.of(exact ^ (codes_by_bits(operands.a)[:, None] & 5) * 3)

    def fault(self, operands: Operands) -> str | None:
        fault = super().fault(operands)
        if fault:
            return fault
        wanted, given = (1 << operands.a.width, 1 << operands.b.width), _unpacked(self).shape
        if given != wanted:
            return (f"multiplier.products must be a table of {wanted[0]} x {wanted[1]} for "
                    f"operands of {operands.a.width} x {operands.b.width} bits, not of "
                    f"{given[0]} x {given[1]}")
        nodes = _hardware(self, operands)[1].size
        if nodes > MAX_NODES:
            return (f"multiplier.products must need at most {MAX_NODES} multiplexers, not {nodes}: "
                    "use fewer operand bits or a more regular function")
        return None

    def table(self, operands: Operands) -> Codes:
        return _unpacked(self)

    def component(self, operands: Operands) -> wiring.Component:
        return TableMultiplierUnit(self, operands)


class TableMultiplierUnit(wiring.Component):
    """Combinational :class:`TableMultiplier`: a decision diagram of the products, or of what they
    differ from an exact multiplier, whichever is smaller.

    Members
    -------
    a, b : ``In``, the operand formats.
    p : ``Out``, the product's shape.
    """

    def __init__(self, spec: TableMultiplier, operands: Operands):
        self.spec = spec
        self.operands = operands
        super().__init__(spec.signature(operands))

    def elaborate(self, platform) -> Module:
        m = Module()
        corrected, diagram = _hardware(self.spec, self.operands)
        bits = diagram.rtl(m, (self.a, self.b))
        m.d.comb += self.p.eq(self.a * self.b + bits if corrected else bits)
        return m


@lru_cache(maxsize=8)
def _hardware(spec: TableMultiplier, operands: Operands) -> tuple[bool, Diagram]:
    """Whether an exact multiplier comes first, and the diagram that gives or corrects products."""
    bits = spec.product_shape(operands).width
    products = spec.table(operands)
    direct = smallest_diagram(products, bits)
    correction = smallest_diagram(products - exact_table(operands), bits)
    # The exact multiplier and the adder cost about three multiplexers a partial product.
    extra = 3 * operands.a.width * operands.b.width
    if correction.size + extra < direct.size:
        return True, correction
    return False, direct


def _packed(table: Codes) -> str:
    """The field ``products`` of a table; ValueError if it is none."""
    _expect_shape(table.shape, table.dtype)
    low, high = int(table.min()), int(table.max())
    if not -_LIMIT <= low <= high < _LIMIT:
        raise ValueError(f"products must lie in -2**39 to 2**39 - 1, not {low} to {high}")
    steps = np.diff(np.diff(table.astype("<i8"), axis=1, prepend=0), axis=0, prepend=0)
    text = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
    return f"{table.shape[0]}x{table.shape[1]} {text}"


def _expect_shape(shape: tuple[int, ...], dtype: Any) -> None:
    """ValueError unless a table of that shape and dtype can be a multiplier's."""
    if dtype.kind not in "iu" or dtype.hasobject or dtype.subdtype:
        raise ValueError(f"products must be integers, not {dtype}")
    powers = len(shape) == 2 and all(side > 1 and side & (side - 1) == 0 for side in shape)
    if not powers or shape[0] * shape[1] > 1 << MAX_BITS:
        raise ValueError("products must be a table of 2**a.width x 2**b.width integers, at most "
                         f"2**{MAX_BITS} in all, not of shape {shape}")


@lru_cache(maxsize=8)
def _unpacked(spec: TableMultiplier) -> Codes:
    """The table behind the field ``products``; ValueError if there is none."""
    sides, _, text = spec.products.partition(" ")
    if not _SIDES.fullmatch(sides):
        raise ValueError("products must begin with the table's rows and columns, as in '256x256 ', "
                         f"not {sides[:20]!r}")
    shape = tuple(map(int, sides.split("x")))
    _expect_shape(shape, np.dtype(np.int64))
    size = 8 * shape[0] * shape[1]
    unzip = zlib.decompressobj()
    try:
        raw = unzip.decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"products must be base64 of zlib, not damaged ({error})") from None
    if len(raw) != size or not unzip.eof or unzip.unused_data:
        raise ValueError(f"products must hold {shape[0]} x {shape[1]} integers of 8 bytes, "
                         "not more or fewer")
    steps = np.frombuffer(raw, "<i8").reshape(shape).astype(np.int64)
    table = steps.cumsum(axis=0).cumsum(axis=1)
    if table.min() < -_LIMIT or table.max() >= _LIMIT:
        raise ValueError("products must lie in -2**39 to 2**39 - 1, not "
                         f"{table.min()} to {table.max()}")
    table.flags.writeable = False
    return table


def _of_npy(content: bytes) -> Codes:
    """The array of a ``.npy`` file; its header is judged before its data is read."""
    file = BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shape, _, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
            _expect_shape(shape, dtype)
            return np.load(BytesIO(content), allow_pickle=False)
    except Exception as error:  # the header is Python text, and fails in as many ways
        if str(error).startswith("products must"):
            raise
        reason = str(error).partition("\n")[0][:80]
        raise ValueError("file must be a NumPy array of integers as numpy.save writes it, not "
                         f"damaged or another ({type(error).__name__}: {reason})") from None


def _of_csv(content: bytes) -> Codes:
    """The array of a CSV file: a row a line, decimal integers between commas."""
    rows = [line.split(b",") for line in content.removeprefix(b"\xef\xbb\xbf").splitlines()
            if line.strip()]
    _expect_shape((len(rows), len(rows[0]) if rows else 0), np.dtype(np.int64))
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(f"file must have {len(rows[0])} products in every row, not {len(row)} "
                             f"as in row {number}")
        for column, cell in enumerate(row, 1):
            if not _NUMBER.fullmatch(cell):
                raise ValueError(f"file must hold integers, not {cell[:20]!r} in row {number}, "
                                 f"column {column}")
    return np.array(rows).astype(np.int64)
