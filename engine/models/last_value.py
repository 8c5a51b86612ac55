"""last-value: the last observed value, with the spread of the context's own one-step changes. Deterministic.

The naive method (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.2): right for a random walk.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.models.observations import Array, Observations, float64, in_order
from engine.models.quantiles import bounded, mid_quantiles
from engine.models.statistical import Statistical


class LastValue(Statistical):
    """See the module."""

    name = "last-value"
    digest = "last-value-1"

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """See Forecaster.predict."""
        observed = in_order(float64(contexts))
        last = np.take_along_axis(observed.values, observed.newest, axis=1)  # (B, 1)
        age = -np.take_along_axis(observed.slots, observed.newest, axis=1)
        ahead = np.arange(1, horizon + 1) + age  # steps from the last observed value, (B, horizon)
        spread = mid_quantiles(one_step_errors(observed), self.num_samples)
        samples = last[:, :, None] + np.sqrt(ahead)[:, :, None] * spread[:, None, :]
        return bounded(samples, floor)


def one_step_errors(observed: Observations) -> Array:
    """Changes (B, C - 1) from one observed value to the next, NaN beyond them.

    A change over a gap of d steps counts as one of 1 / sqrt(d) of its size, as of a random walk.
    """
    steps = np.diff(observed.slots, axis=1)
    within = np.arange(1, observed.slots.shape[1]) < observed.counts[:, None]
    errors: Array = np.diff(observed.values, axis=1) / np.sqrt(np.where(within, steps, 1))
    return np.where(within, errors, np.nan)
