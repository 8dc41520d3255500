"""The families of FPGAs onto whose cells hwgen maps."""

from hwgen.fabric.ecp5 import Ecp5
from hwgen.fabric.family import Fabric
from hwgen.fabric.gowin import Gowin
from hwgen.fabric.ice40 import Ice40
from hwgen.fabric.xilinx7 import Xilinx7

_FABRICS: tuple[Fabric, ...] = (Ecp5(), Ice40(), Xilinx7(), Gowin())

FABRICS = {fabric.name: fabric for fabric in _FABRICS}
"""By name."""
