"""Hairlines that travel with the data, and the days, months or years they begin. Pure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pages._frame import Frame
from pages._notation import HOUR, Step, day_label, moment
from pages._traces import Palette, Tape


def day_lines(tape: Tape, frame: Frame, paint: Palette, narrow: bool) -> list[dict[str, Any]]:
    """Hairlines that travel with the data: midnights of sub-daily data, else the starts of months or years."""
    history = frame.history(narrow=narrow)
    times = np.concatenate([tape.history_times[-(history + 1) :], tape.times]).astype("datetime64[s]")
    first = 1 - len(tape.history_times[-(history + 1) :])
    grain = _grain(frame)
    days = times.astype(f"datetime64[{grain}]")
    starts = np.flatnonzero(days[1:] != days[:-1]) + 1
    keep = max(1, math.ceil(len(starts) / (3 if narrow else 8)))
    starts = starts[::keep]
    if len(starts) == 0:
        return []
    x = [first + int(i) for i in starts]
    step = Step(None, "month") if grain == "M" else Step(None, "year")
    letter = (0.022 if narrow else 0.009) * (history + frame.horizon)  # steps that a letter covers
    names = [day_label(times[i]) if grain == "D" else moment(times[i], step) for i in starts]
    ends = [at + letter * len(name) for at, name in zip(x, names, strict=True)]
    # A label is left out where it would run over the right edge, or be struck through by the now-line.
    shown = [end <= frame.horizon and not at < 0 < end for at, end in zip(x, ends, strict=True)]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [v for at in x for v in (at, at, None)],
            "y": [v for _ in x for v in (frame.low, frame.high, None)],
            "line": {"color": paint.day, "width": 1},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": x,
            "y": [frame.high] * len(x),
            "text": [f" {name}" if fits else "" for name, fits in zip(names, shown, strict=True)],
            "textposition": "bottom right",
            "textfont": {"size": 11, "color": paint.muted},
            "hoverinfo": "skip",
        },
    ]


def _grain(frame: Frame) -> str:
    """numpy's unit of the day lines."""
    if frame.step.seconds is not None and frame.step.seconds <= 12 * HOUR:
        return "D"
    return "Y" if frame.step.months else "M"
