"""Readings in file order -> distinct times in time order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.ingest.clocks import clock_shift
from engine.ingest.load import Rows
from engine.series import Floats, Ints


@dataclass(frozen=True)
class Ordered:
    """Readings sorted by time, one per time; all arrays (n,).

    micros: as written, in the clock given. shift: microseconds to add for a clock that never changes.
    order: "REVERSED", "UNSORTED" or None. repeated: rows with a time and number seen before.
    conflicts: times with different numbers, of which the last in file order is kept. conflict_row: row of one of them.
    folds, gaps: changes of clocks.
    """

    micros: Ints
    values: Floats
    rows: Rows
    shift: Ints
    order: str | None
    repeated: int
    conflicts: int
    conflict_row: int | None
    folds: int
    gaps: int


def arrange(micros: Ints, values: Floats, rows: Rows, is_naive: bool) -> Ordered:
    """Sort readings (file order, finite values) by time and keep one per time; (n,) each, n >= 1."""
    back, forward = np.count_nonzero(micros[1:] < micros[:-1]), np.count_nonzero(micros[1:] > micros[:-1])
    is_reversed = back > forward
    if is_reversed:
        micros, values, rows = micros[::-1], values[::-1], rows[::-1]
    shift = clock_shift(micros) if is_naive else np.broadcast_to(np.int64(0), len(micros))
    changes = np.diff(shift) if shift.any() else np.empty(0)
    steady = micros + shift if shift.any() else micros
    in_order = bool((steady[1:] >= steady[:-1]).all())
    if not in_order or (is_reversed and (steady[1:] == steady[:-1]).any()):
        ranked = np.lexsort((rows, steady))
        micros, values, rows, shift, steady = (
            micros[ranked],
            values[ranked],
            rows[ranked],
            shift[ranked],
            steady[ranked],
        )
    repeated = conflicts = 0
    conflict_row = None
    same_time = steady[1:] == steady[:-1]
    if same_time.any():
        differs = same_time & (values[1:] != values[:-1])
        repeated = int(np.count_nonzero(same_time & ~differs))
        if differs.any():
            conflicts = len(np.unique(steady[1:][differs]))
            conflict_row = int(rows[1:][differs][0])
        last = np.append(~same_time, True)
        micros, values, rows, shift = micros[last], values[last], rows[last], shift[last]
    return Ordered(
        micros=micros,
        values=values,
        rows=rows,
        shift=shift,
        order=("REVERSED" if is_reversed else None) if in_order else "UNSORTED",
        repeated=repeated,
        conflicts=conflicts,
        conflict_row=conflict_row,
        folds=int(np.count_nonzero(changes > 0)),
        gaps=int(np.count_nonzero(changes < 0)),
    )
