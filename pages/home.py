"""Home: one sentence, one drop zone, one sample picture, and this browser's recent files."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, callback_context, dcc, html, no_update
from flask import current_app

from engine import Settings, errors
from pages import _figure, _moment, _notation, _quick, _quick_read, _shell, _words
from pages._samples import SAMPLES, Sample, Samples

SENTENCE = "See what would have been forecast at any moment of your data, and how right it was."
SMALL = "Drop a CSV with a time and a number column. It stays on this server; nothing leaves your network."
WHO_SEES = {
    "open": " Everybody who can open this page sees everything on it.",
    "users": " What you drop is yours alone, until you share it.",
}
EMPTY = {"data": [], "layout": {"xaxis": {"visible": False}, "yaxis": {"visible": False}}}
PICTURE = {"staticPlot": True}


def layout(settings: Settings, version: str) -> Any:
    """The page; the sample's picture and the recent files arrive a moment later."""
    return html.Div(
        [
            _shell.header(),
            html.Main(
                [
                    html.Div(
                        [
                            html.H1(SENTENCE),
                            html.P(_privacy(settings), className="lead"),
                        ],
                        className="sentence",
                    ),
                    html.Div([_drop_zone(settings), _sample_card()], className="home-row"),
                    html.Section(id="quick", className="card quick", hidden=True, children=_quick_card()),
                    html.Section(id="recents", className="recents", **{"aria-label": "Recent files"}),
                ],
                className="home",
            ),
            _shell.footer(version),
            dcc.Store(id="home-ready", data=True),
            dcc.Store(id="home-shown"),
            dcc.Store(id="sample-opened"),
            dcc.Store(id="quick-plot"),
        ],
        className="shell",
    )


def _privacy(settings: Settings) -> str:
    return SMALL + WHO_SEES.get(settings.access, "")


def _drop_zone(settings: Settings) -> html.Section:
    limit = f"Up to {_notation.count(settings.max_upload_bytes // 1_000_000)} MB. CSV, TSV, text."
    return html.Section(
        [
            html.Div(
                [
                    html.Span(className="drop-icon"),
                    html.Div("Drop a CSV here", className="drop-title"),
                    html.Button("Choose a file", id="choose", className="button primary"),
                    html.Div(
                        [
                            "or ",
                            html.Button("paste rows from Excel", id="paste-open", className="link"),
                            html.Span([" (", html.Kbd("Ctrl"), "+", html.Kbd("V"), ")"], className="drop-key"),
                        ],
                        className="drop-paste",
                    ),
                    html.Textarea(
                        id="paste-box",
                        className="paste-box",
                        hidden=True,
                        placeholder="Paste the rows here, with their times",
                        **{"aria-label": "Paste rows here"},
                    ),
                    html.Div(
                        dmc.Checkbox(label="Only the latest forecast, keep nothing", size="xs", radius="xs"),
                        id="quick-only",
                        className="quick-only",
                    ),
                ],
                className="drop-inner",
            ),
            html.Div(id="upload-state", className="upload-state", role="status"),
            html.Div(limit, className="drop-limit"),
        ],
        id="dropzone",
        className="card dropzone",
    )


def _sample_card() -> html.Section:
    return html.Section(
        [
            html.Div(_picture("sample-picture"), className="sample-picture"),
            *(html.Div(_offer(name, sample), className="caption") for name, sample in SAMPLES.items()),
        ],
        className="card sample",
    )


def _offer(name: str, sample: Sample) -> list[Any]:
    """A sample's caption and its button."""
    words = ", ".join((_words.picture_caption(sample.what, sample.step), *sample.notes))
    return [html.Span(f"{words}. "), html.Button(sample.button, id=f"open-{name}", className="link strong")]


def _picture(name: str) -> dcc.Graph:
    return dcc.Graph(id=name, config=PICTURE, responsive=True, figure=EMPTY)


def _quick_card() -> list[Any]:
    return [
        html.H2("The latest forecast", id="quick-heading"),
        html.Div(_picture("quick-picture"), className="quick-picture"),
        html.Div(id="quick-read", className="read-strip quick-read"),
        html.P("Nothing of this file was kept.", className="caption"),
    ]


def register(app: Dash) -> None:
    """The page's callbacks."""

    @app.callback(Output("sample-picture", "figure"), Input("scheme", "data"), State("home-ready", "data"))
    def show_sample(scheme: Any, _ready: Any) -> Any:
        samples: Samples = current_app.extensions["samples"]
        try:
            return samples.picture(dark=scheme == "dark")
        except errors.EngineError:
            return no_update

    @app.callback(
        Output("sample-opened", "data"),
        *(Input(f"open-{name}", "n_clicks") for name in SAMPLES),
        prevent_initial_call=True,
    )
    def open_sample(*_clicks: Any) -> Any:
        samples: Samples = current_app.extensions["samples"]
        name = str(callback_context.triggered_id).removeprefix("open-")
        if name not in SAMPLES:
            return no_update
        sample = SAMPLES[name]
        try:
            upload = samples.upload(name)
        except errors.EngineError as error:
            return {"error": error.message}
        known = {"handle": upload.dataset.handle, "upload_id": upload.record.upload_id, "name": sample.what}
        return known | {"index": sample.index, "look": sample.look}

    @app.callback(
        Output("quick-picture", "figure"),
        Output("quick-heading", "children"),
        Output("quick-read", "children"),
        Input("quick-plot", "data"),
        State("scheme", "data"),
        prevent_initial_call=True,
    )
    def show_quick(data: Any, scheme: Any) -> Any:
        plot = _quick.plot(data)
        if plot is None:
            return no_update, no_update, no_update
        step = _notation.Step(plot.step_seconds, plot.step_calendar)
        picture = _figure.figure(plot, _quick.frame_of(plot), dark=scheme == "dark")
        heading: _words.Sentence = ["The forecast from ", _words.Mark("time", _notation.moment(plot.origin, step))]
        return picture, _moment.render(heading), _quick_read.told(data, step)

    app.clientside_callback(
        ClientsideFunction("home", "mount"), Output("home-shown", "data"), Input("home-ready", "data")
    )
    app.clientside_callback(
        ClientsideFunction("home", "open"), Input("sample-opened", "data"), prevent_initial_call=True
    )
