"""Sample of cells -> which column is the time, which the value, which may name the series."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.numbers import LOOSE, MISSING, read_numbers
from engine.ingest.readback import ReadOptions
from engine.ingest.times import DATE_LIKE, DAY, NO_TIME, SECOND, TIME_OF_DAY, WRITINGS, Writing
from engine.ingest.vendors import is_sensor, kind_column
from engine.series import Floats, Ints

VALUE_NAMES = ("value", "y", "target", "sgv", "reading")
ROW_NUMBER = re.compile(r"(row|line|index|idx|nr|no|num|number|#|serial( number)?|unnamed: 0)\.?", re.IGNORECASE)
ID = re.compile(
    r"(.*[ _-])?(id|key|code|series|item|sku|product|article|store|shop|branch|customer|sensor|device|meter|station|"
    r"site|machine|ticker|symbol)([ _-]?(id|no|nr|number))?",
    re.IGNORECASE,
)
LEAST_TIMES = 0.9  # share of a time column's filled cells that must read as time
MOST_IDS = 0.5  # distinct ids per row


@dataclass(frozen=True)
class Choice:
    """The columns of a reading. time: one name, or a date and a time of day. numeric: all that could be the value.

    ids: columns that may name the series of a long file, the likeliest first. kind: column that tells readings from
    other records.
    """

    time: tuple[str, ...]
    writing: Writing
    value: str
    is_guess: bool
    numeric: tuple[str, ...]
    ids: tuple[str, ...]
    kind: str | None


def time_cells(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Series:
    """The cells of a time column, or of a date and a time column put together."""
    if len(names) == 1:
        return frame[names[0]]
    date, clock = names
    return frame.select(pl.col(date).str.strip_chars() + " " + pl.col(clock).str.strip_chars()).to_series()


def choose(sample: pl.DataFrame, options: ReadOptions) -> Choice:
    """Columns by a sample of String cells; raises UploadError BAD_OPTION, EMPTY, NO_TIME_COLUMN or NO_VALUE_COLUMN."""
    names = sample.columns
    for option, name in (("time", options.time), ("value", options.value)):
        if name is not None and name not in names:
            raise bad_option(f"{option} names the column", name, names)
    if sample.select(pl.all_horizontal((pl.all().str.strip_chars() == "").all())).item():
        raise UploadError("This file is empty: its rows hold only blanks.", code="EMPTY")
    time, writing, micros = _time_column(sample, options)
    if options.value in time:
        raise bad_option(
            "value names the time column", str(options.value), [name for name in names if name not in time]
        )
    timed = sample.filter(micros != NO_TIME)
    micros = micros[micros != NO_TIME]
    loose = [name for name in _loosely_numeric(timed) if name not in time]
    numeric = [name for name in loose if not ROW_NUMBER.fullmatch(name) and not ID.fullmatch(name)]
    numeric = [name for name in numeric if not _is_clock(read_numbers(timed[name]).values, micros)]
    value, is_guess = _value_column(numeric, options.value)
    if value is None:
        raise UploadError(
            f"{' and '.join(time)} reads as time, but no other column holds numbers. Columns found: {_some(names)}.",
            code="NO_VALUE_COLUMN",
            columns=names[:20],
        )
    ids = [name for name in names if name not in (*time, *numeric, value) and _may_be_id(timed[name])]
    ids.sort(key=lambda name: not ID.fullmatch(name))
    return Choice(time, writing, value, is_guess, tuple(numeric), tuple(ids), kind_column(names, value))


def bad_option(what: str, given: str, available: list[str]) -> UploadError:
    """The BAD_OPTION refusal, with what could be chosen."""
    return UploadError(
        f"{what} {given!r}, which this file does not have. Available: {_some(available)}.",
        code="BAD_OPTION",
        given=given,
        available=available[:20],
    )


def _time_column(sample: pl.DataFrame, options: ReadOptions) -> tuple[tuple[str, ...], Writing, Ints]:
    """The column with the most cells that read as time, its writing, and (n,) microseconds."""
    dated = sample.select(pl.all().str.contains(DATE_LIKE).any()).row(0)
    names = [name for name, is_dated in zip(sample.columns, dated, strict=True) if is_dated]
    best: tuple[int, str, Writing, Ints] | None = None
    for name in names if options.time is None else [options.time]:
        cells = sample[name].str.strip_chars()
        filled = len(cells) - int(cells.str.to_lowercase().is_in(MISSING).sum())
        for writing in WRITINGS:
            stamps = writing.read(cells)
            times = stamps.micros[stamps.is_time]
            is_constant = len(times) > 1 and int(np.ptp(times)) == 0 and len(names) > 1
            is_better = best is None or len(times) > best[0]
            if len(times) and len(times) >= LEAST_TIMES * filled and is_better and not is_constant:
                best = len(times), name, writing, stamps.micros
    if best is None:
        raise _no_time_column(sample, names)
    _, name, writing, micros = best
    clock = _time_of_day(sample, name, micros)
    if clock is None:
        return (name,), writing, micros
    return (name, clock), writing, writing.read(time_cells(sample, (name, clock))).micros


def _time_of_day(sample: pl.DataFrame, date: str, micros: Ints) -> str | None:
    """The column with the times of day of a column of bare dates."""
    if (micros[micros != NO_TIME] % DAY).any() or sample[date].str.contains(":", literal=True).any():
        return None
    filled = sample.filter(sample[date].str.strip_chars() != "")
    for name in filled.columns:
        cells = filled[name].str.strip_chars()
        if len(cells) and int(cells.str.contains(TIME_OF_DAY).sum()) >= LEAST_TIMES * len(cells):
            return name
    return None


def _no_time_column(sample: pl.DataFrame, dated: list[str]) -> UploadError:
    names = sample.columns
    if dated:
        found = sample[dated[0]].filter(sample[dated[0]].str.contains(DATE_LIKE))[0]
        return UploadError(
            f"No column reads as time. {dated[0]} holds dates such as {found!r}; times are read when written like "
            "2024-01-31 13:45.",
            code="NO_TIME_COLUMN",
            columns=names[:20],
            found=found,
        )
    cells = ", ".join(repr(cell) for cell in sample.row(0)[:6])
    return UploadError(
        f"No column reads as time. Columns found: {_some(names)}. First row: {cells}. "
        "Times are read when written like 2024-01-31 13:45.",
        code="NO_TIME_COLUMN",
        columns=names[:20],
    )


def _loosely_numeric(timed: pl.DataFrame) -> list[str]:
    """Columns of which at least half of the cells that are not missing look like numbers of any writing."""
    if not len(timed):
        return []
    cells = timed.select(pl.all().str.strip_chars())
    numbers = cells.select(pl.all().str.contains(LOOSE).sum()).row(0)
    filled = cells.select((~pl.all().str.to_lowercase().is_in(MISSING)).sum()).row(0)
    dates = cells.select(pl.all().str.contains(DATE_LIKE).sum()).row(0)
    return [
        name
        for name, count, of, dated in zip(cells.columns, numbers, filled, dates, strict=True)
        if count > 0 and 2 * count >= of and 2 * dated < of
    ]


def _is_clock(values: Floats, micros: Ints) -> bool:
    """Whether numbers are the row's time once more: epoch seconds or milliseconds, Excel serials or YYYYMMDD."""
    seconds = micros / SECOND
    days = micros // DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    written = (months // 12 + 1970) * 10_000 + (months % 12 + 1) * 100 + day
    a_day = 86_400.0
    copies = (
        np.abs(values - seconds) < a_day,
        np.abs(values / 1000 - seconds) < a_day,
        np.abs(values - 25_569 - seconds / a_day) < 1,
        values == written,
    )
    known = ~np.isnan(values)
    return bool(known.any()) and any(bool(copy[known].all()) for copy in copies)


def _value_column(numeric: list[str], chosen: str | None) -> tuple[str | None, bool]:
    """The value column, and whether it is a guess."""
    if chosen is not None:
        return chosen, False
    named = [name for name in numeric if name.lower() in VALUE_NAMES]
    known = [name for name in numeric if is_sensor(name)][:1] or named
    if known or len(numeric) == 1:
        return (known or numeric)[0], False
    return (numeric[0], True) if numeric else (None, False)


def _may_be_id(cells: pl.Series) -> bool:
    distinct = cells.str.strip_chars().filter(cells.str.strip_chars() != "").n_unique()
    return 2 <= distinct <= MOST_IDS * len(cells)


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6:,} more" if len(names) > 6 else "")
