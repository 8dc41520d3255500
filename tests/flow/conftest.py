"""Generated folders that the tests of a worker share, and caches that those of a module do."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

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


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache_folder(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that starts empty; tests that look into it choose another."""
    monkeypatch.setenv("HWGEN_CACHE", str(shared_cache))
    return shared_cache
