"""A metric of one's own: a function from an array to a number."""

from hwgen import ArraySpec
from hwgen.sweep.metrics import metric


@metric(unit="AND gates", direction="minimise")
def partial_products(array: ArraySpec) -> float:
    """Bits that a multiplier adds up."""
    return len(array.pe.multiplier.partial_products(array.pe.operands).pairs)
