"""Packages that may be missing."""

import pytest

from hwgen.spec import InputError
from hwgen.sweep.packages import require


def test_what_is_installed_is_there() -> None:
    require("numpy", "numbers")


def test_names_the_package_its_purpose_and_the_cure() -> None:
    with pytest.raises(InputError) as refusal:
        require("no_such_package", "Parquet")
    assert str(refusal.value) == ("package no_such_package must be installed for Parquet; run: "
                                  "pip install 'hwgen[sweep]'")
