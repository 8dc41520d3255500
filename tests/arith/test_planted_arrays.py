"""Bugs planted in the families of partial products are found by their tests."""

from collections.abc import Callable

import pytest

from hwgen.arith import booth_truncated, lower_or, masked, perforated, recursive, rows
from hwgen.arith.sign_magnitude import SignMagnitudeUnit
from tests.arith import (
    test_booth_truncated,
    test_lower_or,
    test_masked,
    test_perforated,
    test_recursive,
    test_rows,
)
from tests.planted import Mutant, plant

pytestmark = pytest.mark.planted

CASES: dict[str, Callable[[], None]] = {
    "masked": lambda: test_masked.test_masked_definition("s7xs6", 1),
    "masked bounds": lambda: test_masked.test_bounds_are_attained(
        masked.MaskedMultiplier, "s3xu7"),
    "truncated": lambda: test_masked.test_truncated_definition("s6xu5", 3, 5),
    "broken array": lambda: test_masked.test_broken_array_definition("u6xs5", 1, 3, 0),
    "perforated": lambda: test_perforated.test_definition("s6xs5", 1, 2, 0),
    "recursive": lambda: test_recursive.test_definition("s6xu5"),
    "recursive narrow": lambda: test_recursive.test_definition("u7xu2"),
    "recursive worst": lambda: test_recursive.test_worst_error_is_attained("s8xu8"),
    "lower or": lambda: test_lower_or.test_definition("u6xs5", 4),
    "lower or bounds": lambda: test_lower_or.test_bounds_hold("u6xu6", 5),
    "booth": lambda: test_booth_truncated.test_definition("u6xs5", 3, 1),
    "booth unsigned": lambda: test_booth_truncated.test_definition("s6xu5", 3, 1),
    "booth bounds": lambda: test_booth_truncated.test_bounds_are_attained("s7xu8", 4, 3),
    "gap": lambda: test_rows.test_row_goes_onto_its_columns(6, 7, -4, True),
}

BOOTH = booth_truncated.BoothTruncatedMultiplier
BOOTH_UNIT = booth_truncated.BoothTruncatedUnit
MUTANTS = {
    "last row not negative": Mutant(
        "masked", masked.MaskedUnit, "elaborate", "operator.sub if negative else ", ""),
    "row keeps a column less": Mutant(
        "masked", masked.MaskedUnit, "elaborate", "first + j, row", "first + j + 1, row >> 1"),
    "constant lost": Mutant(
        "truncated", masked.MaskedUnit, "elaborate", "Const(self.spec.constant)", "Const(0)"),
    "golden: last row not negative": Mutant(
        "masked", masked.MaskedFamily, "golden", "-1 if", "1 if"),
    "golden: empty row keeps the sign": Mutant(
        "masked", masked.MaskedFamily, "golden", "first < operands.a.width", "True"),
    "bounds: sign bit of b counted as positive": Mutant(
        "masked bounds", masked, "_extremes", "np.minimum(rows, 0)", "np.minimum(rows, -1)"),
    "cut a column late": Mutant(
        "truncated", masked.TruncatedMultiplier, "first_columns", "self.cut - j",
        "self.cut - j + 1"),
    "rows below the break dropped": Mutant(
        "broken array", masked.BrokenArrayMultiplier, "first_columns", "j < self.h", "j >= self.h"),
    "a row too few omitted": Mutant(
        "perforated", perforated.PerforatedMultiplier, "first_columns", "+ self.count)",
        "+ self.count - 1)"),
    "block of 3 * 3 is 3": Mutant(
        "recursive", recursive, "_block", ", x[1] & y[1]", ", x[1] & y[1] & ~x[0]"),
    "halves one bit apart": Mutant(
        "recursive", recursive, "_product", "outer[half:] + cross", "outer[half:] + (cross >> 1)"),
    "carry of the narrow split lost": Mutant(
        "recursive narrow", recursive, "_product", " + least[half:]", ""),
    "golden: exact block": Mutant(
        "recursive", recursive.RecursiveMultiplier, "golden_magnitudes", "== 3), 7", "== 3), 9"),
    "worst error: of unsigned operands": Mutant(
        "recursive worst", recursive.RecursiveMultiplier, "worst_error", " - operand.signed", ""),
    "no carry into the upper part": Mutant(
        "lower or", lower_or.LowerOrMultiplier, "rtl_magnitudes", "0 < j < low", "0 < j < 0"),
    "carry of the lowest columns": Mutant(
        "lower or", lower_or.LowerOrMultiplier, "rtl_magnitudes", "lower_row[-1]", "lower_row[-2]"),
    "golden: lower part by AND": Mutant(
        "lower or", lower_or.LowerOrMultiplier, "golden_magnitudes", "(total | row)",
        "(total & row)"),
    "bounds: no carries": Mutant(
        "lower or bounds", lower_or.LowerOrMultiplier, "magnitude_bound",
        " + self._carries(x, j)", " - 1"),
    "sign of one operand only": Mutant(
        "lower or", SignMagnitudeUnit, "elaborate", "negative ^= port[-1]", "negative = port[0]"),
    "negation without its one": Mutant(
        "booth", BOOTH_UNIT, "elaborate", "carry=top", "carry=Const(0, 1)"),
    "doubled row not doubled": Mutant("booth", BOOTH_UNIT, "elaborate", ".shift_left(1)", ""),
    "unsigned b ends in its top bit": Mutant(
        "booth unsigned", BOOTH_UNIT, "elaborate", "if self.operands.b.signed", "if True"),
    "golden: negated before the cut": Mutant(
        "booth", BOOTH, "row", "np.sign(digit) * (multiple >> self.cut << self.cut)",
        "np.sign(digit) * multiple >> self.cut << self.cut"),
    "golden: top digit of unsigned b lost": Mutant(
        "booth unsigned", BOOTH, "rows", "else 2", "else 0"),
    "bounds: unsigned b may be negative": Mutant(
        "booth bounds", booth_truncated, "_bits", "return [(0, 0)]",
        "return [(0, 0), (1, 1)]"),
    "short sum not continued": Mutant(
        "gap", test_rows, "onto", "low.eq(total)", "low.eq(total.as_unsigned())"),
}


@pytest.fixture(autouse=True)
def _forget() -> None:
    """Extremes found before a bug was planted are not those found with it."""
    rows._sums.cache_clear()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case_passes(case: Callable[[], None]) -> None:
    case()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_mutant_is_found(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    plant(monkeypatch, mutant)
    with pytest.raises(AssertionError):
        CASES[mutant.case]()
