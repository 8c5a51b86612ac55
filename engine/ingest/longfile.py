"""Long files: many series below each other, told apart by an id column."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.ingest.columns import Choice
from engine.ingest.load import Readings, Rows
from engine.ingest.names import ID, bad_option
from engine.ingest.readback import ReadOptions
from engine.ingest.spans import strings
from engine.ingest.table import Table
from engine.series import Floats, Ints

ALWAYS_LONG = ("unique_id", "item_id", "series_id", "series")  # columns of this name part a file even without conflicts
LEAST_CONFLICTS = 0.01  # share of the rows with another number at the same time that makes a file look long
CURED = 0.1  # share of those conflicts that may be left when a column parts the file
OVERLAP = 1.5  # times the whole period that the ids' own periods must add up to
MOST_SERIES = 100_000
Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Part:
    """One series of a long file. column: of the ids. ids: in file order. is_guess: not chosen. codes: row -> id."""

    column: str
    chosen: str
    ids: tuple[str, ...]
    is_guess: bool
    codes: Codes
    first_row: int

    def of(self, readings: Readings) -> Readings:
        """The readings of the chosen series alone."""
        mine, mine_missing = self._holds(readings.rows), self._holds(readings.missing)
        return dataclasses.replace(
            readings,
            micros=readings.micros[mine],
            values=readings.values[mine],
            rows=readings.rows[mine],
            missing=readings.missing[mine_missing],
            missing_micros=readings.missing_micros[mine_missing],
        )

    def _holds(self, rows: Rows) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = self.codes[rows - self.first_row] == self.ids.index(self.chosen)
        return mask


class Joined(NamedTuple):
    """A column of ids whose series follow each other in time: they are read as one."""

    column: str
    names: int


def find_part(
    table: Table, choice: Choice, readings: Readings, options: ReadOptions
) -> tuple[Part | None, Joined | None]:
    """The series to read of a long file, None for a file of one series; raises UploadError BAD_OPTION."""
    if not choice.ids and options.series is None:
        return None, None
    before = _conflicts(readings.micros, readings.values, np.zeros(len(readings.micros), dtype=np.int32))
    is_long = before > LEAST_CONFLICTS * len(readings.micros)
    available: list[str] = []
    joined: Joined | None = None
    for column in choice.ids:
        if not (is_long or options.series is not None or ID.fullmatch(column)):
            continue
        ids, codes = _codes(table, column)
        if len(ids) < 2:
            continue
        mine = codes[readings.rows - table.layout.first_row]
        after = _conflicts(readings.micros, readings.values, mine)
        is_beside = ID.fullmatch(column) is not None and _lie_beside_each_other(readings.micros, mine)
        parts = column.lower() in ALWAYS_LONG or is_beside or (is_long and after <= CURED * before)
        if options.series in ids or (parts and options.series is None):
            chosen = ids[0] if options.series is None else options.series
            return Part(column, chosen, tuple(ids), options.series is None, codes, table.layout.first_row), None
        if ID.fullmatch(column) and joined is None:
            joined = Joined(column, len(ids))
        available += ids if parts else []
    if options.series is not None:
        raise bad_option(f"series names {options.series[:60]!r}, which this file does not have", available)
    return None, joined


def _lie_beside_each_other(micros: Ints, codes: Codes) -> bool:
    """Whether the ids' times overlap: two stations, and not one sensor that took another's place."""
    order = np.lexsort((micros, codes))
    micros, codes = micros[order], codes[order]
    starts = np.flatnonzero(np.append(True, np.diff(codes) != 0))
    ends = np.append(starts[1:], len(codes)) - 1
    spans = (micros[ends] - micros[starts]).astype(np.float64)
    return bool(spans.sum() > OVERLAP * np.ptp(micros))


def _codes(table: Table, column: str) -> tuple[list[str], Codes]:
    """Ids in file order, and (rows,) the place of each row's id in them; -1 for rows without an id."""
    places: dict[str, int] = {"": -1}
    parts = []
    for piece in table.pieces([column]):
        cells = strings(piece[column]).str.strip_chars()
        for name in cells.unique(maintain_order=True).to_list():
            places.setdefault(name, len(places) - 1)
        if len(places) > MOST_SERIES:
            return [], np.empty(0, dtype=np.int32)
        parts.append(cells.replace_strict(places, return_dtype=pl.Int32).to_numpy())
    return [name for name, place in places.items() if place >= 0], np.concatenate(parts)


def _conflicts(micros: Ints, values: Floats, codes: Codes) -> int:
    """Rows with another number than the row before them of the same id and time."""
    order = np.lexsort((values, micros, codes))
    micros, values, codes = micros[order], values[order], codes[order]
    same = (micros[1:] == micros[:-1]) & (codes[1:] == codes[:-1])
    return int(np.count_nonzero(same & (values[1:] != values[:-1])))
