"""The read strip: one line that says how a file was read, and one row per decision behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html

from engine import Dataset, Readback, UploadRecord
from pages import _moment, _notation, _words
from pages._notation import Step, shorten

ATTENTION = {
    "VALUE_COLUMN_GUESSED",
    "SERIES_GUESSED",
    "DECIMAL_AMBIGUOUS",
    "UNIT_ASSUMED",
    "DUPLICATES_CONFLICT",
    "ENCODING_ASSUMED",
}
CHOICES = {
    "VALUE_COLUMN_GUESSED",
    "SERIES_GUESSED",
    "DATE_ORDER_AMBIGUOUS",
    "DECIMAL_AMBIGUOUS",
}  # the strip opens by itself where there is something to choose
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}


def strip(dataset: Dataset, record: UploadRecord | None, reused: tuple[int, int] = (0, 0)) -> Any:
    """The strip. `record` is the viewer's own upload, or None: then names and the file's dialect stay unsaid.
    reused: (forecasts that were there already when it was uploaded, all of them)."""
    step = _moment.step_of(dataset)
    valid = int(np.isfinite(dataset.series.values).sum())
    missing = dataset.length - valid
    name = shorten(str(record.readback.value_column or "")) if record else ""
    line = _moment.render(_words.read_as(name, step, dataset.start, dataset.end, valid, missing))
    if record is None:
        return html.Div(html.Span(line, className="read-text"), className="read-line shared")
    taken = _words.reused(*reused)
    line += [f" {taken}"] if taken else []
    codes = set(record.readback.warnings)
    dot = [html.Span(className="dot", title="Worth a look")] if codes & ATTENTION else []
    return html.Details(
        [
            html.Summary(
                [html.Span([*dot, *line], className="read-text"), html.Span("Check", className="link")],
                className="read-line",
            ),
            html.Dl(
                [part for what, said in rows(record.readback, step, taken) for part in (html.Dt(what), html.Dd(said))]
            ),
            html.Div(id="reread-note", className="reread-note", role="status"),
        ],
        open=bool(codes & CHOICES),
    )


def not_now() -> Any:
    """The strip of an upload whose reading cannot be looked up at the moment."""
    again = html.Button("Try again", className="link", **{"data-readback": "again"})
    said = html.Span([f"{_words.NO_READBACK_NOW} ", again], className="read-text")
    return html.Div(said, className="read-line shared")


def choice(option: str, names: tuple[str, ...], chosen: str) -> Any:
    """What was chosen of `names`, as something to change; bare text where there is no choice."""
    if len(names) < 2:
        return shorten(chosen)
    offered = names if chosen in names else (chosen, *names)
    options = [html.Option(shorten(name), value=name, selected=name == chosen) for name in offered]
    label = "Column to forecast" if option == "value" else "Series to forecast"
    return html.Span(
        [
            html.Select(options, className="choice", **{"data-option": option, "aria-label": label}),
            f" 1 of {_notation.count(len(offered))}",
        ]
    )


def decided(readback: Readback, what: str, otherwise: str) -> Any:
    """What the reader says about a decision, with the other ways to read the file as something to change."""
    decision = next((decision for decision in readback.decisions if decision.what == what), None)
    if decision is None or not decision.alternatives:
        return decision.says if decision else otherwise
    (option, other), *_ = decision.alternatives[0].options.items()
    ways = {str(way.options[option]).lower(): way.label for way in decision.alternatives}
    if len(ways) == 1:  # the way that was taken is no alternative
        taken = str(not other).lower() if isinstance(other, bool) else readback.decimal
        ways = {taken: "As it is"} | ways
    options = [html.Option(label, value=value) for value, label in ways.items()]
    select = html.Select(options, className="choice", **{"data-option": option, "aria-label": decision.says})
    return html.Span([decision.says, " ", select])


def rows(readback: Readback, step: Step, taken: str) -> list[tuple[str, Any]]:
    """(what was decided, what was found), one per decision; `taken` says which forecasts were there already."""
    found: list[tuple[str, Any]] = [
        ("Value", choice("value", readback.columns, readback.value_column)),
        ("Unit", shorten(readback.unit or "")),
    ]
    if readback.series:
        found.append(("Series", choice("series", readback.ids, readback.series)))
    found += [
        ("Dates", decided(readback, "dates", _dates(readback.dayfirst))),
        ("Numbers", decided(readback, "numbers", _numbers(readback.decimal))),
    ]
    found.append(("Step", f"Every {_notation.every(step)}"))
    zone = readback.timezone
    found.append(("Clock", f"Times carry a zone: {zone}" if zone else "No time zone in the file: times as written"))
    delimiter = DELIMITERS.get(readback.delimiter or "", shorten(str(readback.delimiter or "")))
    found.append(
        (
            "File",
            ", ".join(
                part
                for part in (f"{delimiter} between columns" if delimiter else "", str(readback.encoding or ""))
                if part
            ),
        )
    )
    found.append(("Forecasts", taken))
    found += [("Noted", note.message) for note in readback.notes]
    return [(what, said) for what, said in found if said]


def _dates(dayfirst: bool | None) -> str:
    return {True: "Day first", False: "Month first", None: "Only one way to read them"}[dayfirst]


def _numbers(decimal: str | None) -> str:
    return {",": "Comma is the decimal sign", ".": "Dot is the decimal sign"}.get(decimal or "", "")
