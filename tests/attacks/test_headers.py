"""What every answer tells a browser: what it may not do with it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from engine import Upload
from tests.attacks.test_surfaces import DOORS


def places(handle: str) -> list[str]:
    """An address for every door that is read, and some that are none."""
    values = {"<handle>": handle, "<index>": "-3", "<number>": "4"}
    values |= {"<path:path>": f"explore/{handle}", "<path:rest>": "nothing", "<path:filename>": "10_base.css"}
    values |= {"<string:package_name>": "dash", "<path:fingerprinted_path>": "nothing.js"}
    found = []
    for rule, methods in DOORS.items():
        for place, value in values.items():
            rule = rule.replace(place, value)
        found += [rule] if "GET" in methods else []
    return [*found, "/nowhere", "/assets/nothing.js", "/api/v1/nothing", "/api/v1/datasets/x"]


def test_every_answer_carries_the_protective_headers(client: FlaskClient, upload: Upload) -> None:
    for place in places(upload.dataset.handle):
        headers = client.get(place).headers
        assert headers["X-Content-Type-Options"] == "nosniff", place
        assert headers["X-Frame-Options"] == "SAMEORIGIN", place
        assert headers["Referrer-Policy"] == "same-origin", place
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", place
        assert "Server" not in headers or "Werkzeug" not in headers["Server"]
        assert "X-Powered-By" not in headers


@pytest.mark.parametrize("answer", [("POST", "/api/v1/datasets"), ("DELETE", "/api/v1/cache"), ("PUT", "/")])
def test_refusals_carry_them_too(client: FlaskClient, answer: tuple[str, str]) -> None:
    method, path = answer
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        refused = client.open(path, method=method, headers=headers)
        assert refused.status_code in {400, 403, 405}
        assert refused.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_may_run_its_own_files_and_ask_nobody_else(client: FlaskClient, upload: Upload) -> None:
    handle = upload.dataset.handle
    for path in ("/", f"/explore/{handle}", f"/accuracy/{handle}", "/cache", "/status", "/guide", "/nowhere"):
        policy = client.get(path).headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'self'"
        assert rules["script-src"].startswith("'self' 'sha256-")
        assert "unsafe" not in rules["script-src"]
        assert "http" not in policy
        assert (rules["object-src"], rules["base-uri"]) == ("'none'", "'none'")
        assert (rules["form-action"], rules["frame-ancestors"]) == ("'self'", "'self'")
    assert "Content-Security-Policy" in client.get("/assets/favicon.svg").headers


def test_no_cookie_is_set(client: FlaskClient, upload: Upload) -> None:
    """Nothing to steal, and nothing that a browser would send along on its own."""
    for place in places(upload.dataset.handle):
        assert "Set-Cookie" not in client.get(place).headers
