"""Readings in file order -> distinct times in time order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.ingest.clocks import clock_shift
from engine.series import Floats, Ints


@dataclass(frozen=True)
class Ordered:
    """Readings sorted by time, one per time; all arrays (n,).

    micros: as written (UTC or the offset's clock with a zone). shift: microseconds to add for a clock that never
    changes. rows: row of the file. order: "REVERSED", "UNSORTED" or None. repeated: rows with a time and number seen before.
    conflicts: times with different numbers, of which the last in file order is kept. conflict_row: row of one of them.
    """

    micros: Ints
    values: Floats
    rows: Ints
    shift: Ints
    order: str | None
    repeated: int
    conflicts: int
    conflict_row: int | None
    folds: int
    gaps: int


def arrange(micros: Ints, values: Floats, rows: Ints, is_naive: bool) -> Ordered:
    """Sort readings (file order, finite values) by time and keep one per time."""
    leap = np.diff(micros)
    is_reversed = bool((leap < 0).any()) and np.count_nonzero(leap < 0) > np.count_nonzero(leap > 0)
    if is_reversed:
        micros, values, rows = micros[::-1], values[::-1], rows[::-1]
    shift = clock_shift(micros) if is_naive else np.zeros(len(micros), dtype=np.int64)
    steady = micros + shift
    in_order = not (np.diff(steady) < 0).any()
    changes = np.diff(shift)
    ranked = np.arange(len(rows)) if in_order and not is_reversed else np.lexsort((rows, steady))
    micros, values, rows, shift, steady = micros[ranked], values[ranked], rows[ranked], shift[ranked], steady[ranked]
    same_time = steady[1:] == steady[:-1]
    differs = same_time & (values[1:] != values[:-1])
    group = np.cumsum(np.append(True, ~same_time)) if same_time.any() else np.empty(0)
    last = np.append(~same_time, True)
    return Ordered(
        micros=micros[last],
        values=values[last],
        rows=rows[last],
        shift=shift[last],
        order=("REVERSED" if is_reversed else None) if in_order else "UNSORTED",
        repeated=int(np.count_nonzero(same_time & ~differs)),
        conflicts=len(np.unique(group[1:][differs])) if differs.any() else 0,
        conflict_row=int(rows[1:][differs][0]) if differs.any() else None,
        folds=int(np.count_nonzero(changes > 0)),
        gaps=int(np.count_nonzero(changes < 0)),
    )
