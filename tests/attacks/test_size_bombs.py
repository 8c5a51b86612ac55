"""Files and bodies larger than the server reads: refused before they take memory, disk or a thread for long."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
import security
from engine import Engine, Settings
from engine.errors import Overloaded, UploadError
from engine.models.base import Loader
from tests.conftest import to_csv, wave

CSV = to_csv(wave(200))
DATASETS = "/api/v1/datasets"


def incoming(settings: Settings) -> list[Path]:
    """The files that are on their way."""
    return list((settings.cache_dir / "incoming").glob("*"))


@pytest.fixture
def with_settings(settings: Settings, registry: dict[str, Loader], tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """An engine of its own, with some settings changed."""
    with ExitStack() as opened:

        def make(**changed: object) -> Engine:
            engine = Engine(dataclasses.replace(settings, cache_dir=tmp_path, **changed), registry)
            opened.callback(engine.close)
            return engine

        yield make


def door(engine: Engine) -> FlaskClient:
    server = Flask(__name__)
    security.protect(server, engine.settings)
    server.register_blueprint(api.create_blueprint(engine))
    return server.test_client()


class Unread(io.RawIOBase):
    """A body that nobody must read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise AssertionError("a byte was read")


@pytest.mark.parametrize("path", [DATASETS, "/api/v1/quickdraw", "/api/v1/cache/load"])
def test_a_file_that_says_it_is_too_large_is_refused_before_a_byte_is_read(
    client: FlaskClient, engine: Engine, path: str
) -> None:
    length = engine.settings.max_upload_bytes + 1
    environ = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}
    response = client.post(path, environ_overrides=environ)
    assert (response.status_code, response.get_json()["error"]["code"]) == (413, "TOO_LARGE")


def test_a_file_that_does_not_say_how_large_it_is_is_refused_at_the_limit(
    client: FlaskClient, engine: Engine, settings: Settings
) -> None:
    body = io.BytesIO(b"x" * (engine.settings.max_upload_bytes + 1_000_000))
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response = client.post(DATASETS, environ_overrides=environ)
    assert (response.status_code, response.get_json()["error"]["code"]) == (413, "TOO_LARGE")
    assert body.tell() < engine.settings.max_upload_bytes + 500_000
    assert incoming(settings) == []


def test_a_body_over_the_limit_is_refused_in_the_apis_shape_and_with_the_limit(
    with_settings: Callable[..., Engine],
) -> None:
    client = door(with_settings(max_upload_bytes=1000))
    for body in (CSV, b"x" * 300_000):
        response = client.post(DATASETS, data=body)
        assert (response.status_code, response.get_json()["error"]["code"]) == (413, "TOO_LARGE")
    assert "0.001 MB" in client.post(DATASETS, data=CSV).get_json()["error"]["message"]


def test_a_file_larger_than_the_limit_is_refused_also_as_bytes(with_settings: Callable[..., Engine]) -> None:
    with pytest.raises(UploadError) as refusal:
        with_settings(max_upload_bytes=1000).upload(CSV)
    assert refusal.value.code == "TOO_LARGE"


@pytest.mark.parametrize("start", [b"[", b'{"output": "'])
def test_a_callback_brings_no_file_and_may_be_no_larger_than_its_words_need(client: FlaskClient, start: bytes) -> None:
    body = start + b"[" * security.SMALL_BODY
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 413


def test_brackets_without_end_in_a_callback_are_the_senders_mistake(client: FlaskClient) -> None:
    answer = client.post("/_dash-update-component", data=b"[" * 200_000, content_type="application/json")
    assert answer.status_code == 400


def test_files_on_their_way_take_no_more_than_the_disk_may_hold(with_settings: Callable[..., Engine]) -> None:
    engine = with_settings(disk_budget=500_000)
    with engine.receiving(lambda: None) as first, engine.receiving(lambda: None) as second:
        first.write(b"x" * 300_000)
        with pytest.raises(Overloaded, match="no room"):
            second.write(b"x" * 300_000)


def test_a_form_of_a_thousand_parts_is_refused(client: FlaskClient, settings: Settings) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    response = client.post(DATASETS, data=part * 1000 + b"--b--\r\n", content_type="multipart/form-data; boundary=b")
    assert 400 <= response.status_code < 500
    assert incoming(settings) == []


def test_a_forms_heading_that_never_ends_is_refused(client: FlaskClient, settings: Settings) -> None:
    body = b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 3_000_000
    response = client.post(DATASETS, data=body, content_type="multipart/form-data; boundary=b")
    assert 400 <= response.status_code < 500
    assert incoming(settings) == []
