"""All that a report shows of a sweep, as JSON values."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isinf
from pathlib import Path
from typing import Any

import hwgen
from hwgen.array.mesh import ArraySpec
from hwgen.number import Fixed
from hwgen.report.columns import columns, flattened
from hwgen.report.error_map import error_map
from hwgen.report.gauges import gauges
from hwgen.report.toml import document, literal
from hwgen.spec import InputError
from hwgen.sweep.export import described, status
from hwgen.sweep.metrics import version_of
from hwgen.sweep.runner import Row, Sweep
from hwgen.sweep.store import spec_fields

MAX_MAPS = 256
"""Multipliers that have an error map: those of the front first, then those that are kept."""
STATUSES = ("done", "failed", "refused", "missing")


@dataclass(frozen=True)
class Report:
    """A sweep, and all its points with what is known of them.

    Parameters
    ----------
    path : the sweep's file.
    """

    path: Path
    sweep: Sweep
    rows: Sequence[Row]

    @property
    def title(self) -> str:
        return self.path.stem

    @property
    def source(self) -> str:
        """The sweep's TOML."""
        return self.path.read_text(encoding="utf-8-sig")

    @property
    def counts(self) -> dict[str, int]:
        """Points in all, by status, kept, and on the front of the first two metrics."""
        found = Counter(map(status, self.rows))
        return {"points": len(self.rows), **{name: found[name] for name in STATUSES},
                "kept": sum(row.kept for row in self.rows), "front": len(self.front)}

    @cached_property
    def front(self) -> list[Row]:
        """The kept points that no other beats in the first two metrics."""
        return self.sweep.front(self.rows)

    @property
    def versions(self) -> list[str]:
        """Of what measured, each once."""
        found = [version_of(metric, self.sweep.plug_ins) for metric in self.sweep.metrics]
        words = [f"hwgen {text}" if text.startswith(hwgen.__version__) else f"plug-in {text[:12]}"
                 for text in found]
        longest = [text for text in dict.fromkeys(words)
                   if not any(other != text and other.startswith(text) for other in words)]
        return sorted(longest, key=lambda text: text.startswith("plug-in"))

    @property
    def workload(self) -> str:
        """The product that the arrays compute, in words."""
        given = self.sweep.spec.workload
        size = f"({given.m} x {given.k}) x ({given.k} x {given.n})"
        if given.a and given.b:
            return f"{size}, codes of {Path(given.a).name} and {Path(given.b).name}"
        return f"{size}, random codes of seed {given.seed}"

    def to_json(self) -> dict[str, Any]:
        """What the page's script reads; the same for the same sweep and results."""
        arrays = [row.point.array for row in self.rows]
        specs = [array.model_dump(mode="json", exclude_none=True) if array else None
                 for array in arrays]
        return {
            "title": self.title,
            "hashes": [row.point.key for row in self.rows],
            "status": [STATUSES.index(status(row)) for row in self.rows],
            "kept": [int(row.kept) for row in self.rows],
            "metrics": [self._metric(index) for index in range(len(self.sweep.metrics))],
            "fields": columns(specs),
            "facts": columns([_facts(array) if array else None for array in arrays]),
            "base": self._base(),
            "failures": self._failures(),
            "maps": self._maps(),
            "gauges": [gauge.to_json() for gauge in gauges(list(self.sweep.settings))],
        }

    def _metric(self, index: int) -> dict[str, Any]:
        metric = self.sweep.metrics[index]
        return {"name": metric.name, "unit": metric.unit, "direction": metric.direction.value,
                "summary": metric.summary,
                "values": [_number(row.values.get(metric.name)) for row in self.rows]}

    def _base(self) -> dict[str, str] | None:
        """What an array has that no axis touches, by dotted name; None if it is no valid spec."""
        try:
            array = ArraySpec.parse({"name": "array", **self.sweep.spec.base}, "base",
                                    self.path.parent)
        except InputError:
            return None
        return {name: literal(value) for name, value in
                flattened(array.model_dump(mode="json", exclude_none=True))}

    def _failures(self) -> list[dict[str, Any]]:
        """Why points lack figures; of those that are no spec also their values."""
        return [{"point": index, "kind": row.failure.kind, "metric": row.failure.metric,
                 "reason": row.failure.reason, "log": row.failure.log,
                 "array": described(self.sweep, row),
                 **({} if row.point.array else {"toml": document(spec_fields(row.point.spec))})}
                for index, row in enumerate(self.rows) if row.failure]

    def _maps(self) -> dict[str, Any]:
        """Error maps of the distinct multipliers, and each point's among them, -1 without."""
        found: dict[Any, int] = {}
        for row in (*self.front, *(row for row in self.rows if row.kept), *self.rows):
            key = multiplier_of(row)
            if key and len(found) < MAX_MAPS:
                found.setdefault(key, len(found))
        return {"of": [found.get(multiplier_of(row), -1) for row in self.rows],
                "list": [error_map(*key).to_json() for key in found]}


def multiplier_of(row: Row) -> Any:
    """What the error map of a point depends on; None if it is no array."""
    array = row.point.array
    return (array.pe.multiplier, array.pe.operands) if array else None


def _number(value: float | None) -> float | int | str | None:
    """As JSON: whole numbers short, infinities as text that JavaScript reads."""
    if value is None:
        return None
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value.is_integer() else value


def _format(fixed: Fixed) -> str:
    """``s8``, or with fraction bits ``u16.4``."""
    return f"{'s' if fixed.signed else 'u'}{fixed.width}{f'.{fixed.frac}' if fixed.frac else ''}"


def _facts(array: ArraySpec) -> dict[str, Any]:
    """What the block diagram shows beside the spec's own fields."""
    pe = array.pe
    return {
        **{f"{name}_bits": layout.bits for name, layout in array.streams.items()},
        "latency_cycles": array.latency,
        **{name: _format(fixed) for name, fixed in (
            ("a", pe.a), ("b", pe.b), ("accumulator", pe.format), ("sum", pe.result_format),
            ("result", array.result))},
        "planes": " x ".join(str(getattr(pe, side).width) for side in pe.sides),
    }
