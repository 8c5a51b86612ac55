"""Cache: what is stored and how much room it takes; taking forecasts away, bringing them back, deleting."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import orjson
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from flask import current_app

from engine import Engine, errors, visitor
from pages import _cache, _cache_words, _inputs, _live, _notation, _shell
from pages._address import at

REFRESH_MS = 5_000
CHECK = "Looks at everything on the disk. What is damaged and can be computed is computed again."
MANAGED = "What is stored here is managed by administrators."
COLUMNS = (
    ("name", "Dataset", "Names are known to the browser that sent the file, and to nobody else."),
    ("points", "Points", ""),
    ("start", "Time", ""),
    (None, "Forecasts", "Moments whose forecast is stored, of those that can have one."),
    ("bytes", "Size", "On disk: the series, its uploads and forecasts. What several datasets share counts in each."),
    ("used", "Last used", ""),
)


def layout(engine: Engine, version: str) -> Any:
    """The page, filled; from then on it refreshes itself. Rows are drawn by the browser, which knows their names."""
    if not visitor().is_admin:
        return _of_a_user(version)
    look, digest, rooms = _look(engine, None)
    return html.Div(
        [
            _header(),
            html.Main(
                [
                    html.H1(id="cache-heading", tabIndex=-1),
                    html.Div(
                        [
                            _room_card(rooms),
                            _load_card(),
                        ],
                        className="cache-top",
                    ),
                    html.P(id="cache-said", className="cache-said", role="status"),
                    html.P(
                        [dcc.Link("Start with a file", href=at("/")), ", or load an export above."],
                        id="cache-empty",
                        className="lead",
                        hidden=True,
                    ),
                    _table(),
                    html.Dialog(id="cache-dialog", className="dialog", **{"aria-labelledby": "cache-question"}),
                    html.P(id="cache-seen", className="status-seen"),
                ],
                className="cache",
            ),
            _shell.footer(version),
            dcc.Interval(id="cache-tick", interval=REFRESH_MS),
            dcc.Store(id="cache-wish"),
            dcc.Store(id="cache-digest", data=digest),
            dcc.Store(id="cache-look", data=look),
            dcc.Store(id="cache-shown"),
            dcc.Store(id="cache-between"),
            dcc.Store(id="cache-stretch"),
        ],
        className="shell",
    )


def _of_a_user(version: str) -> Any:
    """The page of who does not manage the cache: what they can do, and where."""
    own = [
        "To delete a file of yours, open it and choose “Forget this file”. ",
        dcc.Link("The first page", href=at("/")),
        " lists those that this browser knows.",
    ]
    return html.Div(
        [
            _header(),
            html.Main(
                [html.H1(MANAGED), html.P(own, className="lead"), html.Div(_load_card(), className="cache-top")],
                className="cache",
            ),
            _shell.footer(version),
        ],
        className="shell",
    )


def _header() -> Any:
    return _shell.header(middle=[html.Span("Cache", className="page-tab")])


def _room_card(rooms: list[Any]) -> html.Section:
    return html.Section(
        [
            html.H2("Room"),
            html.Div(rooms, id="cache-rooms"),
            html.P(
                [
                    html.Button("Check the disk", id="cache-check", className="link", title=CHECK),
                    " ",
                    html.Span(id="cache-checked", role="status"),
                ],
                className="aside",
            ),
        ],
        className="card rooms",
    )


def _load_card() -> html.Section:
    return html.Section(
        [
            html.H2("Load an export"),
            html.P(
                "A Parquet file that was saved here or on another machine brings its series and forecasts back. "
                "Drop it anywhere on this page."
            ),
            html.Button("Choose a file", id="choose", className="button"),
            html.Div(id="upload-state", className="upload-state", role="status"),
        ],
        className="card load",
    )


def _table() -> html.Section:
    heads = [
        html.Th(
            html.Button(words, className="sort", **{"data-sort": key}) if key else words,
            title=meaning or None,
            scope="col",
            className=f"column-{key or 'forecasts'}",
        )
        for key, words, meaning in COLUMNS
    ]
    return html.Section(
        [
            html.Div(
                [
                    html.Div(id="cache-find"),
                    html.Button("Delete everything", id="cache-flush", className="button quiet danger"),
                ],
                className="cache-tools",
            ),
            html.Table(
                [
                    html.Thead(html.Tr([*heads, html.Th(html.Span("Actions", className="visually-hidden"))])),
                    html.Tbody(id="cache-rows"),
                ],
                className="cache-table",
            ),
            html.Button("Show more", id="cache-more", className="button quiet"),
        ],
        id="cache-list",
        hidden=True,
    )


def register(app: Dash) -> None:
    """The page's callbacks. Deleting itself goes over the API; here is what the page must be told before."""

    @app.callback(
        Output("cache-look", "data"),
        Output("cache-digest", "data"),
        Output("cache-rooms", "children"),
        Input("cache-tick", "n_intervals"),
        Input("cache-wish", "data"),
        State("cache-digest", "data"),
        prevent_initial_call=True,
    )
    def refresh(_intervals: Any, _wish: Any, digest: Any) -> tuple[Any, Any, Any]:
        return _look(current_app.extensions["engine"], digest)

    @app.callback(Output("cache-stretch", "data"), Input("cache-between", "data"), prevent_initial_call=True)
    def find_stretch(value: Any) -> Any:
        asked = _inputs.whole(value.get("asked"), 0, _inputs.MOST_SEQ) if isinstance(value, dict) else None
        return {"asked": asked} | _stretch(current_app.extensions["engine"], _inputs.between(value))

    @app.callback(
        Output("cache-checked", "children"),
        Input("cache-check", "n_clicks"),
        prevent_initial_call=True,
        running=[
            (Output("cache-check", "disabled"), True, False),
            (Output("cache-check", "children"), "Checking", "Check the disk"),
        ],
    )
    def check(clicks: Any) -> Any:
        if not clicks:
            return no_update
        try:
            return _cache_words.checked(current_app.extensions["engine"].check())
        except errors.EngineError as error:
            return error.message

    app.clientside_callback(
        ClientsideFunction("cache", "seen"), Output("cache-shown", "data"), Input("cache-look", "data")
    )
    app.clientside_callback(
        ClientsideFunction("cache", "stretch"), Input("cache-stretch", "data"), prevent_initial_call=True
    )


def _look(engine: Engine, digest: Any) -> tuple[Any, Any, Any]:
    """(look, digest, rooms). `digest` of the last look: what is as it was is not sent again."""
    now = time.time()
    try:
        inventory = engine.cache()
    except errors.EngineError as error:
        return {"error": error.message, "at": now}, no_update if digest else None, no_update if digest else []
    rooms, rows = _cache.rooms(inventory), _cache.rows(inventory, engine.status().models)
    said = _live.look(rooms)
    found = {"rows": hashlib.sha256(orjson.dumps(rows)).hexdigest(), "rooms": said.shape}
    before = digest if isinstance(digest, dict) else {}
    look = {
        "at": now,
        "heading": _cache_words.heading(len(rows)),
        "rows": None if before.get("rows") == found["rows"] else rows,
        "live": said.live,
    }
    return look, found, no_update if before.get("rooms") == found["rooms"] else rooms


def _stretch(engine: Engine, wish: _inputs.Between | None) -> dict[str, Any]:
    """The moments between two times, in words and as indices; or why there are none."""
    if wish is None or wish.start > wish.end:
        return {"refused": _cache_words.UNREADABLE}
    try:
        dataset = engine.dataset(wish.handle)
    except errors.UnknownHandle:
        return {"refused": _cache_words.GONE}
    except errors.EngineError as error:
        return {"refused": error.message}
    first, last, moments = _cache.stretch(dataset, wish.start, wish.end)
    if moments == 0:
        return {"refused": _cache_words.EMPTY}
    step = _notation.Step(dataset.series.step.seconds, dataset.series.step.calendar)
    ends = [_notation.moment(dataset.time(index), step) for index in (first, last)]
    words = _cache_words.anew(moments, *ends, at_once=engine.settings.background)
    return {"first": first, "last": last, "moments": moments, "words": words}
