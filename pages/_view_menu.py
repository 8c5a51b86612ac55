"""The View menu: what of a picture is shown. Closed by default; every entry is part of the address (_view.py)."""

from __future__ import annotations

from dash import html

PATHS = "Quantiles joined step by step, not ten possible futures"
LAYERS = (
    ("shading", "Shading", "d", "Darker = more likely at that step"),
    ("baseline", "Baseline", "b", "What the forecast is held against"),
    ("paths", "Ten sample paths", "", PATHS),
    ("ghosts", "Last 3 forecasts", "g", "The medians of the three forecasts made just before"),
    ("truth", "Hide what happened", "h", "Until you ask for it (r), or move on"),
    ("window", "y axis: this window", "y", "The value axis spans what is in the picture, not the whole file"),
)
HISTORY = (
    ("-1", "Shorter history", "-", "Half of it"),
    ("1", "Longer history", "+", "Twice as much, up to all that the model sees"),
)


def menu() -> html.Details:
    """The menu, closed."""
    history = [_length(*way) for way in HISTORY]
    layers = [
        html.Button(
            [html.Span(name), *([html.Kbd(key)] if key else [])],
            title=meaning,
            className="menu-item view-item",
            **{"data-look": look, "aria-pressed": "false"},
        )
        for look, name, key, meaning in LAYERS
    ]
    return html.Details(
        [html.Summary("View", className="button quiet"), html.Div([*layers, *history], className="menu")],
        id="view-menu",
        className="view",
    )


def _length(way: str, name: str, key: str, meaning: str) -> html.Button:
    return html.Button(
        [html.Span(name), html.Kbd(key)], title=meaning, className="menu-item view-item", **{"data-past": way}
    )
