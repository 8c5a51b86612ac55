"""The parts of the accuracy page, in the order in which they are read, and what stands in them."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from engine import Backtest, Compared, Dataset
from pages import (
    _accuracy_compare,
    _accuracy_events,
    _accuracy_export,
    _accuracy_figures,
    _accuracy_panels,
    _accuracy_past,
    _accuracy_tables,
    _accuracy_words,
    _slices,
)
from pages._accuracy_asked import Asked
from pages._accuracy_compare import Fill
from pages._address import of_file
from pages._chart import CONFIG, Words
from pages._figure import escape
from pages._moment import render
from pages._notation import moment, plural
from pages._traces import DARK, LIGHT
from pages._words import Sentence

PANELS = "By what was known at the moment, never by what came after. A click selects: all numbers follow."
WINDOW = "The mean of {} around each moment; a click opens it in explore."


def places(handle: str, model: str | None, horizon: int | None, form: list[Any]) -> list[Any]:
    """The page before there are numbers: every part has its place. model, horizon: None for the default ones. form: of
    the question about warnings."""
    return [
        html.Div(
            [html.P(className="skeleton"), html.P(className="skeleton")],
            id="accuracy-sentences",
            className="accuracy-sentences",
            role="status",
        ),
        html.Div(id="accuracy-chip", className="accuracy-chip"),
        html.Div(
            [
                _chart_card("accuracy-error", "Missed by, step by step ahead", "error-card"),
                _chart_card("accuracy-held", "How often the bands held, step by step ahead", "held-card"),
                html.Section(
                    [
                        html.H2("When does it fail?", title=PANELS),
                        html.Div(id="accuracy-panels", className="panels"),
                    ],
                    className="card fail-card",
                ),
                _chart_card("accuracy-past", "Over time", "past-card"),
                html.Section(
                    [html.H2("Worst stretches"), html.Div(id="accuracy-worst")],
                    className="card worst-card",
                ),
                html.Section(
                    [
                        html.H2("Did it warn me?"),
                        html.Div(form, id="warned-form", className="warned-form"),
                        html.Div(html.P(_accuracy_events.ASK, className="aside"), id="accuracy-events"),
                    ],
                    className="card warned-card",
                ),
                html.Section(
                    [
                        html.H2("Compare"),
                        html.Div(
                            [
                                html.Div(id="accuracy-compare"),
                                html.Div(
                                    [
                                        html.Div(id="accuracy-models-key", className="chart-key"),
                                        html.Div(
                                            dcc.Graph(
                                                id="accuracy-models", config=CONFIG, responsive=True, figure=_EMPTY
                                            ),
                                            className="accuracy-graph",
                                        ),
                                    ]
                                ),
                            ],
                            className="compare-halves",
                        ),
                    ],
                    className="card compare-card",
                ),
                html.Details(
                    [html.Summary(html.H2("All measures")), html.Div(id="accuracy-measures")],
                    className="card measures-card",
                ),
            ],
            className="accuracy-cards",
        ),
        html.Footer(_accuracy_export.export_row(handle, model, horizon), className="export-row"),
    ]


def _chart_card(name: str, title: str, kind: str) -> html.Section:
    return html.Section(
        [
            html.H2(title),
            html.Div(id=f"{name}-key", className="chart-key"),
            html.Div(dcc.Graph(id=name, config=CONFIG, responsive=True, figure=_EMPTY), className="accuracy-graph"),
        ],
        className=f"card chart-card {kind}",
    )


_EMPTY = {
    "data": [],
    "layout": {
        "template": None,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    },
}


def parts(
    found: Backtest,
    dataset: Dataset,
    asked: Asked,
    words: Words,
    pictures: list[str | None],
    best: Sentence | None = None,
) -> dict[str, Any]:
    """What stands in each part: id -> properties. Only sentences while there are no numbers. best: said of the models
    that it is compared with."""
    said = _accuracy_words.sentences(found, words.step, words.decimals, words.unit)
    if best and _accuracy_words.ready(found):
        said.insert(1, best)
    shown: dict[str, Any] = {
        "scores-link": {"href": _accuracy_export.scores(asked)},
        "report-link": {"href": _accuracy_export.report(asked)},
        "accuracy-sentences": {"children": [html.P(render(sentence)) for sentence in said]},
        "accuracy-chip": {"children": chip(found, dataset, asked, words)},
    }
    if not _accuracy_words.ready(found):
        return shown
    paint = DARK if asked.dark else LIGHT
    drawn, how = words._replace(unit=escape(words.unit)), {"narrow": asked.narrow}
    window = plural(found.over_time.window, "moment")
    return shown | {
        "accuracy-error": {"figure": _accuracy_figures.error(found, drawn, paint, **how)},
        "accuracy-error-key": {"children": _error_key(found, words)},
        "accuracy-held": {"figure": _accuracy_figures.held(found, drawn, paint, **how)},
        "accuracy-held-key": {"children": _HELD_KEY},
        "accuracy-panels": {"children": _accuracy_panels.panels(found, words)},
        "accuracy-past": {"figure": _accuracy_past.over_time(found, dataset, drawn, paint, **how)},
        "accuracy-past-key": {"children": [html.Span(WINDOW.format(window)), *_error_key(found, words)[:2]]},
        "accuracy-worst": {"children": _worst(found, asked, words, pictures)},
        "accuracy-measures": {"children": _accuracy_tables.measures(found, words)},
    }


def models(compared: Compared, asked: Asked, words: Words, found: Backtest, fill: Fill) -> dict[str, Any]:
    """What stands in the part that compares models; nothing while there are no numbers."""
    if not _accuracy_words.ready(found):
        return {}
    paint, drawn = DARK if asked.dark else LIGHT, words._replace(unit=escape(words.unit))
    figure = _accuracy_compare.figure(compared, drawn, found.model, paint, narrow=asked.narrow)
    return {
        "accuracy-compare": {"children": _accuracy_compare.table(compared, words, asked, found.model, fill)},
        "accuracy-models": {"figure": figure},
        "accuracy-models-key": {"children": _accuracy_compare.key(compared, words, found.model, paint)},
    }


def _error_key(found: Backtest, words: Words) -> list[Any]:
    own = [html.Span(className="swatch median"), html.Span("forecast")]
    theirs = [html.Span(className="swatch baseline"), html.Span(words.baseline)]
    keys = [html.Span(own, title="Mean CRPS of the moments at this step")]
    if not _accuracy_words.alone(found):
        keys.append(html.Span(theirs))
    reach = [html.Span(className="swatch reach"), html.Span("where its mean may lie")]
    return [*keys, html.Span(reach, title="95 % range, from this file's independent moments")]


_HELD_KEY = [
    html.Span([html.Span(className="swatch reach"), html.Span("what a right one would show")]),
    html.Span([html.Span(className="dot-key right"), html.Span("right")]),
    html.Span([html.Span(className="dot-key off"), html.Span("not")]),
    html.Span([html.Span(className="dot-key few"), html.Span("too few")]),
]


def _worst(found: Backtest, asked: Asked, words: Words, pictures: list[str | None]) -> list[Any]:
    which = {"model": asked.model, "h": asked.horizon, "sel": _accuracy_export.ends(asked), "slice": asked.slice}

    def link(index: int) -> str:
        return of_file("explore", asked.handle, i=index, **which)

    table = _accuracy_tables.worst(found, words, link, pictures)
    if len(found.worst) < asked.worst or asked.worst >= _accuracy_tables.MOST_ROWS:
        return table
    more = html.Button(f"Show {_accuracy_tables.MORE} more", className="link", **{"data-more": str(len(found.worst))})
    return [*table, more]


def chip(found: Backtest, dataset: Dataset, asked: Asked, words: Words) -> list[Any]:
    """What is selected, a way to all moments of it in explore, and one to let it go."""
    named = [_slices.words(found.slice)] if found.slice else []
    if found.stretch is not None:
        named.append(" to ".join(moment(dataset.time(index), words.step) for index in found.stretch))
    if not named:
        return []
    which = {"model": asked.model, "h": asked.horizon, "sel": _accuracy_export.ends(asked), "slice": asked.slice}
    first = found.worst[0].index if found.worst else None
    said = ", ".join(named)
    clear = html.Button("\u00d7", className="link quiet", title="All moments (Esc)", id="slice-clear", **_NAMED)
    chosen = html.Span([html.Span(f"{said[:1].upper()}{said[1:]}"), clear], className="chip")
    opened = dcc.Link("Open in explore", href=of_file("explore", asked.handle, i=first, **which), className="link")
    return [chosen, opened] if found.standing.selected else [chosen]


_NAMED = {"aria-label": "All moments"}
