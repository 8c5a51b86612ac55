"""Names of columns, series and files that are markup: text wherever they are shown. A browser's view of it is in
tests/browser/test_hostile_names.py."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from pages import _figure, _notation
from tests.conftest import to_csv, wave
from tests.test_figure import frame_for, plot_data

NAMES = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="https://example.org">x</a>',
    "<b>bold</b>",
    "$\\href{javascript:alert(1)}{x}$",
    "&lt;script&gt;",
    "{{7*7}}${7*7}<%= 7 %>",
    "[x](javascript:alert(1))",
    "a" * 500,
    "line\u2028break\x07",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("text", NAMES)
def test_user_text_is_shown_as_text_in_a_figure(text: str) -> None:
    drawn = json.dumps(_figure.figure(plot_data(), frame_for(), unit=text))
    label = _figure.escape(text)
    assert "<" not in label
    assert "$" not in label
    assert "javascript:alert(1)" not in drawn or "<a" not in drawn
    assert all(c.isprintable() for c in label)
    assert len(_notation.shorten(text)) <= _notation.LABEL_CAP


def markup(document: str) -> str:
    """A document's tags alone."""
    return unescape(" ".join(re.findall(r"<[^>]*>", document)))


def test_no_document_has_a_name_among_its_tags(client: FlaskClient) -> None:
    for name in NAMES[:8]:
        quoted = '"' + name.replace('"', '""') + '"'
        answer = client.post("/api/v1/datasets", data=to_csv(wave(200, seed=len(name)), column=quoted))
        assert answer.status_code in {200, 201}
        handle = answer.get_json()["handle"]
        for path in (f"/explore/{handle}", f"/accuracy/{handle}", f"/accuracy/{handle}/report", "/cache"):
            page = client.get(path, query_string={"upload": answer.get_json()["upload_id"]})
            tags = markup(page.get_data(as_text=True))
            assert "alert(1)" not in tags, (name, path)
            assert "example.org" not in tags, (name, path)


@pytest.mark.parametrize(
    "query", ["?i=<script>alert(1)</script>", '?model="><script>alert(1)</script>', "?slice='-alert(1)"]
)
def test_nothing_of_an_address_becomes_markup(client: FlaskClient, query: str) -> None:
    for page in ("/", "/explore/", "/explore/" + "0" * 64, "/accuracy/" + "0" * 64, "/<script>alert(1)</script>"):
        assert "alert(1)" not in markup(client.get(page + query).get_data(as_text=True))
