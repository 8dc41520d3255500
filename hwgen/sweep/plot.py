"""What a sweep's file asks to be drawn beside its fronts."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from hwgen.spec import Spec
from hwgen.sweep.expression import Expression


class Plot(Spec):
    """One metric or field over another, a line for each series.

    Parameters
    ----------
    x, y : names of fields or metrics.
    series : fields; points that agree in all of them share a line.
    where : expressions over fields and metrics; only points for which all hold are drawn.
    x_scale, y_scale : ``linear`` or ``log``.
    title : above the plot; none when left out.
    """

    x: str
    y: str
    series: list[str] = Field(default_factory=list)
    where: list[str] = Field(default_factory=list)
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    title: str = ""

    @cached_property
    def conditions(self) -> tuple[Expression, ...]:
        """``where``, parsed."""
        return tuple(map(Expression, self.where))
