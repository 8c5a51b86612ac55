"""What every page shares: the document around the app, the header, the footer, the window-wide drop target."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from engine import Settings
from pages._address import at

# The scheme script runs before the first paint, so that a dark page never flashes white.
DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="description" content="See what would have been forecast at any moment of your data.">
<meta name="plotly" content="/assets/vendor/plotly-cartesian.min.js">
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
<script src="/assets/scheme.js"></script>
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""

THEME = {
    "primaryColor": "blue",
    "fontFamily": "inherit",
    "defaultRadius": "md",
    "colors": {
        "blue": [
            "#e8f4fb", "#cfe6f4", "#9fcdea", "#6cb2df", "#56B4E9",
            "#2a8cc7", "#0072B2", "#00639b", "#005483", "#00436a",
        ]
    },
}  # fmt: skip


def layout(settings: Settings) -> Any:
    """The whole document's component tree; pages are put into `#page`."""
    return dmc.MantineProvider(
        defaultColorScheme="auto",
        theme=THEME,
        children=[
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="scheme"),
            html.Div(
                id="page",
                **{
                    "data-horizon": str(settings.horizon),
                    "data-max-upload": str(settings.max_upload_bytes),
                },
            ),
            html.Div("Drop to read it", id="drop-overlay", **{"aria-hidden": "true"}),
            html.Div(id="upload-sheet", className="sheet", role="status"),
        ],
    )


def header(middle: Any = None, tools: Any = None) -> html.Header:
    """The bar on top; `middle` and `tools` belong to the page."""
    return html.Header(
        [
            dcc.Link(
                [html.Span(className="logo"), html.Span("Hindcast", className="wordmark")],
                href=at("/"),
                title="Hindcast, the first page",
                className="home-link",
            ),
            html.Div(middle, className="header-middle"),
            html.Div([*(tools or []), scheme_switch()], className="header-tools"),
        ],
        className="header",
    )


def scheme_switch() -> Any:
    """The light and dark switch; the choice is kept by the browser."""
    return dmc.ColorSchemeToggle(
        lightIcon=html.Span(className="icon icon-sun"),
        darkIcon=html.Span(className="icon icon-moon"),
        variant="subtle",
        color="gray",
        size="lg",
        **{"aria-label": "Light or dark"},
    )


def footer(version: str) -> html.Footer:
    """The line at the bottom."""
    return html.Footer(
        [
            dcc.Link("Guide", href=at("/guide")),
            dcc.Link("Cache", href=at("/cache")),
            dcc.Link("Status", href=at("/status")),
            html.Span(f"Hindcast {version}".strip()),
        ],
        className="footer",
    )
