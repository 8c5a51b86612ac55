"""Samples that are mid-quantiles: the levels (k - 0.5) / S of the forecast distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mid_levels(num_samples: int) -> Array:
    """(k - 0.5) / S for k = 1 .. S."""
    return (np.arange(1, num_samples + 1) - 0.5) / num_samples


def mid_quantiles(errors: Array, num_samples: int) -> Array:
    """Mid-quantiles (B, num_samples) of the errors (B, N) that are not NaN; 0 where all are. Hyndman & Fan 1996, 5."""
    errors = np.sort(errors, axis=1)  # NaN last
    count = np.maximum((~np.isnan(errors)).sum(axis=1), 1)[:, None]
    errors = np.where(np.isnan(errors), 0.0, errors)
    position = np.clip(mid_levels(num_samples) * count - 0.5, 0, count - 1)
    low = position.astype(np.int64)
    high = np.minimum(low + 1, count - 1)
    weight = position - low
    result: Array = np.take_along_axis(errors, low, 1) * (1 - weight) + np.take_along_axis(errors, high, 1) * weight
    return result


def bounded(samples: Array, floor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples (B, H, S) in float32, none below its context's floor (B,)."""
    result: NDArray[np.float32] = np.maximum(samples.astype(np.float32), floor[:, None, None])
    return result
