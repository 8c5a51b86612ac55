"""Forecasts that others are compared with, as functions of contexts: seasonal naive and AutoTheta of statsforecast.

Unlike the built-in models they are told the season. Both see a context from its first observed value on, with gaps
interpolated linearly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtri

from training.protocol import LEVELS, MAX_HORIZON, Floats, QuantileForecast

BANDS = (20, 40, 60, 80)  # per cent; their ends are all LEVELS but the median


def observed(context: Floats) -> Floats:
    """A context without its leading gap, other gaps interpolated linearly."""
    known = np.flatnonzero(~np.isnan(context))
    return np.interp(np.arange(known[0], len(context)), known, context[known])


def seasonal_naive(season: int) -> QuantileForecast:
    """The last cycle again; normal, with the in-sample seasonal differences' RMS x sqrt(cycles ahead) as its spread.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.5. A context of one season or less repeats its
    last value.
    """

    def one(context: Floats) -> Floats:
        values = observed(context)
        lag = season if len(values) > season else 1
        ahead = np.arange(MAX_HORIZON)
        point = values[len(values) - lag + ahead % lag]
        spread = np.sqrt(np.mean((values[lag:] - values[:-lag]) ** 2)) * np.sqrt(1 + ahead // lag)
        quantiles: Floats = point[:, None] + spread[:, None] * ndtri(LEVELS)
        return quantiles

    return each(one)


def auto_theta(season: int) -> QuantileForecast:
    """AutoTheta (Fiorucci et al. 2016), with the point forecast as its median and simulated bands (200 seeded paths).

    It finds by itself whether a context of two seasons or more is seasonal. ImportError, with what to do, without
    statsforecast.
    """
    try:
        from statsforecast.models import AutoTheta
    except ImportError as error:
        raise ImportError(f"AutoTheta needs statsforecast (pip install 'hindcast[train]'): {error}") from error
    model = AutoTheta(season_length=season)
    names = [*(f"lo-{band}" for band in reversed(BANDS)), "mean", *(f"hi-{band}" for band in BANDS)]

    def one(context: Floats) -> Floats:
        made = model.forecast(y=observed(context), h=MAX_HORIZON, level=list(BANDS))
        return np.stack([made[name] for name in names], axis=1).astype(np.float64)

    return each(one)


def each(one: Callable[[Floats], Floats]) -> QuantileForecast:
    """A forecast of many contexts from a forecast of one, (MAX_HORIZON, 9)."""

    def forecast(contexts: Sequence[Floats]) -> Floats:
        return np.array([one(context) for context in contexts]).reshape(-1, MAX_HORIZON, len(LEVELS))

    return forecast
