"""When does it fail? Three panels whose cells are buttons: the clock, the level and the trend at the moment. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dash import html

from engine import Backtest, Cell, Panel
from pages import _slices
from pages._chart import Words
from pages._notation import DAYS, MONTHS, count, number, plural

EDGES = (0.15, 0.3, 0.5, 0.8, 1.2, 2.0)  # of a miss in units of the file's scale: the classes of the rail's strip
TITLES = {"level": "Level at that moment", "trend": "Change just before that moment"}
MEANINGS = {
    "level": "Thirds of the file, by the last reading",
    "trend": "Over the last three steps, in units of the usual difference from season to season",
}
CLOCKS = ("clock", "season")


def panels(found: Backtest, words: Words) -> list[html.Section]:
    """The panels in their order; each cell is a button that selects its moments."""
    of = {panel.kind: panel for panel in found.panels}
    named = {cell.key: cell for panel in found.panels for cell in panel.cells}
    clock = [_clock(of["clock"], named, found, words)] if "clock" in of else []
    return [*clock, *(_bars(of[kind], found, words) for kind in TITLES if kind in of)]


def _clock(panel: Panel, named: dict[str, Cell], found: Backtest, words: Words) -> html.Section:
    """Hours by weekdays, months by weekdays, or months alone."""
    if not panel.cells:
        return _section("Time", "", html.P("No scored moments."))
    kind = panel.cells[0].key.partition(":")[0]
    if kind not in CLOCKS:
        return _bars(panel, found, words)
    across = [(f"hour:{hour}", f"{hour:02}") for hour in range(24)]
    if kind == "season":
        across = [(f"month:{month}", name) for month, name in enumerate(MONTHS, 1)]
    head = html.Tr([html.Td(), *(_head(key, label, named, found, words) for key, label in across)])
    rows = [
        html.Tr(
            [
                _head(f"weekday:{day}", name, named, found, words),
                *(_square(f"{kind}:{day}-{key.partition(':')[2]}", named, found, words) for key, _ in across),
            ]
        )
        for day, name in enumerate(DAYS)
    ]
    table = html.Table([html.Thead(head), html.Tbody(rows)], className=f"squares {kind}")
    title = "Weekday and hour" if kind == "clock" else "Weekday and month"
    return _section(
        title, "The moment the forecast was made, in the file's own clock", html.Div(table), _key(found, words)
    )


def _head(key: str, label: str, named: dict[str, Cell], found: Backtest, words: Words) -> html.Th:
    """A whole row or column, where there are numbers of it."""
    cell = named.get(key)
    if cell is None or not cell.moments:
        return html.Th(label)
    return html.Th(_button(cell, label, "whole", found, words), className="stands-out" if cell.stands_out else None)


def _square(key: str, named: dict[str, Cell], found: Backtest, words: Words) -> html.Td:
    cell = named.get(key)
    if cell is None or not cell.moments:
        return html.Td(className="none")
    marked = " stands-out" if cell.stands_out else ""
    return html.Td(_button(cell, "", f"square miss-{_class(cell.miss, found.scale)}{marked}", found, words))


def _class(miss: float, scale: float) -> int:
    return sum(miss >= edge * scale for edge in EDGES)


def _key(found: Backtest, words: Words) -> html.P:
    """What the colours mean."""
    steps = [html.Span(className=f"square miss-{k}") for k in range(len(EDGES) + 1)]
    ends = [words.miss(edge * found.scale) for edge in (EDGES[0], EDGES[-1])]
    return html.P([f"under {ends[0]} ", *steps, f" over {ends[1]}"], className="colours")


def _bars(panel: Panel, found: Backtest, words: Words) -> html.Section:
    """A bar for each cell, with its range and how many moments it has."""
    kinds = {cell.key.partition(":")[0] for cell in panel.cells}
    title = TITLES.get(panel.kind, "Month" if kinds == {"month"} else "Weekday" if kinds == {"weekday"} else "Hour")
    ends = [value for cell in panel.cells for value in (cell.miss, cell.range.high) if math.isfinite(value)]
    longest = max(ends, default=0.0) or 1.0
    rows = [_bar(cell, longest, panel, found, words) for cell in panel.cells]
    return _section(title, MEANINGS.get(panel.kind, ""), html.Div(rows, className=f"bars {panel.kind}"))


def _bar(cell: Cell, longest: float, panel: Panel, found: Backtest, words: Words) -> Any:
    label = label_of(cell.key, panel.edges, words)
    if not cell.moments or not math.isfinite(cell.miss):
        return html.Div([html.Span(label), html.Span("none", className="amount")], className="bar-row none")
    track = [html.Span(className="length", style={"width": _share(cell.miss, longest)})]
    if math.isfinite(cell.range.low) and math.isfinite(cell.range.high):
        low, high = max(cell.range.low, 0.0), cell.range.high
        place = {"left": _share(low, longest), "width": _share(high - low, longest)}
        track.append(html.Span(className="reach", style=place))
    inside = [
        html.Span(label, className="name"),
        html.Span(track, className="track-of-bar"),
        html.Span(words.bare(cell.miss), className="amount"),
        html.Span(count(cell.moments), className="moments"),
    ]
    return _button(cell, inside, f"bar-row{' stands-out' if cell.stands_out else ''}", found, words)


def _share(part: float, whole: float) -> str:
    return f"{100 * max(0.0, part) / whole:.1f}%"


def label_of(key: str, edges: Sequence[float], words: Words) -> str:
    """What a bar is called: `low, under 35.0`, `rising fast`, `Mar`."""
    kind, _, value = key.partition(":")
    if kind == "trend":
        return _slices.TREND_NAMES.get(value, value)
    if kind == "level":
        low, high = (words.bare(edge) for edge in edges) if len(edges) == 2 else ("", "")
        reach = {"low": f", under {low}", "middle": "", "high": f", over {high}"}.get(value, "") if low else ""
        return f"{value}{reach}"
    if kind == "month" and value.isdigit():
        return MONTHS[int(value) - 1]
    return DAYS[int(value)] if kind == "weekday" else f"{int(value):02}:00"


def _button(cell: Cell, inside: Any, kind: str, found: Backtest, words: Words) -> html.Button:
    """A cell that can be selected. What it says is its title and, for those who are read to, its name."""
    told = told_of(cell, words)
    chosen = str(cell.key == found.slice).lower()
    named = {"data-slice": cell.key, "aria-pressed": chosen, "aria-label": told, "tabIndex": "-1"}
    return html.Button(inside, className=kind, title=told, **named)


def told_of(cell: Cell, words: Words) -> str:
    """`Mondays 06:00 to 07:00: missed by 3.4 kWh on average (2.9 to 4.0), 52 moments worth about 20`."""
    name = _slices.words(cell.key)
    reach = words.reach(*cell.range) or " (too few to tell)"
    moments = plural(cell.moments, "moment")
    worth = f", worth about {number(round(cell.n_eff), 0)}" if cell.n_eff < 0.9 * cell.moments else ""
    return f"{name[:1].upper()}{name[1:]}: missed by {words.miss(cell.miss)} on average{reach}, {moments}{worth}"


def _section(title: str, meaning: str, *inside: Any) -> html.Section:
    return html.Section(
        [html.H3(title, title=meaning or None), *inside], className="panel", role="group", **{"aria-label": title}
    )
