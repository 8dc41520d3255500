"""The page's controls in a browser: axes, filters, tables, keys, and the address."""

from itertools import combinations

import pytest

from hwgen.sweep.pareto import front
from tests.report.reports import Built
from tests.report.tabs import Open, Opened


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
    x, y = tab.place_of_a_point()
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
    best = [row.point.key for row in tab.built.report.front]
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
