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
    """Put what was measured into the README's table, if no measurement failed.

    All of the table is new when every file was run; else the other rows stay as they are.
    """
    if not _rows or exitstatus != 0:
        return
    head, _, rest = README.read_text("utf-8").partition(BEGIN)
    table, _, tail = rest.partition(END)
    rows = {what: f"| {what} | {value} | {against} |" for what, value, against in _rows}
    every = {item.path for item in session.items} >= set(Path(__file__).parent.glob("test_*.py"))
    if not every:
        rows = {row.split(" | ")[0].removeprefix("| "): row
                for row in table.splitlines()[2:]} | rows
    lines = ["| Measured | Figure | Against |", "|---|---|---|", *rows.values(), ""]
    README.write_text(head + BEGIN + "\n".join(lines) + END + tail, "utf-8")
