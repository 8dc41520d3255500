"""Formats for the tests of the packer and the unpacker."""

import pytest

from hwgen.accel.group_format import GroupFormat

_CASES = {
    "usual": {},
    "usual_zeros": {"zero_vector": True},
    "magnitude": {"width": 8, "form": "sign-magnitude", "bus_bits": 32},
    "magnitude_zeros": {"width": 5, "group": 6, "form": "sign-magnitude", "zero_vector": True,
                        "bus_bits": 16},
    "unsigned_zeros": {"width": 7, "group": 9, "signed": False, "zero_vector": True,
                       "bus_bits": 16},
    "narrow_bus": {"width": 11, "group": 5, "bus_bits": 8},
    "wide_bus": {"width": 4, "group": 4, "bus_bits": 128},
    "one_value": {"width": 6, "group": 1, "zero_vector": True, "bus_bits": 8},
    "one_bit": {"width": 1, "group": 3, "signed": False, "bus_bits": 8},
    "one_signed_bit": {"width": 1, "group": 5, "form": "sign-magnitude", "zero_vector": True,
                       "bus_bits": 8},
    "wide_values": {"width": 32, "group": 3, "bus_bits": 32},
    "header_fills_word": {"width": 16, "group": 12, "zero_vector": True, "bus_bits": 16},
}
FORMATS = [pytest.param(GroupFormat.parse(fields), id=name) for name, fields in _CASES.items()]
