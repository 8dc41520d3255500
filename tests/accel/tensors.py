"""Formats of compressed traffic and tensors for them, by hypothesis and at random."""

import numpy as np
from hypothesis import strategies as st

from hwgen.accel.group_format import GroupFormat
from hwgen.number import Codes, random_codes


@st.composite
def formats(draw: st.DrawFn, buses: tuple[int, ...] = (8, 16, 32, 64, 128, 512)) -> GroupFormat:
    """Any small format whose header fits."""
    width, group = draw(st.integers(1, 17)), draw(st.integers(1, min(20, max(buses) - 5)))
    zero_vector = draw(st.booleans())
    header = (width - 1).bit_length() + group * zero_vector
    fitting = [bits for bits in buses if bits >= header]
    return GroupFormat(
        width=width, group=group, zero_vector=zero_vector, bus_bits=draw(st.sampled_from(fitting)),
        signed=draw(st.booleans()), form=draw(st.sampled_from(["twos-complement",
                                                               "sign-magnitude"])))


@st.composite
def tensors(draw: st.DrawFn, spec: GroupFormat, groups: int = 5) -> Codes:
    """Codes for a few groups, each of a size of its own, with zeros among them."""
    low, high = spec.container.minimum, spec.container.maximum
    codes: list[int] = []
    for _ in range(draw(st.integers(1, groups))):
        places = draw(st.integers(0, spec.width - 1))
        values = st.integers(low >> places, high >> places)
        codes += draw(st.lists(st.one_of(values, st.just(0)), min_size=spec.group,
                               max_size=spec.group))
    return np.array(codes[: draw(st.integers(1, len(codes)))])


def random_tensor(spec: GroupFormat, groups: int, seed: int) -> Codes:
    """Groups of every precision, some of them with many zeros, ``(groups, group)``."""
    rng = np.random.default_rng(seed)
    codes = random_codes(rng, spec.container, (groups, spec.group))
    codes >>= rng.integers(0, spec.width, (groups, 1))
    codes[rng.random(codes.shape) < rng.choice([0, 0, 0.5, 0.9, 1], (groups, 1))] = 0
    return codes
