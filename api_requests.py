"""What a request to the API may say: its kinds of words, which are also those of the OpenAPI document. BadRequest says
what was found instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, ValidationInfo, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from engine import errors

MOST_DIGITS = 15
LARGEST = 10**MOST_DIGITS - 1
MOST_SECONDS = 999_999
Query = TypeVar("Query", bound=BaseModel)


def _whole(text: str, info: ValidationInfo) -> int:
    if not re.fullmatch(rf"-?[0-9]{{1,{MOST_DIGITS}}}", text):
        raise _other_than("a whole number", text, info)
    return int(text)


def _number(text: str, info: ValidationInfo) -> float:
    if not re.fullmatch(r"[-+]?[0-9]{0,30}\.?[0-9]{1,30}(e[-+]?[0-9]{1,3})?", text, re.IGNORECASE):
        raise _other_than("a number", text, info)
    return float(text)


def _seconds(text: str, info: ValidationInfo) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise _other_than("a number of seconds", text, info)
    return float(text)


def _truth(text: str, info: ValidationInfo) -> bool:
    if text not in {"0", "1", "true", "false"}:
        raise _other_than("true or false", text, info)
    return text in {"1", "true"}


def only_failed(text: str, info: ValidationInfo) -> str:
    if text != "failed":
        raise _other_than("failed", text, info)
    return text


def _other_than(expected: str, text: str, info: ValidationInfo) -> errors.BadRequest:
    name = str(info.field_name).rstrip("_")  # a word of Python has one behind it
    return errors.BadRequest(f"{name} is {text[:20]!r}; {expected} was expected.", field=name)


def one_of(*words: str) -> WithJsonSchema:
    """For words that the engine looks at, and refuses with a sentence of its own."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


Nothing = SkipJsonSchema[None]
Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST), BeforeValidator(_whole)]
Number = Annotated[float, BeforeValidator(_number)]
Seconds = Annotated[
    float, BeforeValidator(_seconds), WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_SECONDS})
]
Truth = Annotated[bool, BeforeValidator(_truth)]
Handle = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    Field(description="The series: the SHA-256 of what it is, as an upload answers it."),
]
Index = Annotated[
    Whole,
    Field(
        description="A moment: 0 is the last point of the series, -1 the one before.",
        json_schema_extra={"maximum": 0},
    ),
]
BlockNumber = Annotated[Whole, Field(description="The block of slots 256 x number to 256 x number + 255.")]


def asked(model: type[Query], words: Mapping[str, str]) -> Query:
    """What the words of an address mean; BadRequest, also where one is missing, or is none that this call knows: a
    slip of the pen must not pass for the usual."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    for name in words:
        if name not in known:
            raise errors.BadRequest(
                f"{name[:20]!r} is no parameter of this call; it takes {', '.join(known)}.", field=name
            )
    try:
        return model.model_validate(dict(words.items()))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise errors.BadRequest(f"{name} is missing; this call needs it.", field=name) from error


def wants_bytes() -> bool:
    """Whether a forecast is asked for as a wire block of one row; where it is all the same it is JSON."""
    kinds = ["application/json", "application/octet-stream"]
    return request.accept_mimetypes.best_match(kinds) == kinds[1]
