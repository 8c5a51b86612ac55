"""How the file of a quick draw was read, as the browser hands it back. Nothing of it is trusted, nothing is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html

from engine import Readback
from pages import _moment, _readback, _words
from pages._inputs import whole
from pages._notation import Step, shorten

MOST_TEXT = 2_000  # characters
MOST_LISTED = 2_000  # names, notes, decisions
MOST_POINTS = 2**31
NOWHERE = ["", 0.0]


def told(data: Any, step: Step) -> Any:
    """The line that says how the file was read, over a row per decision; None where the JSON does not say it. The rows
    have no buttons: there is no file to read again."""
    try:
        readback = _plain(data["readback"])
        start, end = (np.datetime64(_text(data[name]).removesuffix("Z"), "s") for name in ("start", "end"))
        rows = _readback.rows(readback, step)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if np.isnat(start) or np.isnat(end):
        return None
    name = ", ".join(shorten(part) for part in (readback.value_column, readback.series) if part)
    line = _words.read_as(name, step, start, end, readback.n_rows_valid, readback.n_missing)
    return [html.P(_moment.render(line), className="quick-line"), rows]


def _plain(data: Any) -> Readback:
    """The read-back without other ways to read the file. KeyError, TypeError, ValueError."""
    says = {name: _text(data[name]) for name in ("value_column", "delimiter", "decimal", "encoding")}
    maybe = {name: None if data[name] is None else _text(data[name]) for name in ("unit", "timezone", "series")}
    counts = {name: whole(data[name], 0, MOST_POINTS) for name in ("n_rows_valid", "n_missing")}
    if None in counts.values() or data["dayfirst"] not in (None, True, False):
        raise ValueError("counts or dayfirst")
    decisions = [{"what": _text(d["what"]), "says": _text(d["says"]), "proof": None} for d in _list(data["decisions"])]
    notes = [{"code": _text(n["code"]), "message": _text(n["message"])} for n in _list(data["notes"])]
    known = {"dayfirst": data["dayfirst"], "notes": notes, "decisions": [d | {"alternatives": []} for d in decisions]}
    names = {name: [_text(each) for each in _list(data[name])] for name in ("columns", "ids")}
    unsaid = dict.fromkeys(("step_seconds", "step_calendar", "header_line"))
    places = {"time_column": "", "first": NOWHERE, "last": NOWHERE, "n_segments": 1}
    return Readback.from_json(says | maybe | counts | known | names | unsaid | places)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise ValueError("text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_LISTED:
        raise ValueError("list")
    return value
