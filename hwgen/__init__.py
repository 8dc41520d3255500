"""hwgen: from a number format to working hardware."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["ArraySpec", "Fixed", "InputError", "__version__"]

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec
    from hwgen.number import Fixed
    from hwgen.spec import InputError

_HOMES = {"ArraySpec": "hwgen.array.mesh", "Fixed": "hwgen.number", "InputError": "hwgen.spec"}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
