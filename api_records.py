"""The engine's records as typed models: their fields, types and docstrings are the schemas of what the API answers."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, create_model

Moment = Annotated[
    str,
    Field(
        pattern=r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d$",
        description="In the series' own clock: UTC where the file has zones, else as written.",
        examples=["2024-03-05T14:00:00"],
    ),
]
Real = Annotated[float | None, Field(description="null where it is not known.")]
Pair = Annotated[list[int], Field(min_length=2, max_length=2)]
ITEMS: dict[type, Any] = {
    np.float64: Real,
    np.float32: Real,
    np.int64: int,
    np.uint8: int,
    np.datetime64: Moment,
}


class Answered(BaseModel):
    """Base of what the API answers with. Instances are never made: the engine's records are sent as they are, and tests
    hold every answer against its schema."""

    model_config = ConfigDict(protected_namespaces=())


@cache
def answered(record: type) -> type[Answered]:
    """A NamedTuple or dataclass as a model of its JSON: an object by its fields' names, of which none is left out.
    TypeError where a field's type has no JSON."""
    if dataclasses.is_dataclass(record):
        names = [field.name for field in dataclasses.fields(record)]
    else:
        names = list(record._fields)  # type: ignore[attr-defined]
    hints = get_type_hints(record, include_extras=True)
    fields: dict[str, Any] = {name: (_plain(hints[name]), ...) for name in names}
    said = re.sub(r"\b(None|NaN)\b", "null", inspect.getdoc(record) or "")
    return create_model(record.__name__, __base__=Answered, __doc__=said, **fields)


def _plain(hint: Any) -> Any:
    """A type as its JSON has it: arrays and tuples of any length are lists, what is not a number is null."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is np.ndarray:
        return list[ITEMS[get_args(inner[1])[0]]]  # type: ignore[misc]
    if origin is Annotated:
        return Annotated[_plain(inner[0]), *inner[1:]]
    if origin in {Union, UnionType}:
        return Union[tuple(_plain(part) for part in inner)]  # noqa: UP007
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return list[_plain(inner[0])]  # type: ignore[misc]
        parts = tuple(_plain(part) for part in inner)
        return Pair if parts == (int, int) else tuple[parts]  # type: ignore[valid-type]
    if origin in {dict, Mapping}:
        return dict[str, _plain(inner[1])]  # type: ignore[misc]
    if origin is Literal or hint in {str, bool, int, NoneType, Any}:
        return hint
    if hint is float:
        return Real
    if hint is np.datetime64:
        return Moment
    if inspect.isclass(hint) and (dataclasses.is_dataclass(hint) or hasattr(hint, "_fields")):
        return answered(hint)
    raise TypeError(f"{hint} has no JSON that the API would know.")
