"""Addresses that try to leave the folders of what is served, and handles that are paths."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

UPS = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "....//", "%252e%252e%252f", "..%c0%af", ".%00./"]
FOLDERS = ["/assets/", "/_dash-component-suites/dash/", "/_dash-component-suites/", "/static/", "/"]
FILES = ["app.py", "etc/passwd"]
PLACES = [
    folder + up * times + file for folder in FOLDERS for up in UPS for times, file in ((1, FILES[0]), (8, FILES[1]))
]
OTHERS = [
    "/_dash-component-suites/dash/nothing.js",
    "/_dash-component-suites/nothing/nothing.js",
    "/_dash-component-suites/dash/%00.js",
    "/assets/nothing.js",
    "/assets//etc/passwd",
    "/assets/vendor",
    "/assets/.",
    "//etc/passwd",
]


def test_no_address_leaves_the_folders_of_what_is_served(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for place in PLACES + OTHERS:
        answer = client.get(place)
        assert answer.status_code in {200, 308, 400, 404}, place
        assert b"create_app" not in answer.data, place
        assert b"root:" not in answer.data, place
    assert caplog.records == []  # who asks for a thousand of them fills no log


HANDLES = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "0" * 63,
    "0" * 65,
    "A" * 64,
    "0" * 63 + "%0a",
    "%00",
    "' OR 1=1 --",
    "*",
]
CALLS = ["", "/progress", "/forecasts/0", "/blocks/0", "/rail", "/series", "/scores", "/export.csv", "/compare"]


def test_a_handle_that_is_none_is_unknown_to_every_call(client: FlaskClient) -> None:
    for handle in HANDLES:
        for call in CALLS:
            answer = client.get(f"/api/v1/datasets/{handle}{call}")
            assert answer.status_code == 404, (handle, call)
            assert answer.get_json()["error"]["code"] in {"UNKNOWN_HANDLE", "NOT_FOUND"}
        for method, path in (("DELETE", "datasets/"), ("DELETE", "cache/"), ("POST", "cache/save/")):
            assert client.open(f"/api/v1/{path}{handle}", method=method).status_code in {404, 405}, handle
        assert b"no longer stored" in client.get(f"/accuracy/{handle}/report").data or "%2f" in handle
        assert client.get(f"/explore/{handle}").status_code in {200, 404}  # a page that says so
        assert client.post("/api/v1/datasets", query_string={"upload": handle}).status_code == 404
