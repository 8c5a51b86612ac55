"""Other tables below the one that is read: where they begin and end among its rows."""

from __future__ import annotations

import polars as pl

from engine.ingest.layout import is_moment
from engine.ingest.numbers import is_missing_word, looks_numeric


class Sections:
    """Follows the rows without a time through a file and tells which rows belong to another table.

    Another table begins with a row that names its columns where ours holds times and values, below a row that is no
    reading; ours goes on where its own header is repeated. Lines between our
    header and our first reading tell nothing.
    """

    def __init__(self, time: str, value: str) -> None:
        self._own = time, value
        self.is_foreign = False
        self._before = -1  # the last row without a time
        self._has_begun = False

    def foreign(self, rows: list[int], times: pl.Series, values: pl.Series, length: int) -> list[tuple[int, int]]:
        """(start, end) of the foreign rows of a piece of `length` rows. rows: those without a time, rising; times,
        values: their cells."""
        spans: list[tuple[int, int]] = []
        start = 0 if self.is_foreign else None
        for place, (row, time, value) in enumerate(zip(rows, times.to_list(), values.to_list(), strict=True)):
            cells = time.strip(), value.strip()
            self._has_begun |= row > place
            if cells == self._own:
                if start is not None:
                    spans.append((start, row))
                start = None
            elif start is None and self._has_begun and self._before == row - 1 and all(map(_is_name, cells)):
                start = row
            self._before = row
        if start is not None:
            spans.append((start, length))
        self.is_foreign = start is not None
        self._has_begun |= length > len(rows)
        self._before -= length
        return spans


def _is_name(cell: str) -> bool:
    return not (is_missing_word(cell) or looks_numeric(cell) or is_moment(cell))
