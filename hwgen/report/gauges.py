"""How much of each device an array takes, from the areas that a sweep has measured."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.flow.devices import DEVICES

_COUNTED = {"LUT": ("luts",), "FF": ("ffs",), "DSP": ("dsps",), "BRAM": ("brams",),
            "cell": ("luts", "ffs")}


@dataclass(frozen=True)
class Gauge:
    """A resource of a device, and the metrics that tell how many of it an array takes.

    Members
    -------
    dsp : whether products are in DSP blocks.
    metrics : the greatest of them is taken.
    at_least : whether a device may need more than that: where a LUT and a flip-flop do not share a
        cell, or a DSP block counts as several.
    """

    device: str
    dsp: bool
    resource: str
    capacity: int
    metrics: tuple[str, ...]
    at_least: bool

    def used(self, values: Mapping[str, float]) -> float | None:
        """How many an array takes; None if it was not measured."""
        known = [values[name] for name in self.metrics if name in values]
        return max(known) if len(known) == len(self.metrics) else None

    def to_json(self) -> dict[str, Any]:
        """The members as JSON values."""
        return asdict(self)


def gauges(metrics: Collection[str]) -> list[Gauge]:
    """Every gauge for which a sweep has the metrics, by device."""
    found = []
    for name, device in DEVICES.items():
        for dsp in (False, True):
            target = f"{device.family}{'_dsp' if dsp else ''}"
            for resource, capacity in device.capacity.items():
                named = tuple(f"{target}.{field}" for field in _COUNTED[resource])
                if set(named) <= set(metrics):
                    at_least = resource == "cell" or (
                        resource == "DSP" and device.family == "gowin")
                    found.append(Gauge(name, dsp, resource, capacity, named, at_least))
    return found
