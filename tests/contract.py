"""A client that holds every answer of the API against its OpenAPI document, which has to name all there is in it."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

DOCUMENT = "/api/v1/openapi.json"
SELF_MADE = {"HEAD", "OPTIONS"}  # Flask's own answers
BEFORE_ANY_CALL = {400, 401, 403, 404, 405, 413, 429}


class ContractClient(FlaskClient):
    """AssertionError where an answer is not as documented."""

    def open(self, *arguments: Any, **named: Any) -> TestResponse:
        response = super().open(*arguments, **named)
        path = response.request.path
        if path.startswith("/api/v1") and path != DOCUMENT and response.request.method not in SELF_MADE:
            self._hold(response)
        return response

    def _hold(self, response: TestResponse) -> None:
        try:
            address = self.application.url_map.bind("localhost")
            rule, _ = address.match(response.request.path, response.request.method, return_rule=True)
            operation = self._paths()[_template(rule.rule)][response.request.method.lower()]
        except (HTTPException, KeyError):
            assert response.status_code in BEFORE_ANY_CALL
            self._paths()
            _check("Error", response)
            return
        documented = operation["responses"]
        assert str(response.status_code) in documented, f"{response.status_code} is not documented"
        content = documented[str(response.status_code)].get("content")
        if content is None:
            assert not response.data
            return
        assert response.mimetype in content
        if response.mimetype == "application/json":
            _check(content["application/json"]["schema"]["$ref"].rpartition("/")[2], response)

    def _paths(self) -> dict[str, Any]:
        if not _found:
            _found.update(super().get(DOCUMENT).get_json())
        paths: dict[str, Any] = _found["paths"]
        return paths


_found: dict[str, Any] = {}  # the same of every app


def contract_client(server: Flask) -> FlaskClient:
    """A client of an app that has the API."""
    server.test_client_class = ContractClient
    return server.test_client()


def _template(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")


def _check(name: str, response: TestResponse) -> None:
    data = gzip.decompress(response.data) if response.content_encoding == "gzip" else response.data
    validator(name).validate(orjson.loads(data))


@cache
def validator(name: str) -> Any:
    """Of a component; fields it does not name are refused."""
    schemas = {known: strict(schema) for known, schema in _found["components"]["schemas"].items()}
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    )


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": False} | schema if "properties" in schema else schema
