"""The chosen columns over the whole file: cells -> arrays, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import UploadError
from engine.ingest.clockcolumn import LEAST_TIMES
from engine.ingest.columns import Choice
from engine.ingest.dress import worn_unit
from engine.ingest.numbers import MOST_TEXT, OTHER, WRITING, Numbers, holds_digits, read_numbers
from engine.ingest.pieces import Piece, refuse_long_row
from engine.ingest.sections import Sections
from engine.ingest.spans import Cells, strings
from engine.ingest.table import Table
from engine.ingest.tally import tally
from engine.ingest.times import NO_TIME, Stamps
from engine.ingest.vendors import HIGH, LOW, assumed_unit, censor, unit_of
from engine.series import Bools, Floats, Ints

Number = TypeVar("Number", np.float64, np.int64, np.int32)
Rows = NDArray[np.int32]  # rows of the file, counted from 1

LARGEST = 1e100  # beyond it squares and sums of readings overflow
MOST_UNREADABLE = 0.01  # share of the rows whose time cell may hold digits and yet be no time


@dataclass(frozen=True)
class Readings:
    """Rows with a time and a number, in file order: micros (UTC or naive), values and rows, each (n,).

    offsets: all that occur. ends: times written as 24:00. missing, missing_micros: (m,) rows with a time and no number,
    and their times. words: how many of them hold a word, and the first one. skipped: non-blank rows without a time, and
    the first one. others: records of another kind. foreign: rows of another table. censored: readings beyond the
    sensor's limits, which stand in their place. unit, is_assumed: of the values, and whether the file does not say so.
    """

    micros: Ints
    values: Floats
    rows: Rows
    offsets: frozenset[int]
    ends: int
    missing: Rows
    missing_micros: Ints
    words: int
    first_word: tuple[int, str] | None
    skipped: int
    first_skipped: tuple[int, str] | None
    others: int
    foreign: int
    censored: int
    unit: str | None
    is_assumed: bool


def load(table: Table, choice: Choice, decimal: str) -> Readings:
    """Readings of the whole file; raises UploadError NO_TIME_COLUMN, NO_VALUE_COLUMN or BAD_QUOTING."""
    loader = _Loader(table, choice, decimal)
    for seen in table.each(choice.columns, partial(_see, choice, decimal)):
        loader.add(*seen)
    return loader.readings()


def _see(choice: Choice, decimal: str, piece: Piece) -> tuple[Piece, Stamps, Numbers]:
    """A piece with its times and numbers, whatever is in the other pieces."""
    return piece, choice.time.read(piece), read_numbers(piece[choice.value], decimal)


class _Loader:
    """What the pieces have shown so far."""

    def __init__(self, table: Table, choice: Choice, decimal: str) -> None:
        self.table, self.choice, self.decimal = table, choice, decimal
        self.sections = Sections(choice.time.names[0], choice.value)
        self.micros: list[Ints] = []
        self.values: list[Floats] = []
        self.rows: list[Rows] = []
        self.missing: list[Rows] = []
        self.missing_micros: list[Ints] = []
        self.offsets: set[int] = set()
        self.words = self.skipped = self.unreadable = self.censored = self.ends = 0
        self.others = self.foreign = 0
        self.first_word: tuple[int, str] | None = None
        self.first_skipped: tuple[int, str] | None = None
        self.unit: str | None = unit_of(choice.value) or worn_unit(table, choice.value)
        self.is_assumed = False

    def add(self, piece: Piece, stamps: Stamps, numbers: Numbers) -> None:
        """Take what a piece holds."""
        row = piece.row
        is_mine = self._is_mine(piece, stamps.micros)
        is_time = stamps.is_time
        if not is_time.all():
            self._count_skipped(piece, np.flatnonzero(~is_time & is_mine))
        is_time &= is_mine
        refuse_long_row(self.table.layout, row, piece.is_long & is_time)
        cells = piece[self.choice.value]
        if self.unit is None:
            self.unit = assumed_unit(self.choice.value, numbers.values[is_time])
            self.is_assumed = self.unit is not None
        if numbers.text.any():
            words = np.flatnonzero(numbers.text & is_time)
            limits, censored = censor(strings(cells, words), self.unit)
            numbers.values[words[censored]] = limits[censored]
            self.censored += int(np.count_nonzero(censored))
            self._count_words(row, cells, words[~censored])
        is_number = ~np.isnan(numbers.values)
        self.ends += stamps.ends
        alike = is_time.all() and (stamps.offsets == stamps.offsets[0]).all()
        self.offsets |= set((stamps.offsets[:1] if alike else np.unique(stamps.offsets[is_time])).tolist())
        if (is_time & is_number).all():
            self.micros.append(stamps.micros)
            self.values.append(numbers.values)
            self.rows.append(np.arange(row, row + len(piece), dtype=np.int32))
            return
        self.micros.append(stamps.micros[is_time & is_number])
        self.values.append(numbers.values[is_time & is_number])
        self.rows.append(_rows(row, is_time & is_number))
        self.missing.append(_rows(row, is_time & ~is_number))
        self.missing_micros.append(stamps.micros[is_time & ~is_number])

    def _is_mine(self, piece: Piece, micros: Ints) -> Bools:
        """Which rows are neither records of another kind nor of another table."""
        is_mine = np.ones(len(piece), dtype=bool)
        if self.choice.kind is not None:
            name, kinds = self.choice.kind
            is_mine &= strings(piece[name]).str.strip_chars().is_in(kinds).to_numpy()
            self.others += int(np.count_nonzero(~is_mine))
        without = np.flatnonzero(micros == NO_TIME)
        names = self.choice.time.names[0], self.choice.value
        times, values = (strings(piece[name], without) for name in names)
        for start, end in self.sections.foreign(micros, times, values):
            self.foreign += int(np.count_nonzero(is_mine[start:end]))
            is_mine[start:end] = False
        return is_mine

    def _count_skipped(self, piece: Piece, at: NDArray[np.intp]) -> None:
        if not len(at):
            return
        without = piece.frame(list(self.table.layout.names)).select(pl.all().gather(at))
        is_blank = without.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series().to_numpy()
        cells = self.choice.time.cells(without)
        own = without[self.choice.time.names[0]].str.strip_chars()
        unreadable = np.flatnonzero(holds_digits(own).to_numpy() & ~is_blank)
        first = unreadable if len(unreadable) else np.flatnonzero(~is_blank)
        is_better = len(unreadable) > 0 and self.unreadable == 0
        self.skipped += int(np.count_nonzero(~is_blank))
        self.unreadable += len(unreadable)
        if len(first) and (is_better or self.first_skipped is None):
            self.first_skipped = piece.row + int(at[first[0]]), cells[int(first[0])].strip()

    def _count_words(self, row: int, cells: Cells, at: NDArray[np.intp]) -> None:
        if not len(at):
            return
        words = strings(cells, at).str.strip_chars()
        self.words += len(at)
        is_bad = holds_digits(words) | words.str.to_lowercase().is_in((*LOW, *HIGH))
        if is_bad.any():
            first = int(is_bad.arg_max() or 0)
            raise self._unreadable_value(row + int(at[first]), words[first])
        if self.first_word is None:
            self.first_word = row + int(at[0]), words[0]

    def readings(self) -> Readings:
        """All pieces together, or the refusal they call for."""
        micros, values = _joined(self.micros, np.int64), _joined(self.values, np.float64)
        rows, missing = _joined(self.rows, np.int32), _joined(self.missing, np.int32)
        times = len(micros) + len(missing)
        if self.unreadable > MOST_UNREADABLE * times or self.skipped * LEAST_TIMES > times + self.others + self.foreign:
            raise self._unreadable_times(times)
        if self.words > MOST_TEXT * max(len(micros), 1) and self.first_word:
            raise self._unreadable_value(*self.first_word)
        if not len(micros):
            raise UploadError(
                f"{self.choice.time.title} reads as time, but {self.choice.value} holds no numbers: "
                f"all {tally(len(missing))} rows are missing.",
                code="NO_VALUE_COLUMN",
            )
        largest = max(int(np.argmax(values)), int(np.argmin(values)), key=lambda at: abs(values[at]))
        if abs(values[largest]) > LARGEST:
            raise UploadError(
                f"{self.choice.value} holds {values[largest]:g} in row {tally(int(rows[largest]))}; numbers beyond "
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
            ends=self.ends,
            missing=missing,
            missing_micros=_joined(self.missing_micros, np.int64),
            words=self.words,
            first_word=self.first_word,
            skipped=self.skipped,
            first_skipped=self.first_skipped,
            others=self.others,
            foreign=self.foreign,
            censored=self.censored,
            unit=self.unit,
            is_assumed=self.is_assumed,
        )

    def _unreadable_times(self, times: int) -> UploadError:
        row, cell = self.first_skipped or (0, "")
        return UploadError(
            f"{self.choice.time.title} reads as time in {tally(times)} rows but not in {tally(self.skipped)} others, "
            f"such as row {tally(row)}: {cell[:60]!r}. Write all times alike, like {self.choice.time.writing.example}.",
            code="NO_TIME_COLUMN",
            row=row,
            found=cell[:60],
        )

    def _unreadable_value(self, row: int, cell: str) -> UploadError:
        other = OTHER[self.decimal]
        is_other = bool(pl.Series([cell]).str.contains(WRITING[other]).item())
        name = {".": "a decimal point", ",": "a decimal comma"}
        reason = (
            f"which is a number with {name[other]}, while the column is read with {name[self.decimal]}. Write all "
            "numbers alike."
            if is_other
            else "which is no number. Write numbers like 1234.5 or 1.234,5 and leave missing ones empty."
        )
        return UploadError(
            f"{self.choice.value} holds {cell[:60]!r} in row {tally(row)}, {reason}",
            code="NO_VALUE_COLUMN",
            column=self.choice.value,
            row=row,
            found=cell[:60],
        )


def _rows(first: int, mask: Bools) -> Rows:
    return (np.flatnonzero(mask) + first).astype(np.int32)


def _joined(parts: list[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    """All parts in one array; the list is emptied, so that memory holds them once."""
    whole = np.concatenate(parts) if parts else np.empty(0, dtype=kind)
    parts.clear()
    return whole
