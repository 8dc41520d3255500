"""Collects the figures of a bench run and writes them into README.md as one table."""

from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench:begin -->\n", "<!-- bench:end -->"
_rows: list[tuple[str, str, str]] = []


@pytest.fixture
def figure():
    """Call with what was measured, its value, and the target or peer that it is held against."""
    def record(what: str, value: str, against: str = "") -> None:
        _rows.append((what, value, against))
        print(f"\n{what}: {value}  ({against})")

    return record


def pytest_sessionfinish(session, exitstatus):
    """Replace the table in the README when every measurement was made."""
    if not _rows or exitstatus != 0:
        return
    table = ["| Measured | Figure | Against |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in _rows]
    text = README.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    README.write_text(head + BEGIN + "\n".join(table) + "\n" + END + tail, "utf-8")
