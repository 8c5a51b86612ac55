"""Explore: one picture of one moment, a rail through the whole file, and the words that say how good it was."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from flask import current_app

from engine import Dataset, Engine, errors, sketch
from pages import (
    _accuracy_asked,
    _chosen,
    _explore,
    _export,
    _fill,
    _inputs,
    _keys,
    _links,
    _moment,
    _notation,
    _picker,
    _readback,
    _recalculate,
    _shell,
    _slices,
    _versions,
    _view,
    _words,
)
from pages._address import at
from pages._frame import Frame


def layout(engine: Engine, handle: str, search: Any) -> Any:
    """The page of a stored series at the moment the link names; a plain sentence where there is none to show."""
    where = _inputs.where(search)
    try:
        dataset = engine.dataset(handle)
        chosen = _chosen.chosen(engine, dataset, where)
    except errors.UnknownHandle:
        return gone()
    except errors.EngineError as error:
        return busy(error.message)
    horizon = chosen.horizon or engine.settings.horizon
    index, words = starting_index(dataset, where, horizon)
    words = " ".join(filter(None, (words, chosen.words)))
    newer = _versions.newer(engine, handle)
    named = _accuracy_asked.chosen(search)
    fixed = _moment.frame_of(dataset, horizon)
    stands = _links.standing(engine, dataset)
    return html.Div(
        [
            _shell.header(
                middle=[
                    html.Span(id="series-name", className="series-name"),
                    _explore.tabs(handle),
                ],
                tools=[
                    _links.copy(stands),
                    _export.menu(handle, chosen.model, chosen.horizon),
                    _keys.button(),
                ],
            ),
            html.Div(_readback.strip(dataset, None), id="read-strip", className="read-strip"),
            html.Main(
                [
                    html.H1(
                        _moment.render(_words.title(dataset.time(index), fixed.step)), id="heading", className="heading"
                    ),
                    html.Div(
                        [
                            html.P(words, id="link-note", hidden=not words),
                            *_versions.note(newer, dataset.time(index), chosen.model, chosen.horizon),
                        ],
                        className="link-note",
                    ),
                    _explore.chart(_view.view(search).frame(fixed)),
                    _explore.moves(fixed.step, _chosen.choice(engine), chosen.model),
                    _explore.rail(dataset, fixed, index, _slices.words(named.get("slice", ""))),
                    _explore.side(handle, stands),
                ],
                className="explore",
            ),
            html.Div(id="spoken", className="visually-hidden", role="status"),
            dcc.Store(id="facts", data=facts(dataset, index, horizon, chosen, newer) | {"slice": named.get("slice")}),
            dcc.Store(id="wanted"),
            dcc.Store(id="answer"),
            dcc.Store(id="busy", data=False),
            dcc.Store(id="mine"),
            dcc.Store(id="fill-seen"),
            dcc.Interval(id="tick", interval=1_000),
        ],
        className="shell",
    )


def gone() -> Any:
    """The page of a series that is not stored here."""
    return _plain(
        html.H1(_links.gone()),
        html.P(html.Button("Choose a file", id="choose", className="button primary"), className="lead"),
        html.P(["Or start on ", dcc.Link("the first page", href=at("/")), "."], className="lead"),
    )


def busy(why: str) -> Any:
    """The page of a series that cannot be read at the moment."""
    again = html.A("Try again", href="", className="button primary")  # the same address, asked for anew
    return _plain(html.H1(_words.NOT_NOW), html.P(why, className="lead"), html.P(again, className="lead"))


def _plain(*parts: Any) -> Any:
    """A page of a few words."""
    return html.Div([_shell.header(), html.Main(list(parts), className="plain")], className="shell")


def starting_index(dataset: Dataset, where: _inputs.Where, horizon: int) -> tuple[int, str]:
    """(index, words about it): the link's moment, the nearest end, or the last one whose whole future is known."""
    if where.time is not None:
        index = int(dataset.index_at(where.time))
    elif where.index is not None:
        index = where.index
    else:
        return min(max(-horizon, dataset.first_index), 0), ""
    if index > 0:
        return 0, _words.outside_file("last")
    if index <= -dataset.length:
        return 1 - dataset.length, _words.outside_file("first")
    return index, ""


def facts(dataset: Dataset, index: int, horizon: int, chosen: _chosen.Chosen, newer: Dataset | None) -> dict[str, Any]:
    """What the browser has to know about the file: for moving, and for its list of recent files. model, h: which
    forecast is meant, None for the default ones; they are part of every address and request."""
    step = _moment.step_of(dataset)
    return {
        "handle": dataset.handle,
        "length": dataset.length,
        "first": dataset.first_index,
        "horizon": horizon,
        "page": _notation.page_steps(step),
        "clock": clock(dataset, step),
        "index": index,
        "model": chosen.model,
        "h": chosen.horizon,
        "newer": newer.handle if newer else None,
        "every": _notation.every(step),
        "period": _notation.period(dataset.start, dataset.end, step),
        "spark": sketch(dataset.series.values),
    }


def clock(dataset: Dataset, step: _notation.Step) -> dict[str, int] | None:
    """What the browser needs to tell an index's time by itself; None where the calendar is not that simple."""
    last = int(dataset.end.astype("datetime64[s]").astype(np.int64))
    if step.months:
        return {"last": last, "months": step.months}
    return {"last": last, "seconds": step.seconds} if step.seconds else None


def register(app: Dash) -> None:
    """The page's callbacks. Frames are kept per app: a handle names its data, so they never go stale."""

    @lru_cache(maxsize=64)
    def frame_for(handle: str, horizon: int | None) -> Frame:
        engine: Engine = current_app.extensions["engine"]
        return _moment.frame_of(engine.dataset(handle), horizon or engine.settings.horizon)

    @app.callback(
        Output("forecast", "figure"),
        Output("heading", "children"),
        Output("missed", "children"),
        Output("standing", "children"),
        Output("inside", "children"),
        Output("details", "children"),
        Output("state-note", "children"),
        Output("no-peeking", "children"),
        Output("answer", "data"),
        Input("wanted", "data"),
        running=[(Output("busy", "data"), True, False)],
        prevent_initial_call=True,
    )
    def draw(value: Any) -> tuple[Any, ...]:
        wanted = _inputs.wanted(value)
        if wanted is None:
            return (no_update,) * 9
        engine: Engine = current_app.extensions["engine"]
        answer = _moment.answer(engine, frame_for, wanted)
        data = {**answer.data, "state": answer.state, "seq": wanted.seq, "index": wanted.index}
        if answer.figure is None and answer.state != "gone":
            return (*(no_update,) * 8, data)
        sentences = (_moment.render(words) for words in (answer.missed, answer.standing, answer.inside))
        return (
            no_update if answer.figure is None else answer.figure,
            answer.heading or no_update,
            *sentences,
            answer.details,
            answer.note,
            answer.no_peeking or no_update,
            data,
        )

    @app.callback(
        Output("read-strip", "children"),
        Output("series-name", "children"),
        Input("mine", "data"),
        State("facts", "data"),
        prevent_initial_call=True,
    )
    def show_readback(mine: Any, facts_data: Any) -> tuple[Any, Any]:
        engine: Engine = current_app.extensions["engine"]
        own = _inputs.own_upload(mine, facts_data)
        if own is None:
            return no_update, no_update
        try:
            record, dataset = engine.record(*own), engine.dataset(own[1])
        except errors.UnknownHandle:
            return no_update, no_update
        except errors.EngineError:
            return _readback.not_now(), no_update
        if record is None:
            return no_update, no_update
        reused = _inputs.share(mine.get("reused"))
        known = {
            "horizon": _inputs.horizon(facts_data.get("h")) or engine.settings.horizon,
            "default": engine.settings.horizon,
            "is_open": _inputs.opened(mine.get("strip")),
        }
        return _readback.strip(dataset, record, reused, **known), _notation.shorten(record.name)

    _fill.register(app)
    _recalculate.register(app)
    _export.register(app)
    _picker.register(app)
    app.clientside_callback(ClientsideFunction("explore", "mount"), Output("mine", "data"), Input("facts", "data"))
    for name, source in (
        ("answered", Input("answer", "data")),
        ("released", Input("busy", "data")),
        ("filled", Input("fill-seen", "data")),
    ):
        app.clientside_callback(ClientsideFunction("explore", name), source, prevent_initial_call=True)
