"""Accuracy: how right the forecasts of a whole file were, said first, then shown."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from flask import current_app

from engine import BASELINE, Backtest, Compared, Engine, errors
from pages import (
    _accuracy,
    _accuracy_asked,
    _accuracy_compare,
    _accuracy_events,
    _accuracy_words,
    _chosen,
    _inputs,
    _links,
    _moment,
    _notation,
    _shell,
    report,
)
from pages._accuracy_compare import LAST_VALUE, Fill
from pages._accuracy_pictures import Pictures
from pages._accuracy_words import TITLE
from pages._address import of_file
from pages._chart import Words
from pages._pace import Pace
from pages.explore import busy, gone

WORKS_FOR, WORKS_ON = 0.6, 1.5  # seconds on what is not read yet: for somebody who waits, and for the next look

COMPARES_FOR = 0.4  # seconds on what is not read of the other models


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
    horizon = chosen.horizon or engine.settings.horizon
    plain = Words(_moment.step_of(dataset), 0, "", "")
    form = _accuracy_events.form(horizon, engine.settings.num_samples, plain, _accuracy_asked.chosen_line(search))
    explore = of_file("explore", handle, **which, **named)
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
                    html.P(report.about(dataset, chosen.model or engine.settings.model, horizon), className="aside"),
                    html.P(chosen.words, className="link-note", hidden=not chosen.words),
                    *_accuracy.places(handle, chosen.model, chosen.horizon, form),
                ],
                id="accuracy",
                className="accuracy",
            ),
            dcc.Store(id="accuracy-facts", data={"handle": handle, **which, **named}),
            dcc.Store(id="accuracy-asked"),
            dcc.Store(id="accuracy-answer"),
            dcc.Store(id="accuracy-busy", data=False),
            dcc.Store(id="accuracy-shown"),
            dcc.Store(id="accuracy-warned"),
            dcc.Store(id="accuracy-heard"),
            dcc.Store(id="accuracy-form"),
        ],
        className="shell",
    )


def register(app: Dash) -> None:
    """The page's callbacks, and the report."""
    pictures, pace = Pictures(app.server.extensions["engine"]), Pace()
    report.register(app, pictures)

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
            return _answered(engine, asked, pictures, pace)
        except errors.UnknownHandle:
            return _refused(asked, "gone", _links.gone())
        except (errors.BadRequest, errors.IndexOutOfRange) as error:
            return _refused(asked, "refused", error.message)
        except errors.EngineError as error:
            return _refused(asked, "busy", error.message)

    @app.callback(
        Output("accuracy-events", "children"),
        Output("accuracy-heard", "data"),
        Input("accuracy-warned", "data"),
        prevent_initial_call=True,
    )
    def warn(value: Any) -> tuple[Any, Any]:
        asked = _accuracy_asked.warned(value)
        if asked is None:
            return no_update, no_update
        engine: Engine = current_app.extensions["engine"]
        heard = {"seq": asked.seq, "line": asked.line, "complete": True}
        try:
            return _warned(engine, asked, heard)
        except (errors.UnknownHandle, errors.BadRequest, errors.IndexOutOfRange) as error:
            return [html.P(error.message)], heard
        except errors.EngineError:  # busy, say: what is shown stays, and is asked for again
            return no_update, heard | {"complete": False}

    for opened in ("accuracy-shown", "accuracy-form"):
        name = {"accuracy-shown": "accuracy", "accuracy-form": "warned"}[opened]
        app.clientside_callback(
            ClientsideFunction(name, "mount"), Output(opened, "data"), Input("accuracy-facts", "data")
        )
    app.clientside_callback(
        ClientsideFunction("warned", "answered"), Input("accuracy-heard", "data"), prevent_initial_call=True
    )
    for name, source in (("answered", "accuracy-answer"), ("released", "accuracy-busy")):
        app.clientside_callback(ClientsideFunction("accuracy", name), Input(source, "data"), prevent_initial_call=True)


def _answered(engine: Engine, asked: _accuracy_asked.Asked, pictures: Pictures, pace: Pace) -> dict[str, Any]:
    """The whole page, or that nothing on it has changed."""
    found = report.backtest(engine, asked, WORKS_FOR if asked.seen is None else WORKS_ON)
    compared, fill = _models(engine, asked, found, pace)
    complete = found.standing.complete and not fill.models
    base = {"seq": asked.seq, "seen": mark(found, compared), "complete": complete, "state": "ready"}
    if base["seen"] == asked.seen:
        return base | {"parts": {}}
    known = _moment.known_to(engine, asked.handle, asked.upload_id)
    dataset = engine.dataset(asked.handle)
    shown = pictures.of(found, asked) if _accuracy_words.ready(found) else []
    words = report.words_of(found, dataset, known.unit)
    parts = _accuracy.parts(found, dataset, asked, words, shown, _accuracy_compare.best(compared, found.model))
    parts |= _accuracy.models(compared, asked, words, found, fill)
    label = _notation.shorten(known.label)
    return base | {
        "parts": parts | {"series-name": {"children": label}},
        "title": " \u00b7 ".join(filter(None, (TITLE, label, "Hindcast"))),
    }


def _warned(engine: Engine, asked: _accuracy_asked.Warned, heard: dict[str, Any]) -> tuple[Any, Any]:
    """What became of events and warnings; what the browser has to know of it."""
    known = _moment.known_to(engine, asked.handle, asked.upload_id)
    line = _accuracy_events.USUAL_LINES.get(known.unit) if asked.line is None else asked.line
    if line is None:
        return [html.P(_accuracy_events.ASK, className="aside")], heard
    found, children = report.warnings(engine, asked, line, known.unit, WORKS_FOR)
    return children, heard | {"line": line, "complete": found.complete}


def _models(engine: Engine, asked: _accuracy_asked.Asked, found: Backtest, pace: Pace) -> tuple[Compared, Fill]:
    """All loaded models, and those that are still being computed or read."""
    compared = engine.compare(
        asked.handle, horizon=asked.horizon, slice=asked.slice, stretch=asked.stretch, timeout=COMPARES_FOR
    )
    rivals = {found.model, BASELINE, LAST_VALUE}  # whose scores come with those of the page's model
    others = [each for each in compared.contenders if each.model not in rivals]
    going = {
        each.model
        for each in others
        if engine.progress(asked.handle, model=each.model, horizon=asked.horizon).state == "filling"
    }
    unread = {each.model for each in others if each.done == compared.total and not each.takes_part}
    which = asked.handle, asked.horizon
    paces = {each.model: pace.of((*which, each.model), each.done) for each in others if each.model in going}
    return compared, Fill(frozenset(going | unread), paces)


def mark(found: Backtest, compared: Compared) -> str:
    """What numbers stand on: while it is the same, so are they."""
    others = [part for each in compared.contenders for part in (each.done, each.takes_part)]
    return " ".join(map(str, [*found.standing, compared.selected, *others]))


def _refused(asked: _accuracy_asked.Asked, state: str, words: str) -> dict[str, Any]:
    parts = {"accuracy-sentences": {"children": [html.P(words)]}} if state != "busy" else {}
    return {"seq": asked.seq, "seen": None, "complete": state != "busy", "state": state, "parts": parts}
