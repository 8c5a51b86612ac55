"""Status: whether all is well, what the engine is doing, how fast, and in how much room."""

from __future__ import annotations

import time
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from flask import current_app

from engine import Engine
from pages import _shell, _status

REFRESH_MS = 2_000


def layout(engine: Engine, version: str) -> Any:
    """The page, filled; from then on it refreshes itself."""
    return html.Div(
        [
            _shell.header(middle=[html.Span("Status", className="page-tab")]),
            html.Main(
                [
                    html.Div(_status.content(engine.status(), time.time()), id="status-body"),
                    html.P(id="status-seen", className="status-seen"),
                ],
                className="status",
            ),
            _shell.footer(version),
            dcc.Interval(id="status-tick", interval=REFRESH_MS),
            dcc.Store(id="status-at", data=0),
        ],
        className="shell",
    )


def register(app: Dash) -> None:
    """The page's callbacks."""

    @app.callback(
        Output("status-body", "children"),
        Output("status-at", "data"),
        Input("status-tick", "n_intervals"),
        prevent_initial_call=True,
    )
    def refresh(_intervals: Any) -> tuple[Any, float]:
        engine: Engine = current_app.extensions["engine"]
        now = time.time()
        return _status.content(engine.status(), now), now

    app.clientside_callback(ClientsideFunction("status", "seen"), Input("status-at", "data"))
