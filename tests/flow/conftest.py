"""Generated folders that the tests of a worker share."""

from collections.abc import Callable
from functools import cache

import pytest

from hwgen.flow.design import Design, generate
from tests.flow.varied import VARIED

DesignOf = Callable[[str], Design]


@pytest.fixture(scope="session")
def design_of(tmp_path_factory: pytest.TempPathFactory) -> DesignOf:
    """The generated folder of an array of :data:`VARIED`, by name; do not change its files."""
    @cache
    def design(name: str) -> Design:
        return generate(VARIED[name], tmp_path_factory.mktemp(name))

    return design
