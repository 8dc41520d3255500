"""A small classifier of handwritten digits whose two layers run on an array, in integers only.

The network is 64 -> 32 (ReLU) -> 10 with int8 weights and int32 biases; it is shipped together with
the 450 test images (8 x 8 pixels of 0 to 16) in ``digits.npz``, which
``python -m hwgen.nn.train_digits`` writes.  The array multiplies; everything between the products
is defined here once, so that a golden and the RTL of it are compared bit by bit.

**Scales.**  Pixels have 4 magnitude bits (16 saturates where only 4 are there), weights and hidden
activations 7.  An operand format with fewer drops the missing low bits of its codes, rounded to
nearest, ties up, and saturated; the sums are shifted left by as many bits, and by those that the
result format dropped, before the bias is added: sums and biases always have one integer scale.
Only codes count: ``pe.a.frac`` and ``pe.b.frac`` change nothing.
"""

import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.number import Codes, Fixed, Overflow, Rounding, exact_dtype
from hwgen.spec import InputError

PIXELS, HIDDEN, CLASSES = 64, 32, 10
PIXEL_BITS, WEIGHT_BITS, ACTIVATION_BITS = 4, 7, 7
MAX_PIXEL = 1 << PIXEL_BITS
MAX_SHIFT = 31
VERSION = 1

SHIPPED = Path(__file__).with_name("digits.npz")
RETRAIN = "python -m hwgen.nn.train_digits -o FILE"

Product = Callable[[Codes, Codes], Codes]
"""Result codes ``(M, N)`` of an ``(M, K) x (K, N)`` product: a golden, or a simulator."""

_DAMAGE = (OSError, ValueError, TypeError, EOFError, MemoryError, OverflowError, RuntimeError,
           zipfile.BadZipFile, zlib.error)  # what np.load raises on bytes that are no .npz

_ARRAYS: dict[str, tuple[str, tuple[int | None, ...]]] = {  # dtype and shape; None: any length
    "version": ("int32", ()),
    "weights1": ("int8", (PIXELS, HIDDEN)),
    "bias1": ("int32", (HIDDEN,)),
    "weights2": ("int8", (HIDDEN, CLASSES)),
    "bias2": ("int32", (CLASSES,)),
    "shift": ("int32", ()),
    "images": ("uint8", (None, PIXELS)),
    "labels": ("uint8", (None,)),
}


@dataclass(frozen=True, eq=False)
class DigitsResult:
    """What an array made of the test images.

    Parameters
    ----------
    predictions : digit of each image, ``(n,) int64``; the lowest of those that score equal.
    accuracy : share of the images whose digit is right, 0 to 1.
    layers : result codes of both products as the array gave them, ``(n, 32)`` and ``(n, 10)``.
    macs : multiplications of both layers over all images, padding not counted.
    """

    predictions: Codes
    accuracy: float
    layers: tuple[Codes, Codes]
    macs: int

    @property
    def results(self) -> int:
        """Result codes of both layers."""
        return sum(layer.size for layer in self.layers)

    def equal(self, golden: Self) -> int:
        """How many of the result codes are those of ``golden``."""
        return sum(int(np.count_nonzero(ours == theirs))
                   for ours, theirs in zip(self.layers, golden.layers, strict=True))


@dataclass(frozen=True, eq=False)
class DigitsNetwork:
    """Quantised weights of both layers and the test images.

    Parameters
    ----------
    weights1, bias1 : first layer, ``(64, 32) int8`` and ``(32,) int32``.
    weights2, bias2 : second layer, ``(32, 10) int8`` and ``(10,) int32``.
    shift : low bits that a sum of the first layer loses to become an activation of 7 bits.
    images : test images, ``(n, 64) uint8``, pixels of 0 to 16, row by row.
    labels : the digits that they show, ``(n,) uint8``.
    """

    weights1: Codes
    bias1: Codes
    weights2: Codes
    bias2: Codes
    shift: int
    images: Codes
    labels: Codes

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """Read a network that :meth:`save` wrote; the shipped one when ``path`` is left out.

        Raises
        ------
        InputError
            If the file cannot be read, is damaged or does not hold such a network.
        """
        path = SHIPPED if path is None else Path(path)
        arrays = _read(path)
        fault = _fault(arrays)
        if fault:
            raise InputError(f"{path}: {fault}; write a new one with: {RETRAIN}")
        del arrays["version"]
        return cls(**{**arrays, "shift": int(arrays["shift"])})

    def save(self, path: Path | str) -> None:
        """Write the network to ``path``, whole or not at all.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        arrays = {name: getattr(self, name) for name in _ARRAYS if name != "version"}
        unfinished = Path(f"{path}.tmp")
        try:
            with unfinished.open("wb") as file:
                np.savez_compressed(file, **{
                    **arrays, "version": np.int32(VERSION), "shift": np.int32(self.shift),
                })
            unfinished.replace(path)
        except OSError as error:
            raise InputError(f"output must be a file that can be written, not {str(path)!r} "
                             f"({error.strerror})") from None
        finally:
            with suppress(OSError):
                unfinished.unlink()

    @property
    def macs(self) -> int:
        """Multiplications of both layers over all images."""
        return len(self.images) * (PIXELS * HIDDEN + HIDDEN * CLASSES)

    def classify(self, array: ArraySpec, product: Product) -> DigitsResult:
        """Classify all images with the products that ``product`` computes for ``array``.

        Parameters
        ----------
        array : the array whose operand and result formats the codes have.
        product : ``array.golden``, or anything else that should give the same codes.

        Raises
        ------
        InputError
            If an operand format of ``array`` cannot hold the network's pixels or weights at all.
        """
        _require_formats(array)
        layer = partial(_layer, array, product)
        pixels = _fitted(self.images, array.pe.a, PIXEL_BITS)
        codes1, sums1 = layer(pixels, self.weights1, self.bias1)
        hidden = _fitted(np.maximum(sums1, 0), array.pe.a, ACTIVATION_BITS, self.shift)
        codes2, scores = layer(hidden, self.weights2, self.bias2)
        predictions = np.argmax(scores, axis=1)
        return DigitsResult(
            predictions=predictions,
            accuracy=float(np.mean(predictions == self.labels)),
            layers=(codes1, codes2),
            macs=self.macs,
        )


class _Operand(NamedTuple):
    """Codes in an operand's format, worth ``2**drop`` each."""

    codes: Codes
    drop: int


def _fitted(codes: Codes, operand: Fixed, bits: int, shift: int = 0) -> _Operand:
    """``codes >> shift``, of ``bits`` magnitude bits, in the format ``operand``, rounded once."""
    drop = max(0, bits - _magnitude_bits(operand))
    wide = codes if codes.dtype == object else codes.astype(np.int64)
    rounded = Rounding.NEAREST_UP.golden(wide, shift + drop)
    return _Operand(Overflow.SATURATE.golden(rounded, operand).astype(np.int64), drop)


def _layer(
    array: ArraySpec, product: Product, a: _Operand, weights: Codes, bias: Codes
) -> tuple[Codes, Codes]:
    """The array's codes of ``a @ weights``, and the sums with ``bias`` at the integer scale."""
    b = _fitted(weights, array.pe.b, WEIGHT_BITS)
    codes = product(a.codes, b.codes)
    # A result code is worth 2**-result.frac, a product of two operand codes 2**-product_frac.
    dropped = array.pe.operands.product_frac - array.result.frac
    lift = a.drop + b.drop + dropped
    # One bit more for the bias, of which the sum may be the smaller.
    wide = codes.astype(exact_dtype(max(array.result.width + lift, 32) + 1))
    return codes, (wide << lift) + bias


def _magnitude_bits(operand: Fixed) -> int:
    return operand.width - operand.signed


def _require_formats(array: ArraySpec) -> None:
    """Refuse operand formats that lack a sign for the weights or any positive code."""
    a, b = array.pe.a, array.pe.b
    if not b.signed or b.width < 2:
        raise InputError(
            "pe.b must be signed and of 2 bits or more to hold the weights of the digits network, "
            f"not {_words(b)}; set pe.b.signed = true and pe.b.width = 8")
    if _magnitude_bits(a) < 1:
        raise InputError(
            "pe.a must be unsigned or of 2 bits or more to hold the pixels of the digits network, "
            f"not {_words(a)}; set pe.a.width = 8")


def _words(operand: Fixed) -> str:
    """A format as an error message names it."""
    sign = "signed" if operand.signed else "unsigned"
    return f"{sign} {operand.width} bit{'s' if operand.width > 1 else ''}"


def _read(path: Path) -> dict[str, Any]:
    """The arrays of the file, unchecked."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in _ARRAYS}
    except KeyError as error:
        fault = error.args[0]  # names the array that is missing
    except OSError as error:
        fault = error.strerror or "damaged"
    except _DAMAGE:
        fault = "damaged, or of another kind"
    raise InputError(f"digits network must be a .npz file written by {RETRAIN}, "
                     f"not {str(path)!r} ({fault})")


def _fault(arrays: dict[str, Any]) -> str | None:
    """What keeps ``arrays`` from being a network, or None."""
    for name, (dtype, shape) in _ARRAYS.items():
        array = arrays[name]
        fits = len(array.shape) == len(shape) and all(
            want in (None, have) for want, have in zip(shape, array.shape, strict=True))
        if array.dtype != dtype or not fits:
            sizes = " x ".join("n" if size is None else str(size) for size in shape) or "one number"
            return f"{name} must be {dtype}, {sizes}, not {array.dtype} of shape {array.shape}"
    return _value_fault(**arrays)


def _value_fault(
    *, version: Codes, shift: Codes, images: Codes, labels: Codes, **_others: Codes
) -> str | None:
    """What is wrong with the values of a network whose arrays have the right shapes, or None."""
    if version != VERSION:
        return f"version must be {VERSION}, not {version}"
    if not 0 <= shift <= MAX_SHIFT:
        return f"shift must be 0 to {MAX_SHIFT}, not {shift}"
    if not 0 < len(images) == len(labels):
        return f"images and labels must be equally many, not {len(images)} and {len(labels)}"
    if images.max() > MAX_PIXEL:
        return f"images must hold pixels of 0 to {MAX_PIXEL}, not {images.max()}"
    if labels.max() >= CLASSES:
        return f"labels must be 0 to {CLASSES - 1}, not {labels.max()}"
    return None
