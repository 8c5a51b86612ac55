"""Seasonal ARIMA processes with stable random roots (Box & Jenkins 1970)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.ingredients import (
    LENGTH,
    Array,
    ar_filter,
    chosen,
    column,
    log_uniform,
    normal,
    periods,
    profiles,
    uniform,
)

BURN_IN = 336
SEASONS = (4, 7, 12, 24, 48, 52)
LARGEST_ROOT = np.array([0.99, 0.85, 0.5])  # after zero, one and two integrations, which bring their own smoothness


def arima(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): up to four AR and two MA roots, one season, up to two integrations; of either sign."""
    shocks = normal(rng, count, BURN_IN + LENGTH)
    heavy = chosen(rng, count, 0.3)
    freedom = rng.uniform(3, 8, heavy.size)
    chi_square = rng.standard_gamma(column(freedom / 2), (heavy.size, shocks.shape[1]), dtype=np.float32)
    shocks[heavy] /= np.sqrt(chi_square * column(2 / freedom) + 1e-3)  # normal over chi: Student's t
    order = rng.choice(3, count, p=(0.47, 0.47, 0.06))
    values = _seasonal(rng, _moving_average(rng, shocks, order), order)
    # Two second-order filters in a row are one of order four, and each pair of roots is easily kept stable.
    for _ in range(2):
        values = ar_filter(values, _stable_pair(rng, order))
    values = values[:, BURN_IN:]
    for integration in (1, 2):
        rows = np.flatnonzero(order >= integration)
        step = values[rows] / np.maximum(values[rows].std(axis=1, keepdims=True), 1e-6)
        # A drift for some; and where it is the second integration a slope to start with, or all would set out level.
        drifting = (order[rows] == 1) & (rng.random(rows.size) < 0.4)
        drift = normal(rng, rows.size, 1) * (1 if integration == 2 else 0.06 * column(drifting))
        values[rows] = np.cumsum(step + drift, axis=1)
    return values


def _moving_average(rng: np.random.Generator, shocks: Array, order: NDArray[np.int64]) -> Array:
    """Up to two MA roots. With two integrations only a nearly cancelling root looks like anything seen in practice."""
    for position in range(2):
        root = rng.uniform(-0.9, 0.7, order.size) * (rng.random(order.size) < 0.4)
        if position == 0:
            root = np.where(order == 2, rng.uniform(-0.99, -0.9, order.size), root)
        shocks[:, 1:] += column(root) * shocks[:, :-1]  # the right side is evaluated first: still the old values
    return shocks


def _stable_pair(rng: np.random.Generator, order: NDArray[np.int64]) -> Array:
    """(count, 2) AR coefficients of no root, two real roots, or a complex pair at a random or a calendar period."""
    count = order.size
    kind = rng.choice(4, count, p=(0.3, 0.35, 0.15, 0.2))
    largest = LARGEST_ROOT[order]
    first, second = rng.uniform(-0.5, 1, (2, count)) * largest
    second *= rng.random(count) < 0.5
    modulus = np.sqrt(rng.uniform(0.1, 1, count)) * largest
    angle = np.where(kind == 2, rng.uniform(0, np.pi, count), 2 * np.pi / periods(rng, count, calendar=1))
    real = np.stack([first + second, -first * second], axis=1)
    pair = np.stack([2 * modulus * np.cos(angle), -(modulus**2)], axis=1)
    return (np.where(column(kind) >= 2, pair, real) * (column(kind) > 0)).astype(np.float32)


def _seasonal(rng: np.random.Generator, values: Array, order: NDArray[np.int64]) -> Array:
    """A seasonal AR root, or a seasonal difference with a seasonal MA root, for nearly half of the series.

    The first cycle holds a random profile, so that there is a pattern to carry on and not only one that noise piles up.
    A seasonal difference is an integration too: beside another one its MA root must nearly cancel it, as in the airline
    model, and beside two the season would be lost in the trend.
    """
    count, total = values.shape
    season = np.where((rng.random(count) < 0.5) & (order < 2), rng.choice(SEASONS, count), 0)
    for length in SEASONS:
        rows = np.flatnonzero(season == length)
        difference = rng.random((rows.size, 1)) < 0.7
        autoregressive = np.where(difference, np.float32(1), uniform(rng, 0.5, 0.98, rows.size))
        average = np.where(difference, uniform(rng, 0.4, 0.99, rows.size), np.float32(0))
        average = np.where(difference & (order[rows, None] == 1), uniform(rng, 0.93, 0.995, rows.size), average)
        pattern = profiles(rng, rows.size) * log_uniform(rng, 0.5, 15, (rows.size, 1))
        part = values[rows]
        part[:, length:] -= average * values[rows, :-length]
        part[:, :length] += pattern[:, np.arange(length) * pattern.shape[1] // length]
        for start in range(length, total, length):
            stop = min(start + length, total)
            part[:, start:stop] += autoregressive * part[:, start - length : stop - length]
        values[rows] = part
    return values
