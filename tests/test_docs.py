"""The documents hold: every Python block runs as it stands, every relative link leads somewhere."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
             if path.exists()]

_FENCE = re.compile(r"^( *)(```+|~~~+)(.*?)\n(.*?)^ *\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINKS = (
    re.compile(r"\]\(\s*<?([^\s)>]+)"),  # [text](target) and ![text](target)
    re.compile(r"^ {0,3}\[[^]]+\]:\s*<?([^\s>]+)", re.MULTILINE),  # [label]: target
    re.compile(r"""<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)=["']([^"'\s]+)"""),
)
_HEADING = re.compile(r"^#{1,6} +(.*?)[ #]*$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of Python and the line on which its code begins."""

    path: Path
    line: int
    source: str


def blocks(path: Path) -> list[Block]:
    """All ```python blocks of a document."""
    text = path.read_text(encoding="utf-8")
    return [Block(path, text.count("\n", 0, fence.start(4)) + 1, textwrap.dedent(fence[4]))
            for fence in _FENCE.finditer(text) if fence[3].strip() == "python"]


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Targets of all links and images that stay inside the project."""
    text = _CODE.sub("", prose(path))
    targets = {target for pattern in _LINKS for target in pattern.findall(text)}
    return sorted(target for target in targets if not re.match(r"[a-z][a-z+.-]*:|//", target))


def anchors(path: Path) -> set[str]:
    """The anchors that a forge gives to a document's headings."""
    headings = (heading.lower() for heading in _HEADING.findall(prose(path)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


BLOCKS = [block for path in DOCUMENTS for block in blocks(path)]
LINKS = [(path, target) for path in DOCUMENTS for target in links(path)]


def test_documents_are_found() -> None:
    assert ROOT / "docs" / "numerics.md" in DOCUMENTS
    assert any(block.path.name == "numerics.md" for block in BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{name(block.path)}:{block.line}")
def test_python_block_runs(block: Block) -> None:
    # Blank lines in front make tracebacks point at the line of the document.
    code = compile("\n" * (block.line - 1) + block.source, str(block.path), "exec")
    exec(code, {"__name__": "__main__"})


@pytest.mark.parametrize(("path", "target"), LINKS, ids=lambda value: str(
    name(value) if isinstance(value, Path) else value))
def test_relative_link_exists(path: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    found = (path.parent / file).resolve() if file else path
    assert found.is_relative_to(ROOT), f"{name(path)} links outside the project: {target}"
    assert found.exists(), f"{name(path)} links to a missing file: {target}"
    if anchor and found.suffix == ".md":
        assert anchor in anchors(found), f"{name(path)} links to a missing heading: {target}"
