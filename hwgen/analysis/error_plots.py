"""Plots of a multiplier's error: where it errs, over the operands, and how often by how much."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.analysis.error import ErrorMetrics
from hwgen.analysis.pairs import Population, Reals, blocks
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.number import Codes, Fixed
from hwgen.spec import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CELLS = 256  # of the map, a side
_BARS = 256
_STYLE: dict[Any, Any] = {"svg.hashsalt": "hwgen", "font.size": 11, "axes.titlesize": 11,
                          "figure.dpi": 100}


@dataclass(frozen=True)
class ErrorProfile:
    """What the plots show.

    Members
    -------
    map : ``(a, b)`` float64, at most 256 a side: of each cell of neighbouring codes the error that
        is greatest in size, sign kept; NaN in a cell that a sample missed.
    cell : codes of ``a`` and of ``b`` in a cell of the map.
    counts : pairs whose error lies from ``edges[i]`` to below ``edges[i + 1]``.
    edges : of the bars, half integers, evenly spaced.
    """

    map: Reals
    cell: tuple[int, int]
    counts: Codes
    edges: Reals


def require_matplotlib() -> None:
    """Raise InputError, with the cure, unless matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("matplotlib must be installed to draw plots, not missing; install it "
                         "with: pip install 'hwgen[plot]', or give --no-plots") from None


def error_profile(family: MultiplierFamily, operands: Operands,
                  metrics: ErrorMetrics) -> ErrorProfile:
    """The profile over the pairs on which ``metrics`` were measured, operands uniform."""
    a, b = Population.uniform(operands.a), Population.uniform(operands.b)
    sides = [min(side.size, _CELLS) for side in (a, b)]
    high = np.full(sides[0] * sides[1], -np.inf)
    low = -high
    step = -(-(2 * metrics.wce + 1) // _BARS)  # integers in a bar
    counts = np.zeros(2 * metrics.wce // step + 1, np.int64)
    for block in blocks(family, operands, a, b):
        row, column = (((codes - side.low) * count // side.size).astype(np.int64)
                       for codes, side, count in zip((block.a, block.b), (a, b), sides,
                                                     strict=True))
        cells = (row * sides[1] + column).ravel()
        error = block.error.astype(np.float64).ravel()
        np.maximum.at(high, cells, error)
        np.minimum.at(low, cells, error)
        bars = ((block.error + metrics.wce) // step).astype(np.int64)
        counts += np.bincount(bars.ravel(), minlength=len(counts))
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1])
    edges = np.arange(first, last + 2, dtype=np.float64) * step - metrics.wce - 0.5
    greatest = np.where(np.isinf(high), np.nan, np.where(high >= -low, high, low))
    return ErrorProfile(greatest.reshape(sides),
                        (a.size // sides[0], b.size // sides[1]),
                        counts[first : last + 1], edges)


def error_plots(family: MultiplierFamily, operands: Operands,
                metrics: ErrorMetrics) -> dict[str, bytes]:
    """File name to content, PNG and SVG; the same bytes on every run with the same versions.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context, rcdefaults, rcParams

    profile = error_profile(family, operands, metrics)
    title = f"{metrics.multiplier}: {metrics.evaluated}"
    with rc_context():
        rcdefaults()  # whatever style the user has set
        rcParams.update(_STYLE)
        return {**_files("error_map", _map_figure(profile, operands, metrics.wce, title)),
                **_files("error_histogram", _histogram_figure(profile, title))}


def _files(name: str, figure: "Figure") -> dict[str, bytes]:
    """The figure without the date and the versions that matplotlib would write into it."""
    contents = {}
    unstamped: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None}}
    for kind, metadata in unstamped.items():
        with io.BytesIO() as buffer:
            figure.savefig(buffer, format=kind, metadata=metadata)
            contents[f"{name}.{kind}"] = buffer.getvalue()
    return contents


def _map_figure(profile: ErrorProfile, operands: Operands, wce: int, title: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 6), layout="constrained")
    axes = figure.add_subplot()
    a, b = operands.a, operands.b
    limit = max(1, wce)
    image = axes.imshow(profile.map.T, origin="lower", aspect="auto", interpolation="nearest",
                        cmap="RdBu_r", vmin=-limit, vmax=limit,
                        extent=(a.minimum - 0.5, a.maximum + 0.5, b.minimum - 0.5,
                                b.maximum + 0.5))
    axes.set_facecolor("0.8")  # of cells that a sample missed
    cell = "" if profile.cell == (1, 1) else (
        f"\ngreatest error among {profile.cell[0]:,} x {profile.cell[1]:,} codes a cell")
    axes.set(title=title + cell, xlabel=f"a, code ({_format(a)})", ylabel=f"b, code ({_format(b)})")
    figure.colorbar(image, label="product less a * b, LSB of the product")
    return figure


def _histogram_figure(profile: ErrorProfile, title: str) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.2, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.stairs(profile.counts, profile.edges, fill=True, baseline=0.5, color="#2166ac")
    width = int(profile.edges[1] - profile.edges[0])
    bar = "" if width == 1 else f" in a bar of {width:,} LSB"
    axes.set(title=title, xlabel="product less a * b, LSB of the product",
             xlim=(profile.edges[0] - width, profile.edges[-1] + width),
             ylabel=f"pairs{bar}", yscale="log", ylim=(0.5, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_axisbelow(True)
    axes.grid(axis="y", alpha=0.3)
    return figure


def _format(operand: Fixed) -> str:
    return f"{operand.width} bits {'signed' if operand.signed else 'unsigned'}"
