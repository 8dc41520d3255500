"""The place of a page that a command renews."""

from pathlib import Path

import pytest

from hwgen.analysis.page import Page
from hwgen.spec import InputError

TEXT = "before\n<!-- a:begin -->\nold\n<!-- a:end -->\nafter <!-- b:begin -->\n"


def test_only_the_place_is_renewed(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(TEXT)
    assert Page.of(path, "a").renewed("new\n") == TEXT.replace("old", "new")
    for text in ("", "<!-- a:begin -->", "much\nmore\n"):
        path.write_text(Page.of(path, "a").renewed(text))
    assert path.read_text() == TEXT.replace("old", "much\nmore")


@pytest.mark.parametrize("name", ["b", "c"])
def test_a_page_without_the_place_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(TEXT)
    with pytest.raises(InputError, match=f"page must hold the lines <!-- {name}:begin --> and "):
        Page.of(path, name)


def test_a_page_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="page must be a readable file, not '.*no.md'"):
        Page.of(tmp_path / "no.md", "a")
