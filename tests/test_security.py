from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
import security
from engine import Engine, Settings
from engine.models.base import Loader
from tests.conftest import to_csv, wave

CSV = to_csv(wave(200))
DATASETS = "/api/v1/datasets"


@pytest.fixture
def client(engine: Engine, settings: Settings) -> FlaskClient:
    server = Flask(__name__)
    security.protect(server, dataclasses.replace(settings, max_upload_bytes=100_000))
    server.register_blueprint(api.create_blueprint(engine))
    return server.test_client()


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
    ],
)
def test_another_sites_page_cannot_write(client: FlaskClient, headers: dict[str, str], allowed: bool) -> None:
    response = client.post(DATASETS, data=CSV, headers=headers)
    assert (response.status_code in {200, 201}) is allowed
    if not allowed:
        assert response.get_json()["error"]["code"] == "CROSS_SITE"
    assert client.get(DATASETS, headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8050"])
def test_a_host_name_that_is_not_trusted_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 400
    assert client.get("/healthz", headers={"Host": "localhost:8050"}).status_code == 200


def test_a_body_over_the_limit_is_refused_in_the_apis_shape(client: FlaskClient) -> None:
    response = client.post(DATASETS, data=b"x" * 300_000)
    assert response.status_code == 413
    assert response.get_json()["error"]["code"] == "TOO_LARGE"


def test_a_file_over_the_limit_is_refused_with_the_limit(settings: Settings, registry: dict[str, Loader]) -> None:
    engine = Engine(dataclasses.replace(settings, max_upload_bytes=1000), registry)
    server = Flask(__name__)
    security.protect(server, engine.settings)
    server.register_blueprint(api.create_blueprint(engine))
    response = server.test_client().post(DATASETS, data=CSV)
    engine.close()
    assert response.status_code == 413
    assert "0.001 MB" in response.get_json()["error"]["message"]


@pytest.mark.parametrize("path", ["/healthz", DATASETS, "/api/v1/nothing", "/nowhere"])
def test_every_answer_carries_the_protective_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
