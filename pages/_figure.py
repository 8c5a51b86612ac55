"""PlotData -> a plain plotly figure. Pure, and a plain dict because it is ten times cheaper to send than `go.Figure`.

x counts steps from the moment, so nothing but the data moves while scrubbing. All colours are explicit (template
none): the picture is the same whatever the page around it does, and one of two palettes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

import numpy as np

from engine import PlotData
from pages._cut_points import cut_decimals
from pages._day_lines import day_lines, days
from pages._frame import Frame, ticks, value_ticks
from pages._labels import direct_labels
from pages._notation import THIN, Step, baseline_name, short_baseline_names, shorten
from pages._traces import (
    DARK,
    EITHER,
    LIGHT,
    Floats,
    Palette,
    Tape,
    forecast,
    ghosts,
    known_values,
)
from pages._view import USUAL, View

State = Literal["ready", "unusable", "failed"]

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
MARGINS = {"desk": (60, 158), "phone": (40, 26)}  # left and right of the plot; a desk has direct labels on the right
WIDTHS = {"desk": 1038, "phone": 364}  # px of a picture, where nobody says
LETTER = 6.6  # px of one in a picture's small print
WIDE, NARROW = 7.7, 2.6  # px of a character and of a thin space in a value tick, in the widest of the fonts


def escape(text: str) -> str:
    """User text as a plotly label: no tags, no entities, no TeX, no control characters, at most 40 characters."""
    return shorten(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


def figure(
    plot: PlotData,
    frame: Frame,
    *,
    unit: str = "",
    dark: bool = False,
    narrow: bool = False,
    width: int | None = None,
    seq: int = 0,
    view: View = USUAL,
    earlier: Sequence[tuple[int, Floats]] = (),
) -> dict[str, Any]:
    """The picture of one forecast. width: of the whole picture in px, where it is known. earlier: medians (H,) of
    forecasts made so many steps before, for the ghosts."""
    paint = DARK if dark else LIGHT
    frame = view.frame(frame)
    step = Step(plot.step_seconds, plot.step_calendar)
    tape = _told(Tape(plot.context_times, plot.context_values, plot.times, plot.actuals), view)
    if view.window:
        bands = [plot.quantiles[0.1], plot.quantiles[0.9], plot.baseline_median]
        frame = frame.around(np.concatenate([_seen(tape, frame, narrow), *bands[: 3 if view.baseline else 2]]))
    ahead, labels = forecast(plot, frame, paint, baseline_name(plot.baseline_period, step), view)
    ahead = [*ghosts(earlier, paint), *ahead]
    letters = _letters(width, narrow)
    known, actual_label = known_values(tape, frame, paint, narrow, letters)
    meta = {"index": plot.index, "seq": seq, "state": "ready"}
    marks = [] if narrow else direct_labels([*labels, *actual_label], frame)
    traces = [*day_lines(tape, frame, paint, narrow, letters), *ahead, *known]
    return _assemble(traces, marks, frame, paint, narrow, letters, unit, meta)


def without_forecast(
    tape: Tape,
    frame: Frame,
    *,
    index: int,
    state: State,
    unit: str = "",
    dark: bool = False,
    narrow: bool = False,
    width: int | None = None,
    seq: int = 0,
    view: View = USUAL,
) -> dict[str, Any]:
    """The picture of a moment that has no forecast: history and what happened, the now-line dashed. width: as there."""
    paint = DARK if dark else LIGHT
    frame, tape = view.frame(frame), _told(tape, view)
    if view.window:
        frame = frame.around(_seen(tape, frame, narrow))
    letters = _letters(width, narrow)
    known, _ = known_values(tape, frame, paint, narrow, letters)
    meta = {"index": index, "seq": seq, "state": state}
    traces = [*day_lines(tape, frame, paint, narrow, letters), *known]
    return _assemble(traces, [], frame, paint, narrow, letters, unit, meta)


def _told(tape: Tape, view: View) -> Tape:
    """The tape, without what happened if that is hidden."""
    return tape if view.truth else replace(tape, actuals=np.full(len(tape.actuals), np.nan))


def _seen(tape: Tape, frame: Frame, narrow: bool) -> Floats:
    """The readings in the picture."""
    return np.concatenate([tape.history[-(frame.history(narrow=narrow) + 1) :], tape.actuals])


def blank(frame: Frame) -> dict[str, Any]:
    """Axes alone: holds the place until the first picture. Its theme and width are not known yet."""
    pending = {"index": None, "seq": -1, "state": "pending"}
    drawn = _assemble([], [], frame, EITHER, False, _letters(None, False), "", pending)
    drawn["layout"]["xaxis"]["showticklabels"] = False  # a phone has room for fewer
    return drawn


def _assemble(
    traces: list[dict[str, Any]],
    marks: list[dict[str, Any]],
    frame: Frame,
    paint: Palette,
    narrow: bool,
    letters: int,
    unit: str,
    meta: dict[str, Any],
) -> dict[str, Any]:
    values = value_ticks(frame.low, frame.high)
    left, right = MARGINS["phone" if narrow else "desk"]
    left = max(left, *(room(label) for _, label in values))
    history = frame.history(narrow=narrow)
    places = ticks(history, frame.step, frame.horizon, letters)
    if meta["state"] != "pending":
        meta = meta | {"fixed": _fixed(frame, paint, narrow, letters)}
    dash = "dash" if meta["state"] == "unusable" else "solid"
    return {
        "data": traces,
        "layout": {
            "template": None,
            "meta": meta,
            "autosize": True,
            "margin": {"l": left, "r": right, "t": 34, "b": 34, "pad": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12, "color": paint.muted},
            "showlegend": False,
            "separators": ".\u202f",
            "xaxis": {
                "range": [-history - 0.5, frame.horizon + 0.5],
                "fixedrange": True,
                "tickmode": "array",
                "tickangle": 0,
                "tickvals": [x for x, _ in places],
                "ticktext": [label for _, label in places],
                "showgrid": False,
                "zeroline": False,
                "showline": True,
                "linecolor": paint.grid,
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": paint.grid,
                "ticklabeloverflow": "allow",
            },
            "yaxis": {
                "range": [frame.low, frame.high],
                "fixedrange": True,
                "gridcolor": paint.grid,
                "zeroline": False,
                "tickmode": "array",
                "tickvals": [value for value, _ in values],
                "ticktext": [label for _, label in values],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": paint.grid,
            },
            "shapes": [
                {
                    "type": "line",
                    "x0": 0,
                    "x1": 0,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "layer": "above",
                    "line": {"color": paint.muted, "width": 1.2, "dash": dash},
                }
            ],
            "annotations": [_axis_name(unit, paint, left), *marks],
        },
    }


def _letters(width: int | None, narrow: bool) -> int:
    """How many letters of small print fit across a picture's plot."""
    kind = "phone" if narrow else "desk"
    return max(1, int(((width or WIDTHS[kind]) - sum(MARGINS[kind])) / LETTER))


def room(label: str) -> int:
    """Px that a value tick needs beside the axis."""
    thin = label.count(THIN)
    return math.ceil(12 + WIDE * (len(label) - thin) + NARROW * thin)


def _fixed(frame: Frame, paint: Palette, narrow: bool, letters: int) -> dict[str, Any]:
    """What the browser's painter needs beside the axes to paint any other moment of the file the same way."""
    return {
        "scale": frame.scale,
        "decimals": cut_decimals(frame),
        "cut": {"low": frame.cut_low, "high": frame.cut_high},
        "days": days(frame, narrow, letters)._asdict(),
        "letters": letters,
        "cycles": short_baseline_names(frame.step),
        "paint": asdict(paint),
        "narrow": narrow,
    }


def _axis_name(unit: str, paint: Palette, left: int) -> dict[str, Any]:
    """The unit above the value axis; always the first annotation."""
    return {
        "visible": bool(unit),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 8 - left,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 8,
        "text": escape(unit),
        "showarrow": False,
        "font": {"size": 12, "color": paint.muted},
    }
