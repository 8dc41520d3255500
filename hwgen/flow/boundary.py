"""Registers around an array on all sides, so that neither pins nor their paths limit its clock.

An array has hundreds of ports, and a device has fewer pins.  So a shift register, filled from one
pin, feeds the array's inputs, and its outputs are folded into one pin.  Every input comes from a
register, and every output is caught in one before it is XORed into a second shift register, which
no two bits enter at the same place: copies of a bit do not cancel, and synthesis drops none.
"""

from hwgen.flow.cell_text import Port, ports_of

ARRAY = "array"
"""Name of the array's instance."""
CAUGHT, FOLDED = "caught", ("folded", "to_pin")
"""What the registers behind the array are called: those at its outputs, those that fold."""

_BOUNDARY = """\
module {name}(input clk, input from_pin, output to_pin);
  reg entered;
  reg [{last_in}:0] fed;
  reg [{last_out}:0] caught, folded;
  wire [{last_out}:0] outputs;
  always @(posedge clk) begin
    entered <= from_pin;
    fed <= {{fed, entered}};
    caught <= outputs;
    folded <= {{folded, 1'b0}} ^ caught;
  end
  assign to_pin = folded[{last_out}];
  {top} {array} (.clk(clk), {pins});
endmodule
"""


def boundary_name(top: str) -> str:
    """Name of the module around the array ``top``."""
    return f"{top}_boundary"


def bounded(text: str, top: str) -> str:
    """``text`` with one more module, :func:`boundary_name`, around its module ``top``.

    Raises
    ------
    ToolError : there is no module ``top`` as Yosys writes it.
    """
    ports = {name: port for name, port in ports_of(text, top).items() if name != "clk"}
    fed, inputs = _connected(ports, "input", "fed")
    outputs, results = _connected(ports, "output", "outputs")
    return text + "\n" + _BOUNDARY.format(
        name=boundary_name(top), top=top, array=ARRAY, pins=", ".join(inputs + results),
        last_in=fed - 1, last_out=outputs - 1)


def _connected(ports: dict[str, Port], direction: str, vector: str) -> tuple[int, list[str]]:
    """Bits of all ports of a direction, and a connection of each to its part of ``vector``."""
    low, pins = 0, []
    for name, port in ports.items():
        if port.direction == direction:
            pins.append(f".{name}({vector}[{low + port.bits - 1}:{low}])")
            low += port.bits
    return low, pins
