"""Numbers -> instants: seconds since 1970 and their fractions, Excel's serial dates, years."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.ingest.numbers import read_numbers
from engine.ingest.plain import plain_numbers
from engine.ingest.spans import Cells, Spans, strings
from engine.ingest.times import DAY, NO_TIME, SECOND, Stamps
from engine.ingest.zones import NAIVE
from engine.series import Floats, Ints

OLDEST, NEWEST = 315_532_800, 4_102_444_800  # 1980 and 2100: seconds since 1970 that are taken for times
EXCEL_FIRST, EXCEL_LAST = 20_000, 80_000  # days: 1954 to 2119
EXCEL_EPOCH = 25_569  # Excel's number of 1970-01-01, in its calendar of 1900
ROUGH_DIGITS = 4  # fractions of a day with so few digits tell no seconds
YEARS = 1700, 2200
LEAST_RISING = 0.99
LONGEST = 19  # digits of nanoseconds since 1970
TIME_NAME = re.compile(
    r"(.*[\W_])?(time|date|datetime|timestamp|stamp|epoch|unix|unixtime|ts|ds|t|when|zeit|datum|zeitstempel|heure|"
    r"horodatage|fecha|hora|data|ora|tid|dato)([\W_].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NumberWriting:
    """Times that are numbers. kind: "seconds", "milliseconds", "microseconds" or "nanoseconds" since 1970 in UTC,
    "serial" days of Excel or "year", both without a zone."""

    kind: str
    dayfirst: bool | None = None

    @property
    def example(self) -> str:
        return {"serial": "45322.5", "year": "2024"}.get(self.kind, f"{self.kind} since 1970")

    def read(self, cells: Cells) -> Stamps:
        """Stamps of cells."""
        numbers = None
        if isinstance(cells, Spans) and self.kind != "serial":
            whole, odd = plain_numbers(cells, "")
            numbers = None if len(odd) else whole
        if numbers is None:
            cells = strings(cells)
            numbers = read_numbers(cells, _decimal(cells)).values
        known = np.isfinite(numbers)
        if self.kind in PER_SECOND:
            micros = self._since_1970(cells, np.where(known, numbers, 0))
            known &= (micros >= OLDEST * SECOND) & (micros <= NEWEST * SECOND)
        elif self.kind == "serial":
            known &= (numbers >= EXCEL_FIRST) & (numbers <= EXCEL_LAST)
            micros = _of_serials(np.where(known, numbers, EXCEL_EPOCH), _most_digits(strings(cells)))
        else:
            known &= (numbers >= YEARS[0]) & (numbers <= YEARS[1]) & (numbers == np.floor(numbers))
            years = np.where(known, numbers, 1970).astype(np.int64) - 1970
            micros = years.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) * DAY
        offset = 0 if self.kind in PER_SECOND else NAIVE
        return Stamps(np.where(known, micros, NO_TIME), np.full(len(cells), offset, dtype=np.int32))

    def _since_1970(self, cells: Cells, numbers: Floats) -> Ints:
        per_second = PER_SECOND[self.kind]
        if self.kind == "nanoseconds":  # more digits than a float holds
            whole = strings(cells).str.strip_chars().cast(pl.Int64, strict=False).fill_null(0).to_numpy()
            return np.asarray(whole // 1000)
        sane = np.where(np.abs(numbers) <= NEWEST * per_second, numbers, 0)
        return np.rint(sane * (SECOND / per_second)).astype(np.int64)


PER_SECOND = {"seconds": 1, "milliseconds": 1000, "microseconds": SECOND, "nanoseconds": 1000 * SECOND}


def number_writing(name: str, cells: pl.Series, is_chosen: bool) -> NumberWriting | None:
    """How the numbers of a column are times, None where they are not; `is_chosen`: somebody said that they are.

    Numbers in the range of times are taken for times if they rise or fall evenly, or if the column says so. Days of
    Excel that nobody calls a time must be single days or have fractions.
    """
    numbers = read_numbers(cells, _decimal(cells))
    values = numbers.values[~numbers.missing]
    if len(values) < 2 or np.isnan(values).any():
        return None
    is_named = is_chosen or TIME_NAME.fullmatch(name) is not None
    leaps = np.diff(values)
    if not (is_named or _runs_evenly(leaps)) or (leaps == 0).all():
        return None
    for kind, per_second in PER_SECOND.items():
        if (values >= OLDEST * per_second).all() and (values <= NEWEST * per_second).all():
            return NumberWriting(kind)
    is_daily = bool((values != np.floor(values)).any()) or abs(np.median(leaps)) in (1, 7)
    if (values >= EXCEL_FIRST).all() and (values <= EXCEL_LAST).all() and (is_named or is_daily):
        return NumberWriting("serial")
    is_years = (values >= YEARS[0]).all() and (values <= YEARS[1]).all() and (np.abs(leaps) == 1).mean() > LEAST_RISING
    return NumberWriting("year") if is_years and (values == np.floor(values)).all() else None


def _runs_evenly(leaps: Floats) -> bool:
    """Whether numbers rise or fall without turning, mostly by the same distance."""
    runs = max(np.count_nonzero(leaps >= 0), np.count_nonzero(leaps <= 0)) >= LEAST_RISING * len(leaps)
    usual = np.median(leaps)
    return bool(runs and np.count_nonzero(np.abs(leaps - usual) * 4 < abs(usual)) >= len(leaps) / 2)


def _decimal(cells: pl.Series) -> str:
    return "," if cells.str.contains(",", literal=True).any() else "."


def may_be_time(cell: str) -> bool:
    """Whether a number is in the range of times of any kind."""
    digits = cell.strip().replace(",", ".").split(".")[0]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > LONGEST:
        return False
    number = int(digits)
    return EXCEL_FIRST <= number <= EXCEL_LAST or YEARS[0] <= number <= YEARS[1] or number >= OLDEST


def _of_serials(days: Floats, digits: int) -> Ints:
    """Microseconds of Excel's days, to the second; to the minute where the fractions are too short for seconds."""
    unit = 60 if 0 < digits <= ROUGH_DIGITS else 1
    seconds = np.rint((days - EXCEL_EPOCH) * (86_400 / unit)).astype(np.int64) * unit
    micros: Ints = seconds * SECOND
    return micros


def _most_digits(cells: pl.Series) -> int:
    """Most digits behind a decimal sign."""
    return int(cells.str.extract(r"[.,]([0-9]+)").str.len_bytes().max() or 0)  # type: ignore[arg-type]
