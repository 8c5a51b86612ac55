"""Local peaks of a miss: each is worse than anything less than a horizon away, so that one event is one peak."""

from __future__ import annotations

import numpy as np

from engine.series import Bools, Floats


def peaks(miss: Floats, horizon: int) -> Bools:
    """Which origins of `miss` (N,), 0 where nothing is scored, missed by more than all that are less than a horizon
    away; of equal ones the first."""
    before = np.concatenate(([-np.inf], _running_max(miss, horizon - 1)[:-1]))
    after = np.concatenate((_running_max(miss[::-1], horizon - 1)[-2::-1], [-np.inf]))
    result: Bools = (miss > 0) & (miss > before) & (miss >= after)
    return result


def _running_max(values: Floats, count: int) -> Floats:
    """The largest of each value and the count - 1 before it; -inf for a count of 0."""
    if count == 0:
        return np.full(len(values), -np.inf)
    result, done = values.copy(), 1
    while done < count:
        step = min(done, count - done)
        result[step:] = np.maximum(result[step:], result[:-step])
        done += step
    return result
