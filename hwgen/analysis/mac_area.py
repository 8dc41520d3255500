"""Cells and Fmax of a MAC, a PE between its registers, as placed and routed."""

from collections.abc import Iterator
from dataclasses import dataclass

from hwgen.fabric.catalogue import FABRICS
from hwgen.flow.cells import Area
from hwgen.flow.emit import convert
from hwgen.flow.nextpnr import SEEDS, Placement, place_and_route
from hwgen.flow.yosys import Job, netlist, synthesise
from hwgen.pe.parallel import ParallelPE
from hwgen.pe.registered import RegisteredPE
from hwgen.tools.yowasp import say

PLACED = {"ecp5": "ecp5-25k", "ice40": "ice40-hx8k"}
"""Family to the device on which its MACs are placed; those of others are only synthesised."""

WIDTHS = {8: 24, 4: 16}
"""Bits of the operands to bits of the accumulator."""


@dataclass(frozen=True)
class Mac:
    """One MAC on one family, without DSP blocks.

    Members
    -------
    form : "portable", or that of its mapped multiplier.
    area : by the best recipe of Yosys.
    placement : on the family's device; None where that is not placed.
    """

    bits: int
    form: str
    pipeline: int
    area: Area
    placement: Placement | None

    @property
    def cells(self) -> int:
        """Logic cells as placed, with the ends of carry chains; LUTs where that is not known."""
        return self.placement.cells if self.placement else self.area.luts

    @property
    def fmax_mhz(self) -> float:
        """Median over the seeds."""
        fmax = self.placement.fmax_mhz if self.placement else None
        if fmax is None:
            raise ValueError("fmax_mhz must be asked of a placed MAC, not of one synthesised alone")
        return fmax


def macs(bits: int, target: str) -> list[Mac]:
    """MACs of signed operands on a family, the portable one first.

    Progress goes to standard error; what is finished stays in the cache.
    """
    found = []
    for form, pipeline in _variants(target):
        fields = {} if form == "portable" else {"target": target, "form": form}
        pe = ParallelPE.model_validate({
            "a": {"width": bits}, "b": {"width": bits}, "pipeline": pipeline,
            "accumulator": {"width": WIDTHS[bits]}, **fields})
        area, placement = _measured(pe, target)
        found.append(Mac(bits, form, pipeline, area, placement))
        speed = f", {found[-1].fmax_mhz:.0f} MHz" if placement else ""
        say(f"MAC of {bits} bits on {target}, {form}, {pipeline} registers: "
            f"{found[-1].cells} cells{speed}")
    return found


def _variants(target: str) -> Iterator[tuple[str, int]]:
    """Form and registers; without placement, registers say nothing."""
    placed = target in PLACED
    yield from (("portable", pipeline) for pipeline in range(2 if placed else 1))
    if target in FABRICS:
        yield from ((form, pipeline) for form in ("rows", "tree")
                    for pipeline in range(4 if placed else 1))


def _measured(pe: ParallelPE, target: str) -> tuple[Area, Placement | None]:
    unit = RegisteredPE(pe)
    text = convert(unit)
    if target not in PLACED:
        return synthesise(text, top=unit.module_name, family=target, dsp=False), None
    area, mapped = netlist(Job(text, unit.module_name, target))
    return area, place_and_route(mapped, top=unit.module_name, device=PLACED[target], seeds=SEEDS)
