"""Trend + seasons + coloured noise, added or multiplied, with the ways in which real series are not so tidy."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    Array,
    ar_filter,
    chosen,
    column,
    innovations,
    level_shifts,
    log_uniform,
    normal,
    periods,
    profiles,
    repeat,
    smooth,
    spikes,
    trend,
    uniform,
    unit,
)

MULTIPLES = (7, 7, 7, 4, 12, 2, 30)  # of the first period that make the second: days in a week, weeks in a month, ...
LONGEST = 800  # points; a longer season shows too little of itself to be one


def structural(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH); six in ten are never negative, some of them far above zero."""
    season = _seasons(rng, count)
    y = season.copy()
    rows = chosen(rng, count, 0.7)
    y[rows] += log_uniform(rng, 0.2, 4, (rows.size, 1)) * trend(rng, rows.size)
    noise = log_uniform(rng, 0.02, 1.5, (count, 1)) * _coloured_noise(rng, count)
    rows = chosen(rng, count, 0.25)  # noisier where the season is high
    noise[rows] *= np.exp(uniform(rng, 0.1, 0.5, rows.size) * np.clip(season[rows], -3, 3))
    y += noise
    rows = chosen(rng, count, 0.14)
    y[rows] += uniform(rng, 0.3, 2, rows.size) * level_shifts(rng, rows.size, log_uniform(rng, 1, 6, rows.size))
    rows = chosen(rng, count, 0.12)
    y[rows] += uniform(rng, 0.2, 1, rows.size) * spikes(rng, rows.size)
    return _range(rng, y)


def _seasons(rng: np.random.Generator, count: int) -> Array:
    """One season, a third with a second, a tenth with a third; one series in eight has none."""
    first = periods(rng, count)
    season = _season(rng, first)
    rows = chosen(rng, count, 0.35)
    season[rows] *= np.exp(uniform(rng, 0.05, 0.5, rows.size) * smooth(rng, rows.size, 50, 800))
    season *= column(rng.lognormal(0, 0.6, count))
    season[chosen(rng, count, 0.12)] = 0
    rows = chosen(rng, count, 0.38)
    second = first[rows] * rng.choice(MULTIPLES, rows.size)
    free = chosen(rng, rows.size, 0.2)
    second[free] = periods(rng, free.size)
    rows, second = rows[second <= LONGEST], second[second <= LONGEST]
    slow = _season(rng, second)
    modulates = chosen(rng, rows.size, 0.4)  # a weekend lowers the day's peak, a winter raises the evening's
    season[rows[modulates]] *= 1 + uniform(rng, 0.1, 0.5, modulates.size) * slow[modulates]
    season[rows] += column(rng.lognormal(-0.7, 0.7, rows.size)) * slow
    rows = chosen(rng, count, 0.1)
    season[rows] += column(rng.lognormal(-1, 0.6, rows.size)) * _season(rng, periods(rng, rows.size, calendar=0.5))
    return season


def _season(rng: np.random.Generator, period: Array) -> Array:
    """A random shape with this period; a few cycles breathe: their phase wanders."""
    count = period.size
    season = repeat(profiles(rng, count), period, rng.random(count))
    rows = chosen(rng, count, 0.04)
    warp = uniform(rng, 0.02, 0.3, rows.size) * smooth(rng, rows.size, 60, 600)
    season[rows] = repeat(profiles(rng, rows.size), period[rows], rng.random(rows.size), warp)
    return season


def _coloured_noise(rng: np.random.Generator, count: int) -> Array:
    """White, autoregressive of order 1 or 2, or a random walk, of unit size; half of the coloured keep white noise."""
    white = innovations(rng, count)
    noise = white.copy()
    kind = rng.random(count)
    rows = np.flatnonzero((kind > 0.4) & (kind < 0.82))
    first, second = rng.uniform(0, 0.98, rows.size), rng.uniform(-0.4, 0.9, rows.size) * (rng.random(rows.size) < 0.4)
    lags = np.stack([first + second, -first * second], axis=1)
    noise[rows] = unit(ar_filter(white[rows], lags))
    rows = np.flatnonzero(kind >= 0.82)
    noise[rows] = unit(np.cumsum(white[rows], axis=1)) * log_uniform(rng, 0.3, 2, (rows.size, 1))
    rows = np.flatnonzero((kind > 0.4) & (rng.random(count) < 0.5))
    noise[rows] += uniform(rng, 0.05, 0.5, rows.size) * normal(rng, rows.size, white.shape[1])
    return noise


def _range(rng: np.random.Generator, y: Array) -> Array:
    """Give the values a natural unit: any sign, exponentiated, cut off at zero, or positive at a distance from it."""
    kind = rng.random(len(y))
    rows = np.flatnonzero(kind < 0.2)
    y[rows] = np.exp(np.clip(uniform(rng, 0.1, 0.9, rows.size) * unit(y[rows]), -6, 6))
    rows = np.flatnonzero((kind >= 0.2) & (kind < 0.28))
    y[rows] = np.maximum(unit(y[rows]) + uniform(rng, -0.5, 1.5, rows.size), 0)
    rows = np.flatnonzero((kind >= 0.28) & (kind < 0.6))
    lowest = y[rows].min(axis=1, keepdims=True)
    above = log_uniform(rng, 0.02, 30, (rows.size, 1)) * y[rows].std(axis=1, keepdims=True)
    y[rows] += above - lowest
    return y
