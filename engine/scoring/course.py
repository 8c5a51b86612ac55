"""The course of the miss along the file: its rolling mean, and its worst stretches."""

from __future__ import annotations

import numpy as np

from engine.dataset import Dataset
from engine.peaks import peaks
from engine.scoring.answers import OverTime, Stretch
from engine.scoring.sums import PerOrigin
from engine.series import Floats

COLUMNS = 400
SHARE = 100  # a window is a hundredth of the file, or a season, or a horizon, whichever is longest


def over_time(dataset: Dataset, sums: PerOrigin, horizon: int) -> OverTime:
    """Of the moments (L,) that have pairs."""
    length = dataset.length
    window = min(length, max(horizon, dataset.season, -(-length // SHARE)))
    columns = min(length, COLUMNS)
    middle = (np.arange(columns) * length + length // 2) // columns
    first, last = np.maximum(middle - window // 2, 0), np.minimum(middle - window // 2 + window, length)

    ends = np.stack([first, last], axis=1).ravel()

    def rolled(values: Floats) -> Floats:
        """Each window by itself: in differences of running sums a spike would eat the digits of all that follows."""
        return np.add.reduceat(np.append(values, 0.0), ends)[::2]

    pairs = rolled(sums.pairs)

    def mean(values: Floats) -> Floats:
        result: Floats = np.full(columns, np.nan)
        return np.divide(rolled(values), pairs, out=result, where=pairs > 0)

    return OverTime(
        index=middle - length + 1,
        time=dataset.series.times(middle + dataset.series.first_slot),
        window=window,
        crps=mean(sums.crps),
        baseline_crps=mean(sums.baseline),
        coverage80=mean(sums.inside80),
    )


def worst(dataset: Dataset, sums: PerOrigin, horizon: int, count: int) -> tuple[Stretch, ...]:
    """The `count` worst local peaks among the moments (L,) whose whole future lies in the file, half of it known."""
    whole = 2 * sums.pairs >= horizon
    whole[max(0, dataset.length - horizon) :] = False
    known = np.maximum(sums.pairs, 1)
    miss = np.where(whole, sums.crps / known, 0.0)
    found = np.flatnonzero(peaks(miss, horizon))
    order = found[np.argsort(-miss[found], kind="stable")][:count]
    times = dataset.series.times(order + dataset.series.first_slot)
    baseline = sums.baseline / known
    return tuple(
        Stretch(int(at) - dataset.length + 1, time, float(miss[at]), float(baseline[at]))
        for at, time in zip(order, times, strict=True)
    )
