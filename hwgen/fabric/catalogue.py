"""The families of FPGAs onto whose cells hwgen maps."""

from pathlib import Path

from hwgen.fabric.ecp5 import Ecp5
from hwgen.fabric.family import Fabric
from hwgen.fabric.ice40 import Ice40

FABRICS: dict[str, Fabric] = {fabric.name: fabric for fabric in (Ecp5(), Ice40())}
"""By name."""


def models_of(name: str) -> str:
    """Verilog modules of the cells of a family, for simulation."""
    path = Path(__file__).parent / "models" / f"{name}.v"
    return "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
                   if not line.startswith("//"))
