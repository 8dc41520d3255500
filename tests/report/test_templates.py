"""The page in a browser: nothing is asked for, nothing runs but its own, every control works."""

import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from hwgen.array.mesh import ArraySpec
from hwgen.report.error_map import error_map
from hwgen.sweep.pareto import front
from hwgen.sweep.runner import Row
from tests.report.browser import browser
from tests.report.reports import HOSTILE, Built, built

CLIPBOARD = """Object.defineProperty(navigator, "clipboard", { value: {
    writeText: async (text) => { window.copied = text; } } });"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
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


@dataclass
class Opened:
    """A report in a tab, and what the browser complained of or asked for."""

    page: Page
    built: Built
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def failed(self, error: object) -> None:
        self.complaints.append(str(error))

    def asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def listen(self) -> None:
        self.page.on("console", self.heard)
        self.page.on("pageerror", self.failed)
        self.page.on("request", self.asked)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    @property
    def chosen(self) -> Row | None:
        """The point whose details are shown."""
        sentence = self.page.locator("#chosen .sentence")
        if not sentence.count():
            return None
        key = sentence.inner_text().split(" ")[0]
        return next(row for row in self.built.report.rows if row.point.key == key)

    def hashes(self, table: str) -> list[str]:
        """Of the rows of a table, from the top."""
        return self.page.locator(f"{table} td.hash").all_inner_texts()

    def column(self, table: str, name: str) -> list[str]:
        """The cells of a column."""
        heads = self.page.locator(f"{table} thead th").all_text_contents()
        place = next(at for at, head in enumerate(heads) if head.rstrip(" ▲▼") == name)
        return self.page.locator(f"{table} tbody td:nth-child({place + 1})").all_inner_texts()

    def choose_axis(self, place: int, name: str) -> None:
        self.page.locator("#axes select").nth(place).select_option(name)


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
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


def spec_of(tab: Opened) -> ArraySpec:
    """What the shown TOML says."""
    return ArraySpec.parse(tomllib.loads(tab.page.locator("#toml").text_content() or ""))


def test_a_point_of_the_front_is_chosen_at_first(show: Open) -> None:
    tab = show()
    assert tab.chosen in small_front(tab)
    assert "18 of 22 measured points shown" in tab.text("#shown")


def small_front(tab: Opened) -> list[Row]:
    return tab.built.report.front


def place_of_a_point(tab: Opened) -> tuple[float, float]:
    """Where in the window the pointer finds a point, the rightmost; it then is there."""
    place = tab.page.evaluate("""() => {
        const plot = document.getElementById("plot");
        const box = plot.getBoundingClientRect();
        for (let x = box.width - 20; x > 70; x -= 15) for (let y = 10; y < box.height; y += 15) {
            plot.dispatchEvent(new PointerEvent("pointermove",
                { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
            if (!document.getElementById("tip").hidden) return [box.left + x, box.top + y];
        }
    }""")
    tab.page.mouse.move(*place)
    return place[0], place[1]


def test_click_on_a_point_shows_its_spec(show: Open) -> None:
    tab = show()
    tab.page.keyboard.press("Escape")
    place = place_of_a_point(tab)
    told = tab.text("#tip")
    assert "ecp5.luts, LUTs" in told
    tab.page.mouse.click(*place)
    assert tab.chosen
    assert tab.chosen.point.array
    assert f"rows\n{tab.chosen.point.array.rows}" in told
    assert spec_of(tab).config_hash == tab.chosen.point.key


def test_the_toml_of_every_point_has_its_hash(show: Open) -> None:
    tab = show()
    found = tab.page.evaluate("""() => [...document.querySelectorAll("#all-table tbody tr")].map(
        (row) => {
            row.click();
            return [document.querySelector("#chosen .sentence").textContent.split(" ")[0],
                document.getElementById("toml").textContent];
        })""")
    specs = {key: ArraySpec.parse(tomllib.loads(toml)) for key, toml in found}
    assert specs == {row.point.key: row.point.array for row in tab.built.report.rows if row.kept}
    assert all(spec.config_hash == key for key, spec in specs.items())


def test_copies_and_saves(show: Open, tmp_path) -> None:
    tab = show()
    assert tab.chosen
    toml = tab.page.locator("#toml").text_content() or ""
    tab.page.get_by_role("button", name="Copy", exact=True).last.click()
    assert tab.page.evaluate("() => window.copied") == toml
    tab.page.get_by_role("button", name="Copy with the file").click()
    shell = tab.page.evaluate("() => window.copied")
    written, _, command = shell.rpartition("END_OF_SPEC\n")
    subprocess.run(["bash", "-ec", f"{written}END_OF_SPEC\n"], cwd=tmp_path, check=True)
    name = f"mac_{tab.chosen.point.key[:8]}"
    assert (tmp_path / f"{name}.toml").read_text() == toml
    assert command == f"hwgen gen {name}.toml -o rtl_out/{name}\n"
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == f"{name}.toml"
    assert download.value.path().read_text() == toml


def test_the_front_is_pythons_for_every_pair_of_metrics(show: Open) -> None:
    tab = show()
    pairs = list(combinations(tab.built.report.sweep.metrics, 2))
    fronts = tab.page.evaluate("""(pairs) => pairs.map((names) => {
        names.forEach((name, place) => {
            const select = document.querySelectorAll("#axes select")[place];
            select.value = name;
            select.dispatchEvent(new Event("change"));
        });
        const cells = document.querySelectorAll("#front-table td.hash");
        return [...cells].map((cell) => cell.textContent);
    })""", [(x.name, y.name) for x, y in pairs])
    rows = [row for row in tab.built.report.rows if row.kept]
    for (x, y), found in zip(pairs, fronts, strict=True):
        best = front([[row.values[x.name], row.values[y.name]] for row in rows],
                     [x.direction, y.direction])
        keys = sorted(rows[index].point.key[:8] for index in best)
        assert sorted(found) == keys, (x.name, y.name)


def test_check_boxes_filter(show: Open) -> None:
    tab = show()
    tab.page.locator('fieldset[data-field="rows"] label', has_text="6").click()
    assert "10 of 22 measured points shown" in tab.text("#shown")
    assert set(tab.column("#all-table", "rows")) == {"2"}
    kinds = tab.page.locator('fieldset[data-field="pe.kind"] label')
    kinds.filter(has_text="parallel").click()
    assert set(tab.column("#all-table", "pe.kind")) == {"activation-serial", "both-serial"}
    tab.page.locator("#clear").click()
    assert "18 of 22 measured points shown" in tab.text("#shown")


def test_ranges_filter(show: Open) -> None:
    tab = show()
    low = tab.page.get_by_label("mae, from")
    low.fill("10")
    low.press("Enter")
    kept = [row for row in tab.built.report.rows if row.kept and row.values["mae"] >= 10]
    assert sorted(tab.hashes("#all-table")) == sorted(row.point.key[:8] for row in kept)
    assert "from.mae=10_Infinity" in address(tab)


def address(tab: Opened) -> str:
    """The address once it tells the state."""
    tab.page.wait_for_timeout(150)
    return tab.page.url


def drag(tab: Opened, start: tuple[float, float], end: tuple[float, float]) -> None:
    tab.page.mouse.move(*start)
    tab.page.mouse.down()
    tab.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    tab.page.mouse.move(*end)
    tab.page.mouse.up()


@pytest.mark.parametrize("axes", ["x=ecp5.luts&y=mae&log=xy", "x=snr_db&y=mae&log=",
                                  "x=mae&y=snr_db&log=x", "x=cycles&y=bias&log=y"])
def test_a_frame_narrows_to_what_is_in_it(axes: str, show: Open) -> None:
    tab = show(f"#{axes}")
    x, y = place_of_a_point(tab)
    told = tab.text("#tip").split("\n")
    drag(tab, (x - 13, y - 13), (x + 13, y + 13))
    assert 0 < int(tab.text("#shown").split(" ")[0]) < 18
    for title, value in (told[:2], told[2:4]):
        assert value in tab.column("#all-table", title)
    tab.page.mouse.dblclick(x, y)
    assert "18 of 22 measured points shown" in tab.text("#shown")


def test_a_frame_around_all_keeps_all(show: Open) -> None:
    tab = show("#x=snr_db&y=mae&log=y")
    box = tab.page.locator("#plot").bounding_box()
    assert box
    drag(tab, (box["x"] + 66, box["y"] + 4),
         (box["x"] + box["width"] - 4, box["y"] + box["height"] - 40))
    assert "18 of 22 measured points shown" in tab.text("#shown")
    assert tab.page.get_by_label("mae, to").input_value() != ""


def test_what_the_sweep_does_not_keep(show: Open) -> None:
    tab = show()
    tab.page.get_by_label("also what the sweep does not keep").check()
    assert "22 of 22 measured points shown" in tab.text("#shown")
    assert "512" in tab.column("#all-table", "mae, LSB")


@pytest.mark.parametrize("presses", [1, 2])
def test_heads_sort_from_the_keyboard(presses: int, show: Open) -> None:
    tab = show()
    head = tab.page.locator("#all-table th button", has_text="mae, LSB")
    head.focus()
    for _ in range(presses):
        tab.page.keyboard.press("Enter")
    found = [float(cell) for cell in tab.column("#all-table", "mae, LSB")]
    assert found == sorted(found, reverse=presses == 2)
    assert tab.page.locator("#all-table th[aria-sort]").get_attribute("aria-sort") == (
        "ascending" if presses == 1 else "descending")
    assert tab.page.evaluate("() => document.activeElement.textContent.startsWith('mae')")


def test_rows_from_the_keyboard(show: Open) -> None:
    tab = show()
    tab.page.locator("#all-table tbody tr").first.focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    assert tab.chosen
    assert tab.chosen.point.key.startswith(tab.hashes("#all-table")[2])
    assert tab.page.evaluate("() => document.activeElement.id") == "chosen"


def test_pages_of_a_table(show: Open, large: Built) -> None:
    tab = show(report=large)
    keys = [row.point.key[:8] for row in large.report.rows]
    assert tab.hashes("#all-table") == keys[:50]
    assert tab.text("#all-table .pager span") == "1 to 50 of 120"
    following = tab.page.locator("#all-table .pager").get_by_role("button", name="Next")
    following.click()
    tab.page.keyboard.press("Enter")
    assert tab.hashes("#all-table") == keys[100:]
    assert following.is_disabled()
    tab.page.locator("#all-table tbody tr").first.focus()
    tab.page.keyboard.press("PageUp")
    assert tab.hashes("#all-table") == keys[50:100]
    tab.page.locator("#all-table th button", has_text="width").click()
    assert tab.column("#all-table", "pe.accumulator.width")[::3] == [
        str(width) for width in range(20, 37)]


def test_fields_of_many_values_have_a_range_and_a_ramp(show: Open, large: Built) -> None:
    tab = show(report=large)
    tab.choose_axis(2, "pe.accumulator.width")
    assert tab.text("#legend") == "pe.accumulator.width\n20\n59"
    for label, value in (("from", "30"), ("to", "33")):
        box = tab.page.get_by_label(f"pe.accumulator.width, {label}")
        box.fill(value)
        box.press("Enter")
    assert "12 of 120 measured points shown" in tab.text("#shown")
    assert tab.text("#legend") == "pe.accumulator.width\n30\n33"


def test_the_plot_from_the_keyboard(show: Open) -> None:
    tab = show()
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("() => document.activeElement.className") == "skip"
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("() => document.activeElement.id") == "plot"
    tab.page.keyboard.press("Home")
    best = [row.point.key for row in small_front(tab)]
    assert tab.chosen
    assert tab.chosen.point.key == best[0]
    tab.page.keyboard.press("ArrowRight")
    assert tab.chosen.point.key == best[1]
    assert tab.text("#told").startswith(f"front, 2 of {len(best)}: ecp5.luts, LUTs ")
    tab.page.keyboard.press("End")
    assert tab.chosen.point.key == best[-1]
    tab.page.keyboard.press("ArrowLeft")
    assert tab.chosen.point.key == best[-2]
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("() => document.activeElement.id") == "chosen"
    tab.page.keyboard.press("Escape")
    assert tab.chosen is None
    assert not tab.page.locator("#figures").is_visible()


def test_axes_and_the_address(show: Open) -> None:
    tab = show()
    tab.choose_axis(0, "cycles")
    tab.choose_axis(1, "snr_db")
    tab.choose_axis(2, "pe.lanes")
    tab.page.locator('fieldset[data-field="dataflow.kind"] label', has_text="output").click()
    assert "on the front of cycles and snr_db" in tab.text("#shown")
    assert tab.text("#legend").startswith("pe.lanes")
    view = "#" + address(tab).split("#")[1]
    again = show(view)
    for selector in ("#shown", "#front-table", "#all-table", "#legend", "#chosen"):
        assert again.text(selector) == tab.text(selector)
    box = again.page.locator('fieldset[data-field="dataflow.kind"] label', has_text="output")
    assert not box.locator("input").is_checked()


def test_an_address_of_another_report_does_no_harm(show: Open) -> None:
    tab = show("#x=none&y=%3Cb%3E&log=q&colour=1&in.rows=x_y&in.nothing=1&from.mae=a&point=00")
    assert "18 of 22 measured points shown" in tab.text("#shown")


def test_what_is_shown_of_a_point(show: Open) -> None:
    tab = show()
    tab.page.locator("#all-table tbody tr", has_text="drum").first.click()
    assert tab.chosen
    panel = tab.text("#chosen")
    assert "pe.accumulator.rounding\tnearest_even\tbase: floor" in panel
    assert "pe.a.width" not in panel.split("Unlike the base")[1].split("Commands")[0]
    assert "mae\t3.25\tLSB" in panel
    assert "2 x 2 PEs" not in tab.text("#diagram")
    drawing = tab.page.locator("#diagram svg").text_content() or ""
    for part in ("2 x 8 PEs", "stream a", "33 bits a beat", "2 lanes", "round", "nearest even",
                 "s12.-4, saturate"):
        assert part in drawing
    assert "drum s8xs8" in tab.text("#map")
    assert tab.page.locator("#map canvas.cells").get_attribute("width") == "64"
    assert "8 of 28" in tab.text("#gauges")


@pytest.mark.parametrize(("kind", "parts"), [
    ("activation-serial", ("bit by bit", "8 cycles", "Σ of 8 lanes", "weight-stationary",
                           "bank of 256", "stream b: weights, 512 bits")),
    ("both-serial", ("8 x 8 cycles", "Σ of 16 lanes", "pipeline", "mapped onto ecp5 cells")),
    ("truncated", ("4 \N{MULTIPLICATION SIGN} truncated", "adder tree", "2 deep", "+ from north")),
])
def test_diagrams(kind: str, parts: tuple[str, ...], show: Open) -> None:
    tab = show()
    tab.page.locator("#all-table tbody tr", has_text=kind).filter(
        has_text="weight-stationary").first.click()
    drawing = tab.page.locator("#diagram svg").text_content() or ""
    for part in parts:
        assert part in drawing


def test_the_map_has_a_to_the_right_and_b_upward(show: Open) -> None:
    tab = show()
    tab.page.locator("#all-table tbody tr", has_text="drum").first.click()
    assert tab.chosen
    assert tab.chosen.point.array
    pe = tab.chosen.point.array.pe
    means = error_map(pe.multiplier, pe.operands).means
    drawn = tab.page.locator("#map canvas.cells").evaluate(
        "(map) => [...map.getContext('2d').getImageData(0, 0, 64, 64).data]")
    pixels = np.array(drawn).reshape(64, 64, 4)[::-1].swapaxes(0, 1)
    redder = pixels[..., 0] - pixels[..., 2]
    assert redder.max() > 100
    assert redder.min() < -100
    clear = np.abs(means) > 0.02 * np.abs(means).max()
    assert ((redder > 0) == (means > 0))[clear].all()


def test_failures_are_listed_with_their_logs(show: Open) -> None:
    tab = show()
    blocks = tab.page.locator("#failures > details")
    assert blocks.count() == 2
    failed = blocks.filter(has_text="failed at ecp5.luts")
    failed.locator("summary").first.click()
    assert HOSTILE in (failed.text_content() or "")
    assert (failed.locator("pre").first.text_content() or "").endswith("\nlast")
    failed.get_by_role("button", name="Show").first.click()
    assert tab.chosen
    assert tab.chosen.failure
    assert "yosys died" in tab.text("#chosen")
    refused = blocks.filter(has_text="refused")
    refused.locator("summary").first.click()
    refused.locator("li").last.wait_for()
    assert refused.locator("li").count() == 4
    assert HOSTILE in tomllib.loads(
        refused.locator("pre").first.text_content() or "")["pe"]["a"]["width"]


def test_strings_of_the_user_are_text(show: Open) -> None:
    tab = show()
    assert HOSTILE in (tab.page.locator("#all-table thead").text_content() or "")
    assert "window.hacked=1" in (tab.page.locator(".about pre").text_content() or "")
    assert tab.page.locator("img[src=x]").count() == 0


def background(tab: Opened) -> str:
    return tab.page.evaluate("() => getComputedStyle(document.body).backgroundColor")


def test_dark_and_light(show: Open) -> None:
    light, dark = show(), show(color_scheme="dark")
    assert background(light) != background(dark)
    plots = [tab.page.locator("#plot").screenshot() for tab in (light, dark)]
    assert plots[0] != plots[1]
    seen = []
    for _ in range(3):
        dark.page.locator("#theme").click()
        seen.append((dark.text("#theme"), background(dark) == background(light)))
    assert seen == [("Theme: light", True), ("Theme: dark", False), ("Theme: auto", False)]


def test_prints_light_with_its_plot(show: Open) -> None:
    tab = show(color_scheme="dark")
    tab.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert tab.page.evaluate("() => document.documentElement.dataset.theme") == "light"
    assert tab.page.evaluate(
        "() => document.getElementById('paper-plot').src").startswith("data:image/png;base64,")
    tab.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert tab.page.evaluate("() => document.documentElement.dataset.theme") == "auto"
    paper = tab.page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") >= 3
    assert paper.count(b"/Subtype /Image") >= 2


def test_narrow_windows_do_not_scroll_sideways(show: Open) -> None:
    tab = show(width=390)
    assert tab.page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert not tab.page.locator("#facets").is_visible()
