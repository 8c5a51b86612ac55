"""The OpenAPI 3.1 document, made from the calls there are: nothing of it is written by hand beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api_answers import EVERY_CALL, PREFIX, REFUSED, STATUS
from api_calls import Answer, Call
from api_models import Error
from engine import Settings, errors

VERSION = "1"  # of the API; it is in every path
ABOUT = (
    "Drop a time series, and ask what would have been forecast at any moment of it, and how right that was. "
    "Every refusal is an `Error`: its `code` is for programs, its `message` says what is wrong, what was found and "
    "what to do; parameters that a call does not have are refused, too. A 429 and a 503 say in `Retry-After` when to "
    "come back."
)
SCHEMAS = "#/components/schemas/{model}"
FILE_KINDS = ("text/csv", "application/octet-stream")
PASSWORD = {
    "token": {"type": "http", "scheme": "bearer", "description": "The server's access token."},
    "password": {"type": "http", "scheme": "basic", "description": "The access token as password, with any name."},
}


def document(calls: Iterable[Call], settings: Settings) -> dict[str, Any]:
    """The document as plain JSON values, of a server with these settings."""
    known, protected = list(calls), settings.access == "token"
    answered = {answer.model for call in known for answer in call.answers.values() if answer.model is not None}
    models = sorted({*answered, Error}, key=lambda model: model.__name__)
    schemas = models_json_schema([(model, "serialization") for model in models], ref_template=SCHEMAS)[1]["$defs"]
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for call in known:
        paths[call.path][call.method.lower()] = _operation(call, known)
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Hindcast", "version": VERSION, "description": ABOUT},
        "servers": [{"url": settings.prefix or "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(call.tag for call in known)],
        "paths": dict(paths),
        "components": {"schemas": _without_titles(schemas)},
    }
    if protected:
        found["components"]["securitySchemes"] = PASSWORD
        found["security"] = [{name: []} for name in PASSWORD]
    return found


def _operation(call: Call, known: list[Call]) -> dict[str, Any]:
    summary, _, more = call.says.partition("\n\n")
    found: dict[str, Any] = {
        "operationId": call.name,
        "tags": [call.tag],
        "summary": _one_line(summary),
        "parameters": [*_parameters(call.place, "path"), *(_parameters(call.query, "query") if call.query else [])],
        "responses": _responses(call, known),
    }
    if more:
        found["description"] = _one_line(more)
    if call.file:
        raw = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILE_KINDS}
        form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        content = raw | {"multipart/form-data": {"schema": form}}
        found["requestBody"] = {"description": call.file, "content": content}
    return found


def _parameters(model: type[BaseModel], where: str) -> list[dict[str, Any]]:
    """What stands in the path, or behind it."""
    schema = _without_titles(model.model_json_schema())
    needed = schema.get("required", [])
    found = []
    for name, value in schema.get("properties", {}).items():
        kind = {key: part for key, part in value.items() if (key, part) != ("default", None)}
        said = kind.pop("description", "")
        found.append({"name": name, "in": where, "required": name in needed, "description": said, "schema": kind})
    return found


def _responses(call: Call, known: list[Call]) -> dict[str, Any]:
    found = {str(status): _answer(call, answer, known) for status, answer in call.answers.items()}
    for status, said in sorted(_refusals(call).items()):
        found[str(status)] = {"description": " ".join(said)} | _refusal(status)
    return found


def _refusals(call: Call) -> dict[int, list[str]]:
    """Sentences by status: of the engine's errors, and of what any call may be refused for."""
    found: dict[int, list[str]] = defaultdict(list)
    for error in call.refuses:
        found[STATUS[error]].append(_sentence(error))
        if error is errors.UploadError:
            found[413].append(REFUSED[413])
    for status in EVERY_CALL | ({429} if call.path.startswith(PREFIX) else set()):
        found[status].append(REFUSED[status])
    return {status: list(dict.fromkeys(said)) for status, said in found.items()}


def _sentence(error: type[errors.EngineError]) -> str:
    said = _one_line(error.__doc__ or "")
    return f"`{error.code}`: {said}" if error is not errors.UploadError else said


def _refusal(status: int) -> dict[str, Any]:
    """The one shape, and what its head says."""
    if status == 204:
        return {"headers": {"X-Hindcast-Code": _header("Why nothing is answered.", {"type": "string"})}}
    content = {"application/json": {"schema": {"$ref": SCHEMAS.format(model=Error.__name__)}}}
    if status in {429, 503}:
        later = _header("Seconds after which to come back.", {"type": "integer", "minimum": 0})
        return {"content": content, "headers": {"Retry-After": later}}
    return {"content": content}


def _answer(call: Call, answer: Answer, known: list[Call]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.says}
    content: dict[str, Any] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in answer.kinds}
    if answer.model is not None:
        content["application/json"] = {"schema": {"$ref": SCHEMAS.format(model=answer.model.__name__)}}
    if content:
        found["content"] = content
    if answer.headers:
        found["headers"] = {name: _header(said, {"type": "string"}) for name, said in answer.headers.items()}
    links = {} if answer.model is None else _links(call, answer.model, known)
    return found | ({"links": links} if links else {})


def _links(call: Call, model: type[BaseModel], known: list[Call]) -> dict[str, Any]:
    """What the answer to a file leads to: every call about its series, and its other readings."""
    if not call.file or "last_index" not in model.model_fields:  # nothing of it is stored
        return {}
    found: dict[str, Any] = {}
    told = {"handle": "$response.body#/handle", "index": "$response.body#/last_index"}
    for other in known:
        given = {name: expression for name, expression in told.items() if name in other.place.model_fields}
        if given:
            found[other.name] = {"operationId": other.name, "parameters": given}
    if "upload_id" in model.model_fields:
        found[call.name] = {"operationId": call.name, "parameters": {"upload": "$response.body#/upload_id"}}
    return found


def _header(said: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": said, "required": True, "schema": schema}


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _without_titles(schema: Any) -> Any:
    """Pydantic names every field once more, in capitals."""
    if isinstance(schema, list):
        return [_without_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _without_titles(part) for name, part in schema.items() if not _is_title(name, part)}
    if isinstance(kept.get("description"), str):
        kept["description"] = _one_line(kept["description"])
    return kept


def _is_title(name: str, part: Any) -> bool:
    return name == "title" and isinstance(part, str)
