"""What rows that run ahead save: windows of an image, and bounds of the figures."""

import numpy as np

from hwgen.nn.bit_serial_rows import BEATS, Matrices, array_of, row, slowest_row, windows
from hwgen.number import Fixed

UNSIGNED = Fixed(width=8, signed=False)


def test_windows_are_taps_then_channels() -> None:
    codes = np.arange(6 * 7 * 2).reshape(6, 7, 2)
    found = windows(codes)
    assert found.shape == (2 * 3, 25 * 2)
    np.testing.assert_array_equal(found[4], codes[1:6, 1:6].reshape(-1))


def test_speeds_lie_between_the_widest_and_the_slowest_row() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (90, 128)) >> rng.integers(0, 8, (90, 8)).repeat(16, axis=1)
    layer = Matrices("layer", a, UNSIGNED, rng.integers(-128, 128, (128, 8)))
    bits = [max(int(code).bit_length() for code in group) or 1
            for group in a[:, :16].tolist()]
    assert slowest_row(layer) >= sum(bits)
    cycles = [array_of(UNSIGNED, {"kind": "dynamic", "run_ahead": beats}).schedule_of(
        layer.a, layer.b).cycles for beats in BEATS]
    assert cycles == sorted(cycles, reverse=True)
    assert slowest_row(layer) < cycles[-1] < cycles[0]
    speeds = [float(cell.strip(" x")) for cell in row(layer).split("|")[2:-1]]
    assert speeds == sorted(speeds)
    assert len(speeds) == len(BEATS) + 1
