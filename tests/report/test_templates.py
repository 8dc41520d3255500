"""The page in a browser: what it shows of a point, of failures, in the dark and on paper."""

import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.report.error_map import error_map
from tests.report.reports import HOSTILE
from tests.report.tabs import Open, Opened


def spec_of(tab: Opened) -> ArraySpec:
    """What the shown TOML says."""
    return ArraySpec.parse(tomllib.loads(tab.page.locator("#toml").text_content() or ""))


def test_a_point_of_the_front_is_chosen_at_first(show: Open) -> None:
    tab = show()
    assert tab.chosen in tab.built.report.front
    assert "18 of 22 measured points shown" in tab.text("#shown")


def test_click_on_a_point_shows_its_spec(show: Open) -> None:
    tab = show()
    tab.page.keyboard.press("Escape")
    place = tab.place_of_a_point()
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


def test_copies_and_saves(show: Open, tmp_path: Path) -> None:
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
