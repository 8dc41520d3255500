"""Bugs planted in the families of segments and leading ones are found by their tests."""

from collections.abc import Callable

import pytest

from hwgen.arith import drum, mitchell, roba, static_segment
from tests.arith import test_drum, test_mitchell, test_roba, test_static_segment
from tests.planted import Mutant, plant

pytestmark = pytest.mark.planted

CASES: dict[str, Callable[[], None]] = {
    "drum": lambda: test_drum.test_definition("u6xs5", 3),
    "static segment": lambda: test_static_segment.test_definition("u6xs5", 3, 2),
    "three static segments": lambda: test_static_segment.test_definition("u8xs5", 3, 3),
    "mitchell": lambda: test_mitchell.test_definition("u6xs5", None),
    "mitchell truncated": lambda: test_mitchell.test_definition("u6xs5", 2),
    "roba": lambda: test_roba.test_definition("u6xs5"),
    "roba bounds": lambda: test_roba.test_bounds_are_attained("u3xu3"),
    "mitchell bounds": lambda: test_mitchell.test_bounds_are_attained("u6xs5", 2),
}

DRUM, SEGMENT = drum.DrumMultiplier, static_segment.StaticSegmentMultiplier
MITCHELL, ROBA = mitchell.MitchellMultiplier, roba.RobaMultiplier
MUTANTS = {
    "small magnitudes rounded": Mutant("drum", DRUM, "_segment", "| places.any()", "| 1"),
    "lowest bit never set": Mutant("drum", DRUM, "_segment", "| places.any()", "| 0"),
    "exponents not added": Mutant(
        "drum", DRUM, "rtl_magnitudes", "x_places + y_places", "x_places | y_places"),
    "normalised too far": Mutant(
        "drum", drum, "normalise", "shifted[-places:].any()", "shifted[-1]"),
    "golden: lowest bit never set": Mutant("drum", DRUM, "_unbiased", " | 1)", ")"),
    "a leading one lost": Mutant(
        "static segment", SEGMENT, "_segment", "self.segment_bits :]", "self.segment_bits + 1 :]"),
    "middle segment without its shift": Mutant(
        "three static segments", SEGMENT, "rtl_magnitudes", "still << place",
        "still << moves[-1][1]"),
    "golden: middle place taken for the top": Mutant(
        "three static segments", SEGMENT, "_cut", "x >> place << place", "x >> 5 << 5"),
    "carry of the logarithms lost": Mutant(
        "mitchell", MITCHELL, "rtl_magnitudes", "len(y_log)) + 1)", "len(y_log)))"),
    "zero has a logarithm": Mutant(
        "mitchell", MITCHELL, "rtl_magnitudes", "x_some & y_some", "x_some"),
    "low bits of the fraction kept": Mutant(
        "mitchell truncated", MITCHELL, "_rtl_log", "[-bits:]", "[:bits]"),
    "golden: fraction not truncated": Mutant(
        "mitchell truncated", MITCHELL, "_log", "fraction >> dropped << dropped", "fraction"),
    "three rounded up": Mutant("roba", ROBA, "_parts", "place[1:].any()", "place.any()"),
    "mantissa a bit short": Mutant("roba", ROBA, "rtl_magnitudes", "bits + 2", "bits + 1"),
    "constant term lost": Mutant("roba", ROBA, "rtl_magnitudes", "Cat(yf, yu)", "yf"),
    "golden: three rounded up": Mutant("roba", ROBA, "_nearest", "x == 3, 2", "x == 3, 4"),
    "bounds: only the largest magnitude": Mutant(
        "roba bounds", ROBA, "ends", "(first - 1, first)", "()"),
    "bounds: dropped bits forgotten": Mutant(
        "mitchell bounds", MITCHELL, "ends", "+ fraction + 1 <<", "+ fraction <<"),
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_mutant_is_found(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    CASES[mutant.case]()
    plant(monkeypatch, mutant)
    with pytest.raises(AssertionError):
        CASES[mutant.case]()
