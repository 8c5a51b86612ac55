"""Dates in columns of their own: year, month and, where there is one, day."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engine.ingest.months import month_number
from engine.ingest.numbers import read_numbers
from engine.ingest.spans import Cells, strings
from engine.ingest.times import DAY, NO_TIME, Stamps
from engine.ingest.zones import NAIVE
from engine.series import Floats, Ints

YEAR = re.compile(r"year|yr|yyyy|jahr|an|ann[eé]e|año|ano|anno|jaar|år|rok", re.IGNORECASE)
MONTH = re.compile(r"month|mon|mo|mm|monat|mois|mes|mese|maand|måned|månad|miesi[aą]c", re.IGNORECASE)
DAY_NAME = re.compile(r"day|da|dd|dom|day of month|tag|jour|d[ií]a|giorno|dag|dzie[nń]", re.IGNORECASE)
YEARS = 1700, 2200
ACCENTS = str.maketrans("éèêûüäçÉ", "eeeuuace")


@dataclass(frozen=True)
class DateParts:
    """A date in two or three columns: a year, a month as a number or a name, and a day of the month."""

    dayfirst: bool | None = None
    example: str = "2024, 1, 31 in columns Year, Month and Day"

    def read(self, columns: list[Cells]) -> Stamps:
        """Stamps of rows, without a zone; midnight of the day, or of the first of the month."""
        year, month = read_numbers(columns[0]).values, _months(columns[1])
        day = read_numbers(columns[2]).values if len(columns) > 2 else np.ones(len(year))
        known = (year >= YEARS[0]) & (year <= YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
        known &= (year % 1 == 0) & (month % 1 == 0) & (day % 1 == 0)
        months = np.where(known, (year - 1970) * 12 + month - 1, 0).astype(np.int64)
        first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        days: Ints = first + np.where(known, day, 1).astype(np.int64) - 1
        known &= days < after
        return Stamps(np.where(known, days * DAY, NO_TIME), np.full(len(days), NAIVE, dtype=np.int32))


def date_columns(names: list[str]) -> tuple[str, ...]:
    """The columns named year, month and day, nothing without the first two."""
    found = [next((name for name in names if kind.fullmatch(name.strip())), None) for kind in (YEAR, MONTH, DAY_NAME)]
    return tuple(name for name in found if name is not None) if found[0] and found[1] else ()


def _months(cells: Cells) -> Floats:
    """Numbers of months that are written as numbers or by their names, NaN for all else."""
    numbers = read_numbers(cells)
    if numbers.text.any():
        words = strings(cells).str.strip_chars().to_list()
        known = {word: month_number(word.translate(ACCENTS).rstrip(".")) for word in set(words)}
        named = np.array([known[word] for word in words], dtype=np.float64)
        return np.where(numbers.text & (named > 0), named, numbers.values)
    return numbers.values
