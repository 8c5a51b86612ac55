"""Taking forecasts and pictures away: a small menu in the header."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import html

PICTURES = (("png", "This picture (PNG)"), ("svg", "This picture (SVG)"))
FILES = (("csv", "All forecasts (CSV)"), ("parquet", "All forecasts (Parquet)"))
WHICH = "Those computed so far, with what then happened and the scores."


def menu(handle: str, model: str | None, horizon: int | None = None) -> html.Details:
    """The menu, closed. Files are links; pictures are made in the browser."""
    named = {name: value for name, value in (("model", model), ("horizon", horizon)) if value}
    which = f"?{urlencode(named)}" if named else ""
    files = [
        html.A(words, href=f"/api/v1/datasets/{handle}/export.{kind}{which}", download="", className="menu-item")
        for kind, words in FILES
    ]
    pictures = [html.Button(words, className="menu-item", **{"data-picture": kind}) for kind, words in PICTURES]
    return html.Details(
        [
            html.Summary("Export", className="button quiet"),
            html.Div([*pictures, *files, html.P(WHICH)], className="menu"),
        ],
        id="export-menu",
        className="export",
    )
