"""The OpenAPI document: valid, complete, and nothing that the app does not have."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient

from api_calls import OTHERS
from engine import Engine, Settings
from tests.conftest import door
from tests.contract import DOCUMENT, contract_client

SELF_MADE = {"HEAD", "OPTIONS"}


@pytest.fixture
def document(settings: Settings) -> dict[str, Any]:
    with door(settings.__class__(cache_dir=settings.cache_dir, model="last-value")) as client:
        found: dict[str, Any] = client.get(DOCUMENT).get_json()
    return found


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_it_is_a_valid_document_of_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()


def test_it_names_every_call_that_the_app_has_and_no_other(client: FlaskClient) -> None:
    rules = {
        (re.sub("<(.*?)>", r"{\1}", rule.rule), method)
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - SELF_MADE
        if rule.endpoint.startswith("api.") and not rule.endpoint.startswith((f"api.{OTHERS}", "api.nothing_here"))
    }
    paths = client.get(DOCUMENT).get_json()["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == rules


def test_everything_in_it_is_said_in_words(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["summary"].endswith(".")
        assert all(parameter["description"] for parameter in operation["parameters"])
        assert all(response["description"] for response in operation["responses"].values())
    assert all(schema["description"] for schema in document["components"]["schemas"].values())


def test_every_refusal_has_the_one_shape(document: dict[str, Any]) -> None:
    one = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operation in operations(document):
        refusals = {status: said for status, said in operation["responses"].items() if status >= "400"}
        assert "400" in refusals
        assert operation["operationId"] == "readyz" or all(said["content"] == one for said in refusals.values())


def test_the_answer_to_a_file_leads_to_every_call_about_its_series(document: dict[str, Any]) -> None:
    about = {
        operation["operationId"]
        for operation in operations(document)
        if any(parameter["name"] == "handle" for parameter in operation["parameters"])
    }
    answers = document["paths"]["/api/v1/datasets"]["post"]["responses"]
    assert set(answers["200"]["links"]) == set(answers["201"]["links"]) == about | {"upload"}
    assert "links" not in document["paths"]["/api/v1/quickdraw"]["post"]["responses"]["200"]


@pytest.mark.parametrize("access", ["local", "token"])
def test_it_says_that_a_token_is_needed_where_one_is(settings: Settings, access: str) -> None:
    token = "open sesame, please"
    known = {"access": access, "access_token": token if access == "token" else ""}
    with door(settings.__class__(cache_dir=settings.cache_dir, model="last-value", **known)) as client:
        found = client.get(DOCUMENT, headers={"Authorization": f"Bearer {token}"}).get_json()
    is_needed = access == "token"
    assert ("security" in found) == is_needed
    assert all("401" in operation["responses"] for operation in operations(found))


def test_an_answer_that_is_not_as_documented_would_be_seen(engine: Engine, client: FlaskClient) -> None:
    @client.application.after_request
    def add_a_field(response: Any) -> Any:
        if response.mimetype == "application/json":
            response.data = response.data.replace(b"{", b'{"secret": 1, ', 1)
        return response

    with pytest.raises(ValueError, match="secret"):
        contract_client(client.application).get("/api/v1/datasets")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "quickdraw", "OPTIONS, POST"),
        ("DELETE", "cache/check", "OPTIONS, POST"),
        ("PUT", "datasets", "GET, HEAD, OPTIONS, POST"),
        ("PATCH", f"datasets/{'0' * 64}", "DELETE, GET, HEAD, OPTIONS"),
        ("TRACE", f"datasets/{'0' * 64}/export.csv", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_address_says_which_methods_it_has(client: FlaskClient, method: str, path: str, allowed: str) -> None:
    refused = client.open(f"/api/v1/{path}", method=method)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    asked = client.options(f"/api/v1/{path}")
    assert asked.status_code == 204
    assert refused.headers["Allow"] == asked.headers["Allow"] == allowed
