"""The devices that designs are placed on: what each holds, in whose cells it is counted."""

from collections.abc import Mapping
from dataclasses import dataclass

_COUNTED: dict[str, dict[str, dict[str, int]]] = {
    "ecp5": {
        "LUT": {"TRELLIS_COMB": 1, "TRELLIS_RAMW": 2},
        "FF": {"TRELLIS_FF": 1},
        "DSP": {"MULT18X18D": 1},
        "BRAM": {"DP16KD": 1},
    },
    "ice40": {
        "cell": {"ICESTORM_LC": 1},
        "DSP": {"ICESTORM_DSP": 1},
        "BRAM": {"ICESTORM_RAM": 1},
    },
    "gowin": {
        "LUT": {"LUT4": 1, "ALU": 1, "RAM16SDP4": 6},
        "FF": {"DFF": 1},
        "DSP": {"MULT9X9": 1, "MULT18X18": 2, "MULT36X36": 8},
        "BRAM": {"BSRAM": 1},
    },
}


@dataclass(frozen=True)
class Device:
    """A device in a package.

    Members
    -------
    family : whose netlists it takes.
    options : that name it to the tool.
    logic : the tool's types of logic cells.
    capacity : resource to how many there are. On iCE40 a "cell" is a LUT and a flip-flop; a "DSP"
        is a multiplier of 18x18 bits on ECP5, of 16x16 on iCE40 and of 9x9 on Gowin, where one of
        18x18 takes two.
    pins : names for the ports, a clock's first, where the tool cannot choose them.
    """

    family: str
    options: tuple[str, ...]
    logic: tuple[str, ...]
    capacity: Mapping[str, int]
    pins: tuple[str, ...] = ()

    def counted(self, used: Mapping[str, int]) -> dict[str, int]:
        """Each resource's count in a design that takes ``used`` cells, by the tool's types."""
        return {resource: sum(used.get(kind, 0) * weight for kind, weight in kinds.items())
                for resource, kinds in _COUNTED[self.family].items()}


def _ecp5(size: str, luts: int, dsps: int, brams: int) -> Device:
    return Device("ecp5", (f"--{size}", "--package", "CABGA381"), ("TRELLIS_COMB",),
                  {"LUT": luts, "FF": luts, "DSP": dsps, "BRAM": brams})


def _ice40(size: str, package: str, cells: int, dsps: int, brams: int) -> Device:
    return Device("ice40", (f"--{size}", "--package", package), ("ICESTORM_LC",),
                  {"cell": cells, "DSP": dsps, "BRAM": brams})


DEVICES = {
    "ecp5-25k": _ecp5("25k", 24288, 28, 56),
    "ecp5-45k": _ecp5("45k", 43848, 72, 108),
    "ecp5-85k": _ecp5("85k", 83640, 156, 208),
    "ice40-hx8k": _ice40("hx8k", "ct256", 7680, 0, 32),
    "ice40-up5k": _ice40("up5k", "sg48", 5280, 8, 30),
    "gw1n-9": Device(
        "gowin", ("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"), ("LUT4", "ALU"),
        {"LUT": 8640, "FF": 6480, "DSP": 40, "BRAM": 26},
        ("52", *map(str, (*range(25, 43), 51, *range(53, 58), *range(68, 78)))),
    ),
}
"""Name to device."""
