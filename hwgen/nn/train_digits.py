"""Trains the digits network and writes it with its test images: ``-o FILE``.

The images are scikit-learn's ``load_digits``; a quarter of them, stratified, is kept for the test
and never seen in training.  Training is plain NumPy in float64 (Adam, cross-entropy) from a fixed
seed; it takes less than a second.  Weights are clipped at every step, so that none is much larger
than the rest and the codes of few bits are all in use.
"""

import argparse
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.array.mesh import ArraySpec
from hwgen.nn.digits import (
    ACTIVATION_BITS,
    CLASSES,
    HIDDEN,
    MAX_PIXEL,
    MAX_SHIFT,
    PIXELS,
    WEIGHT_BITS,
    DigitsNetwork,
)
from hwgen.number import Rounding
from hwgen.spec import InputError

SEED = 0
EPOCHS, BATCH, RATE = 60, 64, 0.01
CLIP = 0.5

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Split:
    """Images ``(n, 64) uint8`` with pixels of 0 to 16, and their digits ``(n,) uint8``."""

    train_images: Integers
    train_labels: Integers
    test_images: Integers
    test_labels: Integers

    @classmethod
    def load(cls) -> "Split":
        """scikit-learn's digits: 1347 images for training, 450 for the test.

        Raises
        ------
        InputError
            If scikit-learn is not installed.
        """
        try:
            datasets = import_module("sklearn.datasets")
            selection = import_module("sklearn.model_selection")
        except ImportError as error:
            raise InputError(f"scikit-learn must be installed to train the digits network ({error})"
                             "; install it with: pip install hwgen[nn]") from None
        images, labels = datasets.load_digits(return_X_y=True)
        train, test, train_labels, test_labels = selection.train_test_split(
            images, labels, test_size=0.25, random_state=0, stratify=labels)
        return cls(*(codes.astype(np.uint8) for codes in (train, train_labels, test, test_labels)))


@dataclass(frozen=True, eq=False)
class FloatNetwork:
    """The trained network: inputs of 0 to 1, ``(64, 32)``, ReLU, ``(32, 10)``; all float64."""

    weights1: Floats
    bias1: Floats
    weights2: Floats
    bias2: Floats

    @classmethod
    def initial(cls, rng: np.random.Generator) -> "FloatNetwork":
        """Normal weights of variance 2/inputs (He et al., 2015), zero biases."""
        return cls(rng.normal(0, np.sqrt(2 / PIXELS), (PIXELS, HIDDEN)), np.zeros(HIDDEN),
                   rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, CLASSES)), np.zeros(CLASSES))

    @property
    def parameters(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.weights1, self.bias1, self.weights2, self.bias2

    def hidden(self, inputs: Floats) -> Floats:
        """Activations ``(n, 32)`` behind the ReLU."""
        return np.maximum(inputs @ self.weights1 + self.bias1, 0)

    def accuracy(self, images: Integers, labels: Integers) -> float:
        """Share of ``images`` whose digit is right."""
        scores = self.hidden(images / MAX_PIXEL) @ self.weights2 + self.bias2
        return float(np.mean(scores.argmax(axis=1) == labels))

    def gradients(self, inputs: Floats, labels: Integers) -> tuple[Floats, ...]:
        """Gradients of the mean cross-entropy, in the order of :attr:`parameters`."""
        hidden = self.hidden(inputs)
        scores = hidden @ self.weights2 + self.bias2
        error = np.exp(scores - scores.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        hidden_error = (error @ self.weights2.T) * (hidden > 0)
        return (inputs.T @ hidden_error, hidden_error.sum(axis=0),
                hidden.T @ error, error.sum(axis=0))


class Adam:
    """Adam (Kingma and Ba, 2015) with its usual constants and a rate that falls to zero."""

    def __init__(self, parameters: tuple[Floats, ...], steps: int) -> None:
        self._parameters, self._steps, self._step = parameters, steps, 0
        self._means = [np.zeros_like(values) for values in parameters]
        self._squares = [np.zeros_like(values) for values in parameters]

    def update(self, gradients: tuple[Floats, ...]) -> None:
        """Move the parameters, in place, against ``gradients``."""
        rate = RATE * (1 - self._step / self._steps)
        self._step += 1
        moments = zip(self._parameters, self._means, self._squares, gradients, strict=True)
        for values, mean, square, gradient in moments:
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            slope = np.sqrt(square / (1 - 0.999**self._step)) + 1e-8
            values -= rate * mean / (1 - 0.9**self._step) / slope


def train(images: Integers, labels: Integers, seed: int = SEED) -> FloatNetwork:
    """The network trained on ``images`` ``(n, 64)``, n at least 64, and ``labels`` ``(n,)``."""
    rng = np.random.default_rng(seed)
    network = FloatNetwork.initial(rng)
    inputs = images / MAX_PIXEL
    batches = len(images) // BATCH
    adam = Adam(network.parameters, EPOCHS * batches)
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))[: batches * BATCH]
        for batch in order.reshape(batches, BATCH):
            adam.update(network.gradients(inputs[batch], labels[batch]))
            for weights in (network.weights1, network.weights2):
                np.clip(weights, -CLIP, CLIP, out=weights)
    return network


def quantise(network: FloatNetwork, split: Split) -> DigitsNetwork:
    """The int8 network: in each layer the largest weight becomes 127.

    ``shift`` is the smallest with which no activation of a training image saturates.
    """
    largest = (1 << WEIGHT_BITS) - 1
    scale1 = largest / np.abs(network.weights1).max()
    scale2 = largest / np.abs(network.weights2).max()
    weights1 = np.rint(network.weights1 * scale1).astype(np.int8)
    bias1 = np.rint(network.bias1 * scale1 * MAX_PIXEL).astype(np.int32)
    sums = split.train_images.astype(np.int64) @ weights1 + bias1
    shift = next(shift for shift in range(MAX_SHIFT + 1)
                 if Rounding.NEAREST_UP.golden(sums, shift).max() < 1 << ACTIVATION_BITS)
    hidden_scale = scale1 * MAX_PIXEL / (1 << shift)
    return DigitsNetwork(
        weights1=weights1,
        bias1=bias1,
        weights2=np.rint(network.weights2 * scale2).astype(np.int8),
        bias2=np.rint(network.bias2 * scale2 * hidden_scale).astype(np.int32),
        shift=shift,
        images=split.test_images,
        labels=split.test_labels,
    )


def main(arguments: list[str] | None = None) -> int:
    """Train, write the network, and print its accuracy in float and in integers."""
    parser = argparse.ArgumentParser(prog="python -m hwgen.nn.train_digits",
                                     description="Train the digits network of hwgen.")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                        help="the .npz file to write")
    output = parser.parse_args(arguments).output
    try:
        split = Split.load()
        network = train(split.train_images, split.train_labels)
        quantised = quantise(network, split)
        quantised.save(output)
    except InputError as error:
        print(f"train_digits: {error}", file=sys.stderr)
        return 2
    array = ArraySpec(name="digits")
    accuracy = quantised.classify(array, array.golden).accuracy
    print(f"accuracy on {len(split.test_labels)} test images: "
          f"{network.accuracy(split.test_images, split.test_labels):.4f} in float, "
          f"{accuracy:.4f} in int8; wrote {output}, {output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
