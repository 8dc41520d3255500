"""What rows that run ahead save on the layers of the bit-serial study, by the arrays' schedules."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.nn import photos
from hwgen.nn.digits import DigitsNetwork
from hwgen.number import Codes, Fixed

ROWS, COLUMNS, LANES = 8, 8, 16
CROP = 36
"""Side of the square in the middle of a photo."""
BEATS = (0, 1, 2, 4, 8)
BITS = 8

HEAD = f"""
Speed of weight-stationary arrays of the same PEs, activations serial, against the fixed-width \
one, where rows run ahead by so many beats; 8 bits, the middle {CROP} x {CROP} pixels of each photo:

| Layer | {" | ".join(map(str, BEATS))} | each row on its own |
|---|{"---|" * (len(BEATS) + 1)}
"""


class Matrices(NamedTuple):
    """A layer ``(M, K) x (K, N)``."""

    name: str
    a: Codes
    operand: Fixed
    b: Codes


def layers() -> Iterator[Matrices]:
    """The layers whose K fills more than one row of PEs."""
    network = DigitsNetwork.load()
    unsigned = Fixed(width=BITS, signed=False)
    yield Matrices("digits, layer 1", network.images.astype(np.int64), unsigned,
                   network.weights1.astype(np.int64))
    kernel, _ = photos.weights(BITS)
    for name in photos.PHOTOS:
        codes, operand = photos.activations(photos.photograph(name), BITS, relu=True)
        top, left = ((size - CROP) // 2 for size in codes.shape[:2])
        a = windows(codes[top : top + CROP, left : left + CROP])
        yield Matrices(f"{name}, ReLU, second layer", a, operand,
                       kernel.reshape(a.shape[1], -1))


def windows(codes: Codes) -> Codes:
    """Each pixel's taps and their channels in a row: ``(H, W, C) -> (H' * W', taps * C)``."""
    sides = (photos.SIDE, photos.SIDE)
    found = np.lib.stride_tricks.sliding_window_view(codes, sides, axis=(0, 1))
    return found.transpose(0, 1, 3, 4, 2).reshape(found.shape[0] * found.shape[1], -1)


def array_of(operand: Fixed, precision: dict[str, object]) -> ArraySpec:
    """A weight-stationary array whose bank holds a tile of any layer here."""
    return ArraySpec.parse({
        "name": "rows", "rows": ROWS, "columns": COLUMNS,
        "dataflow": {"kind": "weight-stationary", "bank_rows": CROP * CROP},
        "pe": {"kind": "activation-serial", "lanes": LANES, "precision": precision,
               "a": operand.model_dump(), "b": {"width": BITS}}})


def row(layer: Matrices) -> str:
    """The layer as a row of the table."""
    fixed = array_of(layer.operand, {"kind": "fixed"}).schedule_of(layer.a, layer.b).cycles
    taken = [array_of(layer.operand, {"kind": "dynamic", "run_ahead": beats}).schedule_of(
        layer.a, layer.b).cycles for beats in BEATS]
    speeds = " | ".join(f"{fixed / cycles:.2f}x" for cycles in taken)
    return f"| {layer.name} | {speeds} | {fixed / slowest_row(layer):.2f}x |\n"


def slowest_row(layer: Matrices) -> int:
    """Cycles that the planes of the slowest row ask for, with nothing to wait for."""
    depth = ROWS * LANES
    a = np.pad(layer.a, ((0, 0), (0, -layer.a.shape[1] % depth)))
    groups = a.reshape(-1, a.shape[1] // depth, ROWS, LANES)
    bits = np.maximum(1, np.ceil(np.log2(groups.max(axis=-1) + 1)).astype(np.int64))
    return int(bits.sum(axis=(0, 1)).max()) * -(-layer.b.shape[1] // COLUMNS)


def table() -> str:
    """The table in Markdown."""
    return HEAD + "".join(map(row, layers()))
