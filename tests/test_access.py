"""Who is let in, and whose word counts on where a request comes from."""

from __future__ import annotations

import dataclasses
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings
from engine.errors import SettingsError
from pages import home
from tests.serving import ROOT, command, environment

TOKEN = "correct horse battery: staple"


def basic(password: str, user: str = "anyone") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def protected(settings: Settings, engine: Engine) -> FlaskClient:
    guarded = dataclasses.replace(settings, access="token", access_token=TOKEN)
    return hindcast.create_app(guarded, engine).server.test_client()


@pytest.mark.parametrize(
    "path", ["/", "/explore/abc?i=-3", "/cache", "/metrics", "/assets/10_base.css", "/_dash-layout"]
)
def test_without_the_token_no_page_and_no_file_is_shown(protected: FlaskClient, path: str) -> None:
    answer = protected.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Hindcast"')
    assert "protected" in answer.get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_the_token_the_api_answers_in_its_own_shape(protected: FlaskClient, method: str) -> None:
    answer = protected.open("/api/v1/datasets", method=method)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "TOKEN_NEEDED")


@pytest.mark.parametrize(
    "headers",
    [
        basic(""),
        basic(TOKEN[:-1]),
        basic(TOKEN + " "),
        basic("anyone", TOKEN),
        {"Authorization": f"Bearer {TOKEN[:-2]}"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        {"Authorization": f'Digest username="{TOKEN}"'},
        {"Authorization": "\x00"},
    ],
)
def test_what_is_not_the_token_lets_nobody_in(protected: FlaskClient, headers: dict[str, str]) -> None:
    assert protected.get("/api/v1/datasets", headers=headers).status_code == 401


def test_the_token_is_the_password_of_any_user_or_a_bearers(protected: FlaskClient) -> None:
    for headers in (basic(TOKEN), basic(TOKEN, ""), {"Authorization": f"Bearer {TOKEN}"}):
        assert protected.get("/api/v1/datasets", headers=headers).status_code == 200
    assert protected.get("/explore/abc?i=-3", headers=basic(TOKEN)).status_code == 200


def test_monitors_need_no_token_to_see_whether_the_server_lives(protected: FlaskClient) -> None:
    assert protected.get("/healthz").status_code == 200
    assert protected.get("/readyz").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_on_this_machine_alone_no_mode_is_needed(host: str) -> None:
    assert Settings(host=host).access == "local"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "hindcast.example.net", ""])
def test_an_address_that_others_reach_is_refused_until_somebody_says_who_may_come(host: str) -> None:
    with pytest.raises(SettingsError, match=r"whoever does sees everything.*HINDCAST_ACCESS=token"):
        Settings(host=host)
    assert Settings(host=host, access="open").host == host
    assert Settings(host=host, access="token", access_token=TOKEN).host == host


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"access": "token"}, "0 characters; at least 16"),
        ({"access": "token", "access_token": "short"}, "5 characters; at least 16"),
        ({"access": "token", "access_token": TOKEN + "é"}, "letters, digits"),
        ({"access_token": TOKEN}, "nobody would be asked for it"),
        ({"access": "none"}, "one of"),
        ({"proxies": -1}, "at least 0"),
    ],
)
def test_access_that_cannot_work_is_refused_and_the_token_is_never_said(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refusal:
        Settings(**given)  # type: ignore[arg-type]
    assert "short" not in refusal.value.message
    assert TOKEN not in refusal.value.message
    assert TOKEN not in repr(Settings(access="token", access_token=TOKEN))


def test_gunicorn_does_not_bind_elsewhere_behind_the_settings_back(tmp_path: Path) -> None:
    run = subprocess.run(
        command("--bind", "0.0.0.0:0"), cwd=ROOT, env=environment(tmp_path, 8050), capture_output=True, timeout=50
    )
    assert run.returncode != 0
    assert b"whoever does sees everything" in run.stderr


def test_the_first_page_says_that_everybody_sees_everything_where_that_is_so(
    settings: Settings, engine: Engine
) -> None:
    for access, told in (("open", True), ("local", False)):
        page = str(home.layout(dataclasses.replace(settings, access=access), "1"))
        assert ("Everybody who can open this page sees everything" in page) is told
