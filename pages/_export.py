"""Taking forecasts and pictures away: a small menu in the header."""

from __future__ import annotations

from urllib.parse import quote

from dash import html

PICTURES = (("png", "This picture (PNG)"), ("svg", "This picture (SVG)"))
FILES = (("csv", "All forecasts (CSV)"), ("parquet", "All forecasts (Parquet)"))
WHICH = "Those computed so far, with what then happened and the scores."


def menu(handle: str, model: str | None) -> html.Details:
    """The menu, closed. Files are links; pictures are made in the browser."""
    which = f"?model={quote(model, safe='')}" if model else ""
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
