"""Area against error: what the multipliers of all families take on the cells of an FPGA family."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hwgen.analysis.annealing import find
from hwgen.analysis.error import ErrorMetrics, error_metrics
from hwgen.analysis.search import Goal
from hwgen.analysis.searched import metrics_of
from hwgen.arith.booth_truncated import BoothTruncatedMultiplier
from hwgen.arith.drum import DrumMultiplier
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.lower_or import LowerOrMultiplier
from hwgen.arith.mapped import MappedUnit
from hwgen.arith.masked import BrokenArrayMultiplier, TruncatedMultiplier
from hwgen.arith.mitchell import MitchellMultiplier
from hwgen.arith.multiplier import MultiplierFamily, MultiplierUnit, Operands
from hwgen.arith.perforated import PerforatedMultiplier
from hwgen.arith.recursive import RecursiveMultiplier
from hwgen.arith.roba import RobaMultiplier
from hwgen.arith.static_segment import StaticSegmentMultiplier
from hwgen.flow.emit import convert
from hwgen.flow.yosys import Job, synthesise_many
from hwgen.tools.yowasp import say

BUDGETS_PERCENT = (0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2.5)
"""Limits of the MAE for which the smallest mask is searched, as shares of the product's range."""


@dataclass(frozen=True)
class Point:
    """A multiplier on one FPGA family.

    Members
    -------
    cells : where it is mapped, the cells that placement charges; where it is synthesised, LUTs by
        the best recipe, which leave out the ends of carry chains.
    """

    metrics: ErrorMetrics
    kind: str
    mapped: bool
    cells: int


def families(operands: Operands) -> list[MultiplierFamily]:
    """Members of every approximate family that can multiply the operands, and the exact one.

    Those that take a constant come without one, and with that which cancels their bias.
    """
    return [ExactMultiplier(), *(
        each for spec in _uncompensated() if spec.fault(operands) is None
        for each in _compensated(spec, operands))]


def _uncompensated() -> Iterator[MultiplierFamily]:
    yield from (TruncatedMultiplier(cut=cut) for cut in range(1, 13))
    yield from (BrokenArrayMultiplier(horizontal=rows, vertical=columns)
                for rows, columns in product((1, 2, 3), (4, 6, 8)))
    yield from (PerforatedMultiplier(count=count) for count in (1, 2, 3, 4))
    yield from (BoothTruncatedMultiplier(cut=cut) for cut in (2, 4, 6, 8, 10))
    yield from (LowerOrMultiplier(low=low) for low in (2, 4, 6, 8, 10, 12))
    yield RecursiveMultiplier()
    yield from (DrumMultiplier(segment_bits=bits) for bits in range(2, 8))
    yield from (StaticSegmentMultiplier(segment_bits=bits) for bits in range(4, 8))
    yield from (StaticSegmentMultiplier(segment_bits=bits, segments=3) for bits in (3, 4, 5))
    yield from (MitchellMultiplier(fraction_bits=bits) for bits in (2, 4, None))
    yield RobaMultiplier()


def _compensated(spec: MultiplierFamily, operands: Operands) -> list[MultiplierFamily]:
    if "constant" not in type(spec).model_fields:
        return [spec]
    constant = round(-error_metrics(spec, operands).bias)
    return [spec, spec.replaced(constant=constant)] if constant else [spec]


def points(operands: Operands, target: str) -> list[Point]:
    """Every member of :func:`families` on the cells of ``target``.

    Families of partial products are mapped, in rows; the others, and the
    exact multiplier once more, are synthesised. Progress goes to standard error; what is finished
    stays in the cache.
    """
    specs = families(operands)
    mapped = [spec for spec in specs if spec.partial_products(operands) is not None]
    plain = [spec for spec in specs if spec not in mapped]
    portable = [ExactMultiplier(), *plain]
    areas = synthesise_many([job(spec, operands, target) for spec in portable])
    cells = [mapped_cells(spec, operands, target) for spec in mapped]
    sizes = [*zip(mapped, cells, strict=True),
             *zip(portable, (area.luts for area in areas), strict=True)]
    return [Point(error_metrics(spec, operands), spec.kind, place < len(mapped), size)
            for place, (spec, size) in enumerate(sizes)]


def searched(operands: Operands, target: str) -> list[Point]:
    """The smallest masked multiplier that the search finds within each budget, mapped.

    Takes seconds each, up to half a minute on Xilinx 7; progress goes to standard error.
    """
    found = []
    for percent in BUDGETS_PERCENT:
        limit = percent / 100 * 2.0 ** (operands.a.width + operands.b.width)
        search, _ = find(Goal(operands, target, "mae", limit), lambda share, doing: None)
        say(f"{operands} on {target}, MAE at most {percent} %: {search.best.cells} cells")
        found.append(Point(metrics_of(search), "searched", True, search.best.cells))
    return found


def job(spec: MultiplierFamily, operands: Operands, target: str) -> Job:
    """The synthesis of a bare multiplier, without DSP blocks."""
    unit = MultiplierUnit(spec, operands)
    return Job(convert(unit), unit.module_name, target)


def mapped_cells(spec: MultiplierFamily, operands: Operands, target: str) -> int:
    """Cells of a mapped multiplier in rows, its smaller form."""
    return MappedUnit(spec, operands, target, "rows").cells


def front(points: Sequence[Point], metric: str) -> list[Point]:
    """Those of the points that no other beats in both cells and ``metric``, ascending in cells."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cells, error_of(point, metric))):
        if not best or error_of(point, metric) < error_of(best[-1], metric):
            best.append(point)
    return best


def error_of(point: Point, metric: str) -> float:
    """One metric of a point; one that is undefined counts as 0."""
    return float(getattr(point.metrics, metric) or 0)
