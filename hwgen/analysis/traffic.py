"""Compressed traffic of given codes: how many of their bits remain when groups are packed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.accel.group_format import GroupFormat
from hwgen.arith.group_precision import Form
from hwgen.number import Codes, Fixed

FORMS: tuple[Form, ...] = ("twos-complement", "sign-magnitude")
WIDEST_BUS = 512  # takes the header of any group; the packed bits do not depend on the bus


@dataclass(frozen=True)
class Traffic:
    """What one format makes of a tensor.

    Members
    -------
    packed_bits : headers and values, without the one and the zeros at the end of the tensor.
    container_bits : the codes at the width of their container.
    """

    form: Form
    zero_vector: bool
    group: int
    packed_bits: int
    container_bits: int

    @property
    def ratio(self) -> float:
        """Packed over container."""
        return self.packed_bits / self.container_bits


def traffic(codes: Codes, container: Fixed, groups: Sequence[int] = (16,)) -> list[Traffic]:
    """Each form, without and with zero vector, for each group size, in this order.

    Parameters
    ----------
    codes : of any shape, taken in C order; zeros fill up the last group.
    container : the format of the codes, at most 32 bits. Forms do not differ where it is unsigned.

    Raises
    ------
    InputError
        If the container is too wide, a code lies outside it, or there is no code.
    """
    return [_traffic(codes, container, form, zero_vector, group)
            for group in groups for form in FORMS for zero_vector in (False, True)]


def _traffic(codes: Codes, container: Fixed, form: Form, zero_vector: bool,
             group: int) -> Traffic:
    spec = GroupFormat.parse({"width": container.width, "signed": container.signed, "form": form,
                              "zero_vector": zero_vector, "group": group, "bus_bits": WIDEST_BUS})
    return Traffic(form, zero_vector, group, spec.packed_bits(codes),
                   int(np.size(codes)) * container.width)
