"""The families of FPGAs onto whose cells hwgen maps."""

from pathlib import Path

from hwgen.fabric.ecp5 import Ecp5
from hwgen.fabric.family import Fabric
from hwgen.fabric.gowin import Gowin
from hwgen.fabric.ice40 import Ice40
from hwgen.fabric.xilinx7 import Xilinx7

_FABRICS: tuple[Fabric, ...] = (Ecp5(), Ice40(), Xilinx7(), Gowin())

FABRICS = {fabric.name: fabric for fabric in _FABRICS}
"""By name."""


def models_of(name: str) -> str:
    """Verilog modules of the cells of a family, for simulation."""
    path = Path(__file__).parent / "models" / f"{name}.v"
    return "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
                   if not line.startswith("//"))
