"""Cells -> instants: patterns say where the parts of a time stand, one arithmetic reads them all.

The patterns are matched against shapes, in which every digit is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.ingest.months import LETTERS, month_number
from engine.ingest.shapes import Group, groups
from engine.ingest.spans import Cells
from engine.ingest.zones import NAIVE, ZONE, offsets_of
from engine.series import Bools, Ints

NO_TIME = np.iinfo(np.int64).min  # in place of the microseconds of a cell that is no time
SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND
PIVOT = 70  # two-digit years from here on are of the last century

CLOCK = (
    r"(?P<hour>0{1,2})(?:(?P<mark>[:.h])(?P<minute>00)(?:(?P=mark)(?P<second>00)(?:[.,](?P<fraction>0{1,9}))?)?)"
    r"(?: ?(?P<half>[AaPp])\.? ?[Mm]\.?)?"
)
RANGE = r"(?: ?- ?[-0:./ ]{4,24})?"  # the end of an interval: times are those of its start
BETWEEN = r"(?:[Tt_]|,? +|, ?| - )"
LATER = rf"(?:{BETWEEN}{CLOCK} ?{ZONE}{RANGE})?\s*$"  # a date may have a time of day, and that a zone
LOCAL = rf"(?:{BETWEEN}{CLOCK}(?:(?!-) ?{ZONE})?{RANGE})?\s*$"  # here 00:00-00:15 is an interval and no zone
HOUR_ONLY = rf"[Tt ](?P<hour>00) ?{ZONE}\s*$"
WEEKDAY = r"(?:[A-Za-z]{2,9}\.?,? +)?"


@dataclass(frozen=True)
class Stamps:
    """micros: (n,) int64 microseconds since 1970, UTC where a zone is given, else as written; NO_TIME where unreadable.

    offsets: (n,) int32 seconds east of Greenwich, NAIVE where none is written. ends: how many are 24:00.
    """

    micros: Ints
    offsets: NDArray[np.int32]
    ends: int = 0

    @property
    def is_time(self) -> Bools:
        is_time: Bools = self.micros != NO_TIME
        return is_time


@dataclass(frozen=True)
class Writing:
    """A way of writing times. patterns: named groups year, quarter, month, name, day, hour, minute, second, fraction,
    half, zone; the first that matches counts.

    dayfirst: None where the order of day and month is no question. example: how it looks.
    """

    patterns: tuple[str, ...]
    dayfirst: bool | None
    example: str
    oldest: int = 1  # years before it are no times: numbers may look like dates
    compiled: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", tuple(re.compile(pattern) for pattern in self.patterns))

    def read(self, cells: Cells) -> Stamps:
        """Stamps of cells."""
        return self.read_groups(list(groups(cells)), len(cells))

    def read_groups(self, alike: list[Group], length: int) -> Stamps:
        """Stamps of `length` cells that are grouped by shape."""
        micros = np.full(length, NO_TIME)
        offsets = np.full(length, NAIVE, dtype=np.int32)
        ends = 0
        for group in alike:
            found = next(filter(None, (pattern.match(group.template) for pattern in self.compiled)), None)
            if found is not None and isinstance(group.rows, slice):
                micros, offset, ends = _instants(group, found, self.oldest)
                return Stamps(micros, np.broadcast_to(np.asarray(offset, dtype=np.int32), length), ends)
            if found is not None:
                micros[group.rows], offsets[group.rows], late = _instants(group, found, self.oldest)
                ends += late
        return Stamps(micros, offsets, ends)


def _instants(group: Group, found: re.Match[str], oldest: int) -> tuple[Ints, NDArray[np.int32] | int, int]:
    """Microseconds, offsets and the number of 24:00 of cells of one shape."""
    parts = found.groupdict()
    year, days, valid = _days(group, found, parts)
    valid &= year >= oldest
    seconds = days * 86_400
    late = 0
    if parts.get("hour"):
        clock, fits, late = _seconds_of_day(group, found, parts)
        seconds += clock
        valid &= fits
    micros = seconds
    micros *= SECOND
    if parts.get("fraction"):
        micros += _fraction(group, *found.span("fraction"))
    offsets, is_offset = offsets_of(group, found)
    if not (isinstance(offsets, int) and offsets == NAIVE):
        micros -= np.asarray(offsets, dtype=np.int64) * SECOND
        valid &= is_offset
    if not valid.all():
        micros[~valid] = NO_TIME
    return micros, offsets, late


def _days(group: Group, found: re.Match[str], parts: dict[str, str | None]) -> tuple[NDArray[np.int32], Ints, Bools]:
    """Years, days since 1970-01-01, and which of them are in the calendar."""
    start, end = found.span("year")
    year = group.number(start, end)
    if end - start == 2:
        year += np.where(year < PIVOT, np.int32(2000), np.int32(1900))
    if parts.get("name"):
        month = np.full(len(year), month_number(found["name"]), dtype=np.int32)
    elif parts.get("quarter"):
        quarter = group.number(*found.span("quarter"))
        month = np.where((quarter >= 1) & (quarter <= 4), 3 * quarter - 2, 0).astype(np.int32)
    else:
        month = group.number(*found.span("month"))
    valid = (month >= 1) & (month <= 12) & (year >= 1)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0)
    oldest = int(months.min(initial=0))
    starts = np.arange(oldest, int(months.max(initial=0)) + 2).astype("datetime64[M]").astype("datetime64[D]")
    first = starts.astype(np.int64)
    months -= oldest
    days: Ints = first[months]
    if parts.get("day"):
        day = group.number(*found.span("day"))
        valid &= (day >= 1) & (day <= np.diff(first)[months])
        days += day - 1
    return year, days, valid


def _seconds_of_day(
    group: Group, found: re.Match[str], parts: dict[str, str | None]
) -> tuple[NDArray[np.int32], Bools, int]:
    """Seconds since midnight, which of them a clock can show, and the number of 24:00."""
    hour = group.number(*found.span("hour"))
    minute = group.number(*found.span("minute")) if parts.get("minute") else np.int32(0)
    second = group.number(*found.span("second")) if parts.get("second") else np.int32(0)
    valid = (np.asarray(minute) < 60) & (np.asarray(second) < 60)
    late = 0
    if parts.get("half"):
        valid = valid & (hour >= 1) & (hour <= 12)
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    else:
        is_end = (hour == 24) & (np.asarray(minute) == 0) & (np.asarray(second) == 0)
        late = int(np.count_nonzero(is_end))
        valid = valid & ((hour < 24) | is_end)
    return hour * 3600 + minute * 60 + second, valid, late


def _fraction(group: Group, start: int, end: int) -> Ints:
    """Microseconds of the digits after the second's point, cut off after six."""
    end = min(end, start + 6)
    micros: Ints = group.number(start, end).astype(np.int64) * 10 ** (6 - (end - start))
    return micros


def _dates(first: str, second: str) -> str:
    """Pattern of a date in numbers with the year at the end."""
    return rf"\s*(?P<{first}>0{{1,2}})(?P<sign>[-/.])(?P<{second}>0{{1,2}})(?P=sign)(?P<year>0000|00){LOCAL}"


ISO = Writing(
    (
        rf"\s*(?P<year>0000)(?P<sign>[-/.])(?P<month>0{{1,2}})(?P=sign)(?P<day>0{{1,2}}){LATER}",
        r"\s*(?P<year>0000)[-/](?P<month>0{1,2})\s*$",
        rf"\s*(?P<year>0000)-(?P<month>00)-(?P<day>00){HOUR_ONLY}",
    ),
    None,
    "2024-01-31 13:45",
)
DAY_FIRST = Writing((_dates("day", "month"),), True, "31.01.2024 13:45")
MONTH_FIRST = Writing((_dates("month", "day"),), False, "01/31/2024 13:45")
SHORT_YEAR_FIRST = Writing(
    (rf"\s*(?P<year>00)(?P<sign>[-/.])(?P<month>0{{1,2}})(?P=sign)(?P<day>0{{1,2}}){LATER}",), None, "24-01-31 13:45"
)
NAMED = Writing(
    (
        rf"\s*{WEEKDAY}(?P<day>0{{1,2}})(?:\.|st|nd|rd|th)?[-/. ]*{LETTERS},?[-/ ]*(?P<year>0000|00){LATER}",
        rf"\s*{WEEKDAY}{LETTERS} ?[-/ ] ?(?P<day>0{{1,2}})(?:st|nd|rd|th)?,?[-/ ]+(?P<year>0000){LATER}",
        rf"\s*(?P<year>0000)[-/ ]{LETTERS}[-/ ](?P<day>0{{1,2}}){LATER}",
    ),
    None,
    "31 Jan 2024 13:45",
)
COMPACT = Writing(
    (
        r"\s*(?P<year>0000)(?P<month>00)(?P<day>00)"
        rf"(?:[Tt _]?(?P<hour>00)(?P<minute>00)?(?P<second>00)?(?:[.,](?P<fraction>0{{1,9}}))?{ZONE})?\s*$",
        rf"\s*(?P<year>0000)(?P<month>00)(?P<day>00){LATER}",
        r"\s*(?P<year>0000)(?P<month>00)\s*$",
    ),
    None,
    "20240131T134500",
    oldest=1900,
)
MONTHS = Writing(
    (
        rf"\s*{LETTERS}[-/., ]+(?P<year>0000|00)\s*$",
        rf"\s*(?P<year>0000)[-/ ]{LETTERS}\s*$",
        r"\s*(?P<month>0{1,2})[-/.](?P<year>0000)\s*$",
        r"\s*(?P<year>0000)[-/ ]?[Mm](?P<month>0{1,2})\s*$",
        r"\s*(?P<year>0000)[-/ ]?[Qq](?P<quarter>0)\s*$",
        r"\s*[Qq](?P<quarter>0)[-/ ]?(?P<year>0000)\s*$",
    ),
    None,
    "Jan 2024",
    oldest=1900,
)
WRITINGS = (ISO, DAY_FIRST, MONTH_FIRST, SHORT_YEAR_FIRST, NAMED, COMPACT, MONTHS)


TIME_OF_DAY = re.compile(rf"\s*{CLOCK}{RANGE}\s*$")


def read_clock(cells: Cells) -> tuple[Ints, int]:
    """Microseconds since midnight of cells, NO_TIME where they are no time of day, and the number of 24:00."""
    micros = np.full(len(cells), NO_TIME)
    ends = 0
    for group in groups(cells):
        found = TIME_OF_DAY.match(group.template)
        if found is None:
            continue
        seconds, valid, late = _seconds_of_day(group, found, found.groupdict())
        own = seconds * np.int64(SECOND)
        if found["fraction"]:
            own += _fraction(group, *found.span("fraction"))
        micros[group.rows] = np.where(valid, own, NO_TIME)
        ends += late
    return micros, ends
