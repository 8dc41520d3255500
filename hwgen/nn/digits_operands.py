"""The products of the digits network, as operands to run an array on."""

from dataclasses import replace

from hwgen.array.mesh import ArraySpec
from hwgen.nn.digits import DigitsNetwork
from hwgen.number import Codes

IMAGES = 64
MAX_CYCLES = 20_000


def digits_products(array: ArraySpec, images: int = IMAGES) -> list[tuple[Codes, Codes]]:
    """A and B of both layers over the first images, as the array with its arithmetic meets them.

    Fewer images, by halves, where the array would take more than :data:`MAX_CYCLES`.

    Raises
    ------
    InputError
        If the array cannot hold or compute the network.
    """
    network = DigitsNetwork.load()
    while True:
        found: list[tuple[Codes, Codes]] = []

        def product(a: Codes, b: Codes, into: list[tuple[Codes, Codes]] = found) -> Codes:
            into.append((a, b))
            return array.golden(a, b)

        replace(network, images=network.images[:images], labels=network.labels[:images]).classify(
            array, product)
        cycles = sum(array.schedule_of(a, b).cycles for a, b in found)
        if cycles <= MAX_CYCLES or images == 1:
            return found
        images //= 2
