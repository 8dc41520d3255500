"""What a MAC costs: LUTs times the cycles of a step over the lanes; what synthesis is given."""

import pytest

from hwgen.analysis.serial_area import KINDS, SerialMac, serial_mac
from hwgen.flow.cells import Area


def mac(kind: str, bits: int, lanes: int, luts: int) -> SerialMac:
    operand = {"width": bits}
    pe = KINDS[kind].model_validate({"kind": kind, "a": operand, "b": operand, "lanes": lanes})
    return SerialMac(pe, Area("xilinx7", False, luts=luts))


@pytest.mark.parametrize(("kind", "bits", "lanes", "luts", "lut_cycles", "operation"), [
    ("parallel", 8, 2, 100, 50.0, 100 / 256),
    ("activation-serial", 8, 16, 160, 80.0, 160 / (2 * 16 * 8)),
    ("both-serial", 4, 256, 256, 16.0, 0.5),
])
def test_figures(kind: str, bits: int, lanes: int, luts: int, lut_cycles: float,
                 operation: float) -> None:
    found = mac(kind, bits, lanes, luts)
    assert found.lut_cycles == lut_cycles
    assert found.luts_per_operation == operation


def test_mapped_pe_is_smaller() -> None:
    mapped, portable = (serial_mac("both-serial", 2, 24, "xilinx7", kind) for kind in (True, False))
    assert mapped.pe.step_cycles(2, 2) == 4
    assert 0 < mapped.area.luts < portable.area.luts
