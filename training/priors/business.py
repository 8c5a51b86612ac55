"""Short yearly, quarterly, monthly, weekly and daily records: sales, production, prices, people.

Levels and trends that adapt as in exponential smoothing (Hyndman et al. 2008), seasons that may change slowly, cycles,
and breaks: trends end, levels jump, outliers happen. A forecaster that has met them is not too sure of itself.
"""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    chosen,
    events,
    innovations,
    log_uniform,
    normal,
    profiles,
    repeat,
    uniform,
    unit,
)

FUTURE = 64  # points after the origin that every series keeps
SHORTEST, LONGEST = 12, 150  # points before it
SPAN = LONGEST + FUTURE
SEASONS = (1, 4, 12, 52, 7)
SHARE = (0.28, 0.2, 0.38, 0.07, 0.07)


def business(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH), the last 76 to 214 points observed; nine in ten are never negative."""
    period = rng.choice(SEASONS, count, p=SHARE)
    size = log_uniform(rng, 0.004, 0.2, (count, 1))  # of a usual surprise, relative to the level
    y = _level(rng, size) + _cycle(rng, count, period, size)
    season = _season(rng, count, period)
    y += season
    noise = innovations(rng, count, SPAN) * size * uniform(rng, 0, 1.5, count)
    noise[chosen(rng, count, 0.25)] = 0  # every surprise stays
    rows = chosen(rng, count, 0.3)
    at = events(rng, log_uniform(rng, 0.5, 5, rows.size), rows.size, SPAN)
    noise[rows[at[0]], at[1]] += size[rows[at[0]], 0] * rng.normal(0, 4, at[0].size)
    y += noise
    y = _unit_of_account(rng, y)
    padded = np.full((count, LENGTH), np.nan, dtype=np.float32)
    padded[:, -SPAN:] = y
    length = FUTURE + np.floor(log_uniform(rng, SHORTEST, LONGEST + 1, (count, 1))).astype(np.intp)
    padded[np.arange(LENGTH) < LENGTH - length] = np.nan
    return padded


def _level(rng: np.random.Generator, size: Array) -> Array:
    """Local level, damped local trend: l' = l + b + alpha e, b' = drift + phi (b - drift) + beta e; breaks in both."""
    count = len(size)
    surprise = innovations(rng, count, SPAN).T * size[:, 0]
    alpha = rng.beta(1, 1, count).astype(np.float32)
    beta = alpha * rng.beta(1, 9, count).astype(np.float32) * (rng.random(count) < 0.45)
    phi = np.where(rng.random(count) < 0.4, 1, rng.uniform(0.7, 0.99, count)).astype(np.float32)
    pace = log_uniform(rng, 0.0003, 0.025, count) * np.where(rng.random(count) < 0.72, 1, -1)
    drift = (pace * (rng.random(count) < 0.6)).astype(np.float32)
    slope = drift + (pace * rng.normal(0, 1, count) * (rng.random(count) < 0.5)).astype(np.float32)
    jump = _breaks(rng, count, 0.35, 4 * size[:, 0] + 0.03)
    bend = _breaks(rng, count, 0.45, np.abs(pace) + 0.08 * size[:, 0])
    level = np.zeros(count, dtype=np.float32)
    path = np.empty((SPAN, count), dtype=np.float32)
    for t in range(SPAN):
        level = level + slope + alpha * surprise[t] + jump[t]
        drift = drift + bend[t]
        slope = drift + phi * (slope + bend[t] - drift) + beta * surprise[t]
        path[t] = level
    return path.T


def _breaks(rng: np.random.Generator, count: int, share: float, size: Array) -> Array:
    """Normal steps at random instants, for a share of the series, one to three expected in each: (SPAN, count)."""
    step = np.zeros((SPAN, count), dtype=np.float32)
    rate = log_uniform(rng, 0.7, 4, count) * (rng.random(count) < share)
    row, at = events(rng, rate, count, SPAN)
    np.add.at(step, (at, row), size[row] * normal(rng, row.size))
    return step


def _cycle(rng: np.random.Generator, count: int, period: Array, size: Array) -> Array:
    """Booms and busts of two to twelve years that no calendar rules: a damped oscillation kept alive by noise."""
    cycle = np.zeros((count, SPAN), dtype=np.float32)
    rows = chosen(rng, count, 0.3)
    years = log_uniform(rng, 2, 12, rows.size)
    turn = 2 * np.pi / np.clip(years * np.where(period[rows] > 1, period[rows], 1.5), 8, 160)
    damping = rng.uniform(0.9, 0.995, rows.size)
    now, before = np.zeros((2, rows.size), dtype=np.float32)
    first, second = (2 * damping * np.cos(turn)).astype(np.float32), (-(damping**2)).astype(np.float32)
    push = normal(rng, 2 * SPAN, rows.size)
    path = np.empty((2 * SPAN, rows.size), dtype=np.float32)
    for t in range(2 * SPAN):
        now, before = first * now + second * before + push[t], now
        path[t] = now
    cycle[rows] = unit(path[SPAN:].T) * uniform(rng, 0.5, 5, rows.size) * size[rows]
    return cycle


def _season(rng: np.random.Generator, count: int, period: Array) -> Array:
    """A season of 0.5 to 50 % of the level; a third of them turn slowly into another."""
    season = np.zeros((count, SPAN), dtype=np.float32)
    rows = np.flatnonzero((period > 1) & (rng.random(count) < 0.85))
    phase = rng.random(rows.size)
    season[rows] = repeat(_year(rng, period[rows]), period[rows], phase, length=SPAN)
    changing = chosen(rng, rows.size, 0.35)
    other = repeat(_year(rng, period[rows[changing]]), period[rows[changing]], phase[changing], length=SPAN)
    share = uniform(rng, 0.1, 1, changing.size) * np.linspace(0, 1, SPAN, dtype=np.float32)
    season[rows[changing]] = (1 - share) * season[rows[changing]] + share * other
    season[rows] *= log_uniform(rng, 0.005, 0.5, (rows.size, 1))
    return season


def _year(rng: np.random.Generator, period: Array) -> Array:
    """A shape of the cycle: smooth as the weather, or every month (quarter, weekday) a level of its own."""
    count = period.size
    shape = profiles(rng, count)
    rows = chosen(rng, count, 0.5)
    slot = (np.arange(shape.shape[1]) * period[rows, None] // shape.shape[1]).astype(np.intp)
    level = normal(rng, rows.size, max(SEASONS)) * np.exp(0.5 * normal(rng, rows.size, max(SEASONS)))
    shape[rows] = unit(np.take_along_axis(level, slot, axis=1))
    return shape


def _unit_of_account(rng: np.random.Generator, y: Array) -> Array:
    """Two thirds are exponentiated (growth in per cent), a fifth stay above or touch zero, the others have any sign."""
    kind = rng.random(len(y))
    logarithmic = np.flatnonzero(kind < 0.68)
    highest, extent = y.max(axis=1, keepdims=True), np.maximum(np.ptp(y, axis=1, keepdims=True), 1e-6)
    limit = uniform(rng, 1, 4.5, logarithmic.size)  # hardly anything grows a hundredfold within a record
    shrunk = np.minimum(1, limit / extent[logarithmic])
    y[logarithmic] = np.exp(shrunk * (y[logarithmic] - highest[logarithmic]))
    rows = np.flatnonzero((kind >= 0.68) & (kind < 0.88))
    y[rows] = np.maximum(y[rows] - highest[rows] + uniform(rng, 0.9, 4, rows.size) * extent[rows], 0)
    y *= log_uniform(rng, 0.1, 1e4, (len(y), 1))
    rows = np.flatnonzero((kind < 0.88) & (rng.random(len(y)) < 0.25))  # few enough to be counted
    y[rows] = np.round(y[rows] / y[rows].std(axis=1, keepdims=True) * log_uniform(rng, 6, 500, (rows.size, 1)))
    return y
