"""The browser in which reports are tested; ``python -m tests.report.browser`` tells its path."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync")


def find_browser() -> str:
    """Path of a Chromium: the machine's, or Playwright's own.

    Raises
    ------
    FileNotFoundError
        If there is none, with what installs one.
    """
    found = next(filter(None, map(shutil.which, ON_PATH)), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if not Path(own).exists():
        raise FileNotFoundError(f"a browser must be installed to test reports: none of "
                                f"{', '.join(ON_PATH)} is on PATH, and Playwright has none in "
                                f"{own}; install one with: .ci/browser")
    return own


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    path = find_browser()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        launched.close()


if __name__ == "__main__":
    print(find_browser())
