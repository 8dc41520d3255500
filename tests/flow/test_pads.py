"""Pads of Gowin: one a bit, each with a pin."""

import json

import pytest

from hwgen.flow.pads import padded
from hwgen.spec import InputError

NETLIST = json.dumps({"modules": {"top": {
    "ports": {"clk": {"direction": "input", "bits": [2]},
              "q": {"direction": "output", "bits": [3, "0"]}},
    "cells": {}, "netnames": {"clk": {"bits": [2]}, "q": {"bits": [3, "0"]}, "d": {"bits": [9]}},
}}})


def test_each_bit_has_a_pad_and_a_pin() -> None:
    text, constraints = padded(NETLIST, "top", ("52", "25", "26", "27"))
    module = json.loads(text)["modules"]["top"]
    assert constraints == 'IO_LOC "clk" 52;\nIO_LOC "q[0]" 25;\nIO_LOC "q[1]" 26;\n'
    assert [port["bits"] for port in module["ports"].values()] == [[10], [11, 12]]
    assert {name: (pad["type"], pad["connections"]) for name, pad in module["cells"].items()} == {
        "clk_pad0": ("IBUF", {"I": [10], "O": [2]}),
        "q_pad0": ("OBUF", {"I": [3], "O": [11]}),
        "q_pad1": ("OBUF", {"I": ["0"], "O": [12]}),
    }


def test_pins_may_run_out() -> None:
    with pytest.raises(InputError, match="ports must have at most 2 bits on this device, not 3"):
        padded(NETLIST, "top", ("52", "25"))
