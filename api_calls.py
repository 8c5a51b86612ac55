"""A call of the API is added with its description, or not at all: what it takes and answers is in one place, which
Flask routes by and the OpenAPI document is made from."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, create_model

from api_answers import PREFIX
from api_requests import asked
from engine import errors

View = Callable[..., Response]
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

            rule = path.replace("{", "<").replace("}", ">")
            self._blueprint.add_url_rule(rule, view.__name__, answer, methods=[method])
            return view

        return added
