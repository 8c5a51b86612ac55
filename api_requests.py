"""What a request to the API says: its body, its options, its numbers. BadRequest says what was found instead."""

from __future__ import annotations

import re

from flask import request
from werkzeug.exceptions import HTTPException

from engine import Engine, ReadOptions, errors


def body(engine: Engine) -> bytes:
    """The file: a multipart field `file`, or the raw body. UploadError TOO_LARGE before it is held in memory."""
    limit = engine.settings.max_upload_bytes
    try:
        if request.mimetype == "multipart/form-data":
            if "file" not in request.files:
                raise errors.BadRequest('The form has no field "file". Send the CSV as that field, or as the raw body.')
            raw = request.files["file"].stream.read(limit + 1)
        else:
            raw = request.stream.read(limit + 1)
    except (HTTPException, errors.BadRequest):
        raise
    except Exception as error:  # the server's own errors for chunks that are no chunks, lines that never end
        raise errors.BadRequest("The body cannot be read to its end. Send it again.") from error
    if len(raw) > limit:
        raise errors.UploadError(
            f"The file is larger than {limit / 1e6:g} MB, the most this server reads. Cut the period, or ask for a "
            "higher limit.",
            code="TOO_LARGE",
            limit=limit,
        )
    return raw


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


def seconds(name: str, text: str) -> float:
    """A number of seconds."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a number of seconds was expected.", field=name)
    return float(text)
