"""Continuous glucose monitors: meals and their aftermath over a daily rhythm, as a sensor under the skin shows them."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    ar_filter,
    chosen,
    events,
    log_uniform,
    normal,
    smooth,
    uniform,
    unit,
)

LEAD_IN = 144  # points before the first returned one, so that earlier meals still act in it
TOTAL = LEAD_IN + LENGTH
MMOL = 18.016  # mg/dL in one mmol/L
LOWEST, HIGHEST = 40, 400  # mg/dL: what sensors report
MEALS = np.array([7.5, 12.5, 18.5, 15.5, 21.5])  # hour of the day: three meals, two snacks
EATEN = np.array([0.88, 0.93, 0.96, 0.4, 0.35])  # probability on one day
SIZE = np.array([1.0, 1.1, 1.25, 0.45, 0.45])


def glucose(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): mg/dL in whole numbers, a tenth of them mmol/L with one decimal, every 5 or 15 minutes."""
    diabetic = rng.random((count, 1)) < 0.6
    minutes = np.where(rng.random((count, 1)) < 0.8, np.float32(5), np.float32(15))
    hour = (uniform(rng, 0, 24, count) + np.arange(TOTAL, dtype=np.float32) * (minutes / 60)) % 24

    def either(ill: tuple[float, float], healthy: tuple[float, float]) -> Array:
        """A column of uniform draws, from the range of people with diabetes or of those without."""
        return np.where(diabetic, uniform(rng, *ill, count), uniform(rng, *healthy, count))

    dawn = uniform(rng, 4, 9, count)  # the dawn phenomenon: the daily rhythm has its top in the morning
    values = either((100, 180), (80, 102)) + either((0, 20), (0, 5)) * np.cos((hour - dawn) * np.float32(np.pi / 12))
    values += either((4, 30), (1, 5)) * smooth(rng, count, 80, 500, TOTAL)
    values += either((40, 130), (20, 60)) * _meals(rng, either((50, 110), (28, 50)), minutes, hour[:, :1])
    values += either((5, 35), (2, 8)) * _fluctuation(rng, minutes, hour)
    # Below about 75 counter-regulation (or a snack) slows the fall, more so in healthy people.
    values += (1 - either((0.4, 0.8), (0.2, 0.4))) * np.maximum(75 - values, 0)
    _compression_lows(rng, values, minutes, hour)
    memory = np.exp(-minutes / uniform(rng, 8, 60, count))
    values += log_uniform(rng, 0.7, 5, (count, 1)) * unit(ar_filter(normal(rng, count, TOTAL), memory))  # the sensor
    values += uniform(rng, 0, 1.5, count) * normal(rng, count, TOTAL)
    values = np.round(np.clip(values[:, LEAD_IN:], LOWEST, HIGHEST))
    rows = chosen(rng, count, 0.1)
    values[rows] = np.round(values[rows] / MMOL, 1)
    return values


def _pulses(impulses: Array, rise: Array, fall: Array) -> Array:
    """Every impulse as a rise and a slower fall, the difference of two exponentials, as high as the impulse."""
    since = np.arange(1, 65)
    height = np.max(fall**since - rise**since, axis=1, keepdims=True) / (fall - rise)
    return ar_filter(impulses / height, np.hstack([fall + rise, -fall * rise]))


def _meals(rng: np.random.Generator, slow: Array, minutes: Array, start: Array) -> Array:
    """(count, TOTAL): responses of about unit height to meals, each followed by what insulin takes away.

    slow: minutes that a slow meal takes to be absorbed, start: hour of the first point; quick meals take half as long.
    """
    count, days = len(start), int(np.ceil(TOTAL * 15 / 1440)) + 1
    habit = 0.8 * normal(rng, count, 1, MEALS.size)
    clock = MEALS + habit + 0.6 * normal(rng, count, days, MEALS.size) + 24 * np.arange(days)[:, None]
    slot = np.round((clock.reshape(count, -1) - start) * 60 / minutes).astype(np.intp)
    eaten = (rng.random((count, days, MEALS.size)) < EATEN).reshape(count, -1)
    row, meal = np.nonzero(eaten & (slot >= 0) & (slot < TOTAL))
    slot = slot[row, meal]
    portion = (SIZE[meal % MEALS.size] * rng.lognormal(0, 0.4, row.size)).astype(np.float32)
    quick = rng.random(row.size) < rng.uniform(0.2, 0.9, count)[row]
    total = np.zeros((count, TOTAL), dtype=np.float32)
    for kind, pace in ((quick, 0.5), (~quick, 1.0)):
        impulses = np.zeros((count, TOTAL), dtype=np.float32)
        np.add.at(impulses, (row[kind], slot[kind]), portion[kind])
        fall = np.exp(-minutes / (slow * pace))
        total += _pulses(impulses, fall ** uniform(rng, 1.3, 2.5, count), fall)
    # Insulin answers the rise with a delay of about two hours; too much of it digs below the baseline.
    rows = chosen(rng, count, 0.7)
    delay = np.exp(-minutes / (2 * slow))[rows]
    total[rows] -= uniform(rng, 0, 0.9, rows.size) * ar_filter(total[rows] * (1 - delay), delay)
    return total


def _fluctuation(rng: np.random.Generator, minutes: Array, hour: Array) -> Array:
    """What moves glucose besides meals, smooth over half an hour or so; nights are calmer, down to a plateau."""
    count = len(hour)
    memory = np.exp(-minutes / uniform(rng, 20, 70, count))
    wander = unit(ar_filter(normal(rng, count, TOTAL), np.hstack([2 * memory, -(memory**2)])))
    night = np.clip(3.5 - np.abs(hour - 3.5), 0, 1)  # from half past midnight to half past six, an hour to fall asleep
    return wander * (1 - uniform(rng, 0.2, 0.9, count) * night)


def _compression_lows(rng: np.random.Generator, values: Array, minutes: Array, hour: Array) -> None:
    """Somebody lies on the sensor: for half an hour or so at night its readings sink; taken from `values` in place."""
    rows = chosen(rng, len(values), 0.25)
    minutes = minutes[rows]
    row, slot = events(rng, minutes[:, 0] * TOTAL / 1440 * 2, rows.size, TOTAL)
    asleep = hour[rows[row], slot] < 6  # a quarter of all moments: about one in two nights
    depth = np.zeros((rows.size, TOTAL), dtype=np.float32)
    depth[row[asleep], slot[asleep]] = rng.uniform(15, 55, int(asleep.sum()))
    values[rows] -= _pulses(depth, np.exp(-minutes / 6), np.exp(-minutes / uniform(rng, 15, 40, rows.size)))
