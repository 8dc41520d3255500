"""Traffic of given codes: by hand, against the packed stream, and bad input."""

import numpy as np
import pytest

from hwgen.accel.group_format import GroupFormat
from hwgen.analysis.traffic import traffic
from hwgen.number import Fixed, random_codes
from hwgen.spec import InputError


def test_by_hand() -> None:
    """Of -2, 1 and 0 in 8 bits: P is 2, or 3 with a magnitude of 2; the field has 3 bits."""
    found = traffic(np.array([[-2, 1, 0]]), Fixed(width=8), (3,))
    assert [(one.form, one.zero_vector, one.packed_bits) for one in found] == [
        ("twos-complement", False, 3 + 3 * 2), ("twos-complement", True, 3 + 3 + 2 * 2),
        ("sign-magnitude", False, 3 + 3 * 3), ("sign-magnitude", True, 3 + 3 + 2 * 3)]
    assert found[0].ratio == 9 / 24


@pytest.mark.parametrize("signed", [True, False])
def test_is_what_the_stream_holds(signed: bool) -> None:
    container = Fixed(width=8, signed=signed)
    codes = random_codes(np.random.default_rng(1), container, (7, 9)) >> 3
    for one in traffic(codes, container, (1, 16, 256)):
        spec = GroupFormat(width=8, signed=signed, form=one.form, group=one.group, bus_bits=512,
                           zero_vector=one.zero_vector)
        words = spec.pack(codes)
        stream = sum(word << 512 * index for index, word in enumerate(words))
        assert one.packed_bits == stream.bit_length() - 1
        assert one.container_bits == codes.size * 8


def test_zero_vector_expands_full_scale_codes() -> None:
    plain, zeros = traffic(np.full(64, -128), Fixed(width=8))[:2]
    assert plain.ratio == 1 + 3 / 128
    assert zeros.ratio == 1 + 19 / 128


def test_bad_input() -> None:
    with pytest.raises(InputError, match="width must be at most 32, not 40"):
        traffic(np.array([1]), Fixed(width=40))
    with pytest.raises(InputError, match="codes must be -8 to 7, not 8 to 8"):
        traffic(np.array([8]), Fixed(width=4))
