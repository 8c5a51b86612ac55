"""Sample of cells -> which column is the time, and in which ways it can be read."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.calendar import DateParts, date_columns
from engine.ingest.clockcolumn import CLOCKS, LEAST_TIMES, TRIED, find_clock
from engine.ingest.epochs import TIME_NAME, NumberWriting, may_be_time, number_writing
from engine.ingest.looks import looks_like_clock, looks_like_date
from engine.ingest.names import ID, ROW_NUMBER, bad_option, some
from engine.ingest.numbers import count_filled, is_missing_word
from engine.ingest.pieces import Piece
from engine.ingest.readback import ReadOptions
from engine.ingest.shapes import groups
from engine.ingest.table import refuse_blank
from engine.ingest.times import (
    DAY,
    NO_TIME,
    WRITINGS,
    Stamps,
    Writing,
)
from engine.ingest.turn import times_across
from engine.series import Ints

LEAST_TRIED = 0.3  # share of the first cells below which a column is not tried
ALMOST_AS_MANY = 0.98  # a column with so many times, and more different ones, is the better time column
MORE_TIMES = 1.05


@dataclass(frozen=True)
class TimeReading:
    """One way to read the times. names: a column, or those of a date and of a time of day. clock: how the last of them
    is read: "clock" as 13:45, "hours" as 13, "hhmm" as 1345; "" where there is none."""

    names: tuple[str, ...]
    writing: Writing | NumberWriting | DateParts
    clock: str = ""

    @property
    def column(self) -> str | tuple[str, ...]:
        """As in Readback."""
        return self.names[0] if len(self.names) == 1 else self.names

    @property
    def title(self) -> str:
        return " and ".join(self.names)

    @property
    def dates(self) -> tuple[str, ...]:
        """The columns of the date."""
        return self.names[:-1] if self.clock else self.names

    def read(self, frame: pl.DataFrame | Piece) -> Stamps:
        """Stamps of rows."""
        if isinstance(self.writing, DateParts):
            stamps = self.writing.read([frame[name] for name in self.dates])
        else:
            stamps = self.writing.read(frame[self.names[0]])
        if not self.clock:
            return stamps
        of_day, ends = CLOCKS[self.clock](frame[self.names[-1]])
        known = stamps.is_time & (of_day != NO_TIME)
        day = np.where(known, stamps.micros, 0) // DAY * DAY
        return Stamps(np.where(known, day + np.where(known, of_day, 0), NO_TIME), stamps.offsets, stamps.ends + ends)

    def cells(self, frame: pl.DataFrame) -> pl.Series:
        """The cells as one text per row, for messages."""
        parts = [frame[name].str.strip_chars() for name in self.names]
        return functools.reduce(lambda left, right: left + " " + right, parts)


@dataclass(frozen=True)
class _Candidate:
    readings: list[TimeReading]
    micros: Ints
    is_weak: bool  # numbers that nobody called a time

    @property
    def times(self) -> int:
        return int(np.count_nonzero(self.micros != NO_TIME))

    @property
    def different(self) -> int:
        return len(np.unique(self.micros[self.micros != NO_TIME]))


def time_readings(sample: pl.DataFrame, options: ReadOptions) -> tuple[list[TimeReading], Ints]:
    """The ways to read the best time column that do equally well on the sample: two where day and month may be swapped.

    With them the sample's microseconds by the first of them. Raises UploadError NO_TIME_COLUMN or BAD_OPTION.
    """
    names = sample.columns if options.time is None else [options.time]
    found = [candidate for name in names if (candidate := _candidate(sample, name, options)) is not None]
    if options.time is None and all(candidate.is_weak for candidate in found):
        found = _in_parts(sample) or found
    moving = [candidate for candidate in found if candidate.different > 1] or found[:1]
    strong = [candidate for candidate in moving if not candidate.is_weak] or moving
    best: _Candidate | None = None
    for candidate in strong:
        more = best is None or candidate.times > best.times / ALMOST_AS_MANY
        finer = best is not None and candidate.times >= ALMOST_AS_MANY * best.times
        if best is None or more or (finer and candidate.different > MORE_TIMES * best.different):
            best = candidate
    if best is None:
        refuse_blank(sample)
        raise _no_time_column(sample, options)
    return best.readings, best.micros


def _in_parts(sample: pl.DataFrame) -> list[_Candidate]:
    """The date in columns of its own, if nearly all rows have one."""
    names = date_columns(sample.columns)
    if not names:
        return []
    reading = TimeReading(names, DateParts())
    micros = reading.read(sample).micros
    if np.count_nonzero(micros != NO_TIME) < LEAST_TIMES * len(sample):
        return []
    return [_with_clock(sample, [reading], micros, False)]


def _candidate(sample: pl.DataFrame, name: str, options: ReadOptions) -> _Candidate | None:
    cells = sample[name]
    is_chosen = options.time is not None
    head = _first_filled(cells)
    if not head:
        return None
    readings: list[TimeReading] = []
    micros = np.empty(0, dtype=np.int64)
    if sum(map(looks_like_date, head)) + sum(map(_is_compact, head)) >= LEAST_TRIED * len(head):
        readings, micros = _dated(name, cells, count_filled(cells), options)
    is_weak = False
    if not readings and (is_chosen or not (ROW_NUMBER.fullmatch(name) or ID.fullmatch(name))):
        if sum(map(may_be_time, head)) < LEAST_TIMES * len(head):
            return None
        numbers = number_writing(name, cells, is_chosen)
        if numbers is not None:
            readings, micros = [TimeReading((name,), numbers)], numbers.read(cells).micros
            is_weak = not is_chosen and TIME_NAME.fullmatch(name) is None
    if not readings:
        return None
    return _with_clock(sample, readings, micros, is_weak)


def _with_clock(sample: pl.DataFrame, readings: list[TimeReading], micros: Ints, is_weak: bool) -> _Candidate:
    """Readings of a column with those of the time of day beside it, where there is one."""
    clock = find_clock(sample, readings[0].names, micros)
    if clock is None:
        return _Candidate(readings, micros, is_weak)
    pairs = [TimeReading((*reading.names, clock[0]), reading.writing, clock[1]) for reading in readings]
    return _Candidate(pairs, pairs[0].read(sample).micros, is_weak)


def _dated(name: str, cells: pl.Series, filled: int, options: ReadOptions) -> tuple[list[TimeReading], Ints]:
    """The writings with the most cells that read as time, and microseconds by the first of them."""
    alike = list(groups(cells))
    tried = [(writing, writing.read_groups(alike, len(cells)).micros) for writing in WRITINGS]
    counts = [int(np.count_nonzero(micros != NO_TIME)) for _, micros in tried]
    chosen = [
        (writing, micros, count)
        for (writing, micros), count in zip(tried, counts, strict=True)
        if count and count >= LEAST_TIMES * filled
    ]
    if options.dayfirst is not None and any(writing.dayfirst is not None for writing, _, _ in chosen):
        kept = [part for part in chosen if part[0].dayfirst == options.dayfirst]
        if not kept:
            raise _other_order(name, cells, options.dayfirst)
        chosen = kept
    most = max((count for _, _, count in chosen), default=0)
    chosen = [part for part in chosen if part[2] == most]
    return [TimeReading((name,), writing) for writing, _, _ in chosen], chosen[0][1] if chosen else tried[0][1]


def _first_filled(cells: pl.Series) -> list[str]:
    """The first cells that are not missing."""
    for rows in (cells.head(5 * TRIED), cells):
        filled = [cell for cell in rows.to_list() if not is_missing_word(cell.strip())]
        if filled:
            return filled[:TRIED]
    return []


def _is_compact(cell: str) -> bool:
    """Whether a cell begins like 20240131: digits alone that may be a date."""
    cell = cell.strip()
    if len(cell) == 6:
        cell += "01"
    return cell[:8].isdigit() and len(cell) >= 8 and "0101" <= cell[4:8] <= "1231" and cell[:2] in ("19", "20")


def _other_order(name: str, cells: pl.Series, dayfirst: bool) -> UploadError:
    """The refusal of an order of day and month in which the dates cannot be read."""
    writing = next(writing for writing in WRITINGS if writing.dayfirst is dayfirst)
    at = int(np.flatnonzero((writing.read(cells).micros == NO_TIME) & cells.str.contains("[0-9]").to_numpy())[0])
    return bad_option(
        f"dayfirst={str(dayfirst).lower()}: {name} holds {cells[at].strip()[:40]!r}, which cannot be read that way",
        available=[str(not dayfirst).lower()],
    )


def _no_time_column(sample: pl.DataFrame, options: ReadOptions) -> UploadError:
    names = sample.columns
    if options.time is not None:
        return bad_option(
            f"{options.time[:60]} was chosen as the time, but {sample[options.time][0][:40]!r} does not read as one",
            [name for name in names if name != options.time],
        )
    cells = ", ".join(repr(cell[:40]) for cell in sample.row(0)[:6])
    across = next((cells for cells in (names, list(sample.row(0))) if times_across(cells)), None)
    if across is not None:
        months = some([across[at].strip() for at in times_across(across)])
        return UploadError(
            f"The times seem to run across the columns ({months}). Turn the table (turned=true).",
            code="NO_TIME_COLUMN",
            columns=names[:20],
            turn=True,
        )
    for name in names:
        found = next((cell for cell in sample[name].head(TRIED).to_list() if looks_like_date(cell)), None)
        if found is not None:
            return UploadError(
                f"No column reads as time. {name} holds dates such as {found.strip()[:40]!r}, but not in most rows, or "
                "not in one way of writing. Write all of them alike, for example 2024-01-31 13:45.",
                code="NO_TIME_COLUMN",
                columns=names[:20],
                found=found.strip()[:40],
            )
    clock = next((name for name in names if all(map(looks_like_clock, _first_filled(sample[name]) or [""]))), None)
    if clock is not None:
        return UploadError(
            f"{clock} holds times of day, such as {_first_filled(sample[clock])[0].strip()[:40]!r}, but no column "
            "holds their dates. Add the date to each row.",
            code="NO_TIME_COLUMN",
            columns=names[:20],
        )
    return UploadError(
        f"No column reads as time. Columns found: {some(names)}. First row: {cells}. "
        "Write times like 2024-01-31 13:45 or 31.01.2024 13:45.",
        code="NO_TIME_COLUMN",
        columns=names[:20],
    )
