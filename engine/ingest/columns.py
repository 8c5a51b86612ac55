"""Sample of cells -> which column is the value, and which may name the series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.decimals import Signs, all_signs
from engine.ingest.looks import is_moment
from engine.ingest.names import COUNTER, ID, ROW_NUMBER, bad_option, some
from engine.ingest.numbers import LOOSE, MISSING, read_numbers
from engine.ingest.readback import ReadOptions
from engine.ingest.timecolumn import TimeReading
from engine.ingest.times import DAY, NO_TIME, SECOND
from engine.ingest.vendors import is_sensor, kind_column
from engine.series import Floats, Ints

VALUE_NAMES = ("value", "y", "target", "sgv", "reading", "_value", "obs_value")
MOST_IDS = 0.5  # distinct ids per row
TRIED = 200
ALMOST_ALL = 0.99  # of the rows: numbering begins anew in every section


@dataclass(frozen=True)
class Choice:
    """The columns of a reading. time: how the times are read. numeric: all columns that could be the value.

    signs: what the numbers of the sample say about their decimal sign. hint: the sign of the other columns. ids:
    columns that may name the series of a long file, the likeliest first. kind: column that tells readings from other
    records, and the kinds that are readings.
    """

    time: TimeReading
    value: str
    signs: Signs
    hint: str | None
    is_guess: bool
    numeric: tuple[str, ...]
    ids: tuple[str, ...]
    kind: tuple[str, tuple[str, ...]] | None

    @property
    def columns(self) -> list[str]:
        """The columns that are read over the whole file."""
        return list(dict.fromkeys((*self.time.names, self.value, *([self.kind[0]] if self.kind else []))))


def refuse_unknown(names: list[str], options: ReadOptions) -> None:
    """Raise BAD_OPTION for a column that is not there."""
    for option, name in (("time", options.time), ("value", options.value)):
        if name is not None and name not in names:
            raise bad_option(f"{option} names the column {name[:60]!r}, which this file does not have", names)


def choose(sample: pl.DataFrame, time: TimeReading, micros: Ints, options: ReadOptions) -> Choice:
    """Columns by a sample of String cells and its times, (n,).

    Raises UploadError BAD_OPTION or NO_VALUE_COLUMN.
    """
    names = sample.columns
    if options.value in time.names:
        others = [name for name in names if name not in time.names]
        raise bad_option(f"value names the time column {options.value!r}", others)
    is_time = micros != NO_TIME
    timed, micros = (sample, micros) if is_time.all() else (sample.filter(pl.Series(is_time)), micros[is_time])
    loose = [name for name in _loosely_numeric(timed) if name not in time.names]
    marks = all_signs(timed.select(loose), None)
    values = {name: read_numbers(timed[name], marks[name].decimal).values for name in loose}
    numeric = [name for name in loose if not ROW_NUMBER.fullmatch(name) and not ID.fullmatch(name)]
    numeric = [name for name in numeric if not _is_clock(values[name], micros)]
    numeric = [name for name in numeric if name.lower() in VALUE_NAMES or not _is_counter(name)] or numeric
    measured = [name for name in numeric if name.lower() in VALUE_NAMES or not _counts(name, values[name])] or numeric
    likeliest = sorted(measured, key=lambda name: not _varies(values[name]))
    value, is_guess = _value_column(likeliest, options.value)
    if value is None:
        raise UploadError(
            f"{time.title} reads as time, but no other column holds numbers. Columns found: {some(names)}. "
            f"First row: {', '.join(repr(cell[:40]) for cell in sample.row(0)[:6])}.",
            code="NO_VALUE_COLUMN",
            columns=names[:20],
        )
    ids = [name for name in names if name not in (*time.names, *numeric, value) and _may_be_id(timed[name])]
    ids.sort(key=lambda name: not ID.fullmatch(name))
    signs = marks.get(value) or all_signs(timed.select(value), None)[value]
    proved = {mark.decimal for mark in marks.values() if mark.proof}
    hint = proved.pop() if len(proved) == 1 else None
    kind = kind_column(sample, value)
    offered = [name for name in numeric if kind is None or name != kind[0]]
    return Choice(time, value, signs, hint, is_guess, tuple(offered), tuple(ids), kind)


def _loosely_numeric(timed: pl.DataFrame) -> list[str]:
    """Columns of which at least half of the cells that are not missing look like numbers of any writing."""
    if not len(timed):
        return []
    stripped = pl.all().str.strip_chars()
    counted = timed.select(
        stripped.str.contains(LOOSE).sum().name.prefix("number "),
        (~stripped.str.to_lowercase().is_in(MISSING)).sum().name.prefix("filled "),
    ).row(0)
    width = len(timed.columns)
    return [
        name
        for name, count, of in zip(timed.columns, counted[:width], counted[width:], strict=True)
        if count > 0 and 2 * count >= of and not _is_dated(timed[name])
    ]


def _is_dated(cells: pl.Series) -> bool:
    """Whether at least half of the first cells are dates, which may look like numbers (01.02.2024)."""
    head = [cell for cell in cells.head(TRIED).to_list() if cell.strip()]
    return 2 * sum(is_moment(cell) for cell in head) >= max(len(head), 1)


def _is_clock(values: Floats, micros: Ints) -> bool:
    """Whether numbers are the row's time once more: since 1970, as Excel's serial, YYYYMMDD, or a part of its date."""
    known = ~np.isnan(values)
    if not known.any():
        return False
    values, seconds = values[known], micros[known] / SECOND
    days = micros[known] // DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months).astype(np.int64) + 1
    year, month = months.astype(np.int64) // 12 + 1970, months.astype(np.int64) % 12 + 1
    yearday = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    hour = micros[known] // (3600 * SECOND) % 24
    a_day = 86_400.0
    copies = [np.abs(values / scale - seconds) < a_day for scale in (1, 1e3, 1e6, 1e9)]
    copies += [np.abs(values - 25_569 - seconds / a_day) < 1, values == year * 10_000 + month * 100 + day]
    parts = [month, day, yearday, hour, hour + 1, micros[known] // (60 * SECOND) % 60]
    parts += [(days + shift) % 7 + first for shift, first in ((3, 0), (3, 1), (4, 0), (4, 1))]
    copies += [values == part for part in parts if np.ptp(values) > 0]
    return any(bool(copy.all()) for copy in (*copies, values == year))


def _is_counter(name: str) -> bool:
    return COUNTER.search(name) is not None and not is_sensor(name)


def _counts(name: str, values: Floats) -> bool:
    """Whether numbers rise by one from row to row."""
    leaps = np.diff(values)
    return not is_sensor(name) and len(leaps) > 0 and bool(np.mean(leaps == 1) > ALMOST_ALL)


def _varies(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool((known != known[0]).any())


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
    return 2 <= cells.n_unique() <= MOST_IDS * len(cells)
