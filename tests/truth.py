"""What the toy forecaster must answer, worked out from the series alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.series import Series
from engine.windows import CONTEXT_LENGTH, MAX_AGE, MIN_OBSERVED


def usable(series: Series) -> list[bool]:
    """Which origins can be forecast, oldest first."""
    found = []
    for at in range(len(series)):
        seen = ~np.isnan(series.values[max(0, at - CONTEXT_LENGTH + 1) : at + 1])
        found.append(int(seen.sum()) >= MIN_OBSERVED and bool(seen[-MAX_AGE - 1 :].any()))
    return found


def samples(series: Series, at: int, horizon: int) -> NDArray[np.float64]:
    """(H, 10): the last value known at a position, and evenly about it, wider by the step, in the data's unit."""
    seen = series.values[max(0, at - CONTEXT_LENGTH + 1) : at + 1]
    seen = seen[~np.isnan(seen)]
    levels = (np.arange(10) + 0.5) / 10 - 0.5
    return seen[-1] + seen.std() * np.arange(1, horizon + 1)[:, None] * levels
