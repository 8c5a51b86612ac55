"""The reference: everything the document says, as a page that asks for nothing from elsewhere."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from api_reference import page
from tests.contract import DOCUMENT

REFERENCE = "/api/v1/reference"


def test_it_shows_every_call_parameter_answer_and_model(client: FlaskClient) -> None:
    document, shown = client.get(DOCUMENT).get_json(), client.get(REFERENCE).get_data(as_text=True)
    assert set(re.findall(r'<article id="([^"]+)">', shown)) == {
        *(call["operationId"] for methods in document["paths"].values() for call in methods.values()),
        *(f"model-{name}" for name in document["components"]["schemas"]),
    }
    articles = dict(re.findall(r'<article id="([^"]+)">(.*?)</article>', shown, re.DOTALL))
    for methods in document["paths"].values():
        for call in methods.values():
            article = articles[call["operationId"]]
            assert all(f"<code>{one['name']}</code>" in article for one in call["parameters"])
            assert all(f"<td>{status}</td>" in article for status in call["responses"])


def test_every_link_in_it_leads_somewhere(client: FlaskClient) -> None:
    shown = client.get(REFERENCE).get_data(as_text=True)
    places = set(re.findall(r'id="([^"]+)"', shown))
    for link in set(re.findall(r'(?:href|src)="([^"]+)"', shown)):
        assert link[1:] in places if link.startswith("#") else client.get(link).status_code == 200, link


def test_it_asks_for_nothing_from_elsewhere_and_runs_nothing_of_its_own(client: FlaskClient) -> None:
    answer = client.get(REFERENCE)
    shown = answer.get_data(as_text=True)
    assert "http" not in re.sub(r"<code>.*?</code>", "", shown)
    assert re.findall(r"<script[^>]*>(.*?)</script>", shown) == [""]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_words_are_no_markup(client: FlaskClient) -> None:
    document = client.get(DOCUMENT).get_json()
    document["info"]["description"] = "<b>Bold</b> `<i>`"
    shown = page(document, "/under")
    assert "&lt;b&gt;Bold&lt;/b&gt; <code>&lt;i&gt;</code>" in shown
    assert 'href="/under/api/v1/openapi.json"' in shown
