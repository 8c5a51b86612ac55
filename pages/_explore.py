"""The parts of the explore page: picture, moves, rail, and the column beside them."""

from __future__ import annotations

import numpy as np
from dash import dcc, html

from engine import Dataset
from pages import _figure, _notation, _rail, _recalculate, _words
from pages._frame import Frame

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showAxisDragHandles": False}
KEY = (
    ("truth", "what happened", "Black, with a dot at every reading."),
    ("median", "median", "Half of the outcomes above, half below; not the most likely path."),
    ("inner", "5 of 10", "If the model is right, what happens lies in here 5 times out of 10, at each step."),
    ("outer", "8 of 10", "If the model is right, what happens lies in here 8 times out of 10, at each step."),
    ("shade", "shading", "Darker = more likely at that step; one scale for the whole file."),
)
BASELINE = "What was there a cycle earlier (without a cycle: the last value), moved by the usual change since then."


def chart(fixed: Frame) -> html.Div:
    """The picture, and the places of what is said about it."""
    return html.Div(
        [
            dcc.Graph(id="forecast", config=CONFIG, responsive=True, figure=_figure.blank(fixed)),
            html.Canvas(id="frame", **{"aria-hidden": "true"}),
            html.Div(id="state-note", className="state-note"),
            html.Div(id="pending-note", className="state-note pending-note", hidden=True),
        ],
        className="chart",
    )


def moves(step: _notation.Step) -> html.Div:
    """The buttons under the picture."""
    hints = (
        (("\u2190", "\u2192"), "a step"),
        (("Shift", "\u2190"), "a forecast length"),
        (("Page",), _notation.page_name(step)),
        (("Space",), "play"),
    )
    return html.Div(
        [
            _button("\u2039", "One step back (\u2190)", "step", **{"data-by": "-1"}),
            _button("\u25b6", "Play (space)", "step play", id="play", **{"aria-pressed": "false"}),
            _button("\u203a", "One step forward (\u2192)", "step", **{"data-by": "1"}),
            html.Div(id="clock", className="clock"),
            _button("now", "The last reading (End)", "button quiet", **{"data-go": "0"}),
            html.Div(
                [html.Span([*(html.Kbd(key) for key in keys), f" {does}"]) for keys, does in hints],
                className="hints",
                **{"aria-hidden": "true"},
            ),
        ],
        className="moves",
    )


def _button(text: str, title: str, kind: str, **attributes: str) -> html.Button:
    """A button that says what it does and by which key."""
    return html.Button(text, title=title, className=kind, **{"aria-label": title.partition(" (")[0]}, **attributes)


def rail(dataset: Dataset, fixed: Frame, index: int) -> html.Div:
    """The slider over an outline of the whole file, with calendar ticks."""

    def position(time: np.datetime64) -> float:
        return 1 + dataset.index_at(time) / max(1, dataset.length - 1)

    ticks = _rail.ticks(dataset.start, dataset.end, position)
    mask = _rail.outline(dataset.series.values, fixed.low, fixed.high)
    return html.Div(
        [
            html.Div(
                [
                    html.Div(className="outline", style={"maskImage": mask, "WebkitMaskImage": mask}),
                    html.Canvas(id="strip"),
                    dcc.Slider(
                        id="scrub",
                        min=1 - dataset.length,
                        max=0,
                        step=1,
                        value=index,
                        updatemode="mouseup",
                        marks=None,
                        tooltip=None,
                        allow_direct_input=False,
                        included=False,
                    ),
                    html.Div(id="rail-tip", className="rail-tip", hidden=True, **{"aria-hidden": "true"}),
                ],
                id="track",
                className="track",
                **{"data-decimals": str(fixed.decimals)},
            ),
            html.Div(
                [
                    html.Span(
                        html.Span(tick.label),
                        className=_edge(tick.position),
                        style={"left": f"{100 * tick.position:.2f}%"},
                    )
                    for tick in ticks
                ],
                className="ticks",
                **{"aria-hidden": "true"},
            ),
            html.Div(id="fill", className="fill", role="status"),
        ],
        className="rail",
    )


def _edge(position: float) -> str:
    """A tick's class: labels at the ends stay inside the rail."""
    return "tick first" if position < 0.05 else "tick last" if position > 0.95 else "tick"


def side() -> html.Aside:
    """Sentences, the pointed step, the key, and what the model could not know."""
    return html.Aside(
        [
            html.Section(
                [
                    html.P(id="missed", className="sentence-1"),
                    html.Div(
                        [
                            html.P(id="standing"),
                            html.P(id="inside", title="One moment proves little: its steps rise and fall together."),
                        ],
                        className="sentences",
                    ),
                    html.Details([html.Summary("Numbers"), html.Dl(id="details")], className="numbers"),
                ],
                className="card score",
            ),
            html.Section(html.P(id="step-card"), className="card step-card"),
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
            html.Div(
                [
                    *_recalculate.menu(),
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
                ],
                className="forget",
            ),
        ],
        className="side",
    )
