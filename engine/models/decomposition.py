"""The season of each context, taken out and put back: classical decomposition, with a period for every context.

Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3.4. A missing value is left out of every mean, so that
complete contexts give the textbook's numbers and others the nearest thing to them; nothing is filled in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from engine.models.observations import Array
from engine.models.seasonal_naive import periods

NORMAL_90 = 1.6448536269514722  # two-sided: the 0.95 quantile of the normal distribution
LEAST_FACTOR = 0.05  # of a multiplicative season: values divided by less would be noise made large


class Season(NamedTuple):
    """value = adjusted x factor + offset, by slot modulo the period: period (B,), factor and offset (B, P).

    Slots are counted from the origin, which is 0. Additive: factor 1. Multiplicative: offset is the context's floor.
    None: factor 1, offset 0.
    """

    period: NDArray[np.int64]
    factor: Array
    offset: Array

    def at(self, slots: NDArray[np.int64]) -> tuple[Array, Array]:
        """Factor and offset (B, N) at slots (N,)."""
        phase = slots % self.period[:, None]
        return np.take_along_axis(self.factor, phase, axis=1), np.take_along_axis(self.offset, phase, axis=1)


def season(values: Array, floor: NDArray[np.float32]) -> Season:
    """The season of each context (B, C): additive or, of those with all values above their floor (B,), multiplicative,
    whichever leaves the smaller remainder.

    None where no period repeats at least twice or the autocorrelation at the period may be chance.
    """
    period = periods(values, longest=span(values) // 2)
    cyclic = np.flatnonzero(period > 1)
    cyclic = cyclic[significant(values[cyclic], period[cyclic])]
    plain = np.ones_like(period)
    plain[cyclic] = period[cyclic]
    width = values.shape[1] // 2 + 1  # the same in every batch: how numpy sums a row depends on its length
    factor, offset = np.ones((len(values), width)), np.zeros((len(values), width))
    if len(cyclic):
        factor[cyclic], offset[cyclic] = decompose(values[cyclic], period[cyclic], floor[cyclic, None])
    return Season(plain, factor, offset)


def decompose(values: Array, period: NDArray[np.int64], floor: NDArray[np.float32]) -> tuple[Array, Array]:
    """Factor and offset (B, C // 2 + 1) of contexts (B, C) that have a season; floor (B, 1)."""
    bottom = floor.astype(np.float64)
    positive = np.isfinite(bottom) & ~(values <= bottom).any(axis=1, keepdims=True)
    above = values - np.where(positive, bottom, 0.0)
    around = trend(above, period)
    phase = np.arange(1 - values.shape[1], 1) % period[:, None]

    def remainder(fitted: Array) -> Array:
        squares: Array = np.nansum((above - fitted) ** 2, axis=1, keepdims=True)
        return squares

    differences = figure(above - around, period, neutral=0.0)
    added = remainder(around + np.take_along_axis(differences, phase, axis=1))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # values about zero have no ratios
        ratios = figure(above / around, period, neutral=1.0)
        multiplied = remainder(around * np.take_along_axis(ratios, phase, axis=1))
    multiplicative = positive & (ratios.min(axis=1, keepdims=True) >= LEAST_FACTOR) & (multiplied < added)
    return np.where(multiplicative, ratios, 1.0), np.where(multiplicative, bottom, differences)


def span(values: Array) -> NDArray[np.int64]:
    """Steps from the first observed value of each context (B, C) to the last one, both included. (B,)."""
    seen = ~np.isnan(values)
    result: NDArray[np.int64] = values.shape[1] - np.argmax(seen, axis=1) - np.argmax(seen[:, ::-1], axis=1)
    return result


def significant(values: Array, period: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the autocorrelation at the period is beyond chance, at 90 %, given those at shorter lags. (B,).

    Bartlett's standard error, as in the Theta method (Assimakopoulos & Nikolopoulos 2000).
    """
    correlation = autocorrelation(values)
    squares = np.cumsum(correlation[:, 1:] ** 2, axis=1)
    rows = np.arange(len(values))
    before = np.where(period > 1, squares[rows, period - 2], 0.0)
    count = (~np.isnan(values)).sum(axis=1)
    result: NDArray[np.bool_] = correlation[rows, period] > NORMAL_90 * np.sqrt((1 + 2 * before) / count)
    return result


def autocorrelation(values: Array) -> Array:
    """Autocorrelation (B, C) at lags 0 .. C - 1, from the observed pairs."""
    length = values.shape[1]
    seen = ~np.isnan(values)
    count = seen.sum(axis=1, keepdims=True)
    centred = np.where(seen, values - np.where(seen, values, 0.0).sum(axis=1, keepdims=True) / count, 0.0)
    size = fft.next_fast_len(2 * length, real=True)
    spectrum = fft.rfft(np.stack((centred, seen.astype(np.float64))), size)
    products, pairs = fft.irfft(spectrum * spectrum.conj(), size)[..., :length]
    # The sum over n - k pairs is divided by n, of complete contexts; k + pairs is n of them.
    mean = products / (np.rint(pairs) + np.arange(length))
    result: Array = mean / np.maximum(mean[:, :1], np.finfo(float).tiny)
    return result


def trend(values: Array, period: NDArray[np.int64]) -> Array:
    """Centred moving average over one period (B, C); NaN where the context does not reach half a period around.

    An even period's window has period + 1 values, the outer two of half weight.
    """
    length = values.shape[1]
    seen = ~np.isnan(values)
    total = _window_sums(np.where(seen, values, 0.0), period)
    count = _window_sums(seen.astype(np.float64), period)
    first = np.argmax(seen, axis=1)[:, None]
    last = length - 1 - np.argmax(seen[:, ::-1], axis=1)[:, None]
    half = period[:, None] // 2
    here = np.arange(length)
    enough = (here - half >= first) & (here + half <= last) & (count >= half)
    result: Array = np.divide(total, count, out=np.full(values.shape, np.nan), where=enough)
    return result


def figure(detrended: Array, period: NDArray[np.int64], neutral: float) -> Array:
    """Mean of each phase (B, C // 2 + 1), by slot modulo the period.

    Their own mean is `neutral`: 0 by moving them, 1 by scaling. So is what has no value, and all beyond the period.
    """
    rows, length = detrended.shape
    shape = rows, length // 2 + 1
    phase = np.arange(1 - length, 1) % period[:, None]
    seen = ~np.isnan(detrended)
    bins = (np.arange(rows)[:, None] * shape[1] + phase)[seen]
    count = np.bincount(bins, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(bins, detrended[seen], minlength=shape[0] * shape[1]).reshape(shape)
    known = count > 0
    mean = np.divide(total, count, out=np.zeros(shape), where=known)
    centre = mean.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    levelled = mean / np.where(centre > 0, centre, 1.0) if neutral else mean - centre
    return np.where(known, levelled, neutral)


def _window_sums(values: Array, period: NDArray[np.int64]) -> Array:
    """Weighted sums (B, C) over the window of `trend` at each position; of what lies within the context."""
    length = values.shape[1]
    total = np.concatenate((np.zeros((len(values), 1)), np.cumsum(values, axis=1)), axis=1)
    here = np.arange(length)

    def from_start(start: NDArray[np.int64]) -> Array:
        ends = np.clip(start + period[:, None], 0, length), np.clip(start, 0, length)
        result: Array = np.take_along_axis(total, ends[0], axis=1) - np.take_along_axis(total, ends[1], axis=1)
        return result

    return 0.5 * (from_start(here - period[:, None] // 2) + from_start(here - (period[:, None] - 1) // 2))
