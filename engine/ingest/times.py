"""Cells -> instants: one regular expression per way of writing, one arithmetic for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.series import Ints

NO_TIME = np.iinfo(np.int64).min  # in place of the microseconds of a cell that is no time
NAIVE = 1 << 20  # in place of the offset of a time without a zone
SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND

CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r" ?(?P<zone>[Zz]|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
TIME_OF_DAY = r"^\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*$"
DATE_LIKE = r"^\s*(?:[0-9]{1,4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/|\.[0-9]{1,2}\.)[0-9]{1,4}|[12][0-9]{3}-[0-9]{2}\s*$)"


@dataclass(frozen=True)
class Stamps:
    """micros: (n,) int64 microseconds since 1970, UTC where a zone is given, else as written; NO_TIME where unreadable.

    offsets: (n,) int32 seconds east of Greenwich, NAIVE where none is written.
    """

    micros: Ints
    offsets: NDArray[np.int32]

    @property
    def is_time(self) -> NDArray[np.bool_]:
        is_time: NDArray[np.bool_] = self.micros != NO_TIME
        return is_time


@dataclass(frozen=True)
class Writing:
    """A way of writing times. pattern: named groups year, month, day, hour, minute, second, fraction, zone.

    dayfirst: None where the order of day and month is no question.
    """

    pattern: str
    dayfirst: bool | None

    def read(self, cells: pl.Series) -> Stamps:
        """Stamps of String cells."""
        fields = cells.str.extract_groups(self.pattern).struct.unnest()
        matched = fields["year"].is_not_null().to_numpy()
        year, month, day, hour, minute, second = (
            fields[name].cast(pl.Int32).fill_null(name == "day").to_numpy()  # a month without a day is its first
            for name in ("year", "month", "day", "hour", "minute", "second")
        )
        days = _days(year, month, day)
        end_of_day = (hour == 24) & (minute == 0) & (second == 0)
        valid = matched & (month >= 1) & (month <= 12) & (day >= 1) & (minute < 60) & (second < 60)
        valid &= ((hour < 24) | end_of_day) & (year >= 1) & (day <= _month_length(year, month))
        seconds = days * 86_400 + hour.astype(np.int64) * 3600 + minute * 60 + second
        offsets = _offsets(fields["zone"])
        micros = (seconds - np.where(offsets == NAIVE, 0, offsets)) * SECOND + _fraction(fields["fraction"])
        return Stamps(np.where(valid, micros, NO_TIME), offsets)


ISO = Writing(
    rf"^\s*(?P<year>[0-9]{{4}})[-/](?P<month>[0-9]{{1,2}})(?:[-/](?P<day>[0-9]{{1,2}})(?:(?:[Tt]| +){CLOCK})?)?\s*$",
    dayfirst=None,
)
WRITINGS = (ISO,)


def looks_like_date(cell: str) -> bool:
    """Whether a cell begins with a date in any order, readable or not."""
    return re.match(DATE_LIKE, cell) is not None


def zone_name(offsets: set[int]) -> str | None:
    """Zone of a series by the offsets found: None (naive), "UTC", "+05:30" or "mixed"."""
    if offsets <= {NAIVE}:
        return None
    if len(offsets) > 1:
        return "mixed"
    offset = next(iter(offsets))
    if offset == 0:
        return "UTC"
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"


def _days(year: NDArray[np.int32], month: NDArray[np.int32], day: NDArray[np.int32]) -> Ints:
    """Days since 1970-01-01; nonsense in gives nonsense out, never an error."""
    months = (year.astype(np.int64) - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1


def _month_length(year: NDArray[np.int32], month: NDArray[np.int32]) -> Ints:
    first = np.ones_like(year)
    return _days(year, month + 1, first) - _days(year, month, first)


def _offsets(zone: pl.Series) -> NDArray[np.int32]:
    """Seconds east of Greenwich of zone texts, NAIVE for null."""
    names = zone.unique().drop_nulls().to_list()
    if not names:
        return np.full(len(zone), NAIVE, dtype=np.int32)
    seconds = {name: _offset(name) for name in names}
    return zone.replace_strict(seconds, default=NAIVE, return_dtype=pl.Int32).to_numpy()


def _offset(name: str) -> int:
    if name in ("Z", "z", "UTC"):
        return 0
    hours, minutes = int(name[1:3]), int(name[3:].lstrip(":") or 0)
    return (hours * 3600 + minutes * 60) * (-1 if name[0] == "-" else 1)


def _fraction(digits: pl.Series) -> Ints:
    """Microseconds of the digits after the second's point, cut off after six."""
    if digits.null_count() == len(digits):
        return np.zeros(len(digits), dtype=np.int64)
    return digits.str.head(6).str.pad_end(6, "0").cast(pl.Int64).fill_null(0).to_numpy()
