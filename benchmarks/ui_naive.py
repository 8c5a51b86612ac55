"""The reference: the same engine and picture as a callback that returns a figure for every position of the slider."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html

from engine import Engine, Settings
from pages import _figure, _moment
from pages._frame import Frame


def __getattr__(name: str) -> Any:
    """`ui_naive:server` is built when gunicorn asks for it."""
    if name == "server":
        globals()["server"] = _serve()
        return globals()["server"]
    raise AttributeError(name)


def _serve() -> Any:
    engine = Engine(Settings.from_env(os.environ))
    handle = engine.datasets()[0].handle
    dataset = engine.dataset(handle)
    app = Dash("naive", include_assets_files=False, update_title=None)
    slider = {"min": 1 - dataset.length, "max": 0, "step": 1, "value": -12, "marks": None, "updatemode": "mouseup"}
    app.layout = html.Div(
        [dcc.Graph(id="forecast", style={"height": 500}), dcc.Slider(id="scrub", tooltip=None, **slider)]
    )

    @lru_cache(maxsize=1)
    def frame() -> Frame:
        return _moment.frame_of(dataset, engine.settings.horizon)

    @app.callback(Output("forecast", "figure"), Input("scrub", "drag_value"))
    def draw(index: int | None) -> go.Figure:
        plot = engine.forecast(handle, max(-12 if index is None else index, dataset.first_index))
        return go.Figure(_figure.figure(plot, frame()))

    app.server.extensions["engine"] = engine
    return app.server
