"""A report in a tab of a browser."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request

from hwgen.sweep.runner import Row
from tests.report.reports import Built


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

    def place_of_a_point(self) -> tuple[float, float]:
        """Where in the window the pointer finds a point, the rightmost; it then is there."""
        place = self.page.evaluate("""() => {
            const plot = document.getElementById("plot");
            const box = plot.getBoundingClientRect();
            for (let x = box.right - 20; x > box.left + 70; x -= 15) {
                for (let y = box.top + 10; y < box.bottom; y += 15) {
                    plot.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y }));
                    if (!document.getElementById("tip").hidden) return [x, y];
                }
            }
        }""")
        self.page.mouse.move(*place)
        return place[0], place[1]


Open = Callable[..., Opened]
"""Opens a report: ``show(view, report, width, color_scheme)``."""
