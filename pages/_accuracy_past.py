"""The accuracy page's chart over time: the series above, the rolling miss below, on one axis. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Backtest, Dataset
from pages import _accuracy_words, _rail
from pages._chart import SHADE, Floats, Words, axis, beside, chart, line, top, values
from pages._notation import moment
from pages._traces import Palette

ENVELOPE = 600  # columns of the series; a shorter one is drawn reading by reading


def over_time(found: Backtest, dataset: Dataset, words: Words, paint: Palette, *, narrow: bool) -> dict[str, Any]:
    """The series above, the rolling miss below, on one axis of time: x is the index."""
    past = found.over_time
    is_baseline = _accuracy_words.alone(found)
    told = [
        f"around {moment(time, words.step)}: missed by {words.miss(miss)}"
        + ("" if is_baseline else f"<br>{words.baseline}: {words.bare(theirs)}")
        for time, miss, theirs in zip(past.time, past.crps, past.baseline_crps, strict=True)
    ]
    index = past.index.tolist()
    traces = [
        *_envelope(dataset.series.values, paint),
        *([] if is_baseline else [line(index, past.baseline_crps, paint.baseline, dash="dash") | {"yaxis": "y2"}]),
        line(index, past.crps, paint.band, width=1.8)
        | {"yaxis": "y2", "hoverinfo": "text", "hovertext": told, "connectgaps": False},
    ]
    known = dataset.series.values[np.isfinite(dataset.series.values)]
    low, high = float(known.min()), float(known.max())
    room_around = 0.06 * (high - low) or max(1.0, abs(high) * 0.1)
    upper = values(low - room_around, high + room_around, paint, most=4) | {"domain": [0.56, 1]}
    lower = values(0.0, top(past.crps, past.baseline_crps), paint, most=4) | {"domain": [0, 0.46]}
    figure = chart(traces, _calendar(dataset, paint, narrow), upper, paint)
    figure["layout"]["yaxis2"] = lower | {"anchor": "x"}
    figure["layout"]["margin"]["l"] = max(figure["layout"]["margin"]["l"], beside(lower))
    if found.stretch is not None:
        figure["layout"]["shapes"] = [_bracket(*found.stretch, paint)]
    return figure


def _envelope(values: Floats, paint: Palette) -> list[dict[str, Any]]:
    """The least and greatest value of each column of the series, filled between; every value where there are few."""
    length = len(values)
    if length <= ENVELOPE:
        return [line(list(range(1 - length, 1)), values, paint.ink, width=1) | {"hoverinfo": "none"}]
    edges = np.linspace(0, length, ENVELOPE + 1).astype(np.int64)[:-1]
    middles = (edges + np.diff(edges, append=length) // 2 + 1 - length).tolist()
    lows = np.minimum.reduceat(np.where(np.isnan(values), np.inf, values), edges)
    highs = np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), edges)
    lows, highs = np.where(np.isfinite(lows), lows, np.nan), np.where(np.isfinite(highs), highs, np.nan)
    pairs = np.stack([lows, highs], axis=1).ravel()
    places = [x for middle in middles for x in (middle, middle)]
    return [line(places, pairs, paint.muted, width=1) | {"hoverinfo": "none", "connectgaps": False}]


def _bracket(first: int, last: int, paint: Palette) -> dict[str, Any]:
    place = {"type": "rect", "xref": "x", "yref": "paper", "x0": first, "x1": last, "y0": 0, "y1": 1}
    return place | {"fillcolor": paint.band, "opacity": SHADE, "line": {"width": 0}, "layer": "below"}


def _calendar(dataset: Dataset, paint: Palette, narrow: bool) -> dict[str, Any]:
    """The axis of time of a whole file."""
    length = dataset.length
    marks = _rail.ticks(dataset.start, dataset.end, lambda time: float(dataset.index_at(time)))
    marks = marks[:: 3 if narrow and len(marks) > 5 else 1]
    return axis(paint) | {
        "range": [0.5 - length, 0.5],
        "anchor": "y2",
        "showgrid": True,
        "tickangle": 0,
        "tickvals": [mark.position for mark in marks],
        "ticktext": [mark.label for mark in marks],
    }
