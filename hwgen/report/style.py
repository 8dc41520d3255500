"""How plots look, the same on every machine: colours that all eyes tell apart, and their marks."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hwgen.spec import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b0578d", "#b8860b", "#2a9fd6", "#5b4fa0", "#4d4d4d")
_MARKS = "os^DvPhX"
_STYLE: dict[Any, Any] = {"svg.hashsalt": "hwgen", "font.size": 10, "axes.titlesize": 10,
                          "figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False}


def look(index: int) -> dict[str, Any]:
    """Colour and mark of a series; the marks shift where the colours begin again."""
    return {"color": COLOURS[index % len(COLOURS)],
            "marker": _MARKS[(index + index // len(COLOURS)) % len(_MARKS)]}


def require_plots() -> None:
    """Raise InputError, with the cure, unless matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("matplotlib must be installed to draw plots, not missing; install it "
                         "with: pip install 'hwgen[plot]', or leave out --plots") from None


@contextmanager
def styled() -> Iterator[None]:
    """Draw in this style, whatever the user has set."""
    from matplotlib import rc_context, rcdefaults, rcParams

    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        yield


def content(figure: "Figure", kind: str) -> bytes:
    """The figure as ``svg`` or ``png``, without the date and the versions of matplotlib."""
    unstamped: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None}}
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format=kind, metadata=unstamped[kind])
        return buffer.getvalue()
