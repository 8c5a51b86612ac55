"""index <-> slot <-> origin; which origins are usable; contexts and their scaling. Pure numpy, vectorised over origins.

A context is the `context_length` values that end at its origin. Its loc and scale are computed from it alone, in
float64, so a forecast knows nothing after its origin and the same context gives the same bytes wherever it stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.series import Floats, Ints, Series

CONTEXT_LENGTH = 512
MIN_OBSERVED = 24  # values a context needs
MAX_AGE = 3  # steps the last of them may be old
PIECE = 1 << 16  # positions that are looked at together


class Contexts(NamedTuple):
    """B scaled contexts: values (B, C) float32, NaN = missing; loc (B,) and scale (B,) float64 in the data's unit.

    floor (B,) float32: the scaled value of zero where no observed value is negative, else -inf. What was never negative
    need not be forecast negative: a sample at the floor or above unscales to zero or more.
    """

    values: NDArray[np.float32]
    loc: Floats
    scale: Floats
    floor: NDArray[np.float32]


def observed_counts(values: Floats, context_length: int = CONTEXT_LENGTH) -> NDArray[np.int64]:
    """Observed values in the context that ends at each position; (N,)."""
    total = np.concatenate(([0], np.cumsum(~np.isnan(values))))
    ends = np.arange(1, len(values) + 1)
    counts: NDArray[np.int64] = total[ends] - total[np.maximum(ends - context_length, 0)]
    return counts


def ages(values: Floats) -> NDArray[np.int64]:
    """Steps since the last observed value at each position; larger than N where there is none yet. (N,)."""
    positions = np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isnan(values), -len(values) - MAX_AGE - 1, positions))
    return positions - last


def usable(values: Floats, context_length: int = CONTEXT_LENGTH) -> NDArray[np.bool_]:
    """Which positions can be origins: enough observed values in the context, the last of them recent. (N,)."""
    result = np.empty(len(values), dtype=bool)
    before = max(context_length, MAX_AGE + 1)  # values that decide about a position
    for start in range(0, len(values), PIECE):  # what is counted on the way takes many times the room of the values
        first = max(0, start - before)
        seen = values[first : start + PIECE]
        can = (observed_counts(seen, context_length) >= MIN_OBSERVED) & (ages(seen) <= MAX_AGE)
        result[start : start + PIECE] = can[start - first :]
    return result


def contexts(series: Series, slots: Ints, context_length: int = CONTEXT_LENGTH) -> Contexts:
    """Scaled contexts of the origins at `slots` (B,), which must be usable slots of the series.

    loc is the mean of the observed values, scale their standard deviation (1 where they are all equal); what lies
    before the series is missing.
    """
    positions = np.asarray(slots, dtype=np.int64) - series.first_slot
    if len(positions) and not (positions.min() >= 0 and positions.max() < len(series)):
        raise IndexError("slots must lie within the series")
    where = positions[:, None] + np.arange(1 - context_length, 1)
    window = series.values[np.maximum(where, 0)]
    window[where < 0] = np.nan
    seen = ~np.isnan(window)
    count = seen.sum(axis=1)
    if len(positions) and count.min() == 0:
        raise ValueError("a context without any observed value has no scale")
    loc = np.where(seen, window, 0.0).sum(axis=1) / count
    first = window[np.arange(len(window)), seen.argmax(axis=1)]
    loc = np.where((window == first[:, None]).sum(axis=1) == count, first, loc)  # a mean of equal values may round
    centred = np.where(seen, window - loc[:, None], 0.0)
    widest = np.maximum(np.abs(centred).max(axis=1, initial=0.0), np.finfo(float).tiny)
    relative = centred / widest[:, None]  # squares of tiny deviations would vanish, of huge ones overflow
    scale = widest * np.sqrt((relative * relative).sum(axis=1) / count)
    # Values that differ by rounding alone are equal; dividing by such a scale would make noise of it.
    varied = scale > 1e-12 * np.maximum(np.abs(loc), 1e-300)
    scale = np.where(varied, scale, 1.0)
    centred[~varied] = 0.0
    scaled = np.where(seen, centred / scale[:, None], np.nan).astype(np.float32)
    negative = np.where(seen, window, 0.0).min(axis=1, initial=0.0) < 0
    return Contexts(scaled, loc, scale, np.where(negative, np.float32(-np.inf), scaled_zero(loc, scale)))


def scaled_zero(loc: Floats, scale: Floats) -> NDArray[np.float32]:
    """The least float32 near (0 - loc) / scale, (B,), that unscales to zero or more in float64."""
    nearest = np.maximum(-loc / scale, float(np.finfo(np.float32).min)).astype(np.float32)
    below = nearest.astype(np.float64) * scale + loc < 0
    result: NDArray[np.float32] = np.where(below, np.nextafter(nearest, np.float32(np.inf)), nearest)
    return result


def unscale(samples: NDArray[np.float32], loc: Floats, scale: Floats) -> Floats:
    """Samples (B, H, S) in the data's unit. What float32 cannot tell from zero is zero: counts have many."""
    values: Floats = samples.astype(np.float64) * scale[:, None, None] + loc[:, None, None]
    resolution = 2 * float(np.finfo(np.float32).eps) * np.abs(loc)
    values[np.abs(values) <= resolution[:, None, None]] = 0.0
    return values


def actuals(series: Series, slots: Ints, horizon: int) -> Floats:
    """What happened after the origins at `slots` (B,): (B, horizon), NaN where missing or beyond the series."""
    where = np.asarray(slots, dtype=np.int64)[:, None] - series.first_slot + np.arange(1, horizon + 1)
    values: Floats = series.values[np.minimum(where, len(series) - 1)]
    values[where >= len(series)] = np.nan
    return values
