"""The report as one HTML file that asks for nothing else."""

import base64
import hashlib
from importlib import resources

import jinja2
from markupsafe import Markup

import hwgen
from hwgen.report.content import Report

STYLES = ("style.css", "print.css")
SCRIPTS = ("dom.js", "model.js", "state.js", "marks.js", "scale.js", "plot.js", "pointer.js",
           "filters.js", "table.js", "toml.js", "diagram.js", "error_map.js", "gauges.js",
           "chosen.js", "failures.js", "main.js")
"""In the order in which they run."""


def page(report: Report) -> str:
    """The HTML; the same bytes for the same sweep and results.

    What comes from the user is escaped, and a policy in the page lets no script run but its own
    and no request leave.
    """
    style, script = _text(STYLES), f'"use strict";\n(() => {{\n{_text(SCRIPTS)}}})();\n'
    names = [metric.name for metric in report.sweep.metrics]
    content = report.to_json()
    return _environment().from_string(_text(["report.html.j2"])).render(
        report=report, counts=report.counts, content=content, failures=content["failures"],
        metrics=" and ".join(filter(None, [", ".join(names[:-1]), names[-1]])),
        version=hwgen.__version__, style=Markup(style), script=Markup(script),
        style_hash=_hash(style), script_hash=_hash(script))


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment


def _text(names: tuple[str, ...] | list[str]) -> str:
    """The files of the page's folder, one after the other."""
    folder = resources.files("hwgen.report.templates")
    return "".join(folder.joinpath(name).read_text("utf-8") for name in names)


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
