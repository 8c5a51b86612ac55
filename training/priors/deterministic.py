"""Series that follow a rule to the letter, or nearly: a forecaster must not add doubt where there is none."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    chosen,
    innovations,
    log_uniform,
    normal,
    periods,
    profiles,
    repeat,
    smooth,
    unit,
)

TIME = np.arange(LENGTH)


def deterministic(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): sums, modulations and warps of cycles, chirps, chaos, exact repetition and steps."""
    kinds = (_superposition, _modulation, _warp, _chirp, _chaos, _repetition, _steps)
    kind = rng.choice(len(kinds), count, p=(0.25, 0.15, 0.15, 0.08, 0.07, 0.15, 0.15))
    values = np.empty((count, LENGTH), dtype=np.float32)
    for number, rule in enumerate(kinds):
        rows = np.flatnonzero(kind == number)
        values[rows] = rule(rng, rows.size)
    # Half of the smooth rules are seen through a little noise; the last two are exact by definition.
    rows = np.flatnonzero((rng.random(count) < 0.5) & (kind < 5))
    values[rows] += log_uniform(rng, 0.003, 0.15, (rows.size, 1)) * innovations(rng, rows.size)
    return values


def _cycle(rng: np.random.Generator, period: Array) -> Array:
    return repeat(profiles(rng, period.size), period, rng.random(period.size))


def _superposition(rng: np.random.Generator, count: int) -> Array:
    """One to three cycles whose periods have nothing to do with each other."""
    values = _cycle(rng, periods(rng, count, calendar=0.4))
    for _ in range(2):
        amplitude = rng.uniform(0.1, 1.0, (count, 1)) * (rng.random((count, 1)) < 0.6)
        values = values + amplitude * _cycle(rng, periods(rng, count, calendar=0.4))
    return values


def _modulation(rng: np.random.Generator, count: int) -> Array:
    """A cycle whose amplitude follows a slower one."""
    slow = log_uniform(rng, 20.0, 500.0, count)
    depth = rng.uniform(0.2, 1.0, (count, 1))
    envelope = 1 + depth * np.sin(2 * np.pi * (TIME / slow[:, None] + rng.random((count, 1))))
    return envelope * _cycle(rng, slow / rng.uniform(3.0, 12.0, count))


def _warp(rng: np.random.Generator, count: int) -> Array:
    """A cycle that runs now ahead of its clock and now behind."""
    warp = smooth(rng, count, 40, 400) * rng.uniform(0.02, 0.25, (count, 1))
    return repeat(profiles(rng, count), periods(rng, count, 6, 150), rng.random(count), warp)


def _chirp(rng: np.random.Generator, count: int) -> Array:
    """A wave whose frequency changes at a constant rate, from one period to another."""
    first, last = log_uniform(rng, 6.0, 300.0, (2, count, 1))
    frequency = 1 / first + (1 / last - 1 / first) * TIME / LENGTH
    return np.sin(2 * np.pi * (np.cumsum(frequency, axis=1) + rng.random((count, 1))))


def _chaos(rng: np.random.Generator, count: int) -> Array:
    """The logistic map (May 1976), periodic or chaotic according to its growth rate."""
    rate = rng.uniform(3.4, 3.99, count)
    state = rng.uniform(0.05, 0.95, count)
    values = np.empty((LENGTH, count), dtype=np.float32)
    for time in range(LENGTH):
        state = rate * state * (1 - state)
        values[time] = state
    return unit(values.T)


def _repetition(rng: np.random.Generator, count: int) -> Array:
    """A whole-numbered period that repeats exactly: a profile or an arbitrary table, rounded or not."""
    period = np.maximum(np.round(periods(rng, count, 2, 200)), 2).astype(np.intp)[:, None]
    slot = (TIME + rng.integers(0, 400, (count, 1))) % period
    values = np.take_along_axis(shape := profiles(rng, count), slot * shape.shape[1] // period, axis=1)
    rows = np.flatnonzero((rng.random(count) < 0.4) & (period[:, 0] <= 48))
    values[rows] = np.take_along_axis(normal(rng, rows.size, 48), slot[rows], axis=1)
    rows = chosen(rng, count, 0.4)
    values[rows] = np.round(values[rows] * log_uniform(rng, 1, 10, (rows.size, 1)))
    return values


def _steps(rng: np.random.Generator, count: int) -> Array:
    """Constant, then another level: of a few states, a free one, or the next stair; by the clock or at random."""
    hold = np.round(log_uniform(rng, 6, 200, (count, 1)))
    clock = (TIME + rng.integers(0, 200, (count, 1))) % hold == 0
    change = np.where(rng.random((count, 1)) < 0.4, clock, rng.random((count, LENGTH)) < 1 / hold)
    level = normal(rng, count, LENGTH + 1)
    kind = rng.choice(3, count, p=(0.5, 0.3, 0.2))
    rows = np.flatnonzero(kind == 1)
    states = rng.integers(0, rng.integers(2, 5, (rows.size, 1)), level[rows].shape)
    level[rows] = np.take_along_axis(level[rows, :4], states, axis=1)
    rows = np.flatnonzero(kind == 2)
    level[rows] = np.cumsum(np.abs(level[rows]), axis=1)
    level *= rng.choice((-1, 1), (count, 1))
    values = np.take_along_axis(level, np.cumsum(change, axis=1), axis=1)
    rows = chosen(rng, count, 0.5)
    values[rows] = np.round(values[rows] * log_uniform(rng, 2, 50, (rows.size, 1)))
    return values
