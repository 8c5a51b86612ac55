"""What servers and sensors report: load, latency, memory, queues. Noise around levels that jump, burst and saturate."""

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
    level_shifts,
    log_uniform,
    normal,
    periods,
    profiles,
    repeat,
    smooth,
    spikes,
    uniform,
    unit,
)


def telemetry(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH); seven in ten are never negative, of which a third are percentages."""
    y = log_uniform(rng, 0.02, 0.6, (count, 1)) * innovations(rng, count)
    rows = chosen(rng, count, 0.5)
    memory = ar_filter(normal(rng, rows.size, LENGTH), rng.uniform(0.1, 0.98, (rows.size, 1)))
    y[rows] += log_uniform(rng, 0.03, 0.7, (rows.size, 1)) * unit(memory)
    rows = chosen(rng, count, 0.5)
    cycle = repeat(profiles(rng, rows.size), periods(rng, rows.size, calendar=0.8), rng.random(rows.size))
    y[rows] += uniform(rng, 0.05, 1.5, rows.size) * cycle
    rows = chosen(rng, count, 0.5)
    y[rows] += uniform(rng, 0.05, 0.6, rows.size) * smooth(rng, rows.size, 50, 600)
    rows = chosen(rng, count, 0.4)
    y[rows] += uniform(rng, 0.3, 1.5, rows.size) * level_shifts(rng, rows.size, log_uniform(rng, 1, 10, rows.size))
    rows = chosen(rng, count, 0.5)
    y[rows] += spikes(rng, rows.size)
    rows = chosen(rng, count, 0.22)
    y[rows] += uniform(rng, 0.5, 4, rows.size) * _plateaus(rng, rows.size)
    rows = chosen(rng, count, 0.12)
    y[rows] = uniform(rng, 0.02, 0.6, rows.size) * y[rows] + uniform(rng, 1, 4, rows.size) * _leak(rng, rows.size)
    return _meter(rng, y)


def _plateaus(rng: np.random.Generator, count: int) -> Array:
    """0 or 1: a job that runs and rests, at random instants or by the clock with a run time that varies."""
    turns = np.zeros((count, LENGTH), dtype=np.int32)
    np.add.at(turns, events(rng, log_uniform(rng, 3, 60, count), count), 1)
    on = (np.cumsum(turns, axis=1) + rng.integers(0, 2, (count, 1))) % 2
    rows = chosen(rng, count, 0.4)
    period = periods(rng, rows.size, 6, 300)
    position = np.arange(LENGTH, dtype=np.float32) / column(period) + uniform(rng, 0, 1, rows.size)
    run = np.take_along_axis(
        uniform(rng, 0.05, 0.6, rows.size) * np.exp(0.3 * normal(rng, rows.size, LENGTH)),
        position.astype(np.intp),
        axis=1,
    )
    on[rows] = position % 1 < run
    return on.astype(np.float32)


def _leak(rng: np.random.Generator, count: int) -> Array:
    """A level that fills at a steady pace and falls to the bottom at a restart: memory, disk, a buffer, a tank. 0 to 1.

    Restarts come at random, or whenever it is about full.
    """
    restarts = np.zeros((count, LENGTH), dtype=np.float32)
    np.add.at(restarts, events(rng, log_uniform(rng, 2, 40, count), count), 1)
    pace = 1 / log_uniform(rng, 20, 600, (count, 1))
    growth = pace * np.exp(uniform(rng, 0, 0.6, count) * normal(rng, count, LENGTH))
    filled = np.cumsum(growth, axis=1)
    since = filled - np.maximum.accumulate(np.where(restarts > 0, filled, 0), axis=1)
    level = np.where(rng.random((count, 1)) < 0.5, filled % 1, np.minimum(since, 1))
    return (level ** uniform(rng, 0.5, 1.3, count)).astype(np.float32)


def _meter(rng: np.random.Generator, y: Array) -> Array:
    """The unit it is read in: any number, a positive one, a percentage that saturates, a bound, an exponential."""
    kind = rng.random(len(y))
    low = np.quantile(y[:, ::8], 0.02, axis=1, keepdims=True).astype(np.float32)
    rows = np.flatnonzero(kind < 0.25)  # positive, with a bottom
    y[rows] = np.maximum(y[rows] - low[rows] + log_uniform(rng, 0.02, 5, (rows.size, 1)), 0)
    rows = np.flatnonzero((kind >= 0.25) & (kind < 0.5))  # a percentage: often near 0, sometimes near 100
    idle = log_uniform(rng, 0.3, 40, (rows.size, 1))
    scale = log_uniform(rng, 3, 40, (rows.size, 1))
    y[rows] = np.clip(idle + scale * (y[rows] - low[rows]), 0, 100)
    rows = np.flatnonzero((kind >= 0.5) & (kind < 0.6))  # full most of the time: idle share, availability, disk
    y[rows] = np.minimum(100 - uniform(rng, -10, 30, rows.size) + uniform(rng, 3, 25, rows.size) * y[rows], 100)
    rows = np.flatnonzero((kind >= 0.6) & (kind < 0.72))  # latency, bytes
    y[rows] = np.exp(np.clip(uniform(rng, 0.4, 1.2, rows.size) * y[rows], -5, 4))
    rows = np.flatnonzero((kind >= 0.72) & (kind < 0.8))
    floor = uniform(rng, -1, 0.3, rows.size)
    y[rows] = np.clip(y[rows], floor, floor + uniform(rng, 1, 4, rows.size))
    rows = chosen(rng, len(y), 0.2)  # coarse readings
    tick = log_uniform(rng, 0.01, 0.4, (rows.size, 1)) * y[rows].std(axis=1, keepdims=True)
    y[rows] = np.round(y[rows] / np.maximum(tick, 1e-6)) * tick
    return y
