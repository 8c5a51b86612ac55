"""Times -> step: the modal distance, seen as a calendar step where months or working days explain it."""

from __future__ import annotations

import numpy as np

from engine.errors import UploadError
from engine.ingest.tally import tally
from engine.ingest.times import SECOND
from engine.series import DAY, Ints, Step, Times, month_starts

ROUND = (*(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30), *(60 * n for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)))
ROUND_STEPS = np.array([*ROUND, *(3600 * n for n in (1, 2, 3, 4, 6, 8, 12)), DAY, 7 * DAY])
SHORTEST_MONTH = 27 * DAY
WEEKDAY_SPAN = 8 * 7 * DAY


def to_seconds(micros: Ints) -> Ints:
    """Nearest seconds of sorted distinct times; raises NO_STEP for steps below a second."""
    usual = np.median(np.diff(micros), overwrite_input=True) if len(micros) > 2 else SECOND
    if usual < SECOND:
        step = float(usual) / SECOND
        raise UploadError(
            f"The times are {step:g} seconds apart. Hindcast reads steps of one second or more: "
            "average the readings to whole seconds first.",
            code="NO_STEP",
            step_seconds=step,
        )
    seconds = micros + SECOND // 2
    seconds //= SECOND
    return seconds


def find_step(seconds: Ints, empty: Ints) -> Step:
    """Step of (n,) sorted times, n >= 1; raises UploadError NO_STEP.

    `empty`: times of rows without a number. Where they are the fewer they are readings that failed and count first,
    else rows of something else between the readings, which count only where the readings alone have no step.
    """
    if len(empty):
        both = np.union1d(seconds, empty)
        first, second = (both, seconds) if len(empty) < len(seconds) else (seconds, both)
        try:
            step = _step(first)
        except UploadError:
            step = _step(second)
    else:
        step = _step(seconds)
    return Step(1, "weekday") if step == Step(DAY, "second") and _has_no_weekends(seconds) else step


def _step(seconds: Ints) -> Step:
    leaps = np.diff(seconds)
    leaps = leaps if leaps.min(initial=1) > 0 else leaps[leaps > 0]
    if len(leaps) == 0:
        raise UploadError(
            "All times in this file are the same. Hindcast needs one row per time, at regular steps.", code="NO_STEP"
        )
    months = _month_step(seconds, leaps)
    if months:
        return Step(months, "month")
    step = _fixed_step(leaps)
    near = int(np.count_nonzero((leaps > 3 * step // 4) & (leaps < -(-5 * step // 4))))  # a quarter of a step off
    if 2 * near < len(leaps):
        raise UploadError(
            f"The times have no regular step: {tally(len(leaps) - near)} of {tally(len(leaps))} intervals differ from "
            f"{tally(step)} s, the most common one. Hindcast needs regular readings.",
            code="NO_STEP",
            differ=len(leaps) - near,
            intervals=len(leaps),
        )
    return Step(step, "second")


def _fixed_step(leaps: Ints) -> int:
    """The most common distance, jitter of a few seconds binned to a round number of seconds."""
    most = _most(leaps)
    if most is not None:
        return most
    middle = int(np.median(leaps))
    if 2 * np.count_nonzero(leaps == middle) >= len(leaps):
        return middle
    lengths, counts = np.unique(leaps, return_counts=True)
    modal = int(lengths[np.argmax(counts)])
    center = max((modal, middle), key=lambda step: np.count_nonzero(np.abs(leaps - step) * 4 < step))
    near = leaps[np.abs(leaps - center) * 4 < center]
    usual = float(np.median(near)) if len(near) else float(center)
    nearest = int(ROUND_STEPS[np.argmin(np.abs(ROUND_STEPS - usual))])
    return nearest if abs(nearest - usual) <= max(1.0, 0.02 * nearest) else round(usual)


def _most(leaps: Ints) -> int | None:
    """The distance that more than half are, which is their median, too; None if a look in their middle finds none."""
    usual = int(leaps[len(leaps) // 2])
    return usual if 2 * np.count_nonzero(leaps == usual) > len(leaps) else None


def _month_step(seconds: Ints, leaps: Ints) -> int | None:
    """Months per step where the times are months apart, None where they are not."""
    most = _most(leaps)
    middle = np.median(leaps) if most is None else most
    if middle < SHORTEST_MONTH or np.unique(leaps, return_counts=True)[1].max() > 0.9 * len(leaps):
        return None
    months = months_of(seconds)
    apart = np.diff(months)
    if (apart == 0).any():
        return None
    lengths, counts = np.unique(apart, return_counts=True)
    step = int(lengths[np.argmax(counts)])
    if 2 * counts.max() < len(apart) or (np.diff(months // step) == 0).any():
        return None
    after_start = seconds - month_starts(months).astype(np.int64)
    before_end = month_starts(months + 1).astype(np.int64) - seconds
    is_steady = min(np.ptp(after_start), np.ptp(before_end)) <= 5 * DAY
    return step if is_steady else None


def _has_no_weekends(seconds: Ints) -> bool:
    weekday = (seconds // DAY + 3) % 7
    return bool(seconds[-1] - seconds[0] >= WEEKDAY_SPAN and (weekday < 5).all())


def months_of(seconds: Ints) -> Ints:
    """Months since year 0 of each time."""
    months: Times = seconds.astype("datetime64[s]").astype("datetime64[M]")
    return months.astype(np.int64) + 12 * 1970
