"""The doors that there are, each with what guards it: a new one is noticed here."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

import app as hindcast
from api_calls import OTHERS
from engine import Engine, Settings
from security import SAFE_METHODS

READ = "reads alone; not checked for where it comes from"
WRITE = "refused when it comes from another site"
OPEN = "reads alone, and needs no token: tells of nobody's data"
NOBODY = (f"api.{OTHERS}", "api.nothing_here")  # say which methods there are, and that there is no such call
DOORS = {
    "/": {"GET": READ},
    "/<path:path>": {"GET": READ},
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": {"GET": READ},
    "/_dash-dependencies": {"GET": READ},
    "/_dash-layout": {"GET": READ},
    "/_dash-update-component": {"POST": WRITE},
    "/_favicon.ico": {"GET": READ},
    "/_reload-hash": {"GET": READ},
    "/accuracy/<handle>/report": {"GET": READ},
    "/api/v1/cache": {"GET": READ, "DELETE": WRITE},
    "/api/v1/cache/<handle>": {"DELETE": WRITE},
    "/api/v1/cache/check": {"POST": WRITE},
    "/api/v1/cache/damaged": {"DELETE": WRITE},
    "/api/v1/cache/load": {"POST": WRITE},
    "/api/v1/cache/save/<handle>": {"POST": WRITE},
    "/api/v1/datasets": {"GET": READ, "POST": WRITE},
    "/api/v1/datasets/<handle>": {"GET": READ, "DELETE": WRITE},
    "/api/v1/datasets/<handle>/blocks/<number>": {"GET": READ},
    "/api/v1/datasets/<handle>/compare": {"GET": READ},
    "/api/v1/datasets/<handle>/events": {"GET": READ},
    "/api/v1/datasets/<handle>/export.csv": {"GET": READ},
    "/api/v1/datasets/<handle>/export.parquet": {"GET": READ},
    "/api/v1/datasets/<handle>/forecasts/<index>": {"GET": READ, "POST": WRITE},
    "/api/v1/datasets/<handle>/progress": {"GET": READ},
    "/api/v1/datasets/<handle>/rail": {"GET": READ},
    "/api/v1/datasets/<handle>/recalculate": {"POST": WRITE},
    "/api/v1/datasets/<handle>/scores": {"GET": READ},
    "/api/v1/datasets/<handle>/shares": {"GET": READ, "POST": WRITE, "DELETE": WRITE},
    "/api/v1/datasets/<handle>/shares/<share>": {"DELETE": WRITE},
    "/api/v1/datasets/<handle>/series": {"GET": READ},
    "/api/v1/datasets/<handle>/slice": {"GET": READ},
    "/api/v1/openapi.json": {"GET": READ},
    "/api/v1/reference": {"GET": READ},
    "/api/v1/quickdraw": {"POST": WRITE},
    "/api/v1/status": {"GET": READ},
    "/assets/<path:filename>": {"GET": READ},
    "/assets/all.css": {"GET": READ},
    "/assets/all.js": {"GET": READ},
    "/healthz": {"GET": OPEN},
    "/metrics": {"GET": READ},
    "/readyz": {"GET": OPEN},
}


def test_there_are_no_doors_but_these(client: FlaskClient) -> None:
    found: dict[str, set[str]] = {}
    for rule in client.application.url_map.iter_rules():
        if not rule.endpoint.startswith(NOBODY):
            found.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    assert found == {rule: set(methods) for rule, methods in DOORS.items()}


def test_whatever_is_no_safe_method_is_guarded() -> None:
    """That it is indeed: test_cross_site.py and test_tokens.py knock at every one of them."""
    for methods in DOORS.values():
        for method, guard in methods.items():
            assert (guard == WRITE) is (method not in SAFE_METHODS)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X"])
def test_other_methods_are_refused(client: FlaskClient, method: str) -> None:
    for path in ("/", "/api/v1/datasets", "/_dash-update-component", "/assets/all.js", "/metrics"):
        assert client.open(path, method=method).status_code in {404, 405}, path


@pytest.mark.parametrize(
    "path", ["/_mcp", "/mcp", "/console", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/admin"]
)
def test_nothing_of_a_developers_tools_answers(client: FlaskClient, path: str) -> None:
    assert client.post(path, json={"jsonrpc": "2.0", "method": "initialize", "id": 1}).status_code in {404, 405}
    assert b"Werkzeug" not in client.get(path).data
    assert not client.application.debug
    assert not client.application.testing


def test_no_variable_of_the_environment_opens_another_door(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DASH_DEBUG", "DASH_MCP_ENABLED", "DASH_HOT_RELOAD", "DASH_UI", "FLASK_DEBUG"):
        monkeypatch.setenv(name, "true")
    server = hindcast.create_app(settings, engine).server
    assert not server.debug
    assert {rule.rule for rule in server.url_map.iter_rules() if not rule.endpoint.startswith(NOBODY)} == set(DOORS)
