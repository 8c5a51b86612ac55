"""Taking forecasts and pictures away: a small menu in the header."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, html, no_update
from flask import current_app

from engine import Engine, errors
from pages import _inputs
from pages._address import at

PICTURES = (("png", "This picture (PNG)"), ("svg", "This picture (SVG)"), ("html", "This view as one HTML file"))
TABLE = "This forecast as a table (copies it)"
DIALECTS = {
    ".": "All forecasts and scores (CSV, 1.5 and ,)",
    ",": "All forecasts and scores (CSV, 1,5 and ; for Excel in German, French, \u2026)",
}
PARQUET = "All forecasts and scores (Parquet)"
WHICH = "Those computed so far, with what then happened and the scores."


def menu(handle: str, model: str | None, horizon: int | None = None) -> html.Details:
    """The menu, closed. Files are links; pictures, the page of one view and the table are made in the browser."""
    pictures = [html.Button(words, className="menu-item", **{"data-picture": kind}) for kind, words in PICTURES]
    table = html.Button(TABLE, id="copy-table", className="menu-item")
    csv = html.Div(csv_links(handle, model, horizon, "."), id="export-csv", className="menu-part")
    parquet = _link(PARQUET, handle, "parquet", model=model, horizon=horizon)
    return html.Details(
        [
            html.Summary("Export", className="button quiet"),
            html.Div([*pictures, table, csv, parquet, html.P(WHICH)], className="menu"),
            html.Span(id="export-said", className="visually-hidden", role="status"),
        ],
        id="export-menu",
        className="export",
    )


def csv_links(handle: str, model: str | None, horizon: int | None, decimal: str) -> list[html.A]:
    """The CSV in both dialects, that of this decimal sign first."""
    signs = sorted(DIALECTS, key=lambda sign: sign != decimal)
    return [_link(DIALECTS[sign], handle, "csv", model=model, horizon=horizon, decimal=sign) for sign in signs]


def address(handle: str, kind: str, **named: Any) -> str:
    """Where a file is to be had; what is usual goes without saying."""
    query = urlencode({name: value for name, value in named.items() if value and (name, value) != ("decimal", ".")})
    return at(f"/api/v1/datasets/{handle}/export.{kind}{'?' * bool(query)}{query}")


def _link(words: str, handle: str, kind: str, **named: Any) -> html.A:
    href = address(handle, kind, **named)
    sign = {"data-decimal": named["decimal"]} if "decimal" in named else {}
    return html.A(words, href=href, download="", className="menu-item", **sign)


def register(app: Dash) -> None:
    """Whose upload has decimal commas is offered those first."""

    @app.callback(
        Output("export-csv", "children"), Input("mine", "data"), State("facts", "data"), prevent_initial_call=True
    )
    def follow_the_upload(mine: Any, facts: Any) -> Any:
        engine: Engine = current_app.extensions["engine"]
        own = _inputs.own_upload(mine, facts)
        if own is None:
            return no_update
        try:
            record = engine.record(*own)
        except errors.EngineError:
            return no_update
        if record is None or record.readback.decimal == ".":
            return no_update
        model = facts.get("model") if isinstance(facts.get("model"), str) else None
        return csv_links(own[1], model, _inputs.horizon(facts.get("h")), record.readback.decimal)
