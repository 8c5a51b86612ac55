"""Hairlines that travel with the data, and the days, months or years they begin. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pages._frame import Frame
from pages._notation import DAY, HOUR, Step, day_label, moment
from pages._traces import Palette, Tape

MONTH = 30.44 * DAY
FEWEST, MOST = 3, 8  # lines at once
LETTERS = 13  # of the longest name, and a gap
EVERY = {"D": (1, 2, 7, 14, 28, 91, 364), "M": (1, 2, 3, 6, 12, 24, 60, 120), "Y": (1, 2, 5, 10, 20, 50, 100)}


class Days(NamedTuple):
    """Which starts get a line: of every `every`-th day ("D"), month ("M") or year ("Y"), counted from `offset` units
    after 1970. The same ones wherever the hand is, so that lines only travel."""

    grain: str
    every: int
    offset: int


def days(frame: Frame, narrow: bool, letters: int) -> Days:
    """The day lines of a file: about eight at once, three on a phone. letters: how many fit across the picture."""
    step, steps = frame.step, frame.history(narrow=narrow) + frame.horizon
    most = min(MOST, max(FEWEST, letters // LETTERS))
    if step.seconds is not None and step.seconds <= 12 * HOUR:
        grain, count = "D", steps * step.seconds / DAY
    elif step.months:
        grain, count = "Y", steps * step.months / 12
    else:
        grain, count = "M", steps * (step.seconds or DAY * 7 / 5) / MONTH
    every = next((n for n in EVERY[grain] if count / n <= most), EVERY[grain][-1])
    offset = {"D": 4 if every % 7 == 0 else 0, "Y": -1970}.get(grain, 0)  # 1970-01-05 was a Monday; years by number
    return Days(grain, every, offset)


def day_lines(tape: Tape, frame: Frame, paint: Palette, narrow: bool, letters: int) -> list[dict[str, Any]]:
    """Hairlines that travel with the data: midnights of sub-daily data, else the starts of months or years.
    letters: how many fit across the picture."""
    history = frame.history(narrow=narrow)
    times = np.concatenate([tape.history_times[-(history + 1) :], tape.times]).astype("datetime64[s]")
    first = 1 - len(tape.history_times[-(history + 1) :])
    grain, every, offset = days(frame, narrow, letters)
    stretch = (times.astype(f"datetime64[{grain}]").astype(np.int64) - offset) // every
    starts = np.flatnonzero(stretch[1:] != stretch[:-1]) + 1
    if len(starts) == 0:
        return []
    x = [first + int(i) for i in starts]
    step = Step(None, "month") if grain == "M" else Step(None, "year")
    letter = (history + frame.horizon) / letters  # steps that it covers
    names = [day_label(times[i]) if grain == "D" else moment(times[i], step) for i in starts]
    ends = [at + letter * len(name) for at, name in zip(x, names, strict=True)]
    # A label is left out where it would run over the right edge, or be struck through by the now-line; not kept empty:
    # plotly never again shows words in a place where it has drawn none.
    fits = [end <= frame.horizon and not at < 0 < end for at, end in zip(x, ends, strict=True)]
    shown = [(at, f" {name}") for at, name, fit in zip(x, names, fits, strict=True) if fit]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [v for at in x for v in (at, at, None)],
            "y": [v for _ in x for v in (frame.low, frame.high, None)],
            "line": {"color": paint.day, "width": 1},
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [at for at, _ in shown],
            "y": [frame.high] * len(shown),
            "text": [text for _, text in shown],
            "textposition": "bottom right",
            "textfont": {"size": 11, "color": paint.muted},
        },
    ]
