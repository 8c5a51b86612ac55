"""Other tables below the one that is read: where they begin and end among its rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.ingest.looks import is_moment
from engine.ingest.numbers import is_missing_word, looks_numeric
from engine.ingest.times import NO_TIME
from engine.series import Ints

MARKS = ("#", "---")


class Sections:
    """Follows the rows without a time through a file and tells which rows belong to another table.

    Another table begins with a row that names its columns where ours holds times and values, below a row that is no
    reading: it calls the time as we do, or a mark such as "# EVENTS" stands above it, or its times begin anew. Else the
    row was a remark. Ours goes on where its own header is repeated. Lines between our header and our first reading tell
    nothing.
    """

    def __init__(self, time: str, value: str) -> None:
        self.is_foreign = False
        self._is_doubtful = False  # whether times that tell so are still to come
        self._own = time, value
        self._before = -1  # the last row without a time
        self._is_marked = False  # whether that row is a mark
        self._first: int | None = None  # the first and the last time of our own rows so far
        self._last: int | None = None

    def foreign(self, micros: Ints, times: pl.Series, values: pl.Series) -> list[tuple[int, int]]:
        """(start, end) of the foreign rows of a piece. micros: its times; times, values: cells of the rows without."""
        rows, timed = np.flatnonzero(micros == NO_TIME).tolist(), np.flatnonzero(micros != NO_TIME)
        spans: list[tuple[int, int]] = []
        if self._is_doubtful and len(timed):
            self.is_foreign = self.is_foreign and not self._goes_on(int(micros[timed[0]]))
            self._is_doubtful = False
        start, seen = (0 if self.is_foreign else None), 0
        for row, time, value in zip(rows, times.to_list(), values.to_list(), strict=True):
            cells = time.strip(), value.strip()
            if start is None:
                self._follow(micros[seen:row])
            seen = row + 1
            if cells == self._own:
                spans += [(start, row)] if start is not None else []
                start = None
            elif start is None and self._before == row - 1 and all(map(_is_name, cells)):
                is_header = cells[0] == self._own[0] or self._is_marked
                at = int(np.searchsorted(timed, row))
                after = timed[at : at + 1]
                goes_on = len(after) > 0 and self._goes_on(int(micros[after[0]]))
                start = row if self._last is not None and (is_header or not goes_on) else None
                self._is_doubtful = not is_header and not len(after)
            self._before, self._is_marked = row, cells[0].startswith(MARKS)
        if start is None:
            self._follow(micros[seen:])
        else:
            spans.append((start, len(micros)))
        self.is_foreign = start is not None
        self._before -= len(micros)
        return spans

    def _follow(self, micros: Ints) -> None:
        if len(micros):
            self._first = int(micros[0]) if self._first is None else self._first
            self._last = int(micros[-1])

    def _goes_on(self, after: int) -> bool:
        """Whether a time goes on from our last one."""
        if self._first is None or self._last is None:
            return False
        return (after >= self._last) == (self._last >= self._first)


def _is_name(cell: str) -> bool:
    return not (is_missing_word(cell) or looks_numeric(cell) or is_moment(cell))
