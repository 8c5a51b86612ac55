"""Accuracy: how right the forecasts of a whole file were, said first, then shown."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from flask import current_app

from engine import Backtest, Engine, errors
from pages import (
    _accuracy,
    _accuracy_asked,
    _accuracy_words,
    _chosen,
    _fan,
    _inputs,
    _moment,
    _notation,
    _shell,
    _words,
)
from pages._chart import Words
from pages._traces import DARK, LIGHT
from pages.explore import busy, gone

TITLE = "How right were the forecasts?"
WORKS_FOR = 0.6  # seconds at a time on what is not read yet
PATIENCE = 2.0  # seconds for a forecast of the table's pictures


def layout(engine: Engine, handle: str, search: Any) -> Any:
    """The page of a stored series; its numbers come with the first answer."""
    where = _inputs.where(search)
    try:
        dataset = engine.dataset(handle)
        chosen = _chosen.chosen(engine, dataset, where)
    except errors.UnknownHandle:
        return gone()
    except errors.EngineError as error:
        return busy(error.message)
    named = _accuracy_asked.chosen(search)
    which = {"model": chosen.model, "h": chosen.horizon}
    step = _moment.step_of(dataset)
    horizon = chosen.horizon or engine.settings.horizon
    length = f"{_notation.plural(horizon, 'step')} ahead, {_notation.span(horizon, step)}"
    period = _notation.period(dataset.start, dataset.end, step)
    explore = _accuracy_asked.address("explore", handle, **which, **named)
    return html.Div(
        [
            _shell.header(
                middle=[
                    html.Span(id="series-name", className="series-name"),
                    html.Nav(
                        [
                            dcc.Link("Explore", href=explore, id="explore-tab", className="page-tab away"),
                            html.Span("Accuracy", className="page-tab", **{"aria-current": "page"}),
                        ],
                        className="tabs",
                    ),
                ],
            ),
            html.Main(
                [
                    html.H1(TITLE),
                    html.P(
                        f"{chosen.model or engine.settings.model} \u00b7 {length} \u00b7 {period}", className="aside"
                    ),
                    html.P(chosen.words, className="link-note", hidden=not chosen.words),
                    *_accuracy.places(handle, chosen.model, chosen.horizon),
                ],
                id="accuracy",
                className="accuracy",
            ),
            dcc.Store(id="accuracy-facts", data={"handle": handle, **which, **named}),
            dcc.Store(id="accuracy-asked"),
            dcc.Store(id="accuracy-answer"),
            dcc.Store(id="accuracy-busy", data=False),
            dcc.Store(id="accuracy-shown"),
        ],
        className="shell",
    )


def register(app: Dash) -> None:
    """The page's callbacks. Pictures of forecasts are kept per app: what they show is in their key."""

    @lru_cache(maxsize=512)
    def picture(handle: str, index: int, miss: float, model: str | None, horizon: int | None, dark: bool) -> str:
        engine: Engine = current_app.extensions["engine"]
        plot = engine.forecast(handle, index, model=model, horizon=horizon, timeout=PATIENCE)
        return _fan.image(_fan.fan(plot, DARK if dark else LIGHT))

    def pictures(found: Backtest, asked: _accuracy_asked.Asked) -> list[str | None]:
        """A picture for each of the worst stretches, as far as they are to be had."""
        which = asked.model, asked.horizon, asked.dark
        shown: list[str | None] = []
        for stretch in found.worst:
            try:
                shown.append(picture(asked.handle, stretch.index, stretch.miss, *which))
            except errors.EngineError:
                shown.append(None)
        return shown

    @app.callback(
        Output("accuracy-answer", "data"),
        Input("accuracy-asked", "data"),
        running=[(Output("accuracy-busy", "data"), True, False)],
        prevent_initial_call=True,
    )
    def answer(value: Any) -> Any:
        asked = _accuracy_asked.asked(value)
        if asked is None:
            return no_update
        engine: Engine = current_app.extensions["engine"]
        try:
            return _answered(engine, asked, pictures)
        except errors.UnknownHandle:
            return _refused(asked, "gone", _words.GONE)
        except (errors.BadRequest, errors.IndexOutOfRange) as error:
            return _refused(asked, "refused", error.message)
        except errors.EngineError as error:
            return _refused(asked, "busy", error.message)

    app.clientside_callback(
        ClientsideFunction("accuracy", "mount"), Output("accuracy-shown", "data"), Input("accuracy-facts", "data")
    )
    for name, source in (("answered", "accuracy-answer"), ("released", "accuracy-busy")):
        app.clientside_callback(ClientsideFunction("accuracy", name), Input(source, "data"), prevent_initial_call=True)


def _answered(engine: Engine, asked: _accuracy_asked.Asked, pictures: Any) -> dict[str, Any]:
    """The whole page, or that nothing on it has changed."""
    dataset = engine.dataset(asked.handle)
    found = engine.backtest(
        asked.handle,
        model=asked.model,
        horizon=asked.horizon,
        slice=asked.slice,
        stretch=asked.stretch,
        worst=asked.worst,
        timeout=WORKS_FOR,
    )
    known = _moment.known_to(engine, asked.handle, asked.upload_id)
    base = {"seq": asked.seq, "seen": mark(found), "complete": found.standing.complete, "state": "ready"}
    if base["seen"] == asked.seen:
        return base | {"parts": {}}
    fixed, step = _moment.frame_of(dataset, found.horizon), _moment.step_of(dataset)
    name = _notation.baseline_name(found.season, step)
    words = Words(step, fixed.decimals, _notation.shorten(known.unit), name)
    shown = pictures(found, asked) if _accuracy_words.ready(found) else []
    parts = _accuracy.parts(found, dataset, asked, words, shown)
    label = _notation.shorten(known.name)
    return base | {
        "parts": parts | {"series-name": {"children": _notation.shorten(known.label)}},
        "title": " \u00b7 ".join(filter(None, (TITLE, label, "Hindcast"))),
    }


def mark(found: Backtest) -> str:
    """What numbers stand on: while it is the same, so are they."""
    return " ".join(map(str, found.standing))


def _refused(asked: _accuracy_asked.Asked, state: str, words: str) -> dict[str, Any]:
    parts = {"accuracy-sentences": {"children": [html.P(words)]}} if state != "busy" else {}
    return {"seq": asked.seq, "seen": None, "complete": state != "busy", "state": state, "parts": parts}
