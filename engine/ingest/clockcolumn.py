"""The column beside one of bare dates that holds the times of day: clocks, bare hours, or hours before minutes."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from engine.ingest.epochs import TIME_NAME
from engine.ingest.looks import looks_like_clock
from engine.ingest.spans import Cells, strings
from engine.ingest.times import DAY, NO_TIME, SECOND, read_clock
from engine.series import Floats, Ints

LEAST_TIMES = 0.9  # share of a time column's filled cells that must read as time
TRIED = 60
FEWEST_HOURS = 2  # different ones in which there must be readings for numbers to be hours and minutes
HHMM_NAME = re.compile(
    r"(.*[\W_])?(hhmm|hrmn|hour|hours|uhrzeit|heure|hora|ora|klockslag|tijd)([\W_].*)?", re.IGNORECASE
)
HOUR_NAME = re.compile(
    r"(.*[\W_])?(hour|hours|hr|hh|std|stunde|heure|hora|ora|uur|he|hour ending)([\W_].*)?", re.IGNORECASE
)


def find_clock(sample: pl.DataFrame, dates_in: tuple[str, ...], micros: Ints) -> tuple[str, str] | None:
    """The column with the times of day of bare dates, and how it is read: "clock", "hours" or "hhmm"."""
    is_time = micros != NO_TIME
    dates = micros[is_time]
    if not len(dates) or (dates % DAY).any() or len(np.unique(dates)) == len(dates):
        return None
    filled = sample.filter(pl.Series(is_time))
    others = [name for name in filled.columns if name not in dates_in]
    found = [name for name in others if _is_clock_column(name, filled[name])]
    found.sort(key=lambda name: TIME_NAME.fullmatch(name) is None)
    if found:
        return found[0], "clock"
    hours = [name for name in others if HOUR_NAME.fullmatch(name) and (_read_hours(filled[name])[0] != NO_TIME).all()]
    if hours:
        return hours[0], "hours"
    numbered = [name for name in others if HHMM_NAME.fullmatch(name) or TIME_NAME.fullmatch(name)]
    hhmm = [name for name in numbered if _is_hhmm(filled[name])]
    return (hhmm[0], "hhmm") if hhmm else None


def _is_hhmm(cells: pl.Series) -> bool:
    """Whether all numbers are hours and minutes, and so many of them that they are no bare hours or counts."""
    micros = _read_hhmm(cells)[0]
    return bool((micros != NO_TIME).all()) and len(np.unique(micros // (3600 * SECOND))) > FEWEST_HOURS


def _is_clock_column(name: str, cells: pl.Series) -> bool:
    may_be_dotted = TIME_NAME.fullmatch(name) is not None  # 13.45, which is a number in other columns
    if not (may_be_dotted or any(map(looks_like_clock, cells.head(TRIED).to_list()))):
        return False
    micros, _ = read_clock(cells)
    known = micros[micros != NO_TIME]
    return len(known) >= LEAST_TIMES * len(cells) and len(np.unique(known)) > 1


def _read_hours(cells: Cells) -> tuple[Ints, int]:
    """Microseconds since midnight of the hours 0 .. 24, NO_TIME for all else, and the number of 24."""
    hours = _numbers(cells)
    valid = (hours >= 0) & (hours <= 24) & (hours == np.floor(hours))
    micros = np.where(valid, hours, 0).astype(np.int64) * 3600 * SECOND
    return np.where(valid, micros, NO_TIME), int(np.count_nonzero(hours == 24))


def _read_hhmm(cells: Cells) -> tuple[Ints, int]:
    """Microseconds since midnight of 0 .. 2400, hours before minutes, NO_TIME for all else, and the number of 2400."""
    numbers = _numbers(cells)
    valid = (numbers >= 0) & (numbers <= 2400) & (numbers == np.floor(numbers)) & (numbers % 100 < 60)
    whole = np.where(valid, numbers, 0).astype(np.int64)
    micros = (whole // 100 * 3600 + whole % 100 * 60) * SECOND
    return np.where(valid, micros, NO_TIME), int(np.count_nonzero(numbers == 2400))


def _numbers(cells: Cells) -> Floats:
    """Numbers as they are written, -1 for all else."""
    return strings(cells).str.strip_chars().cast(pl.Float64, strict=False).fill_null(-1).to_numpy()


CLOCKS = {"clock": read_clock, "hours": _read_hours, "hhmm": _read_hhmm}
