"""The chosen columns over the whole file: cells -> arrays, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import UploadError
from engine.ingest.columns import LEAST_TIMES, Choice, time_cells
from engine.ingest.numbers import MOST_TEXT, holds_digits, read_numbers
from engine.ingest.table import Table
from engine.ingest.vendors import HIGH, LOW, READING_KINDS, censor, unit_of
from engine.series import Floats, Ints

Number = TypeVar("Number", np.float64, np.int64, np.int32)
Rows = NDArray[np.int32]  # rows of the file, counted from 1

LARGEST = 1e100  # beyond it squares and sums of readings overflow
MOST_UNREADABLE = 0.01  # share of the rows whose time cell may hold digits and yet be no time


@dataclass(frozen=True)
class Readings:
    """Rows with a time and a number, in file order: micros (UTC or naive), values and rows, each (n,).

    offsets: all that occur. missing, missing_micros: (m,) rows with a time and no number, and their times. words: how
    many of them hold a word, and the first one. skipped: non-blank rows without a time, and the first one. others:
    records of another kind. censored: readings beyond the sensor's limits, which stand in their place.
    """

    micros: Ints
    values: Floats
    rows: Rows
    offsets: frozenset[int]
    missing: Rows
    missing_micros: Ints
    words: int
    first_word: tuple[int, str] | None
    skipped: int
    first_skipped: tuple[int, str] | None
    others: int
    censored: int


def load(table: Table, choice: Choice) -> Readings:
    """Readings of the whole file; raises UploadError NO_TIME_COLUMN, NO_VALUE_COLUMN or BAD_QUOTING."""
    loader = _Loader(choice)
    for row, frame in table.frames():
        loader.add(row, frame)
    return loader.readings()


class _Loader:
    """What the pieces have shown so far."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.micros: list[Ints] = []
        self.values: list[Floats] = []
        self.rows: list[Rows] = []
        self.missing: list[Rows] = []
        self.missing_micros: list[Ints] = []
        self.offsets: set[int] = set()
        self.words = self.skipped = self.unreadable = self.others = self.censored = 0
        self.first_word: tuple[int, str] | None = None
        self.first_skipped: tuple[int, str] | None = None

    def add(self, row: int, frame: pl.DataFrame) -> None:
        """Read a piece whose first row has the number `row`."""
        stamps = self.choice.writing.read(time_cells(frame, self.choice.time))
        is_mine = self._is_reading(frame)
        is_time = stamps.is_time & is_mine
        self._count_skipped(row, frame, np.flatnonzero(~stamps.is_time & is_mine))
        cells = frame[self.choice.value]
        numbers = read_numbers(cells)
        if numbers.text.any():
            censored = censor(cells, numbers.values, unit_of(self.choice.value))
            self.censored += int(np.count_nonzero(censored & is_time))
            self._count_words(row, cells, np.flatnonzero(numbers.text & is_time & ~censored))
        is_number = ~np.isnan(numbers.values)
        self.offsets |= set(np.unique(stamps.offsets[is_time]).tolist())
        self.micros.append(stamps.micros[is_time & is_number])
        self.values.append(numbers.values[is_time & is_number])
        self.rows.append(_rows(row, is_time & is_number))
        self.missing.append(_rows(row, is_time & ~is_number))
        self.missing_micros.append(stamps.micros[is_time & ~is_number])

    def _is_reading(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        if self.choice.kind is None:
            return np.ones(len(frame), dtype=bool)
        is_kind = frame[self.choice.kind].str.strip_chars().is_in(READING_KINDS[self.choice.kind]).to_numpy()
        self.others += int(np.count_nonzero(~is_kind))
        return is_kind

    def _count_skipped(self, row: int, frame: pl.DataFrame, at: NDArray[np.intp]) -> None:
        if not len(at):
            return
        without = frame.select(pl.all().gather(at))
        is_blank = without.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series().to_numpy()
        cells = time_cells(without, self.choice.time)
        unreadable = np.flatnonzero(holds_digits(cells).to_numpy() & ~is_blank)
        self.skipped += int(np.count_nonzero(~is_blank))
        self.unreadable += len(unreadable)
        first = unreadable if len(unreadable) else np.flatnonzero(~is_blank)
        if len(first) and self.first_skipped is None:
            self.first_skipped = row + int(at[first[0]]), cells[int(first[0])].strip()

    def _count_words(self, row: int, cells: pl.Series, at: NDArray[np.intp]) -> None:
        if not len(at):
            return
        words = cells.gather(at).str.strip_chars()
        self.words += len(at)
        is_bad = holds_digits(words) | words.str.to_lowercase().is_in((*LOW, *HIGH))
        if is_bad.any():
            first = int(is_bad.arg_max() or 0)
            raise _unreadable_value(self.choice.value, row + int(at[first]), words[first])
        if self.first_word is None:
            self.first_word = row + int(at[0]), words[0]

    def readings(self) -> Readings:
        """All pieces together, or the refusal they call for."""
        micros, values = _joined(self.micros), _joined(self.values)
        rows, missing = _joined(self.rows), _joined(self.missing)
        times = len(micros) + len(missing)
        if self.unreadable > MOST_UNREADABLE * times or self.skipped * LEAST_TIMES > times:
            raise self._unreadable_times(times)
        if self.words > MOST_TEXT * max(len(micros), 1) and self.first_word:
            raise _unreadable_value(self.choice.value, *self.first_word)
        if not len(micros):
            raise UploadError(
                f"{' and '.join(self.choice.time)} reads as time, but {self.choice.value} holds no numbers: "
                f"all {len(missing):,} rows are missing.",
                code="NO_VALUE_COLUMN",
            )
        largest = int(np.argmax(np.abs(values)))
        if abs(values[largest]) > LARGEST:
            raise UploadError(
                f"{self.choice.value} holds {values[largest]:g} in row {int(rows[largest]):,}; numbers beyond "
                f"{LARGEST:g} are no readings. Correct it or leave it empty.",
                code="NO_VALUE_COLUMN",
                column=self.choice.value,
                row=int(rows[largest]),
            )
        return Readings(
            micros=micros,
            values=values,
            rows=rows,
            offsets=frozenset(self.offsets),
            missing=missing,
            missing_micros=_joined(self.missing_micros),
            words=self.words,
            first_word=self.first_word,
            skipped=self.skipped,
            first_skipped=self.first_skipped,
            others=self.others,
            censored=self.censored,
        )

    def _unreadable_times(self, times: int) -> UploadError:
        row, cell = self.first_skipped or (0, "")
        return UploadError(
            f"{' and '.join(self.choice.time)} reads as time in {times:,} rows but not in {self.skipped:,} others, "
            f"such as row {row:,}: {cell[:60]!r}. Write all times alike, for example 2024-01-31 13:45.",
            code="NO_TIME_COLUMN",
            row=row,
            found=cell[:60],
        )


def _rows(first: int, mask: NDArray[np.bool_]) -> Rows:
    return (np.flatnonzero(mask) + first).astype(np.int32)


def _joined(parts: list[NDArray[Number]]) -> NDArray[Number]:
    """All parts in one array; the list is emptied, so that memory holds them once."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _unreadable_value(column: str, row: int, cell: str) -> UploadError:
    return UploadError(
        f"{column} holds {cell[:60]!r} in row {row:,}, which is no number. Write numbers with a decimal point and "
        "without thousands separators, like 1234.5, and leave missing ones empty.",
        code="NO_VALUE_COLUMN",
        column=column,
        row=row,
        found=cell[:60],
    )
