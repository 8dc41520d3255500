"""Cells and Fmax of multipliers mapped onto carry cells, against synthesis of `a * b`."""

import pytest

from hwgen.analysis.area_study import FAMILIES
from hwgen.analysis.mac_area import PLACED, WIDTHS, macs
from hwgen.analysis.multiplier_area import BUDGETS_PERCENT, job, searched
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.lane_sum import LaneSum
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.multiplier import Operands
from hwgen.fabric.catalogue import FABRICS
from hwgen.flow.emit import convert
from hwgen.flow.yosys import Job, synthesise_many
from hwgen.number import Fixed

pytestmark = pytest.mark.bench

EXACT_CELLS = {False: {"ecp5": 69, "ice40": 71, "xilinx7": 54},
               True: {"ecp5": 80, "ice40": 71, "xilinx7": 58}}
LANES = 16, 64, 256
LANE_SUM_CELLS = {1: 210, 4: 800, 8: 1600}  # of 256 lanes on Xilinx 7
MAC_CELLS = {8: {"ecp5": 105, "ice40": 105, "xilinx7": 90},
             4: {"ecp5": 45, "ice40": 45, "xilinx7": 36}}
MASKED_CELLS = {"ecp5": (64, 62, 56, 51, 44, 34, 26, 16), "ice40": (65, 63, 53, 48, 40, 30, 23, 13),
                "xilinx7": (49, 48, 43, 37, 34, 24, 17, 9)}
"""For each of BUDGETS_PERCENT."""


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("target", FABRICS)
def test_masked_multiplier(target, signed, figure):
    """8x8 bits: cells of the smallest mask within each MAE budget."""
    operands = Operands(*[Fixed(width=8, signed=signed)] * 2)
    cells = [point.cells for point in searched(operands, target)]
    limits = MASKED_CELLS.get(target)
    budgets = ", ".join(f"{percent}" for percent in BUDGETS_PERCENT)
    figure(f"masked {operands} on {target} at MAE budgets of {budgets} %, cells", listed(cells),
           f"targets {listed(limits)}{' + 4' if signed else ''}" if limits else "")
    if limits:
        assert all(found <= most + 4 * signed
                   for found, most in zip(cells, limits, strict=True))


def listed(numbers):
    return ", ".join(str(number) for number in numbers)


@pytest.mark.parametrize("signed", [False, True])
def test_exact_multiplier(signed, figure):
    """8x8 bits: the smallest form's cells, and LUTs by the best recipe."""
    operands = Operands(*[Fixed(width=8, signed=signed)] * 2)
    found = {target: min(MappedUnit(ExactMultiplier(), operands, target, form).cells
                         for form in ("rows", "tree")) for target in FABRICS}
    areas = synthesise_many([job(ExactMultiplier(), operands, target) for target in FABRICS])
    targets = EXACT_CELLS[signed]
    figure(f"exact {operands} mapped, cells",
           ", ".join(f"{target} {cells}" for target, cells in found.items()),
           "targets " + ", ".join(f"{target} {cells}" for target, cells in targets.items())
           + "; best synthesis "
           + ", ".join(f"{area.family} {area.luts}" for area in areas))
    assert all(found[target] <= targets.get(target, cells) for target, cells in found.items())


@pytest.mark.parametrize("bits", LANE_SUM_CELLS)
@pytest.mark.parametrize("target", FABRICS)
def test_lane_sum(target, bits, figure):
    """One bit times a word, of 16, 64 and 256 lanes: cells, and LUTs of the portable RTL."""
    found = [LaneSum(lanes, bits, bits > 1, target).cells for lanes in LANES]
    portable = [LaneSum(lanes, bits, bits > 1) for lanes in LANES]
    areas = synthesise_many([Job(convert(unit), unit.module_name, target) for unit in portable])
    limit = LANE_SUM_CELLS[bits] if target == "xilinx7" else None
    figure(f"lane sum of 1 x {bits} bits, {target}: 16, 64, 256 lanes, cells",
           ", ".join(map(str, found)),
           (f"target {limit} at 256; " if limit else "") + "best synthesis "
           + ", ".join(str(area.luts) for area in areas))
    assert all(cells < area.luts for cells, area in zip(found, areas, strict=True))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("target", FAMILIES)
def test_mac(target, bits, figure):
    """A PE between its registers; median Fmax of five seeds where it is placed."""
    if target not in FABRICS:
        pytest.skip(f"no multipliers are mapped onto {target}")
    found = {(mac.form, mac.pipeline): mac for mac in macs(bits, target)}
    portable = found["portable", 0]
    title = f"int{bits} MAC, {WIDTHS[bits]}-bit accumulator, {target}"
    limit = MAC_CELLS[bits].get(target)
    figure(f"{title}: portable; rows, tree, {'cells' if target in PLACED else 'LUTs'}",
           f"{portable.cells}; {found['rows', 0].cells}, {found['tree', 0].cells}",
           f"target {limit}" if limit else "")
    if target in PLACED:
        speeds = "; ".join(f"{form} " + ", ".join(
            _speed(mac, portable) for (own, _), mac in found.items() if own == form)
            for form in ("portable", "rows", "tree"))
        figure(f"{title}: Fmax with 0, 1, .. registers, MHz (times portable)", speeds,
               "targets: tree 1, with registers 1.5 times portable; "
               f"spread over seeds at most {_spread(found.values()):.0%}")


def _speed(mac, portable):
    return f"{mac.fmax_mhz:.0f} ({mac.fmax_mhz / portable.fmax_mhz:.2f})"


def _spread(macs):
    ranges = [mac.placement.fmax_range_mhz for mac in macs]
    return max((high - low) / low for low, high in ranges)
