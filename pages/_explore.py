"""The parts of the explore page: picture, moves, rail, and the column beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import dcc, html

from engine import Dataset
from pages import _figure, _keys, _links, _notation, _rail, _recalculate, _view_menu, _words
from pages._address import of_file
from pages._frame import Frame

CONFIG = {"staticPlot": True}  # hands and pointers are the page's own: assets/51_chart_hand.js
KEY = (
    ("truth", "what happened", "Black, with a dot at every reading."),
    ("median", "median", "Half of the outcomes above, half below; not the most likely path."),
    ("inner", "5 of 10", "If the model is right, what happens lies in here 5 times out of 10, at each step."),
    ("outer", "8 of 10", "If the model is right, what happens lies in here 8 times out of 10, at each step."),
    ("shade", "shading", "Darker = more likely at that step; one scale for the whole file."),
)
PACES, PACE = (4, 12, 30), 12  # moments per second of play
SURPRISES = "Moments among the worst 2 %, at least one forecast length apart"
NEWEST_FIRST = "Newest look first: the moments around your hand are computed before the rest"
RIBBON = "How the forecasts made at these times did. A click goes to that moment."
SLICE = "Next and previous (n, p) and play go from one of these moments to the next"
END, CLOSE = 0.05, 0.1  # of the rail: where labels are moved inwards; too near to those on a narrow one
MISSES = (0, 0.15, 0.3, 0.5, 0.8, 1.2, 2)  # where the strip's classes begin
CLASSES = "By how much the moments missed: less than 0.15, 0.3, 0.5, 0.8, 1.2, 2 times, and more than twice"
NOT_SCORED = (("hatched", "no forecast"), ("pending", "not computed yet"), ("hollow", "nothing to score yet"))
YOUR_LINE = "A height of your choice: how many of the ten samples lie beyond it (t)"
BASELINE = "What was there a cycle earlier (without a cycle: the last value), moved by the usual change since then."


def chart(fixed: Frame) -> html.Div:
    """The picture, and the places of what is said about it."""
    return html.Div(
        [
            dcc.Graph(id="forecast", config=CONFIG, responsive=True, figure=_figure.blank(fixed)),
            html.Canvas(id="frame", **{"aria-hidden": "true"}),
            html.Div(id="pinned", className="pointed pinned", hidden=True),
            html.Div(id="pointed", className="pointed", hidden=True),
            html.Div(id="thresholds", hidden=True),
            html.Canvas(id="ribbon", title=RIBBON, **{"aria-hidden": "true"}),
            html.Div(id="state-note", className="state-note"),
            html.Div(id="pending-note", className="state-note pending-note", hidden=True),
        ],
        className="chart",
        tabIndex="0",
        role="group",
        **{"aria-label": "Chart. Control C copies its forecast as a table."},
    )


def moves(step: _notation.Step, models: tuple[str, ...], chosen: str | None) -> html.Div:
    """The buttons under the picture, and what they answer. models, chosen: as `_view_menu.menu` has them."""
    speeds = [html.Option(f"{rate}/s", value=str(rate), selected=rate == PACE) for rate in PACES]
    return html.Div(
        [
            html.Div(
                [
                    _button("\u2039", "One step back (\u2190)", "step", **{"data-by": "-1"}),
                    _button("\u25b6", "Play (space)", "step play", id="play", **{"aria-pressed": "false"}),
                    _button("\u203a", "One step forward (\u2192)", "step", **{"data-by": "1"}),
                    html.Select(
                        speeds,
                        id="pace",
                        className="pace",
                        title="Moments per second (, and .)",
                        **{"aria-label": "Moments per second"},
                    ),
                ],
                className="walk",
            ),
            html.Div(
                [
                    _button("\u2039", f"The surprise before. {SURPRISES} (p)", "jump", **{"data-surprise": "-1"}),
                    html.Span("surprise"),
                    _button("\u203a", f"The next surprise. {SURPRISES} (n)", "jump", **{"data-surprise": "1"}),
                ],
                className="surprises",
            ),
            html.Div(id="clock", className="clock"),
            _button("latest", "The last reading of the file (End)", "button quiet now", **{"data-go": "0"}),
            _view_menu.menu(models, chosen),
            html.Div(id="moves-said", className="moves-said", role="status"),
            _keys.sheet(step),
        ],
        className="moves",
    )


def _button(text: str, title: str, kind: str, **attributes: str) -> html.Button:
    """A button that says what it does and by which key."""
    name = title.partition(" (")[0].partition(". ")[0]
    return html.Button(text, title=title, className=kind, **{"aria-label": name}, **attributes)


def tabs(handle: str) -> html.Nav:
    """The pages of a file."""
    accuracy = html.A("Accuracy", href=of_file("accuracy", handle), className="page-tab away", **{"data-accuracy": ""})
    return html.Nav(
        [html.Span("Explore", className="page-tab", **{"aria-current": "page"}), accuracy], className="tabs"
    )


def _slider(length: int, index: int) -> html.Div:
    """What shows the moment on the rail, and says it to screen readers. Plain HTML that the browser's scripts move: a
    component of Dash's would have every other one on the page looked at, each time the hand moves."""
    says = {"valuemin": 1 - length, "valuemax": 0, "valuenow": index, "label": "Moment", "orientation": "horizontal"}
    aria = {f"aria-{name}": str(value) for name, value in says.items()}
    share = {"--share": 1 + index / max(1, length - 1)}
    return html.Div(html.Div(role="slider", tabIndex=0, className="thumb", style=share, **aria), id="scrub")


def rail(dataset: Dataset, fixed: Frame, index: int, chosen: str = "") -> html.Div:
    """The slider over an outline of the whole file, with calendar ticks. chosen: words of a slice, or none."""

    def position(time: np.datetime64) -> float:
        return 1 + dataset.index_at(time) / max(1, dataset.length - 1)

    ticks = _rail.ticks(dataset.start, dataset.end, position)
    mask = _rail.outline(dataset.series.values, fixed.low, fixed.high)
    return html.Div(
        [
            html.Div(
                [
                    html.Div(className="outline", style={"maskImage": mask, "WebkitMaskImage": mask}),
                    html.Canvas(id="strip", **{"aria-hidden": "true"}),
                    html.Div(id="bracket", className="bracket", hidden=True),
                    _slider(dataset.length, index),
                    html.Div(id="rail-tip", className="rail-tip", hidden=True, **{"aria-hidden": "true"}),
                ],
                id="track",
                className="track",
                **{
                    "data-decimals": str(fixed.decimals),
                    "data-usual": _notation.baseline_name(fixed.season, fixed.step),
                },
            ),
            html.Div(
                [
                    html.Span(
                        html.Span(tick.label),
                        className=kind,
                        style={"left": f"{100 * tick.position:.2f}%"},
                    )
                    for tick, kind in zip(ticks, _kinds([tick.position for tick in ticks]), strict=True)
                ],
                className="ticks",
                **{"aria-hidden": "true"},
            ),
            html.Div(
                [
                    html.Div(id="fill", className="fill", role="status", title=NEWEST_FIRST),
                    _strip_key(_notation.baseline_name(fixed.season, fixed.step)),
                    html.Div(
                        [
                            html.Span(f"{chosen[:1].upper()}{chosen[1:]}", title=SLICE),
                            _button("\u00d7", "All moments (Esc)", "link quiet", id="slice-clear"),
                        ],
                        id="slice-chip",
                        className="chip",
                        hidden=True,
                    ),
                    html.Div(
                        [
                            html.Span(id="selection-said", role="status"),
                            _button("\u00d7", "Clear the selection (Esc)", "link quiet", id="selection-clear"),
                        ],
                        id="selection",
                        className="selection",
                        hidden=True,
                    ),
                ],
                className="below",
            ),
        ],
        className="rail",
    )


def _strip_key(usual: str) -> html.Div:
    """What the colours of the strip mean; assets/71_strip.js gives them their colours."""
    classes = [html.I(**{"data-miss": str(miss)}) for miss in MISSES]
    others = [html.Span([html.I(className=kind), name], className=kind) for kind, name in NOT_SCORED]
    return html.Div(
        [html.Span(["missed by little", html.Span(classes, className="classes"), "by a lot"]), *others],
        className="strip-key",
        title=f"{CLASSES} the usual difference to the {usual}. The same for every file.",
    )


def _kinds(positions: list[float]) -> list[str]:
    """The ticks' classes: labels at the ends stay inside the rail, so they come nearer to those beside them."""
    ends = [x for x in positions if not END <= x <= 1 - END]

    def kind(x: float) -> str:
        if x in ends:
            return "tick first" if x < END else "tick last"
        return "tick close" if any(abs(x - end) < CLOSE for end in ends) else "tick"

    return [kind(x) for x in positions]


def side(handle: str, stands: str) -> html.Aside:
    """Sentences, the pointed step, the key, and what the model could not know."""
    return html.Aside(
        [
            html.Section(
                [
                    html.Button("Reveal (r)", id="reveal", className="button primary reveal"),
                    html.P(id="missed", className="sentence-1"),
                    html.Div(
                        [
                            html.P(id="standing"),
                            html.P(id="inside", title="One moment proves little: its steps rise and fall together."),
                        ],
                        className="sentences",
                    ),
                    html.P(
                        html.A("When does it fail?", href=of_file("accuracy", handle), **{"data-accuracy": ""}),
                        className="fails",
                    ),
                    html.Details([html.Summary("Numbers"), html.Dl(id="details")], className="numbers"),
                ],
                className="card score",
            ),
            html.Section(
                [html.P(id="step-card"), html.Div(id="dots", className="dots", **{"aria-hidden": "true"})],
                className="card step-card",
            ),
            html.Section(
                [
                    html.Div(id="line-counts"),
                    html.Button("+ Add a line", id="line-add", className="link", title=YOUR_LINE),
                ],
                className="card lines-card",
            ),
            html.Section(
                html.Ul(
                    [
                        html.Li([html.Span(className=f"swatch {kind}"), html.Span(name)], title=meaning)
                        for kind, name, meaning in KEY
                    ]
                    + [
                        html.Li(
                            [html.Span(className="swatch baseline"), html.Span(id="key-baseline-name")],
                            id="key-baseline",
                            title=BASELINE,
                            hidden=True,
                        )
                    ],
                    className="key",
                ),
                className="card key-card",
            ),
            html.P(
                _words.no_peeking(None),
                id="no-peeking",
                className="note",
                title="If values were corrected later, the real forecast of that day may have looked different.",
            ),
            html.P(id="recalculate-said", className="note said", role="status"),
            html.Div(_changes(stands), className="forget"),
        ],
        className="side",
    )


def _changes(stands: str) -> list[Any]:
    """What an owner may do with what is stored: to whoever was shown a series, nothing."""
    if stands == _links.SHOWN:
        return [html.Span("Shown to you by its owner, who alone can change what is stored."), *_recalculate.stores()]
    return [
        *_recalculate.menu(),
        *_links.end(stands),
        html.Button("Forget this file", id="forget", className="link quiet"),
        html.Span(
            [
                "Everything kept of it is deleted. ",
                html.Button("Forget it", id="forget-yes", className="link danger"),
                " \u00b7 ",
                html.Button("Keep it", id="forget-no", className="link"),
            ],
            id="forget-ask",
            hidden=True,
        ),
    ]
