"""What stays fixed while a file is scrubbed: value axis, time ticks, history length, common scale of the shading.

Pure: computed once from all values of a file, so no picture can move an axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pages._notation import DAY, HOUR, MINUTE, THIN, WEEK, Step, number, plural

DESK_SHARE, PHONE_SHARE = 1 / 9, 2 / 5  # least share of the width that belongs to the future
MOST_TICKS = 9
MOST_VALUE_TICKS = 6
LONGEST_VALUE = 7  # characters of a value tick; for what is longer a shorter way of writing it is looked for
LARGE = ((6, "M"), (9, "bn"), (12, "tn"))
LONGEST_HISTORY = 511  # steps: all that a model sees, and the moment itself
MOST_PAST = 5  # doublings of the history
SECOND_TICKS = (1, 2, 5, 10, 15, 30)


@dataclass(frozen=True)
class Frame:
    """The fixed part of a file's pictures.

    low, high: ends of the value axis; cut_low, cut_high: whether values lie beyond them. scale: the series' usual
    difference to its season, the unit of the shading. decimals: what sentences show, one more than the data carries.
    season: its period in steps. past: how often the usual history is doubled (halved, if negative).
    """

    low: float
    high: float
    cut_low: bool
    cut_high: bool
    scale: float
    decimals: int
    horizon: int
    season: int
    step: Step
    past: int = 0

    def history(self, *, narrow: bool) -> int:
        """Steps of history shown: usually four horizons or one season, but the future keeps its share of the width."""
        share = PHONE_SHARE if narrow else DESK_SHARE
        most = math.floor(self.horizon * (1 - share) / share + 1e-9)
        usual = max(1, min(max(4 * self.horizon, self.season), most))
        return max(1, min(round(usual * 2.0**self.past), LONGEST_HISTORY)) if self.past else usual

    def around(self, values: NDArray[np.float64]) -> Frame:
        """The frame whose value axis spans these values (N,) instead of the file's."""
        known = values[np.isfinite(values)]
        if len(known) == 0:
            return self
        low, high = float(known.min()), float(known.max())
        room = 0.05 * (high - low)
        if high - low <= 1e-9 * max(abs(high), abs(low), 1e-300):
            room = max(abs(high) * 0.1, 1.0)
        return replace(self, low=low - room, high=high + room, cut_low=True, cut_high=True)


def frame(values: NDArray[np.float64], scale: float, horizon: int, season: int, step: Step) -> Frame:
    """The frame of a file with these values (N,), NaN where missing."""
    known = values[np.isfinite(values)]
    low, high, cut_low, cut_high = value_range(known)
    if not (math.isfinite(scale) and scale > 0):
        scale = (high - low) / 10
    return Frame(low, high, cut_low, cut_high, scale, decimals(known, scale), horizon, season, step)


def value_range(known: NDArray[np.float64]) -> tuple[float, float, bool, bool]:
    """(low, high, cut_low, cut_high) of the value axis.

    The axis spans all values, unless a few lie so far out that they would flatten the rest: it then stops three times
    the distance of the 99.5 % quantile from the median beyond that quantile (the same below).
    """
    if len(known) == 0:
        return 0.0, 1.0, False, False
    least, most = float(known.min()), float(known.max())
    q_low, middle, q_high = (float(q) for q in np.quantile(known, (0.005, 0.5, 0.995)))
    top, bottom = q_high + 3 * (q_high - middle), q_low - 3 * (middle - q_low)
    cut_high, cut_low = most > top > middle, least < bottom < middle
    high, low = top if cut_high else most, bottom if cut_low else least
    if 0 <= least < most / 4:
        low, cut_low = 0.0, False
    if high - low <= 1e-9 * max(abs(high), abs(low), 1e-300):
        room = max(abs(high) * 0.1, 1.0)
        return low - room, high + room, False, False
    room = 0.05 * (high - low)
    return (low if low == 0 else low - room), high + room, cut_low, cut_high


def decimals(known: NDArray[np.float64], scale: float) -> int:
    """Decimals of a sentence's number: one more than the data carries, but never beyond four digits of the scale."""
    sample = known[:: max(1, len(known) // 2000)]
    carried = next((d for d in range(6) if np.allclose(sample, np.round(sample, d), rtol=1e-12, atol=0)), 6)
    return min(carried + 1, max(0, 3 - math.floor(math.log10(scale))))


def value_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """[(value, label)] of the value axis: multiples of 1, 2 or 5 times a power of ten, about six of them."""
    rough = (high - low) / MOST_VALUE_TICKS
    power = math.floor(math.log10(rough))
    step = next(n for n in (1, 2, 5, 10) if n >= 0.999_999 * rough / 10.0**power) * 10.0**power
    values = [k * step for k in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]
    labels = [number(value, max(0, -power)) for value in values]
    if _longest(labels) > LONGEST_VALUE:
        digits = max(0, math.floor(math.log10(max(map(abs, values)))) - power)
        ways = [[f"{value:.{digits}e}" for value in values]]
        for size, name in LARGE:
            ways.append([f"{number(value / 10.0**size, max(0, size - power))}{THIN}{name}" for value in values])
        labels = min(labels, *ways, key=_longest)
        labels = [label if value else "0" for value, label in zip(values, labels, strict=True)]
    return list(zip(values, labels, strict=True))


def _longest(labels: list[str]) -> int:
    return max(map(len, labels))


def ticks(history: int, step: Step, horizon: int, letters: float = math.inf) -> list[tuple[int, str]]:
    """[(x in steps from the moment, label)], the same at every moment: `-6 h`, `now`, `+3 h`. letters: how many fit
    across the picture."""
    size, unit = _tick_size(history + horizon, step)
    marks = []
    for k in range(-(history // size), horizon // size + 1):
        x = k * size
        marks.append((x, "now" if k == 0 else _tick_label(x, step, unit)))
    longest = 1 + _longest([label for _, label in marks])
    clear = marks
    for every in range(2, len(marks) + 1):
        if len(clear) * longest <= letters:
            break
        clear = [(x, label) for x, label in marks if x % (every * size) == 0]
    return clear


def _tick_size(steps: int, step: Step) -> tuple[int, str]:
    """(steps between ticks, unit of the labels)."""
    if step.seconds is None:
        candidates, unit = (1, 2, 3, 4, 6, 12, 24, 36, 60, 120), step.calendar or "step"
    elif step.seconds % WEEK == 0:
        candidates, unit = (1, 2, 4, 8, 13, 26, 52, 104, 208), "week"
    else:
        bases = [
            *((n, "s") for n in SECOND_TICKS),
            *((n * MINUTE, "min") for n in SECOND_TICKS),
            *((n * HOUR, "h") for n in (1, 2, 3, 6, 12)),
            *((n * DAY, "day") for n in (1, 2, 7, 14, 28, 91, 182, 364, 728)),
        ]
        for length, unit in bases:
            if length % step.seconds == 0 and steps * step.seconds / length <= MOST_TICKS:
                return length // step.seconds, unit
        candidates, unit = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000), "step"
    return next((n for n in candidates if steps / n <= MOST_TICKS), max(1, steps // MOST_TICKS)), unit


def _tick_label(x: int, step: Step, unit: str) -> str:
    sign, size = ("-" if x < 0 else "+"), abs(x)
    if step.months:
        months = size * step.months
        return sign + (plural(months // 12, "year") if step.months % 12 == 0 else plural(months, "month"))
    if unit == "weekday":
        return sign + plural(size, "working day")
    if step.seconds is None or unit == "step":
        return sign + plural(size, "step")
    length = size * step.seconds
    if unit == "week":
        return sign + plural(length // WEEK, "week")
    if unit == "day":
        return sign + plural(length // DAY, "day")
    return f"{sign}{length // {'s': 1, 'min': MINUTE, 'h': HOUR}[unit]} {unit}"
