"""Which column of a wide file, which series of a long one: those there are, each with a sketch of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, dcc, html, no_update
from flask import current_app

from engine import Engine, Readback, errors
from pages import _inputs, _notation, _reread
from pages._sparkline import sparkline

SHOWN = 12  # at once
MOST_SKETCHED = 60
WORDS = {"value": ("number column", "number columns"), "series": ("series", "series")}
Sketches = Mapping[str, Sequence[int | None]]


def offered(readback: Readback, option: str) -> tuple[str, ...]:
    """The columns ("value") or series ("series") that can be chosen; the chosen one is among them."""
    names, chosen = _known(readback, option)
    if chosen is None:
        return ()
    return names if chosen in names else (chosen, *names)


def panel(readback: Readback) -> Any:
    """The panel, open where a choice was left to the reader; None where there is nothing to choose."""
    options = [option for option in WORDS if len(offered(readback, option)) > 1]
    if not options:
        return None
    guessed = {"value": "VALUE_COLUMN_GUESSED", "series": "SERIES_GUESSED"}
    open_for = [option for option in options if guessed[option] in readback.warnings]
    option = (open_for or options)[0]
    return html.Div(
        [
            dcc.Store(id="picker-asked"),
            html.Div(_found(readback, option, "", SHOWN, {}), id="picker-found"),
        ],
        id="picker",
        className="picker",
        hidden=not open_for,
        **{"data-option": option},
    )


def field(readback: Readback) -> Any:
    """The search field, which stays while what was found changes; None where everything is in sight."""
    most = max(len(offered(readback, option)) for option in WORDS)
    if most <= SHOWN:
        return None
    words = {"placeholder": "Type a part of its name", "autoComplete": "off", "maxLength": 100}
    return dcc.Input(id="picker-find", type="search", debounce=True, **words)


def register(app: Dash) -> None:
    """The panel's callback: what is looked for, with sketches where the file's bytes are still kept."""

    @app.callback(Output("picker-found", "children"), Input("picker-asked", "data"), prevent_initial_call=True)
    def find(value: Any) -> Any:
        asked = _inputs.asked(value)
        if asked is None:
            return no_update
        engine: Engine = current_app.extensions["engine"]
        try:
            record = engine.record(asked.upload_id, asked.handle)
        except errors.EngineError:
            return no_update
        if record is None:
            return no_update
        seen = matching(offered(record.readback, asked.option), asked.find)[: asked.shown]
        try:
            sketches = engine.glance(asked.upload_id, asked.handle, asked.option, seen[:MOST_SKETCHED])
        except errors.EngineError:  # names alone will do
            sketches = {}
        return _found(record.readback, asked.option, asked.find, asked.shown, sketches)


def matching(names: Sequence[str], find: str) -> list[str]:
    """Names that hold every word of `find`, in any case."""
    words = find.casefold().split()
    return [name for name in names if all(word in name.casefold() for word in words)]


def place(names: Sequence[str], chosen: str) -> str:
    """`2 of 40`: where the chosen one stands among those in the file, so that `[` and `]` are seen to move."""
    number = names.index(chosen) + 1 if names else 0
    return f"{_notation.count(number)} of {_notation.count(len(names))}"


def _known(readback: Readback, option: str) -> tuple[tuple[str, ...], str | None]:
    if option == "value":
        return readback.columns, readback.value_column
    return readback.ids, readback.series


def _found(readback: Readback, option: str, find: str, shown: int, sketches: Sketches) -> list[Any]:
    names = offered(readback, option)
    chosen = _known(readback, option)[1] or ""
    found = matching(names, find)
    one, many = WORDS[option]
    head = ["Showing ", html.Strong(_notation.shorten(chosen)), f", {place(names, chosen)} {many}."]
    if find:
        head.append(f" {_notation.count(len(found))} named like that." if found else f" No {one} is named like that.")
    cards = [_card(readback, option, name, name == chosen, sketches.get(name, ())) for name in found[:shown]]
    more = len(found) - shown
    rest = [html.Button(f"{_notation.count(more)} more", id="picker-more", className="link")] if more > 0 else []
    return [html.P(head, className="picker-says"), html.Div(cards, className="picker-cards"), *rest]


def _card(readback: Readback, option: str, name: str, is_chosen: bool, sketch: Sequence[int | None]) -> html.Button:
    return html.Button(
        [html.Span(_notation.shorten(name) or "(no name)", className="picker-name"), sparkline(sketch)],
        type="button",
        className="picker-card chosen" if is_chosen else "picker-card",
        title=name,
        disabled=is_chosen,
        **_reread.button(readback, {option: name}),
    )
