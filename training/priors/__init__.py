"""The prior: the families of synthetic series that the forecaster is trained on, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.ingredients import LENGTH
from training.priors.arima import arima
from training.priors.business import business
from training.priors.calendar import calendar
from training.priors.counts import counts
from training.priors.deterministic import deterministic
from training.priors.diffusion import diffusion
from training.priors.exponential_smoothing import exponential_smoothing
from training.priors.gaussian_process import gaussian_process
from training.priors.glucose import glucose
from training.priors.structural import structural
from training.priors.telemetry import telemetry

Family = Callable[[np.random.Generator, int], NDArray[np.floating]]
FLAT = 1e-6  # spread relative to the mean below which a series is taken for constant: rounding, not signal


@dataclass(frozen=True)
class Prior:
    """family(rng, count) -> (count, LENGTH) in natural units, NaN only before a series begins.

    weight: how often it is drawn, relative to the others. sentence: what it stands for.
    """

    family: Family
    weight: float
    sentence: str


FAMILIES: dict[str, Prior] = {
    prior.family.__name__: prior
    for prior in (
        Prior(structural, 0.24, "Trend, one to three seasons and coloured noise."),
        Prior(calendar, 0.14, "Days and weeks of people, sun and weather, with holidays."),
        Prior(business, 0.12, "Short yearly to daily business records with breaks."),
        Prior(arima, 0.09, "Linear difference equations, seasonal and integrated."),
        Prior(diffusion, 0.09, "Prices and other stochastic differential equations."),
        Prior(exponential_smoothing, 0.08, "Levels, trends and seasons that adapt."),
        Prior(telemetry, 0.08, "Server and sensor metrics that jump, burst and saturate."),
        Prior(gaussian_process, 0.07, "Random sums and products of covariance functions."),
        Prior(counts, 0.06, "Events per interval, often zero."),
        Prior(glucose, 0.06, "Continuous glucose monitoring: meals, insulin, sensor noise."),
        Prior(deterministic, 0.03, "Clean, modulated and chaotic oscillations."),
    )
}


def draw(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
    """A shuffled sample of the prior.

    Returns values (count, LENGTH), every row with mean 0 and standard deviation 1 over its observed values; floor
    (count,), the value of zero on that scale for a series that is never negative, else -inf; and the index of its
    family in FAMILIES (count,).
    """
    weights = np.array([prior.weight for prior in FAMILIES.values()])
    counts_drawn = rng.multinomial(count, weights / weights.sum())
    index = rng.permutation(np.repeat(np.arange(len(FAMILIES)), counts_drawn))
    values = np.empty((count, LENGTH), dtype=np.float32)
    floor = np.empty(count, dtype=np.float32)
    for which, (name, prior) in enumerate(FAMILIES.items()):
        rows = np.flatnonzero(index == which)
        if rows.size:
            values[rows], floor[rows] = _standardised(_checked(prior.family(rng, rows.size), name, rows.size))
    return values, floor, index


def _checked(series: NDArray[np.floating], name: str, count: int) -> NDArray[np.float64]:
    if series.shape != (count, LENGTH):
        raise ValueError(f"{name} gave an array of shape {series.shape} instead of {(count, LENGTH)}")
    begun = np.maximum.accumulate(~np.isnan(series), axis=1)
    if not np.isfinite(series[begun]).all() or not begun[:, -1].all():
        raise ValueError(f"{name} gave a series with a value that is not finite after it had begun, or an empty one")
    return series.astype(np.float64)


def _standardised(series: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean = np.nanmean(series, axis=1, keepdims=True)
    spread = np.nanstd(series, axis=1, keepdims=True)
    spread[spread <= FLAT * np.abs(mean)] = 1.0
    zero = np.where(np.nanmin(series, axis=1) >= 0, (-mean / spread)[:, 0], -np.inf)
    return ((series - mean) / spread).astype(np.float32), zero.astype(np.float32)
