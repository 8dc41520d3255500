"""Convolution activations of real photographs: scikit-learn's ``china.jpg`` and ``flower.jpg``.

A bank of 16 fixed edge and blur filters with integer taps stands for the first layer of a network,
and once more for the second. Everything is deterministic.
"""

from importlib import import_module
from typing import Any

import numpy as np

from hwgen.number import Codes, Fixed
from hwgen.spec import InputError

PHOTOS = ("china", "flower")
CHANNELS = 16
SIDE = 5  # of every filter, with zeros around the smaller ones

_ROWS: dict[str, str] = {
    "sobel_x": "-1 0 1 / -2 0 2 / -1 0 1",
    "sobel_y": "-1 -2 -1 / 0 0 0 / 1 2 1",
    "diagonal_down": "-2 -1 0 / -1 0 1 / 0 1 2",
    "diagonal_up": "0 1 2 / -1 0 1 / -2 -1 0",
    "laplace_4": "0 -1 0 / -1 4 -1 / 0 -1 0",
    "laplace_8": "-1 -1 -1 / -1 8 -1 / -1 -1 -1",
    "log": "0 0 -1 0 0 / 0 -1 -2 -1 0 / -1 -2 16 -2 -1 / 0 -1 -2 -1 0 / 0 0 -1 0 0",
    "gauss_3": "1 2 1 / 2 4 2 / 1 2 1",
    "gauss_5": "1 4 6 4 1 / 4 16 24 16 4 / 6 24 36 24 6 / 4 16 24 16 4 / 1 4 6 4 1",
    "box_3": "1 1 1 / 1 1 1 / 1 1 1",
    "line_across": "-1 -1 -1 / 2 2 2 / -1 -1 -1",
    "line_down": "-1 2 -1 / -1 2 -1 / -1 2 -1",
    "line_falling": "2 -1 -1 / -1 2 -1 / -1 -1 2",
    "line_rising": "-1 -1 2 / -1 2 -1 / 2 -1 -1",
    "sharpen": "0 -1 0 / -1 5 -1 / 0 -1 0",
    "emboss": "-2 -1 0 / -1 1 1 / 0 1 2",
}


def _taps(rows: str) -> Codes:
    taps = np.array([row.split() for row in rows.split("/")], np.int64)
    return np.pad(taps, (SIDE - len(taps)) // 2)


FILTERS: dict[str, Codes] = {name: _taps(rows) for name, rows in _ROWS.items()}
"""Name to taps, ``(5, 5) int64``."""

_GAINS = np.array([2.0 ** np.ceil(np.log2(np.abs(taps).sum())) for taps in FILTERS.values()])


def photograph(name: str) -> Codes:
    """The grey values of a photo, 0 to 255, ``(427, 640) int64``.

    Raises
    ------
    InputError
        If there is no such photo, or scikit-learn or Pillow is not installed.
    """
    if name not in PHOTOS:
        raise InputError(f"photo must be one of {', '.join(PHOTOS)}, not {name!r}")
    try:
        datasets: Any = import_module("sklearn.datasets")
        colours = datasets.load_sample_image(f"{name}.jpg").astype(np.int64)
    except ImportError as error:
        raise InputError(f"scikit-learn and Pillow must be installed to load a photo ({error}); "
                         "install them with: pip install 'hwgen[nn,plot]'") from None
    return (colours @ np.array([77, 150, 29])) >> 8


def responses(image: Codes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What the filters make of an image, each over a power of two that keeps it below 256.

    ``(H, W) -> (H - 4, W - 4, 16)``, exact: only places where the whole filter lies inside.
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE))
    sums = [sum(windows[:, :, y, x] * taps[y, x] for y, x in np.argwhere(taps))
            for taps in FILTERS.values()]
    return np.stack(sums, axis=-1) / _GAINS


def activations(image: Codes, bits: int, *, relu: bool) -> tuple[Codes, Fixed]:
    """The responses as codes, channels last, and their container; the largest is full scale.

    Parameters
    ----------
    bits : of the container: unsigned behind a ReLU, else signed.
    relu : whether negative responses become zero.
    """
    container = Fixed(width=bits, signed=not relu)
    values = responses(image)
    values = np.maximum(values, 0) if relu else values
    codes = np.rint(values * (container.maximum / np.abs(values).max())).astype(np.int64)
    return codes, container


def weights(bits: int) -> tuple[Codes, Fixed]:
    """A second layer of the same filters, ``(25, 16, 16)``: tap, input and output channel.

    From channel i to channel o goes the filter ``(i + o) % 16``; the largest tap is full scale.
    """
    container = Fixed(width=bits)
    taps = np.stack([taps.ravel() for taps in FILTERS.values()]) / _GAINS[:, None]
    codes = np.rint(taps * (container.maximum / np.abs(taps).max())).astype(np.int64)
    channels = np.arange(CHANNELS)
    return codes[(channels[:, None] + channels) % CHANNELS].transpose(2, 0, 1), container
