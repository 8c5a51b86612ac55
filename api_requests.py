"""What a request to the API says: its options, its numbers. BadRequest says what was found instead."""

from __future__ import annotations

import re

from flask import request

from engine import ReadOptions, errors


def options() -> ReadOptions:
    """How a file is to be read."""
    words = {name: request.args.get(name) or None for name in ("time", "value", "series", "decimal", "step", "agg")}
    return ReadOptions(**words, dayfirst=_truth("dayfirst"), turned=_truth("turned"))


def _truth(name: str) -> bool | None:
    word = request.args.get(name)
    if word not in {None, "0", "1", "true", "false"}:
        raise errors.BadRequest(f"{name} is {word[:20]!r}; true or false was expected.")
    return None if word is None else word in {"1", "true"}


def ask() -> bool:
    """Whether to ask rather than to take the likelier way where dates can be read in two."""
    return request.args.get("ask") == "1"


def model() -> str | None:
    """The model asked for; None: the default one."""
    return request.args.get("model")


def horizon() -> int | None:
    """The forecast length asked for, in steps."""
    return optional("horizon")


def wants_bytes() -> bool:
    """Whether a forecast is asked for as a wire block of one row; where it is all the same it is JSON."""
    kinds = ["application/json", "application/octet-stream"]
    return request.accept_mimetypes.best_match(kinds) == kinds[1]


def optional(name: str) -> int | None:
    """A whole number of the query, if it is there."""
    text = request.args.get(name)
    return None if text is None else integer(name, text)


def integer(name: str, text: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a whole number was expected.", field=name)
    return int(text)


def number(name: str, text: str) -> float:
    """A number, with a decimal point if it needs one."""
    if not re.fullmatch(r"[-+]?[0-9]{0,30}\.?[0-9]{1,30}(e[-+]?[0-9]{1,3})?", text, re.IGNORECASE):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a number was expected.", field=name)
    return float(text)


def seconds(name: str, text: str) -> float:
    """A number of seconds."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a number of seconds was expected.", field=name)
    return float(text)
