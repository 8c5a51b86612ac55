"""Human, solar and weather rhythms: days and weeks of demand, traffic, sunshine and temperature, with holidays."""

from __future__ import annotations

import numpy as np

from training.ingredients import (
    LENGTH,
    Array,
    Rows,
    ar_filter,
    chosen,
    column,
    innovations,
    log_uniform,
    normal,
    profiles,
    repeat,
    smooth,
    uniform,
    unit,
)

POINTS_A_DAY = (24, 48, 96, 144, 288, 12)
SHARE = (0.42, 0.18, 0.14, 0.08, 0.13, 0.05)
HOURS = np.arange(96, dtype=np.float32)[None] / 4


def calendar(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH) sampled every 5 minutes to 2 hours; demand and sunshine are mostly never negative."""
    a_day = rng.choice(POINTS_A_DAY, count, p=SHARE)
    kind = rng.choice(3, count, p=[0.72, 0.13, 0.15])
    y = np.empty((count, LENGTH), dtype=np.float32)
    for which, draw in enumerate((_human, _solar, _weather)):
        rows = np.flatnonzero(kind == which)
        y[rows] = draw(rng, a_day[rows].astype(np.float32))
    return y


def _human(rng: np.random.Generator, a_day: Array) -> Array:
    """Demand, traffic, visitors: a profile of the day, a profile or level of its own at the weekend, holidays."""
    count = a_day.size
    position = np.arange(LENGTH, dtype=np.float32) / column(a_day) + uniform(rng, 0, 7, count)
    day = position.astype(np.intp)  # the number of the calendar day, from a random hour of a random weekday
    off = _days_off(rng, count, day)
    phase = position[:, 0] % 1
    workday = _day_profiles(rng, count)
    sunday = workday.copy()
    rows = chosen(rng, count, 0.5)
    share = uniform(rng, 0.2, 1, rows.size)
    sunday[rows] = (1 - share) * workday[rows] + share * _day_profiles(rng, rows.size)
    sunday = sunday * uniform(rng, 0.4, 1.05, count) - log_uniform(rng, 0.05, 1.2, (count, 1))
    cycle = repeat(workday, a_day, phase)
    cycle += off * (repeat(sunday, a_day, phase) - cycle)
    rows = chosen(rng, count, 0.5)
    cycle[rows] *= np.exp(uniform(rng, 0.05, 0.35, rows.size) * smooth(rng, rows.size, 60, 900))
    rows = chosen(rng, count, 0.45)
    cycle[rows] *= _per_day(rng, day[rows], 1.0, uniform(rng, 0.03, 0.4, rows.size))
    rows = chosen(rng, count, 0.25)  # whole days above or below the others
    cycle[rows] += _per_day(rng, day[rows], 0.0, uniform(rng, 0.05, 0.4, rows.size))
    rows = chosen(rng, count, 0.6)
    cycle[rows] += uniform(rng, 0.05, 1, rows.size) * smooth(rng, rows.size, 80, 900)
    noise = log_uniform(rng, 0.02, 0.6, (count, 1)) * _short_memory(rng, count)
    rows = chosen(rng, count, 0.4)  # busier hours are also less certain
    noise[rows] *= np.exp(0.5 * np.clip(cycle[rows], -2, 2))
    return _demand(rng, cycle + noise)


def _day_profiles(rng: np.random.Generator, count: int) -> Array:
    """A quiet night and one to three humps in the day for most, any shape for the others; unit size."""
    shape = np.zeros((count, HOURS.shape[1]), dtype=np.float32)
    for middle, spread in ((8.5, 1.2), (13, 2), (18.5, 1.8)):
        distance = (HOURS - column(rng.normal(middle, spread, count)) + 12) % 24 - 12
        height = column(rng.lognormal(0, 0.6, count) * (rng.random(count) < 0.8))
        shape += height * np.exp(-0.5 * (distance / log_uniform(rng, 0.8, 4.5, (count, 1))) ** 2)
    night = np.tanh(np.cos(2 * np.pi * (HOURS - uniform(rng, 1, 5, count)) / 24) * uniform(rng, 0.5, 4, count))
    shape -= uniform(rng, 0.1, 1.2, count) * night
    rows = chosen(rng, count, 0.3)
    shape[rows] = profiles(rng, rows.size, HOURS.shape[1])
    return unit(shape)


def _days_off(rng: np.random.Generator, count: int, day: Rows) -> Array:
    """How much each point belongs to a day off, 0 to 1: most series know weekends, some Saturdays by half, holidays."""
    weekday = np.arange(int(day.max(initial=0)) + 1) % 7
    saturday = column(np.where(rng.random(count) < 0.5, rng.uniform(0.2, 1, count), 1.0))
    off = (weekday == 6) + saturday * (weekday == 5)
    off *= column(rng.random(count) < 0.7)
    holidays = rng.random((count, weekday.size)) < column(rng.uniform(0, 0.06, count) * (rng.random(count) < 0.5))
    off[holidays] = 1
    return np.take_along_axis(off, day, axis=1)


def _per_day(rng: np.random.Generator, day: Rows, mean: float, spread: Array) -> Array:
    """One random factor (or summand) per calendar day."""
    each = mean + spread * normal(rng, len(day), int(day.max(initial=0)) + 1)
    return np.take_along_axis(np.maximum(each, 0.05) if mean else each, day, axis=1)


def _short_memory(rng: np.random.Generator, count: int) -> Array:
    return unit(ar_filter(innovations(rng, count), rng.uniform(0.2, 0.99, (count, 1))))


def _demand(rng: np.random.Generator, y: Array) -> Array:
    """Most demand is positive: far above zero, or exponentiated, or cut off at zero."""
    kind = rng.random(len(y))
    y = unit(y)
    rows = np.flatnonzero(kind < 0.5)
    y[rows] += log_uniform(rng, 0.05, 8, (rows.size, 1)) - y[rows].min(axis=1, keepdims=True)
    rows = np.flatnonzero((kind >= 0.5) & (kind < 0.7))
    y[rows] = np.exp(uniform(rng, 0.2, 0.9, rows.size) * np.clip(y[rows], -5, 5))
    rows = np.flatnonzero((kind >= 0.7) & (kind < 0.8))
    y[rows] = np.maximum(y[rows] + uniform(rng, 0.3, 1.5, rows.size), 0)
    return y


def _solar(rng: np.random.Generator, a_day: Array) -> Array:
    """Sunshine or photovoltaic output: the sun's height cut off at zero, dimmed by the day's sky and passing clouds."""
    count = a_day.size
    position = np.arange(LENGTH, dtype=np.float32) / column(a_day) + uniform(rng, 0, 1, count)
    height = np.sin(2 * np.pi * position) + uniform(rng, -0.5, 0.5, count)
    clear = np.maximum(height, 0) ** uniform(rng, 0.8, 1.6, count)
    sky = np.clip(_per_day(rng, position.astype(np.intp), 1.0, uniform(rng, 0.05, 0.5, count)), 0.05, 1.25)
    depth = log_uniform(rng, 0.05, 1.5, (count, 1))
    clouds = np.exp(-depth * np.maximum(_short_memory(rng, count) + uniform(rng, -1, 0.5, count), 0))
    season = np.exp(uniform(rng, 0, 0.2, count) * smooth(rng, count, 200, 900))
    return clear * np.minimum(sky, 1.15) * clouds * season


def _weather(rng: np.random.Generator, a_day: Array) -> Array:
    """Temperature, humidity or pressure: fronts over days, a day's wave whose size changes from day to day, inertia."""
    count = a_day.size
    position = np.arange(LENGTH, dtype=np.float32) / column(a_day) + uniform(rng, 0, 1, count)
    angle = 2 * np.pi * position
    wave = np.sin(angle) + uniform(rng, 0, 0.35, count) * np.sin(2 * angle + uniform(rng, 0, 2 * np.pi, count))
    swing = log_uniform(rng, 0.1, 1.5, (count, 1)) * np.exp(0.4 * smooth(rng, count, 30, 400))
    memory = np.exp(-1 / (column(a_day) * log_uniform(rng, 0.5, 4, (count, 1))))
    fronts = unit(ar_filter(innovations(rng, count), np.concatenate([memory + 0.7, -0.7 * memory], axis=1)))
    y = swing * wave + fronts + log_uniform(rng, 0.01, 0.2, (count, 1)) * normal(rng, count, LENGTH)
    y += uniform(rng, 0, 1.5, count) * smooth(rng, count, 300, 900)
    rows = chosen(rng, count, 0.5)  # read to a tenth or a whole degree
    tick = log_uniform(rng, 0.02, 0.3, (rows.size, 1))
    y[rows] = np.round(y[rows] / tick) * tick
    rows = chosen(rng, count, 0.25)  # a share such as humidity: it saturates
    y[rows] = 100 / (1 + np.exp(-unit(y[rows]) - uniform(rng, -0.5, 1.5, rows.size)))
    return y
