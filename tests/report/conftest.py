"""Reports, and a browser that shows them."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext

from hwgen.array.mesh import ArraySpec
from tests.report.browser import browser
from tests.report.reports import Built, built
from tests.report.tabs import Open, Opened

CLIPBOARD = """Object.defineProperty(navigator, "clipboard", { value: {
    writeText: async (text) => { window.copied = text; } } });"""


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Of more points than a page of a table has, with a field of many values."""
    def figures(array: ArraySpec, index: int) -> dict[str, float]:
        return {"cycles": float(index % 7), "mae": 2.0 * array.pe.accumulator.width}

    text = """
        metrics = ["cycles", "mae"]
        axes.rows = [1, 2, 3]
        axes.pe.accumulator.width = { from = 20, to = 59 }
        """
    return built(tmp_path_factory.mktemp("large"), text, figures)


@pytest.fixture(scope="package")
def context() -> Iterator[BrowserContext]:
    """One for all tests, as each new one costs half a second."""
    with browser() as chromium:
        opened = chromium.new_context()
        opened.add_init_script(CLIPBOARD)
        yield opened


@pytest.fixture
def show(context: BrowserContext, small: Built) -> Iterator[Open]:
    """Opens the report; in the end nothing may have gone wrong in any tab."""
    tabs: list[Opened] = []

    def opened(view: str = "", report: Built = small, width: int = 1400,
               color_scheme: Literal["light", "dark"] = "light") -> Opened:
        free = context.pages[len(tabs):]
        page = free[0] if free else context.new_page()
        page.goto("about:blank")
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=color_scheme)
        tab = Opened(page, report)
        tab.listen()
        page.goto(f"{report.url}{view}")
        tabs.append(tab)
        return tab

    yield opened
    for tab in tabs:
        tab.page.remove_listener("console", tab.heard)
        tab.page.remove_listener("request", tab.asked)
        tab.page.remove_listener("pageerror", tab.failed)
        assert tab.complaints == []
        assert [url for url in tab.requests if not url.startswith(("data:", "blob:"))] == [
            tab.requests[0]]
        assert tab.requests[0].split("#")[0] == tab.built.url
        assert tab.page.evaluate("() => window.hacked") is None
