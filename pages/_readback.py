"""The read strip: one line that says how a file was read, and one row per decision behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from dash import html

from engine import Alternative, Dataset, Decision, Readback, UploadRecord
from pages import _adding, _moment, _notation, _picker, _reread, _words
from pages._notation import Step, shorten

ATTENTION = {
    "VALUE_COLUMN_GUESSED",
    "SERIES_GUESSED",
    "DATE_ORDER_AMBIGUOUS",
    "DECIMAL_AMBIGUOUS",
    "UNIT_ASSUMED",
    "DUPLICATES_CONFLICT",
    "ENCODING_ASSUMED",
}
ROW_OF_NOTE = {
    "VALUE_COLUMN_GUESSED": "Value",
    "SERIES_GUESSED": "Series",
    "SERIES_JOINED": "Series",
    "UNIT_ASSUMED": "Unit",
    "DATE_ORDER_AMBIGUOUS": "Dates",
    "DECIMAL_AMBIGUOUS": "Numbers",
    "JITTER_SNAPPED": "Step",
    "DST_FOLD": "Clock",
    "DST_GAP": "Clock",
    "GAPS_SHORT": "Gaps",
    "GAPS_SPLIT": "Gaps",
    "MISSING_VALUES": "Missing",
    "DUPLICATES_DROPPED": "Duplicates",
    "DUPLICATES_CONFLICT": "Duplicates",
    "REVERSED": "Order",
    "UNSORTED": "Order",
    "CENSORED_VALUES": "Limits",
    "ROWS_SKIPPED": "Rows",
    "ROWS_LEFT_OUT": "Rows",
    "ENCODING_ASSUMED": "File",
}
ROW_OF_DECISION = {
    **{"turned": "Table", "time": "Dates", "zone": "Clock", "dates": "Dates", "written": "Numbers"},
    **{"numbers": "Numbers", "step": "Step", "stamps": "Clock"},
}
SAID_BY_CHOICE = {"value": "VALUE_COLUMN_GUESSED", "series": "SERIES_GUESSED"}
SAID_BY_DECISION = {"DATE_ORDER_AMBIGUOUS": "dates", "DECIMAL_AMBIGUOUS": "numbers"}
ORDER = (
    *("Table", "Value", "Series", "Unit", "Dates", "Numbers", "Step", "Length", "Clock", "Gaps", "Missing"),
    *("Duplicates", "Order", "Limits", "Rows", "File", "Forecasts", "Noted"),
)
LENGTHS = (12, 24, 64)  # steps of a forecast that are offered
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}
DAY_ORDERS = {True: "Day first", False: "Month first", None: "Only one way to read them"}
SIGNS = {",": "Comma is the decimal sign", ".": "Dot is the decimal sign"}


class Part(NamedTuple):
    """Something said in a row, with the buttons that belong to it."""

    row: str
    says: Any
    buttons: tuple[Any, ...] = ()


def strip(
    dataset: Dataset,
    record: UploadRecord | None,
    reused: tuple[int, int] = (0, 0),
    *,
    horizon: int = 0,
    default: int = 0,
    is_open: bool | None = None,
) -> Any:
    """The strip. `record` is the viewer's own upload, or None: then names and the file's dialect stay unsaid.
    reused: (forecasts that were there already when it was uploaded, all of them). is_open: as it was left; None at
    first sight, then it is open where something deserves a look. horizon, default: steps of the forecasts that are
    shown, and of those of an address that names no length."""
    step = _moment.step_of(dataset)
    valid = int(np.isfinite(dataset.series.values).sum())
    missing = dataset.length - valid
    name = ", ".join(shorten(part) for part in _shown(record.readback) if part) if record else ""
    line = _moment.render(_words.read_as(name, step, dataset.start, dataset.end, valid, missing))
    if record is None:
        return html.Div(html.Span(line, className="read-text"), className="read-line shared")
    taken = _words.reused(*reused)
    line += [f" {taken}"] if taken else []
    attention = ATTENTION.intersection(record.readback.warnings)
    parts = [*_parts(record.readback, dataset, step), *_beyond(record.readback, step, taken)]
    parts += _length(dataset, step, horizon, default)
    return html.Details(
        [
            html.Summary(
                [
                    html.Span([*([_dot()] if attention else []), *line], className="read-text"),
                    html.Span("Check", className="link"),
                ],
                className="read-line",
            ),
            html.Div(
                [
                    _choices(record.readback),
                    html.Dl(list(_rows(parts, {ROW_OF_NOTE[code] for code in attention}))),
                    html.Div(id="reread-note", className="reread-note", role="status"),
                ],
                className="read-open",
            ),
        ],
        open=bool(attention) if is_open is None else is_open,
    )


def rows(readback: Readback, step: Step) -> Any:
    """The rows alone, without any other way to read: of a file of which nothing is kept."""
    parts = [*_parts(readback, None, step), *_beyond(readback, step, "")]
    attention = {ROW_OF_NOTE[code] for code in ATTENTION.intersection(readback.warnings)}
    return html.Dl(list(_rows([part._replace(buttons=()) for part in parts], attention)))


def not_now() -> Any:
    """The strip of an upload whose reading cannot be looked up at the moment."""
    again = html.Button("Try again", className="link", **{"data-readback": "again"})
    said = html.Span([f"{_words.NO_READBACK_NOW} ", again], className="read-text")
    return html.Div(said, className="read-line shared")


def _shown(readback: Readback) -> tuple[str, str]:
    """The column, and which series of it."""
    return str(readback.value_column or ""), readback.series or ""


def _choices(readback: Readback) -> Any:
    panel = _picker.panel(readback)
    return None if panel is None else html.Div([_picker.field(readback), panel], className="read-choices")


def _rows(parts: list[Part], marked: set[str]) -> Iterator[Any]:
    """The rows in the order of `ORDER`; those that deserve a look are marked."""
    for row in ORDER:
        mine = [part for part in parts if part.row == row and part.says]
        if mine:
            yield html.Dt([row, *([_dot()] if row in marked else [])])
            yield html.Dd([html.Div([html.Span(part.says, className="says"), *_else(part.buttons)]) for part in mine])


def _else(buttons: tuple[Any, ...]) -> list[Any]:
    """The buttons of a part, dots between them."""
    parted = [thing for button in buttons for thing in (html.Span(" \u00b7 ", className="between"), button)][1:]
    return [html.Span(parted, className="else")] if parted else []


def _dot() -> Any:
    return html.Span(className="dot", title="Worth a look")


def _parts(readback: Readback, dataset: Dataset | None, step: Step) -> Iterator[Part]:
    """What the reader found and decided. dataset: None where nothing of it can be shown."""
    for option, row, chosen in (("value", "Value", readback.value_column), ("series", "Series", readback.series or "")):
        names = _picker.offered(readback, option)
        is_guessed = SAID_BY_CHOICE[option] in readback.warnings
        which = f"the first of {_notation.count(len(names))}" if is_guessed else _picker.place(names, chosen)
        of = f", {which} {_picker.WORDS[option][1]}" if len(names) > 1 else ""
        others = _others(readback, option, names.index(chosen)) if of else ()
        yield Part(row, f"{shorten(chosen)}{of}" if chosen else "", others)
    yield Part("Unit", shorten(readback.unit or ""))
    decided = {decision.what for decision in readback.decisions}
    for decision in readback.decisions:
        ways, why = _steps(readback, decision) if decision.what == "step" else (decision.alternatives, None)
        buttons = tuple(
            html.Button(way.label, className="link", title=why, **_reread.button(readback, way.options)) for way in ways
        )
        yield Part(ROW_OF_DECISION.get(decision.what, "Noted"), decision.says, buttons)
    if "dates" not in decided:
        yield Part("Dates", DAY_ORDERS[readback.dayfirst])
    if "numbers" not in decided:
        yield Part("Numbers", SIGNS.get(readback.decimal or "", ""))
    if "step" not in decided:
        yield Part("Step", f"Every {_notation.every(step)}")
    for note in readback.notes:
        row = ROW_OF_NOTE.get(note.code, "Noted")
        if SAID_BY_DECISION.get(note.code) not in decided and note.code not in SAID_BY_CHOICE.values():
            yield Part(row, note.message, _longest(dataset) if dataset and note.code == "GAPS_SPLIT" else ())


def _steps(readback: Readback, decision: Decision) -> tuple[list[Alternative], str | None]:
    """The other steps: back to the file's own, then the coarser ones, each first in the way that fits the unit; why."""
    order, why = _adding.favoured(readback.unit)
    coarser = [way for way in decision.alternatives if way.options["agg"]]
    steps = list(dict.fromkeys(way.options["step"] for way in coarser))
    coarser.sort(key=lambda way: (steps.index(way.options["step"]), order.index(str(way.options["agg"]))))
    ways = [way for way in decision.alternatives if not way.options["agg"]] + coarser
    return [way._replace(label=way.label.removeprefix("Read " if k else "")) for k, way in enumerate(ways)], why


def _others(readback: Readback, option: str, at: int) -> tuple[Any, ...]:
    """The ways from the column or series at a place to the others: the panel, and the one before and after it."""
    names = _picker.offered(readback, option)
    ways = [html.Button("Choose another", className="link", **{"data-pick": option})]
    for by, word, key in ((-1, "Previous", "["), (1, "Next", "]")):
        if 0 <= at + by < len(names):
            change = _reread.button(readback, {option: names[at + by]}) | {"data-neighbour": str(by)}
            ways.append(html.Button(word, className="link", title=f"{shorten(names[at + by])} ({key})", **change))
    return tuple(ways)


def _beyond(readback: Readback, step: Step, taken: str) -> Iterator[Part]:
    """What holds whatever the file says."""
    zone = readback.timezone
    yield Part("Clock", f"Times carry a zone: {zone}" if zone else "No time zone in the file: times as written")
    delimiter = DELIMITERS.get(readback.delimiter or "", shorten(str(readback.delimiter or "")))
    between = f"{delimiter} between columns" if delimiter else ""
    yield Part("File", ", ".join(filter(None, (between, str(readback.encoding or "")))))
    yield Part("Forecasts", taken)


def _length(dataset: Dataset, step: Step, horizon: int, default: int) -> Iterator[Part]:
    """How far the forecasts reach, and the other lengths of which the file has seen the end at least once; those of
    the default length have the shorter address."""
    if not horizon:
        return
    others = {steps for steps in LENGTHS if steps <= -dataset.first_index} | {default}
    ways = tuple(
        html.Button(
            f"{steps} = {_notation.span(steps, step)}",
            className="link",
            **{"data-length": "" if steps == default else str(steps)},
        )
        for steps in sorted(others - {horizon})
    )
    says = f"{_notation.plural(horizon, 'step')} = {_notation.span(horizon, step)}"
    more = "Forecast further:" if min(others) >= horizon else "Another length:"
    yield Part("Length", f"{says}. {more}" if ways else says, ways)


def _longest(dataset: Dataset) -> tuple[Any, ...]:
    """The way to the last reading before the longest gap."""
    known = np.flatnonzero(np.isfinite(dataset.series.values))
    leaps = np.diff(known)
    if not len(leaps) or leaps.max() < 2:
        return ()
    before = int(known[np.argmax(leaps)]) - (dataset.length - 1)
    when = f"After {_notation.moment(dataset.time(before), _moment.step_of(dataset))}"
    return (html.Button("Show the longest", className="link", title=when, **{"data-go": str(before)}),)
