"""Jinja2 templates of generated text."""

from importlib import resources
from typing import Any

import jinja2


def render(template: str, /, **values: Any) -> str:
    """The ``template`` of this folder with ``values``; an undefined name is an error."""
    text = resources.files(__name__).joinpath(template).read_text("utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
                                     trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(values)
