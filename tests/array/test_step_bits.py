"""How many bits a step takes: as told, within limits; as found; and the cycles of that."""

import numpy as np
import pytest

from hwgen.array.step_bits import StepBits
from hwgen.spec import InputError
from tests.array.products import array_of, operands_of
from tests.array.test_feed import serial_array


def test_16_bits_at_5_by_3() -> None:
    """An array of 16 x 16 bits runs in 15/256 of the time, but for the fill."""
    array = array_of(2, 2, pe={"kind": "both-serial", "precision": {"kind": "run-time"},
                               "a": {"width": 16}, "b": {"width": 16}})
    few, all_bits = (array.schedule(2, 1000, 2, precision) for precision in ((5, 3), (16, 16)))
    fill = array.latency + array.rows - 1
    assert (few.cycles - fill) * 256 == (all_bits.cycles - fill) * 15


@pytest.mark.parametrize(("precision", "told", "message"), [
    ("told", (0, 4), "precision of a must be 1 to 5, not 0"),
    ("told", (6, 4), "precision of a must be 1 to 5, not 6"),
    ("told", (5, 5), "precision of b must be 1 to 4, not 5"),
    ("fixed", (5, 4), 'precision must be left out unless pe.precision.kind is "run-time", not '
     "(5, 4)"),
])
def test_faults_of_a_precision(precision: str, told: tuple[int, int], message: str) -> None:
    array = serial_array("both-serial", "os", precision)
    with pytest.raises(InputError) as error:
        array.golden(*operands_of(array, (2, 2, 2)), precision=told)
    assert str(error.value) == message


def test_words_must_be_told_whole() -> None:
    array = serial_array("activation-serial", "os", "told")
    with pytest.raises(InputError, match="precision of b must be 4, not 3"):
        array.schedule(2, 2, 2, (5, 3))


def test_found_bits_and_cycles() -> None:
    bits = StepBits(serial_array("both-serial", "os", "detected"))
    a = bits.of("a", np.array([[0, 0], [-1, 1], [3, -4], [-16, 0]]))
    b = bits.of("b", np.array([[-8, 7], [0, 1], [0, 0], [1, 1]]))
    assert a.tolist() == [1, 2, 3, 5]
    assert b.tolist() == [4, 2, 1, 2]
    assert bits.cycles(a, b).tolist() == [4, 4, 3, 10]


def test_magnitudes_take_one_bit_more_for_a_power_of_two() -> None:
    bits = StepBits(serial_array("activation-serial", "os", "magnitudes"))
    assert bits.of("a", np.array([[3, -4], [3, -3], [-16, 0]])).tolist() == [4, 3, 5]
    assert bits.cycles(np.array([4]), np.array([3])).tolist() == [4]
