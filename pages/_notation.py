"""How times, spans and numbers are written, and what a season is called. Pure.

Dates have the month in letters and 24 hours, numbers thin-space thousands, spans the unit people would say.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LABEL_CAP = 40  # characters of a user's own text that a label shows
NO_BREAK = "\u00a0"
THIN = "\u202f"  # narrow no-break space: thousands never wrap
MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7 * DAY
LONGEST_PERIOD = 512  # steps: what a model sees


class Step(NamedTuple):
    """The series' step as PlotData carries it: seconds, or a calendar name where the length varies."""

    seconds: int | None
    calendar: str | None

    @property
    def months(self) -> int:
        """Months per step, 0 for steps of another kind."""
        if self.calendar in (None, "weekday"):
            return 0
        return {"month": 1, "year": 12}.get(str(self.calendar)) or int(str(self.calendar).split()[0])


def count(number: int) -> str:
    """A whole number with thin-space thousands: 12 480."""
    return f"{number:,}".replace(",", THIN)


def number(value: float, decimals: int) -> str:
    """A value with a fixed number of decimals and thin-space thousands; a rounded zero carries no sign."""
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace(",", THIN).replace("-", "\u2212")


def quantity(value: float, decimals: int, unit: str) -> str:
    """A value and its unit."""
    return f"{number(value, decimals)} {unit}".strip()


def plural(amount: int, word: str) -> str:
    """`1 step`, `12 steps`."""
    return f"{count(amount)} {word}" if amount == 1 else f"{count(amount)} {word}s"


def _parts(time: np.datetime64) -> tuple[int, int, int, int, int, int, int]:
    """(year, month, day, hour, minute, second, weekday) of a time."""
    stamp = time.astype("datetime64[s]").item()
    return stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second, stamp.weekday()


def _clock(hour: int, minute: int, second: int) -> str:
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def moment(time: np.datetime64, step: Step, *, year: bool = True) -> str:
    """A moment as people write it: `Tue 5 Mar 2024, 14:00`; whole days without a clock, months as `Mar 2024`. Where all
    steps are whole minutes, the second at which a sensor happens to send is left out."""
    y, mon, day, hour, minute, second, weekday = _parts(time)
    second = second if (step.seconds or 0) % MINUTE else 0
    if step.months >= 12:
        return str(y)
    if step.months:
        return f"{MONTHS[mon - 1]} {y}"
    date = f"{DAYS[weekday]} {day} {MONTHS[mon - 1]}" + (f" {y}" if year else "")
    whole_days = step.calendar == "weekday" or (step.seconds or 0) % DAY == 0
    if whole_days and (hour, minute, second) == (0, 0, 0):
        return date
    return f"{date}{',' if year else ''} {_clock(hour, minute, second)}"


def day_label(time: np.datetime64) -> str:
    """`Tue 5 Mar`, the label of a day line."""
    _, mon, day, *_, weekday = _parts(time)
    return f"{DAYS[weekday]} {day} {MONTHS[mon - 1]}"


def _trim(value: float) -> str:
    return f"{value:.4g}" if value < 1e4 else count(round(value))


def span(steps: int, step: Step) -> str:
    """The length of `steps` steps: `3 h`, `45 min`, `5 h 20 min`, `12 days`, `12 weeks`, `4 months`."""
    if step.calendar == "weekday":
        return plural(steps, "working day")
    if step.months:
        months = steps * step.months
        return plural(months // 12, "year") if step.months % 12 == 0 else plural(months, "month")
    seconds = steps * (step.seconds or 1)
    if (step.seconds or 1) % WEEK == 0:
        return plural(seconds // WEEK, "week")
    if seconds < 2 * MINUTE and seconds % MINUTE:
        return f"{seconds} s"
    if seconds < 2 * HOUR and seconds % HOUR:
        return _mixed(seconds, (MINUTE, "min"), (1, "s"))
    if (step.seconds or 1) % DAY and (seconds <= 2 * DAY or (seconds < 4 * DAY and seconds % DAY)):
        return _mixed(seconds, (HOUR, "h"), (MINUTE, "min"))
    return _mixed(seconds, (DAY, "day" if seconds == DAY else "days"), (HOUR, "h"))


def _mixed(seconds: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    """Such as `2.5 h`, and `5 h 20 min` where more than one decimal would be needed."""
    (size, name), (rest, rest_name) = large, small
    if seconds * 10 % size == 0:
        return f"{_trim(seconds / size)} {name}"
    left = seconds % size
    return f"{count(seconds // size)} {name} {left // rest if left % rest == 0 else _trim(left / rest)} {rest_name}"


def the_next(steps: int, step: Step) -> str:
    """The forecast's stretch in a sentence: `the next 3 h`, `the next hour`."""
    length = span(steps, step)
    single = {"1 h": "hour", "1 min": "minute", "1 s": "second"}.get(length, length.removeprefix("1 "))
    return f"the next {single.replace(' ', NO_BREAK)}"


def page_steps(step: Step) -> int:
    """Steps of a PageUp: a day of sub-daily data, a week of days, a year of anything longer."""
    if step.calendar == "weekday":
        return 5
    if step.months:
        return max(1, 12 // step.months)
    seconds = step.seconds or 1
    length = DAY if seconds < DAY else WEEK if seconds < WEEK else 52 * WEEK
    return max(1, length // seconds)


def page_name(step: Step) -> str:
    """What a PageUp is called."""
    if step.calendar == "weekday" or (step.seconds and DAY <= step.seconds < WEEK):
        return "a week"
    return "a day" if step.seconds and step.seconds < DAY else "a year"


def every(step: Step) -> str:
    """The step in `every ...`: `15 min`, `hour`, `day`, `month`."""
    named = {MINUTE: "minute", HOUR: "hour", DAY: "day", WEEK: "week"}
    if step.seconds in named:
        return named[step.seconds]
    if step.calendar:
        return {"weekday": "working day", "month": "month", "year": "year", "12 months": "year"}.get(
            step.calendar, step.calendar
        )
    return span(1, step)


def baseline_name(period: int, step: Step) -> str:
    """The baseline's everyday name, from its season."""
    if period <= 1:
        return "last value"
    if step.calendar == "weekday":
        return "same day last week" if period == 5 else f"one cycle ago ({count(period)} steps)"
    if step.months:
        if period * step.months == 12:
            return {1: "same month last year", 3: "same quarter last year"}.get(step.months, "same time last year")
        return f"one cycle ago ({count(period)} steps)"
    length = period * (step.seconds or 0)
    if length == DAY:
        return "same time yesterday"
    if length == WEEK:
        return "same day last week" if step.seconds == DAY else "same time last week"
    if step.seconds == WEEK and period in (52, 53):
        return "same week last year"
    if abs(length - 365 * DAY) <= 2 * DAY:
        return "same day last year" if step.seconds == DAY else "same time last year"
    return f"one cycle ago ({count(period)} steps)"


def short(baseline: str) -> str:
    """A baseline's name without the count of its steps, as labels have it."""
    return baseline.partition(" (")[0]


@lru_cache(maxsize=64)
def short_baseline_names(step: Step) -> dict[str, str]:
    """The baseline's everyday name by its period, where it has one; all others are one cycle ago."""
    names = ((period, baseline_name(period, step)) for period in range(1, LONGEST_PERIOD + 1))
    return {str(period): name for period, name in names if name == short(name)}


def period(first: np.datetime64, last: np.datetime64, step: Step) -> str:
    """`1 Jan 2024 00:15 to 1 Jan 2025 00:00`."""

    def without_weekday(time: np.datetime64) -> str:
        return moment(time, step).removeprefix(f"{DAYS[_parts(time)[6]]} ").replace(",", "")

    return f"{without_weekday(first)} to {without_weekday(last)}"


def shorten(text: str) -> str:
    """User text without control characters, at most 40 characters."""
    bare = "".join(c for c in text if c.isprintable())
    return bare if len(bare) <= LABEL_CAP else bare[: LABEL_CAP - 1] + "\u2026"
