"""The page as text; how it behaves is in test_templates."""

import base64
import hashlib
import json
import re

from hwgen.report.page import SCRIPTS, STYLES, page
from tests.report.reports import HOSTILE, Built


def test_two_runs_give_the_same_bytes(small: Built) -> None:
    assert page(small.report) == small.file.read_text("utf-8")


def test_the_policy_names_its_own_script_and_style_only(small: Built) -> None:
    text = small.file.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    for element, pattern in (("script", r"<script>(.*?)</script>"),
                             ("style", r"<style>(.*?)</style>")):
        found, = re.findall(pattern, text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy[1].replace("&#43;", "+")


def test_strings_of_the_user_are_escaped(small: Built) -> None:
    text = small.file.read_text("utf-8")
    assert HOSTILE not in text
    assert "<img src=x" not in text
    data = re.search(r'id="report-data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert json.loads(data[1])["metrics"][-1]["unit"] == HOSTILE


def test_every_file_of_the_page_is_in_it() -> None:
    from importlib import resources

    folder = resources.files("hwgen.report.templates")
    names = {entry.name for entry in folder.iterdir() if entry.name.endswith((".js", ".css"))}
    assert names == {*SCRIPTS, *STYLES}
