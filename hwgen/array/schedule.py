"""Cycles of a mesh in closed form; the RTL meets them to the cycle (when no stream stalls)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TileRun:
    """``count`` equal tiles of ``beats`` operand beats each."""

    count: int
    beats: int


@dataclass(frozen=True)
class Schedule:
    """How long a product takes: ``preload + sum(count * max(beats, spacing)) + latency + drain``.

    Parameters
    ----------
    runs : the tiles in order; the last run is the one that ends.
    spacing : cycles between the starts of two tiles at least (drain or preload of the other
        buffer); a tile of more beats hides it.
    preload : cycles before the first operand beat is accepted.
    latency : cycles from the last accepted beat to the first result beat that needs it.
    drain : result beats that follow that one, one a cycle.
    macs : multiplications that the product asks for, without padding.
    multipliers : multipliers in the mesh.
    """

    runs: tuple[TileRun, ...]
    spacing: int
    preload: int
    latency: int
    drain: int
    macs: int
    multipliers: int

    @property
    def tiles(self) -> int:
        """Tiles in all."""
        return sum(run.count for run in self.runs)

    @property
    def cycles(self) -> int:
        """From the first accepted beat to the last result beat, both counted."""
        body = sum(run.count * max(run.beats, self.spacing) for run in self.runs)
        last = self.runs[-1].beats
        return self.preload + body - max(last, self.spacing) + last + self.latency + self.drain

    @property
    def utilisation(self) -> float:
        """Share of the multipliers' cycles that did a wanted multiplication."""
        return self.macs / (self.cycles * self.multipliers)
