"""Prices and other quantities driven by accumulated chance: diffusions, sampled at equal steps."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    ar_filter,
    chosen,
    column,
    events,
    innovations,
    log_uniform,
    normal,
    uniform,
    unit,
)


def diffusion(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): stock-like prices, random walks, regime-switching and jumping mean reversion, in equal parts."""
    kind = rng.integers(0, 4, count)
    values = np.empty((count, LENGTH), dtype=np.float32)
    for number, process in enumerate((_price, _random_walk, _regimes, _jumps)):
        rows = np.flatnonzero(kind == number)
        values[rows] = process(rng, rows.size)
    return values


def _returns(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH) of about unit size: normal or t, of stochastic volatility (Taylor 1986), more after losses."""
    shocks = normal(rng, count, LENGTH)
    heavy = chosen(rng, count, 0.6)
    freedom = rng.uniform(3, 8, heavy.size)
    chi_square = rng.standard_gamma(column(freedom / 2), (heavy.size, LENGTH), dtype=np.float32)
    shocks[heavy] *= column(np.sqrt(1 - 2 / freedom)) / np.sqrt(chi_square * column(2 / freedom) + 1e-3)
    leverage = uniform(rng, 0, 0.7, count)
    news = np.sqrt(1 - leverage**2) * normal(rng, count, LENGTH)
    news[:, 1:] -= leverage * shocks[:, :-1]
    log_volatility = unit(ar_filter(news, uniform(rng, 0.9, 0.995, count)))
    return shocks * np.exp(log_volatility * uniform(rng, 0, 0.7, count))


def _price(rng: np.random.Generator, count: int) -> Array:
    """Geometric Brownian motion: a price in money, quoted to the cent."""
    volatility = log_uniform(rng, 0.002, 0.04, (count, 1))
    drift = 0.04 * volatility * normal(rng, count, 1)  # small beside the volatility, as of any price
    growth = np.cumsum(drift + volatility * _returns(rng, count), axis=1)
    return np.round(log_uniform(rng, 5, 500, (count, 1)) * np.exp(np.clip(growth, -5, 5)), 2)


def _random_walk(rng: np.random.Generator, count: int) -> Array:
    """A random walk, with a drift or without, seen through measurement noise in a third of the cases."""
    drift = 0.06 * normal(rng, count, 1) * (rng.random((count, 1)) < 0.5)
    walk = np.cumsum(drift.astype(np.float32) + _returns(rng, count), axis=1)
    rows = chosen(rng, count, 0.35)
    walk[rows] += log_uniform(rng, 0.2, 5, (rows.size, 1)) * normal(rng, rows.size, LENGTH)
    return walk


def _regimes(rng: np.random.Generator, count: int) -> Array:
    """An Ornstein-Uhlenbeck process whose mean, speed and volatility switch between up to four regimes."""
    switches = np.zeros((count, LENGTH), dtype=np.intp)
    switches[events(rng, log_uniform(rng, 1, 30, count), count)] = 1
    drawn = rng.integers(0, rng.integers(2, 5, (count, 1)), (count, LENGTH + 1))
    regime = np.take_along_axis(drawn, np.cumsum(switches, axis=1), axis=1)
    mean, speed, volatility = (
        np.ascontiguousarray(np.take_along_axis(levels, regime, axis=1).T)
        for levels in (2 * normal(rng, count, 4), log_uniform(rng, 0.01, 0.6, (count, 4)),
                       log_uniform(rng, 0.03, 0.6, (count, 4)))
    )  # fmt: skip
    shocks = volatility * normal(rng, LENGTH, count)
    values = np.empty((LENGTH, count), dtype=np.float32)
    state = mean[0] + shocks[0] / np.sqrt(2 * speed[0])  # about stationary in its first regime
    for time in range(LENGTH):
        state = state + speed[time] * (mean[time] - state) + shocks[time]
        values[time] = state
    result = values.T.copy()
    rows = chosen(rng, count, 0.5)
    result[rows] += log_uniform(rng, 0.03, 0.3, (rows.size, 1)) * innovations(rng, rows.size)
    return result


def _jumps(rng: np.random.Generator, count: int) -> Array:
    """Mean reversion with jumps; half of them exponentials, like prices of a good that cannot be stored."""
    jumps = np.zeros((count, LENGTH), dtype=np.float32)
    row, time = events(rng, log_uniform(rng, 2, 40, count), count)
    typical, upward = log_uniform(rng, 1, 5, count), rng.uniform(0.3, 1, count)
    sign = np.where(rng.random(row.size) < upward[row], 1, -1)
    np.add.at(jumps, (row, time), (sign * typical[row] * rng.lognormal(0, 0.5, row.size)).astype(np.float32))
    values = unit(ar_filter(normal(rng, count, LENGTH), uniform(rng, 0.9, 0.999, count)))
    values += ar_filter(jumps, uniform(rng, 0.2, 0.95, count))
    values += log_uniform(rng, 0.02, 0.5, (count, 1)) * innovations(rng, count)
    rows = chosen(rng, count, 0.5)
    exponent = np.clip(values[rows] * uniform(rng, 0.05, 0.4, rows.size), -4, 4)
    values[rows] = log_uniform(rng, 5, 200, (rows.size, 1)) * np.exp(exponent)
    return values
