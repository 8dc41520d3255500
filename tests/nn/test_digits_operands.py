"""The products of the digits network as operands: those that the network itself multiplies."""

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.nn import digits_operands
from hwgen.nn.digits import DigitsNetwork
from hwgen.nn.digits_operands import IMAGES, MAX_CYCLES, digits_products

ARRAY = ArraySpec(name="a")


def test_both_layers() -> None:
    network = DigitsNetwork.load()
    (pixels, weights1), (hidden, weights2) = digits_products(ARRAY)
    np.testing.assert_array_equal(pixels, network.images[:IMAGES])
    np.testing.assert_array_equal(weights1, network.weights1)
    np.testing.assert_array_equal(weights2, network.weights2)
    sums = pixels @ weights1 + network.bias1
    expected = np.clip((np.maximum(sums, 0) + (1 << network.shift >> 1)) >> network.shift, 0, 127)
    np.testing.assert_array_equal(hidden, expected)


def test_fewer_images_on_a_slow_array() -> None:
    slow = ArraySpec(name="a", rows=1, columns=1)
    products = digits_products(slow)
    images = len(products[0][0])
    assert images == 8  # 2368 MACs an image
    assert sum(slow.schedule_of(a, b).cycles for a, b in products) <= MAX_CYCLES


def test_one_image_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits_operands, "MAX_CYCLES", 1)
    assert len(digits_products(ARRAY)[0][0]) == 1
