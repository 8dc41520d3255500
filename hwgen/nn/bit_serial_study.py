"""What precision that follows the data saves: ``python -m hwgen.nn.bit_serial_study FILE``.

Traffic and cycles of the digits network and of convolutions of two photographs, as Markdown tables
that take the place of those between the markers of FILE, and a figure beside it.

**Cycles.**  An output-stationary array of R rows, C columns and L lanes takes a step for R x L
activations and C x L weights. A parallel array takes one cycle a step, a fixed-width serial one W
(activations serial) or W x W cycles (both serial). Where precision follows the data, a step takes
P_a or P_a x P_w cycles: those of the widest group processed together. All arrays hold as many PEs.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.analysis.page import Page, renew_command
from hwgen.analysis.traffic import Traffic, traffic
from hwgen.arith.group_precision import GroupPrecision
from hwgen.flow.design import write_files
from hwgen.nn import bit_serial_rows, photos
from hwgen.nn.digits import ACTIVATION_BITS, DigitsNetwork
from hwgen.nn.train_digits import Split, train
from hwgen.number import Codes, Fixed, Rounding

ROWS, COLUMNS, LANES = 8, 8, 16
FIGURE = "bit_serial_traffic.svg"
PUBLISHED_TRAFFIC = {8: 0.33, 16: 0.35}
PUBLISHED_SPEEDUPS = (1.82, 2.81)

_HEAD = """\
Packed over container bits, groups of 16 (DPRed, published: 33 % at 8 bits, 35 % at 16 bits):

| Tensor | Bits | Two's complement | with zero vector | Sign-magnitude | with zero vector |
|---|---|---|---|---|---|
"""
_SPEED_HEAD = f"""
Speed against the fixed-width serial array of the same PEs (DPRed, published: \
{" and ".join(f"{speed}x" for speed in PUBLISHED_SPEEDUPS)} at 8 bits), and the share of the \
parallel array's MACs a cycle; {ROWS} x {COLUMNS} PEs of {LANES} lanes:

| Layer | Bits | Activations serial | Both serial | of parallel: activations serial | both serial |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Tensor:
    """Codes and their container; the last axis is the one that lanes and groups run along."""

    name: str
    codes: Codes = field(repr=False)
    container: Fixed


@dataclass(frozen=True)
class Layer:
    """Precisions of the steps of a layer.

    Members
    -------
    p_a : summed over the blocks of R rows, for each block of L along K, ``(blocks,)``.
    p_w : the same of the columns.
    row_blocks, column_blocks : how many blocks were summed.
    bits : W.
    """

    name: str
    p_a: Codes = field(repr=False)
    p_w: Codes = field(repr=False)
    row_blocks: int
    column_blocks: int
    bits: int

    @property
    def steps(self) -> int:
        """Cycles of the parallel array."""
        return self.row_blocks * self.column_blocks * len(self.p_a)

    @property
    def activation_cycles(self) -> int:
        """With serial activations, P_a cycles a step."""
        return int(self.p_a.sum()) * self.column_blocks

    @property
    def both_cycles(self) -> int:
        """With both serial, P_a x P_w cycles a step."""
        return int((self.p_a * self.p_w).sum())

    @property
    def row(self) -> str:
        """The layer as a row of the table."""
        fixed = self.steps * self.bits
        return (f"| {self.name} | {self.bits} | {fixed / self.activation_cycles:.2f}x | "
                f"{fixed * self.bits / self.both_cycles:.2f}x | "
                f"{self.steps / self.activation_cycles:.1%} | "
                f"{self.steps / self.both_cycles:.2%} |")


def precisions(codes: Codes, container: Fixed, block: int) -> Codes:
    """P of each block of ``block`` rows x L lanes of ``(n, K)`` codes: ``(blocks, K / L)``.

    Zeros fill up the last block and the last lanes.
    """
    rows, depth = codes.shape
    padded = np.pad(codes, ((0, -rows % block), (0, -depth % LANES)))
    detector = GroupPrecision(width=container.width, signed=container.signed, count=LANES)
    each = detector.golden(padded.reshape(len(padded), -1, LANES))
    return each.reshape(-1, block, each.shape[1]).max(axis=1)


def product_layer(name: str, a: Tensor, b: Tensor) -> Layer:
    """A layer ``(M, K) x (N, K)``: both operands with K last."""
    p_a = precisions(a.codes, a.container, ROWS)
    p_w = precisions(b.codes, b.container, COLUMNS)
    return Layer(name, p_a.sum(axis=0), p_w.sum(axis=0), len(p_a), len(p_w), a.container.width)


def convolution_layer(name: str, a: Tensor, kernel: Codes, container: Fixed) -> Layer:
    """A convolution of ``(H, W, 16)`` activations with ``(taps, 16, N)`` weights, 5 x 5 taps.

    The rows of the array are neighbours in a line of the image; K runs over taps, then channels.
    """
    detector = GroupPrecision(width=a.container.width, signed=a.container.signed, count=LANES)
    pixels = detector.golden(a.codes)
    height, width = (size - photos.SIDE + 1 for size in pixels.shape)
    width -= width % ROWS
    p_a = [pixels[y : y + height, x : x + width].reshape(height, -1, ROWS).max(axis=2).sum()
           for y in range(photos.SIDE) for x in range(photos.SIDE)]
    columns = kernel.transpose(2, 0, 1)
    p_w = precisions(columns.reshape(len(columns), -1), container, COLUMNS)
    return Layer(name, np.array(p_a), p_w.sum(axis=0), height * width // ROWS, len(p_w),
                 a.container.width)


def digits(bits: int) -> tuple[list[Tensor], list[Layer]]:
    """The digits network: as shipped in 8 bits; the network in float as <8,8> codes in 16."""
    inputs, hidden, *matrices = _digits_in_8_bits() if bits == 8 else _digits_in_16_bits()
    values, signed = Fixed(width=bits, signed=False), Fixed(width=bits)
    tensors = [Tensor("digits, images", inputs, values),
               Tensor("digits, hidden activations", hidden, values),
               Tensor("digits, weights 1", matrices[0].T, signed),
               Tensor("digits, weights 2", matrices[1].T, signed)]
    return tensors, [product_layer(f"digits, layer {number}", tensors[number - 1],
                                   tensors[number + 1]) for number in (1, 2)]


def _digits_in_8_bits() -> tuple[Codes, ...]:
    network = DigitsNetwork.load()
    images, weights1, weights2 = (codes.astype(np.int64) for codes in (
        network.images, network.weights1, network.weights2))
    sums = np.maximum(images @ weights1 + network.bias1, 0)
    hidden = Rounding.NEAREST_UP.golden(sums, network.shift)
    return images, np.minimum(hidden, (1 << ACTIVATION_BITS) - 1), weights1, weights2


def _digits_in_16_bits() -> tuple[Codes, ...]:
    split = Split.load()
    network = train(split.train_images, split.train_labels)
    inputs = split.test_images / 16
    values = (inputs, network.hidden(inputs), network.weights1, network.weights2)
    return tuple(np.rint(value * 256).astype(np.int64) for value in values)


def photo(name: str, bits: int) -> tuple[list[Tensor], list[Layer]]:
    """Activations of a photo behind the filters, and a second layer of the same filters."""
    kernel, container = photos.weights(bits)
    image, tensors, layers = photos.photograph(name), [], []
    for relu, word in ((True, "ReLU"), (False, "no ReLU")):
        codes, values = photos.activations(image, bits, relu=relu)
        tensor = Tensor(f"{name}, {word}, channels last", codes, values)
        tensors += [tensor, Tensor(f"{name}, {word}, channels first", codes.transpose(2, 0, 1),
                                   values)]
        layers.append(convolution_layer(f"{name}, {word}, second layer", tensor, kernel,
                                        container))
    return tensors, layers


def cases() -> Iterator[tuple[list[Tensor], list[Layer]]]:
    """All tensors and layers of the study."""
    for bits in (8, 16):
        yield digits(bits)
        for name in photos.PHOTOS:
            yield photo(name, bits)


def tables(found: Sequence[tuple[Tensor, list[Traffic]]], layers: Sequence[Layer]) -> str:
    """Both tables in Markdown."""
    rows = [f"| {tensor.name} | {tensor.container.width} | "
            + " | ".join(f"{one.ratio:.1%}" for one in ratios) + " |\n" for tensor, ratios in found]
    return _HEAD + "".join(rows) + _SPEED_HEAD + "".join(f"{layer.row}\n" for layer in layers)


def figure(found: Sequence[tuple[Tensor, list[Traffic]]], path: Path) -> None:
    """A bar for each tensor and format, beside the published ratio."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "hwgen"}):
        _draw(Figure(figsize=(9.5, 6), layout="constrained"), found, path)


def _draw(drawing: Any, found: Sequence[tuple[Tensor, list[Traffic]]], path: Path) -> None:
    plots = drawing.subplots(1, 2, sharex=True, sharey=True)
    for axes, bits in zip(plots, PUBLISHED_TRAFFIC, strict=True):
        chosen = [(tensor, ratios) for tensor, ratios in found if tensor.container.width == bits]
        names = ("two's complement", "+ zero vector", "sign-magnitude", "+ zero vector")
        places = np.arange(len(chosen))
        for index, (label, colour) in enumerate(zip(names, (
                "#1b4f8a", "#8ab4e0", "#a6531b", "#e8b78f"), strict=True)):
            axes.barh(places + 0.2 * (index - 1.5), [ratios[index].ratio for _, ratios in chosen],
                      height=0.19, label=label, color=colour)
        axes.axvline(PUBLISHED_TRAFFIC[bits], color="black", linestyle="--", linewidth=1,
                     label="published")
        axes.set_yticks(places, [tensor.name for tensor, _ in chosen], fontsize=8)
        axes.set_xlabel(f"packed over container bits, {bits} bits")
    axes.invert_yaxis()
    drawing.legend(*axes.get_legend_handles_labels(), fontsize=8, loc="outside upper center",
                   ncols=5)
    drawing.savefig(path, metadata={"Date": None})


def renew(page: Path) -> None:
    """Measure everything and write tables and figure."""
    place = Page.of(page, "bit-serial-study")
    every = list(cases())
    found = [(tensor, traffic(tensor.codes, tensor.container))
             for tensors, _ in every for tensor in tensors]
    text = tables(found, [layer for _, layers in every for layer in layers])
    text += bit_serial_rows.table()
    write_files(page.parent, {page.name: place.renewed(f"\n{text}\n")})
    figure(found, page.parent / FIGURE)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit status 2 for bad input."""
    return renew_command(renew, "hwgen.nn.bit_serial_study", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
