"""The only parser of values that come from a browser. Pure; nothing here raises on bad input.

A parser answers a typed value, or None when the value is none the interface could have sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from pages._view import USUAL, View, view

HANDLE = re.compile(r"[0-9a-f]{64}", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
MODEL = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
INDEX = re.compile(r"(0|-?[1-9][0-9]{0,9})", re.ASCII)
MOST_SEQ = 2**53
MOST_WIDTH = 10_000  # px
MOST_STEPS = 64  # of a forecast
PAGES = ("status", "cache", "guide")  # those whose address is their name
PAGES_OF_A_FILE = ("explore", "accuracy")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
MOST_TIME = 40  # characters of a time
MOST_SHOWN = 1_000  # columns or series at once
MOST_FIND = 100  # characters that are looked for in names
MOST_SEARCH = 2_000  # characters of a query string that are looked at


@dataclass(frozen=True)
class Wanted:
    """A picture the browser asks for, `width` px wide; `force` has its forecast computed anew."""

    handle: str
    index: int
    seq: int
    session: str
    upload_id: str | None
    dark: bool
    narrow: bool
    width: int | None = None
    model: str | None = None
    force: bool = False
    horizon: int | None = None
    view: View = USUAL


@dataclass(frozen=True)
class Stretch:
    """Moments that are to be computed anew. what: "file", all; "failed", of those the ones that failed; "picture",
    those a picture shows, its own the last."""

    handle: str
    what: str
    index: int
    narrow: bool
    model: str | None
    horizon: int | None = None
    view: View = USUAL


@dataclass(frozen=True)
class Between:
    """A stretch of a series by time, in its own clock, both ends included; whose forecasts are meant."""

    handle: str
    start: np.datetime64
    end: np.datetime64
    model: str | None
    horizon: int | None


@dataclass(frozen=True)
class Asked:
    """A look at what else a kept upload could be read as. option: "value", its columns, or "series". find: words of
    their names. shown: how many."""

    handle: str
    upload_id: str
    option: str
    find: str
    shown: int


@dataclass(frozen=True)
class Where:
    """The moment a link names, an index, a time, or neither; and which forecast: model and length in steps, None for
    the default ones. odd_length: the link names a length that is none."""

    index: int | None = None
    time: np.datetime64 | None = None
    model: str | None = None
    horizon: int | None = None
    odd_length: bool = False


def handle(value: Any) -> str | None:
    """A series' handle: 64 lower-case hex digits."""
    return value if isinstance(value, str) and HANDLE.fullmatch(value) else None


def token(value: Any) -> str | None:
    """A tab's session id or an upload id."""
    return value if isinstance(value, str) and TOKEN.fullmatch(value) else None


def own_upload(mine: Any, facts: Any) -> tuple[str, str] | None:
    """(upload, handle) of the file on the page, where this browser sent it."""
    if not (isinstance(mine, dict) and isinstance(facts, dict)):
        return None
    upload_id, known = token(mine.get("upload")), handle(facts.get("handle"))
    return (upload_id, known) if upload_id and known else None


def model(value: Any) -> str | None:
    """What may be a model's name; whether there is one, the engine says."""
    return value if isinstance(value, str) and MODEL.fullmatch(value) else None


def horizon(value: Any) -> int | None:
    """A forecast's length in steps."""
    return whole(value, 1, MOST_STEPS)


def whole(value: Any, low: int, high: int) -> int | None:
    """A whole number in [low, high]; True, 3.0 and "3" are none."""
    return value if type(value) is int and low <= value <= high else None


def share(value: Any) -> tuple[int, int]:
    """(count, of) of {"count": 3, "of": 4}; nothing of nothing where it is no such share."""
    of = whole(value.get("of"), 0, MOST_SEQ) if isinstance(value, dict) else None
    count = whole(value.get("count"), 0, of) if of is not None else None
    return (0, 0) if of is None or count is None else (count, of)


def flag(value: Any) -> bool:
    """Whether the value is exactly true."""
    return value is True


def path(value: Any) -> tuple[str, str | None]:
    """(page, handle) of a pathname: ("home", None), ("explore" or "accuracy", <64 hex>), ("unknown", None), or of
    `PAGES`."""
    if value in ("/", "", None):
        return "home", None
    if not isinstance(value, str):
        return "unknown", None
    if (page := value.removesuffix("/")) in {f"/{name}" for name in PAGES}:
        return page[1:], None
    of_file, _, rest = value.removeprefix("/").partition("/")
    found = handle(rest.rstrip("/")) if of_file in PAGES_OF_A_FILE else None
    return (of_file, found) if found else ("unknown", None)


def where(search: Any) -> Where:
    """What a query string names: `?i=-37` (it wins) or `?t=2024-03-05T14:00`, `&model=theta` and `&h=24`."""
    if not isinstance(search, str) or len(search) > MOST_SEARCH:
        return Where()
    fields = parse_qs(search.removeprefix("?"), max_num_fields=None)
    text = fields.get("i", [""])[0].strip()
    length = fields.get("h", [""])[0].strip()
    steps = horizon(int(length)) if INDEX.fullmatch(length) else None
    index = int(text) if INDEX.fullmatch(text) else None
    return Where(
        index=index,
        time=_time(fields.get("t", [""])[0].strip()) if index is None else None,
        model=model(fields.get("model", [""])[0].strip()),
        horizon=steps,
        odd_length=bool(length) and steps is None,
    )


def _time(text: str) -> np.datetime64 | None:
    """A time as written, in the series' own clock; with an offset, the instant in UTC."""
    try:
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is not None:
            stamp = stamp.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return np.datetime64(stamp, "s")


def between(value: Any) -> Between | None:
    """A stretch by time; a time is ISO, a month alone its first instant."""
    if not isinstance(value, dict):
        return None
    found = handle(value.get("handle"))
    start, end = (_field(value.get(name)) for name in ("from", "to"))
    if found is None or start is None or end is None:
        return None
    return Between(found, start, end, model(value.get("model")), horizon(value.get("horizon")))


def _field(text: Any) -> np.datetime64 | None:
    """A time as an input field of a page gives it."""
    if not isinstance(text, str) or len(text) > MOST_TIME:
        return None
    return _time(f"{text}-01" if MONTH.fullmatch(text) else text)


def wanted(value: Any) -> Wanted | None:
    """A request for a picture. The index is only bounded here; whether it exists is the engine's answer."""
    if not isinstance(value, dict):
        return None
    found = handle(value.get("handle"))
    index = whole(value.get("index"), -MOST_SEQ, MOST_SEQ)
    seq = whole(value.get("seq"), 0, MOST_SEQ)
    session = token(value.get("session"))
    if found is None or index is None or seq is None or session is None:
        return None
    return Wanted(
        handle=found,
        index=index,
        seq=seq,
        session=session,
        upload_id=token(value.get("upload")),
        dark=flag(value.get("dark")),
        narrow=flag(value.get("narrow")),
        width=whole(value.get("width"), 1, MOST_WIDTH),
        model=model(value.get("model")),
        force=flag(value.get("force")),
        view=view(value.get("look")),
        horizon=horizon(value.get("h")),
    )


def asked(value: Any) -> Asked | None:
    """A look at the columns or series of an upload."""
    if not isinstance(value, dict) or value.get("option") not in ("value", "series"):
        return None
    found, upload = handle(value.get("handle")), token(value.get("upload"))
    shown, find = whole(value.get("shown"), 1, MOST_SHOWN), value.get("find")
    if found is None or upload is None or shown is None or not isinstance(find, str) or len(find) > MOST_FIND:
        return None
    return Asked(found, upload, value["option"], find, shown)


def opened(value: Any) -> bool | None:
    """Whether something was left open; None where nothing is known."""
    return value if isinstance(value, bool) else None


def stretch(value: Any) -> Stretch | None:
    """A wish to compute moments anew."""
    if not isinstance(value, dict) or value.get("what") not in ("file", "failed", "picture"):
        return None
    found = handle(value.get("handle"))
    index = whole(value.get("index"), -MOST_SEQ, MOST_SEQ)
    if found is None or index is None:
        return None
    how = flag(value.get("narrow")), model(value.get("model")), horizon(value.get("h")), view(value.get("look"))
    return Stretch(found, value["what"], index, *how)
