"""seasonal-naive: the last cycle again, with the spread of the context's own seasonal errors. Deterministic.

The baseline of every score (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.2). The period is found
from the context alone; a period of 1 is the last value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from engine.models.observations import Array, float64
from engine.models.quantiles import bounded, mid_quantiles
from engine.models.statistical import Statistical

COST_STEPS = 12  # steps ahead over which candidate periods are compared, whatever horizon is asked for
MIN_PAIRS = 24  # observed pairs one period apart that a candidate needs
MIN_SHARE = 0.35  # and their share of the context's observed values
GAIN = 0.9  # a season must beat the last value by a tenth
ONE_CYCLE = 1.5  # a period of which a context cannot hold two cycles must be that much better: it may be chance
SLACK = 1.2  # the shortest period whose cost is within a fifth of the least is the period itself, not a multiple
NEIGHBOURHOOD = 0.1  # share of a period within which another valley is the same season
CYCLES = 6  # cycles looked back for an observed value, before the last value is taken


class SeasonalNaive(Statistical):
    """See the module."""

    name = "seasonal-naive"
    digest = "seasonal-naive-3"

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """See Forecaster.predict."""
        return with_periods(contexts, floor, horizon, self.num_samples)[0]


def with_periods(
    contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int, num_samples: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scaled samples (B, horizon, num_samples) of scaled contexts (B, C), and the period each was made with (B,)."""
    values = float64(contexts)
    season = periods(values)
    point, cycles = repeat_cycle(values, season, horizon)
    spread = error_quantiles(values, season, num_samples)
    return bounded(point[:, :, None] + np.sqrt(cycles)[:, :, None] * spread[:, None, :], floor), season


def periods(values: Array, longest: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """The period of each context (B, C), in steps; 1 where no season beats the last value. (B,).

    longest (B,): the longest period each context may have.
    For every lag the mean squared difference of values that far apart (the structure function) comes from three
    FFTs over the observed values. The cost of a period is the mean of it over the first COST_STEPS steps ahead, each at
    the lag that step would be copied from.
    """
    length = values.shape[1]
    mean_square, pairs = structure_function(values)
    enough = np.maximum(MIN_PAIRS, MIN_SHARE * pairs[:, :1])
    inner = mean_square[:, 1:]  # (B, lag), from lag 1 on
    cost = inner.copy()
    short = np.arange(1, COST_STEPS)[:, None]  # a longer period serves all COST_STEPS steps from one cycle back
    source = short * -(-np.arange(1, COST_STEPS + 1) // short)
    cost[:, : COST_STEPS - 1] = mean_square[:, source].mean(axis=2)
    cost[:, length // 2 :] *= ONE_CYCLE
    allowed = pairs[:, 1:] >= enough
    allowed[:, 1:] &= inner[:, 1:] <= inner[:, :-1]
    allowed[:, :-1] &= inner[:, :-1] <= inner[:, 1:]
    allowed[:, 0] = False
    if longest is not None:
        allowed &= np.arange(1, length) <= longest[:, None]
    seasonal = np.where(allowed, cost, np.inf)
    least = seasonal.min(axis=1)
    # Rounding in the FFTs, which depends on a row's place in its batch, must neither make a season of a constant
    # context, nor of an exact one a multiple of its period or a last value.
    noise = 1e-12 * mean_square.max(axis=1)
    shortest = np.argmax(seasonal <= SLACK * (least + noise)[:, None], axis=1)[:, None]
    # Noise makes side valleys: of those about the shortest good period, the deepest is the period.
    near = np.abs(np.arange(length - 1) - shortest) <= NEIGHBOURHOOD * (shortest + 1)
    best = np.argmin(np.where(near, seasonal, np.inf), axis=1)
    wins = np.isfinite(least) & (least + noise < GAIN * cost[:, 0])
    result: NDArray[np.int64] = np.where(wins, best + 1, 1)
    return result


def structure_function(values: Array) -> tuple[Array, Array]:
    """Mean squared difference (B, C) of observed values each lag apart, and how many pairs there are (B, C)."""
    length = values.shape[1]
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    mask = seen.astype(np.float64)
    size = fft.next_fast_len(2 * length, real=True)
    of_values, of_mask, of_squares = fft.rfft(np.stack((filled, mask, filled * filled)), size)
    crossed = of_squares * of_mask.conj() + of_mask * of_squares.conj() - 2 * of_values * of_values.conj()
    total, pairs = fft.irfft(np.stack((crossed, of_mask * of_mask.conj())), size)[..., :length]
    pairs = np.rint(pairs)
    return np.maximum(total, 0.0) / np.maximum(pairs, 1.0), pairs


def repeat_cycle(values: Array, season: NDArray[np.int64], horizon: int) -> tuple[Array, Array]:
    """The value one or more whole cycles before each step, (B, horizon), and how many cycles back it lies."""
    length = values.shape[1]
    steps = np.arange(1, horizon + 1)
    first_cycle = -(-steps // season[:, None])  # (B, horizon)
    back = first_cycle[:, :, None] + np.arange(CYCLES)
    where = length - 1 + steps[:, None] - back * season[:, None, None]
    rows = np.arange(len(values))[:, None, None]
    found = np.where(where >= 0, values[rows, np.maximum(where, 0)], np.nan)
    seen = ~np.isnan(found)
    nearest = np.argmax(seen, axis=2)[:, :, None]
    point = np.take_along_axis(found, nearest, axis=2)[:, :, 0]
    cycles = np.take_along_axis(back, nearest, axis=2)[:, :, 0].astype(np.float64)
    last = length - 1 - np.argmax(~np.isnan(values[:, ::-1]), axis=1)
    none = ~seen.any(axis=2)
    return np.where(none, values[np.arange(len(values)), last][:, None], point), cycles


def error_quantiles(values: Array, season: NDArray[np.int64], num_samples: int) -> Array:
    """Mid-quantiles (B, num_samples) of each context's differences one period apart."""
    length = values.shape[1]
    where = np.arange(length) - season[:, None]
    earlier = np.where(where >= 0, np.take_along_axis(values, np.maximum(where, 0), axis=1), np.nan)
    return mid_quantiles(values - earlier, num_samples)
