"""LUTs times cycles of a MAC in bit-serial PEs, against parallel ones of the same lanes."""

import pytest

from hwgen.analysis.serial_area import BITS, KINDS, LANES, serial_mac

pytestmark = pytest.mark.bench

TARGET = "xilinx7"
LIMITS = {8: 60, 4: 18}
"""Bits to LUTs times cycles a MAC with 256 lanes; BISMO's model has 86 and 21."""
OPERATION = 0.6
"""LUTs a binary operation with 256 lanes; BISMO's model has 0.67."""


@pytest.mark.parametrize("bits", BITS)
def test_lut_cycles(bits, figure):
    """Of the smallest kind, and of each; signed operands, a 32-bit sum."""
    found = {(kind, lanes): serial_mac(kind, bits, lanes, TARGET)
             for kind in KINDS for lanes in LANES}
    figure(f"{bits}x{bits} MAC on {TARGET}, LUTs times cycles, {', '.join(map(str, LANES))} lanes",
           "; ".join(f"{kind} " + ", ".join(f"{found[kind, lanes].lut_cycles:.1f}"
                                            for lanes in LANES) for kind in KINDS),
           f"target {LIMITS[bits]} with 256 lanes, bit-serial" if bits in LIMITS else "")
    best = min(found[kind, 256].lut_cycles for kind in KINDS if kind != "parallel")
    assert best <= LIMITS.get(bits, best)


def test_luts_of_a_binary_operation(figure):
    """Both operands serial: an AND and an addition in each lane a cycle."""
    found = {bits: serial_mac("both-serial", bits, 256, TARGET) for bits in BITS}
    figure(f"both-serial PE of 256 lanes on {TARGET}, LUTs a binary operation",
           ", ".join(f"{bits}x{bits} {mac.luts_per_operation:.2f}" for bits, mac in found.items()),
           f"target {OPERATION}")
    assert all(mac.luts_per_operation <= OPERATION for mac in found.values())
