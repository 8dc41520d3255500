"""Pads for the ports of a mapped Gowin netlist, whose tool places neither of them by itself."""

import json
from collections.abc import Sequence

from hwgen.spec import InputError


def padded(netlist: str, top: str, pins: Sequence[str]) -> tuple[str, str]:
    """The netlist with a pad at each bit of a port, and the tool's constraints that place them.

    Raises
    ------
    InputError : there are more bits than pins.
    """
    design = json.loads(netlist)
    module = design["modules"][top]
    bits = [(name, index) for name, port in module["ports"].items()
            for index in range(len(port["bits"]))]
    if len(bits) > len(pins):
        raise InputError(f"ports must have at most {len(pins)} bits on this device, not "
                         f"{len(bits)}: put registers around the design")
    free = 1 + max(bit for net in module["netnames"].values() for bit in net["bits"]
                   if isinstance(bit, int))
    lines = []
    for (name, index), pin in zip(bits, pins, strict=False):
        port = module["ports"][name]
        pad, inner = free, port["bits"][index]
        free, port["bits"][index] = free + 1, pad
        module["cells"][f"{name}_pad{index}"] = _pad(port["direction"] == "input", pad, inner)
        whole = name if len(port["bits"]) == 1 else f"{name}[{index}]"
        lines.append(f'IO_LOC "{whole}" {pin};\n')
    return json.dumps(design), "".join(lines)


def _pad(is_input: bool, pad: int, inner: int | str) -> dict[str, object]:
    source, sink = (pad, inner) if is_input else (inner, pad)
    return {
        "hide_name": 0, "type": "IBUF" if is_input else "OBUF", "parameters": {}, "attributes": {},
        "port_directions": {"I": "input", "O": "output"},
        "connections": {"I": [source], "O": [sink]},
    }
