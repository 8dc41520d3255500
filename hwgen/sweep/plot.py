"""What a sweep's file asks to be drawn beside its fronts."""

from typing import Literal

from pydantic import Field

from hwgen.spec import Spec


class Plot(Spec):
    """One metric or field over another, a line for each series.

    Parameters
    ----------
    x, y : names of fields or metrics.
    series : fields; points that agree in all of them share a line.
    x_scale, y_scale : ``linear`` or ``log``.
    title : above the plot; none when left out.
    """

    x: str
    y: str
    series: list[str] = Field(default_factory=list)
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    title: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the sweep must know."""
        return (self.x, self.y, *self.series)
