"""Another site's page must not write here in its reader's name: no route that changes anything, callbacks included."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from engine import Engine, Upload
from security import SAFE_METHODS
from tests.conftest import to_csv, wave

CSV = to_csv(wave(200))
DATASETS = "/api/v1/datasets"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://localhost@evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://["}, False),
    ],
)
def test_another_sites_page_cannot_write(client: FlaskClient, headers: dict[str, str], allowed: bool) -> None:
    response = client.post(DATASETS, data=CSV, headers=headers)
    assert (response.status_code in {200, 201}) is allowed
    if not allowed:
        assert response.get_json()["error"]["code"] == "CROSS_SITE"
    assert client.get(DATASETS, headers=headers).status_code == 200


def address(rule: Rule, handle: str) -> str:
    """Of a rule, with something in every place of it."""
    values = {"handle": handle, "index": "-3", "number": "0", "kind": "csv"}
    _, path = rule.build({name: values.get(name, "x") for name in rule.arguments}, append_unknown=False) or ("", "")
    return path


def test_every_route_that_changes_anything_refuses_other_sites(
    client: FlaskClient, upload: Upload, engine: Engine
) -> None:
    handle = upload.dataset.handle
    asked = set()
    for rule in client.application.url_map.iter_rules():
        for method in (rule.methods or set()) - SAFE_METHODS:
            asked.add(rule.endpoint)
            answer = client.open(
                address(rule, handle), method=method, json={}, headers={"Sec-Fetch-Site": "cross-site"}
            )
            assert answer.status_code == 403, rule
    assert {"api.upload", "api.forget", "api.force_forecast", "api.flush", "api.recalculate", "api.load"} <= asked
    assert len(asked) >= 12
    assert engine.dataset(handle)
    assert engine.progress(handle).done == engine.progress(handle).total


def test_what_changes_anything_takes_no_get(client: FlaskClient, upload: Upload) -> None:
    """A picture or a link on another page asks with GET, which nobody checks for where it comes from."""
    handle = upload.dataset.handle
    for path in ("datasets/{}/recalculate", "cache/check", "cache/load", "cache/save/{}", "quickdraw", "cache/damaged"):
        answer = client.get(f"/api/v1/{path.format(handle)}", headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code in {404, 405}, path
    assert client.get("/_dash-update-component").mimetype == "text/html"  # the pages' own catch-all


def test_no_answer_lets_another_sites_page_read(client: FlaskClient) -> None:
    for path in ("/", DATASETS, "/_dash-layout", "/metrics", "/assets/10_base.css"):
        for method in ("GET", "OPTIONS"):
            answer = client.open(path, method=method, headers={"Origin": "http://evil.example"})
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_callback_in_a_form_that_needs_no_permission_is_refused(client: FlaskClient, kind: str) -> None:
    """Of the kinds a page may send anywhere without being asked, none is read as a callback."""
    answer = client.post("/_dash-update-component", data='{"output": "page.children"}', content_type=kind)
    assert 400 <= answer.status_code < 500
