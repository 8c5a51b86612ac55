"""A host name that is not this server's (DNS rebinding), and headers that claim to come from a proxy."""

from __future__ import annotations

import dataclasses

import pytest
from flask import request as current
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8050",
        "evil.example:80@localhost",
        "localhost,x",
    ],
)
def test_a_host_name_that_is_not_trusted_is_refused_everywhere(client: FlaskClient, host: str) -> None:
    for path in ("/healthz", "/", "/api/v1/datasets", "/metrics", "/assets/all.js"):
        assert client.get(path, headers={"Host": host}).status_code == 400
    assert client.get("/healthz", headers={"Host": "localhost:8050"}).status_code == 200


@pytest.fixture(params=[0, 1])
def seen(request: pytest.FixtureRequest, settings: Settings, engine: Engine) -> tuple[int, dict[str, str]]:
    """Behind so many declared proxies: where a request with one set of X-Forwarded headers seems to come from."""
    server = hindcast.create_app(
        dataclasses.replace(settings, proxies=request.param, trusted_hosts=("localhost", "hindcast.example.net")),
        engine,
    ).server
    found = {}

    @server.before_request
    def look() -> None:
        found.update(_origin())

    forwarded = {
        "X-Forwarded-For": "10.1.1.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "hindcast.example.net",
    }
    assert server.test_client().get("/healthz", headers=forwarded).status_code == 200
    return request.param, found


def _origin() -> dict[str, str]:
    return {"address": str(current.remote_addr), "url": current.host_url}


def test_forwarded_headers_count_only_as_many_as_proxies_are_declared(seen: tuple[int, dict[str, str]]) -> None:
    expected = [
        {"address": "127.0.0.1", "url": "http://localhost/"},
        {"address": "10.1.1.1", "url": "https://hindcast.example.net/"},
    ]
    proxies, found = seen
    assert found == expected[proxies]
