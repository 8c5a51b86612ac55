"""A call of the API is added with its description, or not at all: what it takes and answers is in one place, which
Flask routes by and the OpenAPI document is made from."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, NamedTuple, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, create_model
from werkzeug.exceptions import MethodNotAllowed

from api_answers import PREFIX
from api_requests import asked
from engine import errors

View = Callable[..., Response]
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
OTHERS = "not "  # begins the endpoints that say which methods there are
SERIES = f"{PREFIX}/datasets/{{handle}}"
FILE = "The file: raw, or as the field `file` of a form."
BYTES, CSV = "application/octet-stream", "text/csv"
PARQUET = "application/vnd.apache.parquet"
ANY_LOAD = (errors.Overloaded, errors.StorageFailed, errors.EngineClosed)  # what a caller may have to wait out


class Answer(NamedTuple):
    """One way in which a call answers. model: of its JSON, None without any; kinds: media types of what else it may be.
    headers: what it always says in its head, by name."""

    says: str
    model: type[BaseModel] | None = None
    kinds: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}


SAVED = {"Content-Disposition": "What to name the file."}
UNCHANGED = {304: Answer("Nothing has changed since the answer with this ETag.")}


@dataclass(frozen=True)
class Call:
    """A call as it is documented. path: with {names}; place, query: models of what stands in the path and behind it.
    file: what its body holds, empty for a call without one. refuses: the engine's errors that it may answer with."""

    name: str
    tag: str
    method: str
    path: str
    says: str
    place: type[BaseModel]
    query: type[BaseModel] | None
    file: str
    answers: Mapping[int, Answer]
    refuses: tuple[type[errors.EngineError], ...]


class Calls:
    """All calls of one blueprint, in the order in which they were added."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self.all: list[Call] = []

    def add(
        self,
        tag: str,
        method: str,
        path: str,
        answers: Mapping[int, Answer],
        *refuses: type[errors.EngineError],
        file: str = "",
    ) -> Callable[[View], View]:
        """Decorates what answers: its parameters are those of the path by their names, and `query`; its docstring is
        what the document says."""

        def added(view: View) -> View:
            hints = get_type_hints(view, include_extras=True)
            hints.pop("return", None)
            query = hints.pop("query", None)
            fields: dict[str, Any] = {name: (hint, ...) for name, hint in hints.items()}
            place = create_model(view.__name__, **fields)
            said = inspect.getdoc(view) or ""
            self.all.append(Call(view.__name__, tag, method, path, said, place, query, file, answers, refuses))

            @wraps(view)
            def answer(**given: str) -> Response:
                words = dict(asked(place, given))
                if query is not None:
                    words["query"] = asked(query, request.args)
                return view(**words)

            self._blueprint.add_url_rule(
                _rule(path), view.__name__, answer, methods=[method], provide_automatic_options=False
            )
            return view

        return added

    def refuse_others(self) -> None:
        """Say which methods an address has, before a page's own routes, which take whatever they can get, are asked."""
        for path in dict.fromkeys(call.path for call in self.all):
            known = {call.method for call in self.all if call.path == path}
            allowed = sorted({*known, "OPTIONS", *({"HEAD"} if "GET" in known else ())})
            view, others = partial(_only, allowed), sorted(METHODS - set(allowed) | {"OPTIONS"})
            self._blueprint.add_url_rule(_rule(path), f"{OTHERS}{path.replace('.', '_')}", view, methods=others)


def _only(allowed: list[str], **_: str) -> Response:
    if request.method == "OPTIONS":
        return Response(status=204, headers={"Allow": ", ".join(allowed)})
    raise MethodNotAllowed(allowed)


def _rule(path: str) -> str:
    """A path as Flask writes it."""
    return path.replace("{", "<").replace("}", ">")
