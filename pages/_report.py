"""The accuracy page as one HTML file: the same sentences, pictures and tables, no script, ready to be printed."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from dash import html

from engine import Backtest, Dataset
from pages import _accuracy, _accuracy_words
from pages._accuracy_asked import Asked
from pages._chart import Words
from pages._markup import markup
from pages._svg import svg

STYLES = (
    "10_base",
    "15_shell",
    "33_side",
    "80_accuracy",
    "81_accuracy_panels",
    "82_accuracy_tables",
    "83_accuracy_events",
    "84_report",
)
PICTURES = (
    ("accuracy-error", "Missed by, step by step ahead", 620, 250),
    ("accuracy-held", "How often the bands held, step by step ahead", 620, 250),
    ("accuracy-past", "Over time", 1260, 260),
)
CARDS = (
    ("accuracy-panels", "When does it fail?", "panels"),
    ("accuracy-worst", "Worst stretches", ""),
    ("accuracy-measures", "All measures", ""),
)
WARNED = ("accuracy-events", "Did it warn me?", "")


def report(
    found: Backtest,
    dataset: Dataset,
    asked: Asked,
    words: Words,
    pictures: list[str | None],
    title: str,
    site: str | None,
    warned: list[Any],
) -> str:
    """The file. title: its heading's small print; site: the server that its links
    lead to, None for none; warned: what is told of a line."""
    parts = _accuracy.parts(found, dataset, asked, words, pictures)
    head = html.Header(
        [html.H1(_accuracy_words.TITLE), html.P(title, className="aside")],
    )
    said = html.Div(parts["accuracy-sentences"]["children"], className="accuracy-sentences")
    body = [markup([head, said, *_chip(parts)], site)]
    if _accuracy_words.ready(found):
        cards = {name: _picture(parts, name, heading, width, height, site) for name, heading, width, height in PICTURES}
        tables = {name: _table(parts, name, heading, kind, site) for name, heading, kind in CARDS}
        if warned:
            tables["accuracy-events"] = _table({"accuracy-events": {"children": warned}}, *WARNED, site)
        order = ("accuracy-error", "accuracy-held", "accuracy-panels", "accuracy-past", "accuracy-worst")
        shown = cards | tables
        ordered = "".join(shown[name] for name in (*order, "accuracy-events", "accuracy-measures") if name in shown)
        body.append(f'<div class="accuracy-cards">{ordered}</div>')
    return _document(_accuracy_words.TITLE, "".join(body))


def _chip(parts: dict[str, Any]) -> list[Any]:
    """What is selected, without what only a page can do."""
    children = parts["accuracy-chip"]["children"]
    return [html.P(html.Span(children[0].children[0], className="chip"))] if children else []


def _picture(parts: dict[str, Any], name: str, heading: str, width: int, height: int, site: str | None) -> str:
    drawn = svg(parts[name]["figure"], width, height, heading)
    key = markup(html.Div(parts[f"{name}-key"]["children"], className="chart-key"), site)
    kind = "past-card" if name == "accuracy-past" else ""
    return f'<section class="card {kind}"><h2>{escape(heading)}</h2>{key}{drawn}</section>'


def _table(parts: dict[str, Any], name: str, heading: str, kind: str, site: str | None) -> str:
    inside = [part for part in parts[name]["children"] if not _is_button(part)]
    table = f'<div class="{kind}">{markup(inside, site)}</div>'
    return f'<section class="card wide-card"><h2>{escape(heading)}</h2>{table}</section>'


def _is_button(part: Any) -> bool:
    return isinstance(part, html.Button)


def _document(title: str, body: str) -> str:
    folder = Path(__file__).resolve().parents[1] / "assets"
    style = "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}\n</style>\n</head>\n"
        f'<body class="report"><main class="accuracy">{body}</main></body>\n</html>\n'
    )
