"""The packages that only some sweeps need."""

import importlib.util

from hwgen.spec import InputError


def require(package: str, purpose: str) -> None:
    """Raise InputError, with the cure, unless ``package`` is installed."""
    if importlib.util.find_spec(package) is None:
        raise InputError(f"package {package} must be installed for {purpose}; run: "
                         "pip install 'hwgen[sweep]'")
