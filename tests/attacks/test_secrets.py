"""The access token, addresses, names of files and columns, readings: never in a log line, never in an answer."""

from __future__ import annotations

import dataclasses
import logging
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient

import app as hindcast
import logs
from engine import Engine, Settings, Upload
from engine.errors import SettingsError
from tests.conftest import to_csv, wave

TOKEN = "correct horse battery: staple"
RIGHT = {"Authorization": "Basic " + b64encode(f"anyone:{TOKEN}".encode()).decode()}
WRONG = {"Authorization": "Basic " + b64encode(b"anyone:an-almost-secret").decode()}


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that is logged, at any level, written while it happens."""
    written: list[str] = []

    class Writer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Writer()
    handler.setFormatter(logs.Lines("json"))
    logging.getLogger().addHandler(handler)
    caplog.set_level(logging.DEBUG)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def protected(settings: Settings, engine: Engine) -> FlaskClient:
    guarded = dataclasses.replace(settings, access="token", access_token=TOKEN)
    return hindcast.create_app(guarded, engine).server.test_client()


def test_the_token_is_in_no_line_no_answer_and_no_metric(protected: FlaskClient, lines: list[str]) -> None:
    told = ""
    for path in ("/", "/status", "/cache", "/api/v1/status", "/metrics", "/api/v1/datasets", "/nowhere", "/guide"):
        for headers in (RIGHT, WRONG, {"Authorization": f"Bearer {TOKEN[:-1]}"}, {}):
            answer = protected.get(path, headers=headers)
            told += answer.get_data(as_text=True) + str(answer.headers)
    told += "\n".join(lines)
    assert "staple" not in told
    assert "an-almost-secret" not in told
    assert RIGHT["Authorization"][6:] not in told


def test_settings_with_a_secret_do_not_tell_it() -> None:
    assert TOKEN not in repr(Settings(access="token", access_token=TOKEN))
    for given in ({"access": "token", "access_token": "short"}, {"access_token": TOKEN}):
        with pytest.raises(SettingsError) as refusal:
            Settings(**given)
        assert given["access_token"] not in refusal.value.message


def test_lines_name_routes_and_nobodys_data(client: FlaskClient, upload: Upload, lines: list[str]) -> None:
    handle = upload.dataset.handle
    client.get(f"/api/v1/datasets/{handle}/forecasts/-12?session=mrs-miller")
    client.post("/api/v1/quickdraw?index=0&value=secret-column", data=b"time,secret-column\n")
    form = {"file": (BytesIO(to_csv(wave(200), column="secret-column")), "mrs-miller.csv")}
    assert client.post("/api/v1/datasets", data=form).status_code in {200, 201}
    client.post("/api/v1/datasets", data=b"secret-column;1,2\n7\n")
    client.get("/private-words")
    client.open("/private-words", method="PRIVATE")
    told = "\n".join(lines)
    for private in (handle[:12], "mrs-miller", "secret-column", "private-words", "PRIVATE", "zebra", "127.0.0.1"):
        assert private not in told
    assert "/api/v1/datasets/<handle>/forecasts/<index>" in told


def test_nothing_private_is_in_a_metric_or_in_what_monitors_see(client: FlaskClient, upload: Upload) -> None:
    told = "".join(client.get(path).get_data(as_text=True) for path in ("/metrics", "/healthz", "/readyz"))
    assert upload.dataset.handle[:8] not in told
    assert "zebra" not in told
