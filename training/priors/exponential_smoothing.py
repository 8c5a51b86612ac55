"""Exponential smoothing in state space form (Hyndman et al. 2008): a level, a trend and a season that drift."""

from __future__ import annotations

import numpy as np

from training.ingredients import LENGTH, Array, innovations, log_uniform, profiles, unit

SEASONS = (1, 4, 5, 7, 12, 13, 24, 48, 52, 96, 144, 168)
COMMON = (0.35, 0.05, 0.02, 0.09, 0.13, 0.02, 0.14, 0.05, 0.05, 0.04, 0.02, 0.04)


def exponential_smoothing(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): ETS(A, N/A/Ad, N/A); a third are exponentials of one, the multiplicative form."""
    season = rng.choice(SEASONS, count, p=COMMON)
    shocks = innovations(rng, count) * log_uniform(rng, 0.03, 1.0, (count, 1))
    alpha = rng.beta(1.0, 2.5, count)
    trended, damped = rng.random((2, count)) < 0.5
    beta = alpha * log_uniform(rng, 1e-4, 0.1, count) * trended
    damping = np.where(damped, rng.uniform(0.8, 1.0, count), 1.0)
    gamma = (1 - alpha) * rng.beta(1.0, 8.0, count)

    shape = profiles(rng, count) * rng.lognormal(0.0, 0.5, (count, 1)) * (season > 1)[:, None]
    slots = np.arange(max(SEASONS))
    # State (slot of the season, series): series are neighbours in memory, as every step reads one slot of each.
    seasonal = np.take_along_axis(shape, slots * shape.shape[1] // season[:, None] % shape.shape[1], axis=1).T.copy()
    level = np.zeros(count)
    slope = rng.normal(0.0, 2.0 / LENGTH, count) * trended
    series = np.arange(count)
    values = np.empty((LENGTH, count), dtype=np.float32)
    for time, shock in enumerate(np.ascontiguousarray(shocks.T)):
        slot = time % season
        cycle = seasonal[slot, series]
        slope = damping * slope
        level = level + slope
        values[time] = level + cycle + shock
        level = level + alpha * shock
        slope = slope + beta * shock
        seasonal[slot, series] = cycle + gamma * shock
    additive = values.T
    size = log_uniform(rng, 1.0, 1e4, (count, 1))
    multiplicative = size * np.exp(unit(additive) * rng.uniform(0.05, 0.8, (count, 1)))
    return np.where(rng.random((count, 1)) < 0.35, multiplicative, additive)
