"""Events per interval: sales of one article, arrivals, tickets, errors. Whole numbers, never negative, often zero."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    chosen,
    column,
    innovations,
    level_shifts,
    log_uniform,
    periods,
    profiles,
    repeat,
    smooth,
    spikes,
    trend,
    uniform,
)


def counts(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH) of whole numbers from 0 to some thousands."""
    kind = rng.choice(3, count, p=[0.66, 0.14, 0.2])
    y = np.empty((count, LENGTH), dtype=np.float32)
    for which, draw in enumerate((_arrivals, _zero_inflated, _intermittent)):
        rows = np.flatnonzero(kind == which)
        y[rows] = draw(rng, rows.size)
    return y


def _rate(rng: np.random.Generator, count: int, low: float, high: float) -> Array:
    """Expected events per interval: seasons, trend, slow changes and jumps, all in the logarithm of the rate."""
    rate = np.log(log_uniform(rng, low, high, (count, 1))) + np.zeros((1, LENGTH), dtype=np.float32)
    rows = chosen(rng, count, 0.75)
    period = periods(rng, rows.size, calendar=0.85)
    rate[rows] += uniform(rng, 0.05, 1.1, rows.size) * repeat(profiles(rng, rows.size), period, rng.random(rows.size))
    weekly = chosen(rng, rows.size, 0.35)
    week = repeat(profiles(rng, weekly.size), 7 * period[weekly], rng.random(weekly.size))
    rate[rows[weekly]] += uniform(rng, 0.05, 0.6, weekly.size) * week
    rows = chosen(rng, count, 0.45)
    rate[rows] += uniform(rng, 0.1, 0.7, rows.size) * trend(rng, rows.size)
    rows = chosen(rng, count, 0.45)
    rate[rows] += uniform(rng, 0.1, 0.8, rows.size) * smooth(rng, rows.size, 20, 600)
    rows = chosen(rng, count, 0.15)
    rate[rows] += 0.7 * level_shifts(rng, rows.size, log_uniform(rng, 1, 8, rows.size))
    rows = chosen(rng, count, 0.15)  # campaigns, incidents
    rate[rows] += uniform(rng, 0.1, 0.5, rows.size) * np.maximum(spikes(rng, rows.size), 0)
    return np.exp(np.clip(rate, -6, 8))


def _events(rng: np.random.Generator, rate: Array) -> Array:
    """Poisson counts; six in ten overdispersed by a gamma-distributed factor (negative binomial)."""
    rows = chosen(rng, len(rate), 0.6)
    shape = log_uniform(rng, 0.5, 30, (rows.size, 1))
    rate[rows] *= rng.standard_gamma(shape, (rows.size, LENGTH), dtype=np.float32) / shape
    return rng.poisson(rate).astype(np.float32)


def _arrivals(rng: np.random.Generator, count: int) -> Array:
    return _events(rng, _rate(rng, count, 0.2, 150))


def _zero_inflated(rng: np.random.Generator, count: int) -> Array:
    """Nothing at all in some intervals: at random, or for whole stretches (closed, out of stock)."""
    y = _events(rng, _rate(rng, count, 0.5, 60))
    closed = rng.random((count, LENGTH), dtype=np.float32) < uniform(rng, 0.05, 0.7, count)
    rows = chosen(rng, count, 0.4)
    closed[rows] = smooth(rng, rows.size, 10, 60) > uniform(rng, 0.3, 2, rows.size)
    y[closed] = 0
    return y


def _intermittent(rng: np.random.Generator, count: int) -> Array:
    """Demand that comes now and then: a chance of an order per interval, and a size of the order (Croston 1972)."""
    chance = log_uniform(rng, 0.02, 0.6, (count, 1)) * np.exp(0.5 * smooth(rng, count, 30, 600))
    rows = chosen(rng, count, 0.4)
    wave = repeat(profiles(rng, rows.size), periods(rng, rows.size, calendar=0.9), rng.random(rows.size))
    chance[rows] *= np.exp(uniform(rng, 0.2, 0.9, rows.size) * wave)
    size = log_uniform(rng, 1, 40, (count, 1)) * np.exp(uniform(rng, 0.05, 0.9, count) * innovations(rng, count))
    orders = rng.random((count, LENGTH), dtype=np.float32) < chance
    return np.where(orders, np.ceil(np.minimum(size, 1e4)), 0) * column(rng.choice([1, 1, 1, 6, 10], count))
