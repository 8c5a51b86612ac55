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


def menu(models: tuple[str, ...], chosen: str | None) -> html.Details:
    """The menu, closed. models: those there is a choice of, the default one first. chosen: None for that."""
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
        [
            html.Summary("View", className="button quiet"),
            html.Div([*layers, *history, *_models(models, chosen or models[0])], className="menu"),
        ],
        id="view-menu",
        className="view",
    )


def _models(models: tuple[str, ...], chosen: str) -> list[html.Button]:
    """A choice, where there is one; the default model has no name in an address."""
    return [
        html.Button(
            html.Span(name),
            className=f"menu-item view-item{'' if k else ' view-first'}",
            **{"data-model": name if k else "", "aria-pressed": str(name == chosen).lower()},
        )
        for k, name in enumerate(models if len(models) > 1 else ())
    ]


def _length(way: str, name: str, key: str, meaning: str) -> html.Button:
    return html.Button(
        [html.Span(name), html.Kbd(key)], title=meaning, className="menu-item view-item", **{"data-past": way}
    )
