"""The accuracy page's charts by forecast length: by how much it missed, and how often its bands held. Pure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Backtest
from pages import _accuracy_words
from pages._chart import Floats, Words, axis, chart, line, top, values, zone
from pages._frame import MOST_TICKS, ticks
from pages._notation import Step, number
from pages._traces import DARK, LIGHT, Palette

OUTSIDE = {LIGHT: "#9a6200", DARK: "#e0a84e"}  # of dots that lie where those of a right forecast would not
PERCENTS = tuple(k / 10 for k in range(11))
MOST_DOTS = 24  # steps that are dots on their line
LETTERS = 64  # that fit along the narrowest of the charts on a desk


def error(found: Backtest, words: Words, paint: Palette, *, narrow: bool) -> dict[str, Any]:
    """The miss at each step ahead, with its range, and the baseline's."""
    by = found.by_step
    steps = list(range(1, found.horizon + 1))
    is_baseline = _accuracy_words.alone(found)
    told = [
        f"{words.ahead(k)}: missed by {words.miss(miss)}{words.reach(low, high)}"
        + ("" if is_baseline else f"<br>{words.baseline}: {words.bare(theirs)}")
        for k, miss, low, high, theirs in zip(steps, by.crps, by.crps_low, by.crps_high, by.baseline_crps, strict=True)
    ]
    mode = "lines+markers" if found.horizon <= MOST_DOTS else "lines"
    traces = [
        zone(steps, np.maximum(by.crps_low, 0.0), by.crps_high, paint.band),
        *([] if is_baseline else [line(steps, by.baseline_crps, paint.baseline, dash="dash")]),
        line(steps, by.crps, paint.band, width=2.4, mode=mode) | {"hoverinfo": "text", "hovertext": told},
    ]
    most = top(by.crps, by.crps_high, by.baseline_crps)
    return chart(traces, ahead(found.horizon, words.step, paint, narrow), values(0.0, most, paint), paint)


def held(found: Backtest, words: Words, paint: Palette, *, narrow: bool) -> dict[str, Any]:
    """How often either band held, step by step, in front of what a right one would show."""
    by = found.by_step
    steps = list(range(1, found.horizon + 1))
    bands = (
        ("8 of 10", by.coverage80, by.expected80_low, by.expected80_high),
        ("5 of 10", by.coverage50, by.expected50_low, by.expected50_high),
    )
    traces = [part for name, *columns in bands for part in _band(name, steps, *columns, words, paint)]
    known = np.concatenate([by.coverage50, by.expected50_low, by.coverage80])
    least = float(np.nanmin(known)) if np.isfinite(known).any() else 0.0
    low = max(0.0, math.floor(10 * min(least, 0.5) - 0.5) / 10)
    marks = [share for share in PERCENTS if share >= low]
    value_axis = axis(paint) | {
        "range": [low, 1.02],
        "tickvals": marks,
        "ticktext": [f"{100 * share:.0f} %" for share in marks],
    }
    return chart(traces, ahead(found.horizon, words.step, paint, narrow), value_axis, paint)


def _band(
    name: str, steps: list[int], share: Floats, low: Floats, high: Floats, words: Words, paint: Palette
) -> list[dict[str, Any]]:
    """A band's dots: full where a right one would be, a rhombus where not, grey where too little is known."""
    judged = np.isfinite(low) & np.isfinite(high)
    right = judged & (low <= share) & (share <= high)
    colours = np.where(right, paint.band, np.where(judged, OUTSIDE[paint], paint.muted))
    told = []
    for k, what, is_judged, is_right, least, most in zip(steps, share, judged, right, low, high, strict=True):
        verdict = "right" if is_right else "too narrow" if what < least else "too wide"
        judgement = f"{_span(least, most)} if right: {verdict}" if is_judged else "too few to judge"
        told.append(f"{words.ahead(k)}: {name} held {number(100 * what, 1)} %<br>{judgement}")
    dots = line(steps, share, paint.muted, width=1, mode="lines+markers") | {
        "marker": {
            "size": 8,
            "color": colours.tolist(),
            "symbol": np.where(right | ~judged, "circle", "diamond").tolist(),
        },
        "hoverinfo": "text",
        "hovertext": told,
    }
    return [zone(steps, low, high, paint.band), dots]


def _span(low: float, high: float) -> str:
    return f"{number(100 * low, 1)} to {number(100 * high, 1)} %"


def ahead(horizon: int, step: Step, paint: Palette, narrow: bool) -> dict[str, Any]:
    """The axis of steps ahead: `+1 h`. A phone has room for half of the labels."""
    marks = ticks(horizon, step, horizon) if narrow else ticks(0, step, horizon, LETTERS)
    places = [(x, label) for x, label in marks if x > 0]
    every = math.ceil(len(places) / (MOST_TICKS // 2 if narrow else MOST_TICKS))
    return axis(paint) | {
        "range": [0.5, horizon + 0.5],
        "showgrid": False,
        "tickangle": 0,
        "tickvals": [x for x, _ in places[every - 1 :: every]],
        "ticktext": [label for _, label in places[every - 1 :: every]],
    }
