"""What a MAC costs in a bit-serial PE: its LUTs times the cycles of a step, over its lanes."""

from dataclasses import dataclass
from typing import Any

from hwgen.flow.cells import Area
from hwgen.flow.emit import convert
from hwgen.flow.yosys import synthesise
from hwgen.pe.parallel import ParallelPE
from hwgen.pe.registered import RegisteredPE
from hwgen.pe.serial import ActivationSerialPE, BothSerialPE, SerialPE
from hwgen.tools.yowasp import say

KINDS: dict[str, type[ParallelPE] | type[SerialPE]] = {
    "parallel": ParallelPE, "activation-serial": ActivationSerialPE, "both-serial": BothSerialPE}
BITS = (8, 4, 2, 1)
LANES = (16, 64, 256)


@dataclass(frozen=True)
class SerialMac:
    """One PE between its registers on one family, without DSP blocks.

    Members
    -------
    area : by the best recipe of Yosys.
    """

    pe: ParallelPE | SerialPE
    area: Area

    @property
    def lut_cycles(self) -> float:
        """LUTs times cycles for each MAC: what a MAC a cycle takes."""
        return self.area.luts * self.pe.most_step_cycles / self.pe.lanes

    @property
    def luts_per_operation(self) -> float:
        """LUTs for each binary operation a cycle, an AND and an addition of a lane being two."""
        pairs = self.pe.a.width * self.pe.b.width / self.pe.most_step_cycles
        return self.area.luts / (2 * self.pe.lanes * pairs)


def serial_mac(kind: str, bits: int, lanes: int, target: str, mapped: bool = True) -> SerialMac:
    """A PE of signed operands (unsigned of one bit), whose 32-bit sum wraps.

    Parameters
    ----------
    mapped : whether its products are mapped onto the family's cells.
    """
    operand: dict[str, Any] = {"width": bits, "signed": bits > 1}
    pe = KINDS[kind].model_validate({
        "kind": kind, "a": operand, "b": operand, "lanes": lanes,
        "target": target if mapped else None})
    unit = RegisteredPE(pe)
    say(f"sizing a {kind} PE of {lanes} lanes, {bits} x {bits} bits, on {target}")
    return SerialMac(pe, synthesise(convert(unit), top=unit.module_name, family=target, dsp=False))
