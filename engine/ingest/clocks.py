"""Naive local times across a change of clocks: the repeated hour of autumn, the skipped hour of spring.

The shift found here turns what the clock showed into a clock that never changes: slots are counted on that one, and the
series' phases keep the times as written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.ingest.times import SECOND
from engine.series import Ints

HOUR = 3600 * SECOND


def clock_shift(micros: Ints) -> Ints:
    """Microseconds to add to each naive time, in the order in which the readings were made; all 0 without a change.

    A step back of up to an hour on a change Sunday is the repeated hour if everything else runs forward; a step that is
    one hour too long there is the skipped one.
    """
    none = np.broadcast_to(np.int64(0), len(micros))
    leap = np.diff(micros)
    odd = np.flatnonzero((leap <= 0) | (leap >= HOUR))
    if not len(odd) or not (_is_autumn(micros[odd + 1]) | _is_spring(micros[odd])).any():
        return none
    step = np.median(leap[leap > 0]) if (leap > 0).any() else 0
    if step == 0 or step > HOUR:
        return none
    odd_leap = leap[odd]
    fold = (odd_leap > -HOUR) & ((odd_leap < 0) | ((odd_leap == 0) & (step == HOUR))) & _is_autumn(micros[odd + 1])
    gap = (np.abs(odd_leap - step - HOUR) * 4 < step) & _is_spring(micros[odd])
    if (odd_leap[~fold] < 0).any():
        return none
    turns = np.zeros(len(micros), dtype=np.int64)
    turns[odd + 1] = HOUR * (fold.astype(np.int64) - gap)
    return np.cumsum(turns)


def _calendar(micros: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Month, day and hour of each time, and whether it is a Sunday."""
    days = micros // (24 * HOUR)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    return months.astype(np.int64) % 12 + 1, day, micros // HOUR % 24, (days + 4) % 7 == 0


def _is_autumn(micros: Ints) -> NDArray[np.bool_]:
    """On a Sunday night on which clocks go back: last of October, first of November, first of April (south)."""
    month, day, hour, is_sunday = _calendar(micros)
    is_date = ((month == 10) & (day >= 25)) | (((month == 11) | (month == 4)) & (day <= 7))
    at_night: NDArray[np.bool_] = is_date & is_sunday & (hour <= 3)
    return at_night


def _is_spring(micros: Ints) -> NDArray[np.bool_]:
    """On a Sunday night on which clocks go forward: March, or September and October in the south."""
    month, day, hour, is_sunday = _calendar(micros + 1)
    march = (month == 3) & ((day >= 25) | ((day >= 8) & (day <= 14)))
    south = ((month == 9) & (day >= 24)) | ((month == 10) & (day <= 7))
    at_night: NDArray[np.bool_] = (march | south) & is_sunday & (hour <= 3)
    return at_night
