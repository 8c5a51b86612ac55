"""Did it warn me? Events beyond a line, and what the forecasts had said: the choices, sentences and lists. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dash import dcc, html

from engine import Events, Range
from pages._accuracy_tables import MORE, MOST_ROWS
from pages._chart import Words
from pages._notation import count, moment, number, plural, quantity, span
from pages._words import Mark, Sentence

USUAL_LINES = {"mg/dL": 70.0, "mmol/L": 3.9}  # low glucose
RUNS = (1, 2, 3, 4, 6, 12)
MOST_LEADS = 24
ASK = "Give a line, and see whether the forecasts would have warned of what lay beyond it."
MEANING = (
    "A warning: at least {k} of {samples} samples {side} the line at any one step, at least {lead} ahead. Steps are "
    "separate forecasts. Moments already {side} the line do not count."
)
Address = Callable[[int], str]


def form(horizon: int, num_samples: int, words: Words, chosen: dict[str, str]) -> list[Any]:
    """What can be chosen: the line and its side, how many samples, how long before, how many readings."""
    leads = range(1, horizon + 1) if horizon <= MOST_LEADS else [1, *range(2, horizon + 1, 2)]
    line = dcc.Input(
        id="warned-line",
        type="number",
        step="any",
        value=chosen.get("line"),
        inputMode="decimal",
        className="warned-line",
    )
    return [
        _labelled("Readings", _select("side", [("below", "below"), ("above", "above")], chosen.get("side", "below"))),
        html.Label([html.Span("the line", className="visually-hidden"), line], htmlFor="warned-line"),
        _labelled(
            "for at least", _select("run", [(str(n), plural(n, "reading")) for n in RUNS], chosen.get("run", "1"))
        ),
        _labelled(
            "warned by",
            _select("k", [(str(k), f"{k} of {num_samples}") for k in range(1, num_samples + 1)], chosen.get("k", "3")),
        ),
        _labelled(
            "at least",
            _select("lead", [(str(n), f"{span(n, words.step)} before") for n in leads], chosen.get("lead", "1")),
        ),
    ]


def _labelled(text: str, field: Any) -> html.Label:
    return html.Label([html.Span(text), field])


def _select(name: str, options: list[tuple[str, str]], chosen: str) -> html.Select:
    made = [html.Option(words, value=value, selected=value == chosen) for value, words in options]
    return html.Select(made, className="warned-choice", **{"data-warned": name})


def sentences(found: Events, words: Words) -> list[Sentence]:
    """What became of the events, and of the warnings; false ones always beside the right ones."""
    asked = found.question
    side = "above" if asked.above else "below"
    line = quantity(asked.line, _decimals(asked.line), words.unit)
    lead = span(asked.lead, words.step)
    judged, decided = found.announced + found.missed, found.followed + found.false
    runs = f"{plural(asked.run, 'reading')} or more" if asked.run > 1 else "readings"
    said: list[Sentence] = []
    if judged:
        were = f"{count(found.announced)} {'was' if found.announced == 1 else 'were'} announced"
        said.append(
            [
                f"Of {plural(judged, 'event')} ({runs} {side} {line}), ",
                Mark("strong", were),
                f" at least {lead} before{_reach(found.announced_range)}; {count(found.missed)} missed.",
            ]
        )
    else:
        said.append([f"No event: no {runs} {side} {line} that could be judged."])
    if decided:
        were = f"{count(found.followed)} {'was' if found.followed == 1 else 'were'} followed"
        within = span(found.horizon, words.step)
        said.append(
            [
                f"Of {plural(decided, 'warning')}, ",
                Mark("strong", were),
                f" by one within {within}{_reach(found.followed_range)}; {count(found.false)} false.",
            ]
        )
    else:
        said.append(["There was no warning."])
    return [*said, *_left_over(found)]


def _left_over(found: Events) -> list[Sentence]:
    """What is not judged, and what is not read yet."""
    said: list[Sentence] = []
    if found.unjudged:
        were = "event cannot" if found.unjudged == 1 else "events cannot"
        why = "forecasts before are missing, or all from beyond the line"
        said.append([f"{count(found.unjudged)} more {were} be judged: {why}."])
    if not found.complete:
        said.append([f"{count(found.read)} of {count(found.total)} read; numbers may still move."])
    elif found.read < found.total:
        said.append([f"This stands on {count(found.read)} of {count(found.total)} moments."])
    return said


def _reach(share: Range) -> str:
    if not (math.isfinite(share.low) and math.isfinite(share.high)):
        return ""
    return f" ({number(100 * share.low, 0)} to {number(100 * share.high, 0)} %)"


def _decimals(value: float) -> int:
    """As many as the line was given with."""
    text = f"{value:.9f}".rstrip("0")
    return len(text.partition(".")[2])


def meaning(found: Events, words: Words) -> str:
    """What a warning is."""
    asked = found.question
    side, lead = "above" if asked.above else "below", span(asked.lead, words.step)
    return MEANING.format(k=asked.k, samples=found.num_samples, side=side, lead=lead)


def answer(found: Events, words: Words, rows: int, address: Address, render: Callable[[Sentence], Any]) -> list[Any]:
    """All that stands under the form. address: index -> a link to that moment."""
    said = [html.P(render(sentence)) for sentence in sentences(found, words)]
    return [
        html.Div(said, className="warned-said"),
        html.P(meaning(found, words), className="aside"),
        *_events(found, words, rows, address),
        *_false(found, words, rows, address),
    ]


def _events(found: Events, words: Words, rows: int, address: Address) -> list[Any]:
    """The newest events, each with its warning or that it was missed."""
    listed = found.events
    if len(listed.index) == 0:
        return []
    lines = []
    for k in range(len(listed.index) - 1, max(-1, len(listed.index) - 1 - rows), -1):
        lead = int(listed.lead[k])
        told = f"{span(lead, words.step)} before" if lead else "missed"
        seen_from = int(listed.index[k]) - (lead or 1)
        lines.append(
            html.Tr(
                [
                    html.Th(moment(listed.time[k], words.step), scope="row"),
                    html.Td(count(int(listed.length[k])), className="number"),
                    html.Td(told, className="" if lead else "missed"),
                    _open(address(seen_from), moment(listed.time[k], words.step)),
                ]
            )
        )
    heads = ("Event", "Readings", "Announced", "Open")
    return [_table(heads, lines), *_more(len(listed.index), rows)]


def _false(found: Events, words: Words, rows: int, address: Address) -> list[Any]:
    """The newest warnings that nothing followed, folded."""
    listed = found.warnings
    places = [k for k in range(len(listed.first)) if int(listed.event[k]) > 0][::-1]
    if not places:
        return []
    lines = [
        html.Tr(
            [
                html.Th(moment(listed.time[k], words.step), scope="row"),
                html.Td(count(int(listed.last[k]) - int(listed.first[k]) + 1), className="number"),
                _open(address(int(listed.first[k])), moment(listed.time[k], words.step)),
            ]
        )
        for k in places[:rows]
    ]
    title = html.Summary(f"{plural(len(places), 'false warning')}")
    return [html.Details([title, _table(("Warning", "Moments", "Open"), lines), *_more(len(places), rows)])]


def _open(href: str, when: str) -> html.Td:
    return html.Td(dcc.Link(["Explore", html.Span(f" {when}", className="visually-hidden"), " \u2192"], href=href))


def _table(heads: tuple[str, ...], lines: list[html.Tr]) -> html.Table:
    *names, last = heads
    numbers = {"Readings", "Moments"}
    cells = [html.Th(name, scope="col", className="number" if name in numbers else None) for name in names]
    cells.append(html.Th(html.Span(last, className="visually-hidden"), scope="col"))
    return html.Table([html.Thead(html.Tr(cells)), html.Tbody(lines)], className="worst warned-table")


def _more(length: int, rows: int) -> list[Any]:
    if length <= rows or rows >= MOST_ROWS:
        return []
    return [html.Button(f"Show {MORE} more", className="link", **{"data-warned-rows": str(rows + MORE)})]
