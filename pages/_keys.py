"""The list of keys, which `?` opens, with the switch for those that are single letters, digits or signs."""

from __future__ import annotations

from dash import html

from pages import _notation

SWITCH = "Single-key shortcuts"


def button() -> html.Button:
    """Opens the list."""
    return html.Button(
        "?", id="keys-open", className="button quiet keys-open", title="Keys (?)", **{"aria-label": "Keys"}
    )


def sheet(step: _notation.Step) -> html.Dialog:
    """The list; the browser shows it above everything, and closes it on Esc."""
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2("Keys", id="keys-title"),
                    html.Button("\u00d7", id="keys-close", className="link quiet", **{"aria-label": "Close"}),
                ],
                className="keys-head",
            ),
            html.Dl(
                [
                    html.Div([html.Dt([html.Kbd(key) for key in keys]), html.Dd(does)])
                    for keys, does in _known(_notation.page_name(step))
                ],
                className="keys-list",
            ),
            html.Button(f"{SWITCH}: on", id="keys-switch", className="button quiet", **{"aria-pressed": "true"}),
        ],
        id="keys",
        className="keys",
        **{"aria-labelledby": "keys-title"},
    )


def _known(page: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    return (
        (("\u2190", "\u2192"), "one step back, forward"),
        (("Shift \u2190", "Shift \u2192"), "one forecast length"),
        (("Page Up", "Page Down"), f"{page} later, earlier"),
        (("Home", "End"), "first, last moment of the file"),
        (("1", "\u2026", "9", "0"), "to 10 % \u2026 90 %, 100 % of the file"),
        (("Space",), "play, pause"),
        ((",", "."), "slower, faster"),
        (("n", "p"), "next, previous surprise"),
        (("Shift drag",), "on the rail: select a stretch; surprises and play stay inside"),
        (("[", "]"), "previous, next series, same date"),
        (("y",), "values of this window, of the whole file"),
        (("-", "+"), "shorter, longer history"),
        (("d", "b", "g"), "shading, baseline, the last forecasts"),
        (("h", "r"), "hide what happened; reveal it"),
        (("t",), "your line: the arrow keys \u2191 \u2193 move it"),
        (("c",), "copy link"),
        (("Ctrl C",), "on the chart: copy this forecast as a table"),
        (("Esc",), "let go of the pin, then the selection, then the menu"),
        (("?",), "this list"),
    )
