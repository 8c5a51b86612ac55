"""Status: whether all is well, what the engine is doing, how fast, and in how much room."""

from __future__ import annotations

import time
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from flask import current_app

from engine import Engine
from pages import _live, _shell, _status

REFRESH_MS = 2_000


def layout(engine: Engine, version: str) -> Any:
    """The page, filled; from then on it refreshes itself."""
    parts = _status.content(engine.status(), time.time())
    return html.Div(
        [
            _shell.header(middle=[html.Span("Status", className="page-tab")]),
            html.Main(
                [
                    html.Div(parts, id="status-body"),
                    html.P(id="status-seen", className="status-seen"),
                ],
                className="status",
            ),
            _shell.footer(version),
            dcc.Interval(id="status-tick", interval=REFRESH_MS),
            dcc.Store(id="status-shape", data=_live.look(parts).shape),
            dcc.Store(id="status-look"),
        ],
        className="shell",
    )


def register(app: Dash) -> None:
    """The page's callbacks."""

    @app.callback(
        Output("status-body", "children"),
        Output("status-shape", "data"),
        Output("status-look", "data"),
        Input("status-tick", "n_intervals"),
        State("status-shape", "data"),
        prevent_initial_call=True,
    )
    def refresh(_intervals: Any, shape: Any) -> tuple[Any, Any, Any]:
        engine: Engine = current_app.extensions["engine"]
        parts = _status.content(engine.status(), time.time())
        seen = _live.look(parts)
        if shape == seen.shape:
            return no_update, no_update, {"live": seen.live, "at": time.time()}
        return parts, seen.shape, {"live": {}, "at": time.time()}

    app.clientside_callback(ClientsideFunction("status", "seen"), Input("status-look", "data"))
