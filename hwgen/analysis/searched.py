"""The spec of an array with a multiplier that a search has found."""

from hwgen.analysis.error import METRICS, ErrorMetrics, error_metrics
from hwgen.analysis.search import Search
from hwgen.flow.templates import render

_FIGURES = ("mae", "mae_percent", "wce", "bias", "mse", "mre_percent")


def metrics_of(search: Search) -> ErrorMetrics:
    """The error of the best multiplier of a search, over the operands that it was judged on."""
    goal, best = search.goal, search.best
    return error_metrics(goal.family(best.mask, best.constant), goal.operands, goal.a, goal.b)


def figures(metrics: ErrorMetrics) -> list[tuple[str, str, str, str]]:
    """Lines of a table: label, value, unit and meaning."""
    labels = [METRICS[name].label for name in _FIGURES]
    return [row for row in metrics.rows() if row[0] in labels]


def searched_toml(name: str, search: Search, metrics: ErrorMetrics, command: str) -> str:
    """The TOML of an array ``name`` with the best multiplier; ``command`` is what found it.

    Raises
    ------
    ToolError
        If its cells do not compute the golden's products.
    """
    goal, best = search.goal, search.best
    weighted = goal.a or goal.b
    text = render(
        "spec_masked.toml.j2", name=name, target=goal.target, command=command, a=goal.operands.a,
        b=goal.operands.b, first=list(best.mask), constant=best.constant,
        cells=goal.unit(best.mask, best.constant).cells, exact_cells=search.exact.cells,
        pairs=f"{metrics.evaluated}{' as they occur in the data' if weighted else ''}",
        figures=[row[:3] for row in figures(metrics)])
    return text
