"""Where a token is asked for, it is asked for at every door but those of monitors. More in tests/test_access.py."""

from __future__ import annotations

import dataclasses
from base64 import b64encode

import pytest
from flask.testing import FlaskClient

import access
import app as hindcast
from engine import Engine, Settings
from tests.attacks.test_secrets import RIGHT, TOKEN, lines, protected
from tests.attacks.test_surfaces import DOORS, OPEN

__all__ = ["lines", "protected"]


def test_without_the_token_no_door_opens_but_those_of_monitors(protected: FlaskClient) -> None:
    for rule, methods in DOORS.items():
        for method, guard in methods.items():
            answer = protected.open(rule.replace("<", "").replace(">", ""), method=method)
            assert (answer.status_code == 401) is (guard != OPEN), (rule, method)


def test_a_path_that_only_looks_like_a_monitors_is_closed(protected: FlaskClient) -> None:
    for path in ("/healthz/", "//healthz", "/healthz/../cache", "/healthz;/cache", "/readyz%2f", "/Healthz"):
        assert protected.get(path).status_code == 401, path


def said(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"anyone:{token}".encode()).decode()}


def test_who_guesses_is_soon_no_longer_told_whether_a_guess_is_right(
    settings: Settings, engine: Engine, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "GUESSES_PER_MINUTE", 5)
    guarded = dataclasses.replace(settings, access="token", access_token=TOKEN)
    client = hindcast.create_app(guarded, engine).server.test_client()
    here, elsewhere = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}

    def status(headers: dict[str, str], who: dict[str, str]) -> int:
        return client.get("/api/v1/datasets", headers=headers, environ_overrides=who).status_code

    assert [status(said(f"a guess, {number}"), here) for number in range(7)] == [401] * 5 + [429] * 2
    refused = client.get("/api/v1/datasets", headers=RIGHT, environ_overrides=here)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (429, "TOO_MANY")
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert client.get("/", headers=RIGHT, environ_overrides=here).status_code == 429
    assert status({}, here) == 401, "who says nothing guesses nothing"
    assert status(RIGHT, elsewhere) == 200
    assert not [line for line in lines if "a guess" in line or "staple" in line]


def test_an_old_token_that_a_browser_repeats_is_one_guess(protected: FlaskClient) -> None:
    old = said("the token of last year")
    assert {protected.get("/api/v1/datasets", headers=old).status_code for _ in range(100)} == {401}
    assert protected.get("/api/v1/datasets", headers=RIGHT).status_code == 200
