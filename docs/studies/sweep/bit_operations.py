"""A metric of one's own that depends on the product to be computed."""

from hwgen import ArraySpec
from hwgen.sweep.metrics import metric
from hwgen.sweep.workload import Workload


@metric(unit="bits", uses="size")
def bit_operations(array: ArraySpec, workload: Workload) -> float:
    """Bits that all PEs add up in all cycles of the product: work, whether it is of use or not."""
    pe = array.pe
    bits = len(pe.multiplier.partial_products(pe.operands).pairs) + pe.accumulator.width
    cycles = array.schedule(workload.m, workload.k, workload.n).cycles
    return cycles * array.rows * array.columns * bits
