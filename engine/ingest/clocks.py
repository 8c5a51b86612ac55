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
    shift = np.zeros(len(micros), dtype=np.int64)
    leap = np.diff(micros)
    forward = leap[leap > 0]
    if len(forward) == 0:
        return shift
    step = int(np.median(forward))
    if step > HOUR:
        return shift
    fold = (leap > -HOUR) & ((leap < 0) | ((leap == 0) & (step == HOUR)))
    gap = np.abs(leap - step - HOUR) * 4 < step
    near = np.flatnonzero(fold | gap)
    fold[near] &= _is_autumn(micros[near + 1])
    gap[near] &= _is_spring(micros[near])
    if (leap[~fold] < 0).any():
        return shift
    shift[1:] = np.cumsum(HOUR * (fold.astype(np.int64) - gap))
    return shift


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
