"""What the synthetic series are made of: periods, shapes, slow curves, noise, shifts and spikes.

Every function draws for `count` series at once, each with random parameters of its own, and gives one row per series in
single precision. What only some series have is drawn for those rows alone (`chosen`), so that rare parts cost little.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]
Rows = NDArray[np.intp]

LENGTH = 1152  # points of a series: the longest context (512), the longest horizon (64), and room to choose the origin
POINTS = 128  # of a periodic shape
HARMONICS = 10
KNOTS_PER_TIME_CONSTANT = 5  # of a slow curve, which is drawn there and interpolated between
CALENDAR = {  # cycle lengths in points that sampled clocks and calendars give, and how common each is
    4: 2, 5: 1, 6: 1, 7: 5, 8: 1, 10: 1, 12: 6, 13: 1, 14: 1, 20: 1, 21: 0.5, 24: 8, 26: 1, 28: 1, 30: 1.5, 36: 1,
    48: 4, 52: 2.5, 60: 1.5, 72: 1, 84: 1, 96: 3, 120: 1, 144: 2.5, 168: 3, 180: 0.7, 200: 0.5, 240: 1, 288: 3.5,
    336: 1.5, 365: 1, 365.25: 0.5, 30.44: 0.7, 52.18: 0.7, 91.3: 0.5,
}  # fmt: skip


def chosen(rng: np.random.Generator, count: int, probability: float) -> Rows:
    """The rows that have a part which a series has with this probability."""
    return np.flatnonzero(rng.random(count) < probability)


def column(values: ArrayLike) -> Array:
    """Per-series values as a column in single precision, to be combined with (count, length)."""
    return np.asarray(values, dtype=np.float32)[:, None]


def uniform(rng: np.random.Generator, low: float, high: float, count: int) -> Array:
    """A column of uniform draws, (count, 1)."""
    return column(rng.uniform(low, high, count))


def log_uniform(rng: np.random.Generator, low: float, high: float, size: int | tuple[int, ...]) -> Array:
    """Draws whose logarithm is uniform."""
    return np.exp(rng.uniform(np.log(low), np.log(high), size)).astype(np.float32)


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Standard normal draws in single precision."""
    return rng.standard_normal(shape, dtype=np.float32)


def unit(x: NDArray[np.floating]) -> Array:
    """Every row centred and scaled to a standard deviation of 1; a constant row becomes zero."""
    x = np.asarray(x, dtype=np.float32)
    centred = x - x.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.mean(centred * centred, axis=1, keepdims=True))
    return centred / np.maximum(scale, 1e-6)


def periods(
    rng: np.random.Generator, count: int, low: float = 2.5, high: float = 400.0, calendar: float = 0.7
) -> Array:
    """Cycle lengths in points, (count,): with probability `calendar` a clock's or a calendar's, else log-uniform."""
    allowed = {length: weight for length, weight in CALENDAR.items() if low <= length <= high}
    lengths = log_uniform(rng, low, high, count)
    if allowed:
        weights = np.array(list(allowed.values()))
        rows = chosen(rng, count, calendar)
        lengths[rows] = rng.choice(np.array(list(allowed)), rows.size, p=weights / weights.sum())
    return lengths


def profiles(rng: np.random.Generator, count: int, points: int = POINTS) -> Array:
    """One cycle of a random periodic shape per row, (count, points), mean 0 and standard deviation 1."""
    grid = (np.arange(points, dtype=np.float32) / points)[None]
    kind = rng.choice(6, count, p=[0.3, 0.2, 0.12, 0.1, 0.18, 0.1])
    shape = np.empty((count, points), dtype=np.float32)
    for which, draw in enumerate((_harmonics, _bumps, _half_wave, _saw, _steps, _square)):
        rows = np.flatnonzero(kind == which)
        shape[rows] = unit(draw(rng, rows.size, grid))
    rows = chosen(rng, count, 0.45)
    shape[rows] += uniform(rng, 0.1, 1.0, rows.size) * unit(_harmonics(rng, rows.size, grid))
    return unit(shape)


def _harmonics(rng: np.random.Generator, count: int, grid: Array) -> Array:
    order = np.arange(1, HARMONICS + 1, dtype=np.float32)
    amplitude = normal(rng, count, HARMONICS) * order ** -uniform(rng, 0.3, 2.5, count)
    amplitude *= order <= rng.integers(1, HARMONICS + 1, (count, 1))
    amplitude[:, 0] += 0.1  # never nothing
    phase = rng.uniform(0, 2 * np.pi, (count, HARMONICS)).astype(np.float32)
    angle = 2 * np.pi * order[:, None] * grid
    return (amplitude * np.cos(phase)) @ np.sin(angle) + (amplitude * np.sin(phase)) @ np.cos(angle)


def _bumps(rng: np.random.Generator, count: int, grid: Array) -> Array:
    shape = np.zeros((count, grid.shape[1]), dtype=np.float32)
    for bump in range(3):
        distance = (grid - uniform(rng, 0, 1, count) + 0.5) % 1 - 0.5
        height = column(rng.lognormal(0, 0.6, count) * (rng.random(count) < (1.0 if bump == 0 else 0.6)))
        shape += height * np.exp(-0.5 * (distance / log_uniform(rng, 0.015, 0.2, (count, 1))) ** 2)
    return shape


def _half_wave(rng: np.random.Generator, count: int, grid: Array) -> Array:
    wave = np.sin(2 * np.pi * (grid + uniform(rng, 0, 1, count))) + uniform(rng, -0.5, 0.7, count)
    return np.maximum(wave, 0) ** uniform(rng, 0.5, 2.5, count)


def _saw(rng: np.random.Generator, count: int, grid: Array) -> Array:
    ramp = ((grid + uniform(rng, 0, 1, count)) % 1) ** uniform(rng, 0.4, 3, count)
    return ramp * column(rng.choice([-1.0, 1.0], count))


def _steps(rng: np.random.Generator, count: int, grid: Array) -> Array:
    """A level per slot of the cycle: days of a week, hours of a day. Half of the weeks have a weekend."""
    slots = rng.choice([4, 5, 7, 7, 7, 12, 24], (count, 1))
    level = normal(rng, count, 24)
    week = np.flatnonzero((slots[:, 0] == 7) & (rng.random(count) < 0.5))
    level[week] = level[week, :1] + uniform(rng, 0.05, 0.5, week.size) * level[week]
    level[week, 5:] -= column(rng.normal(1, 1, week.size)) * rng.uniform(0.5, 1.2, (week.size, 19)).astype(np.float32)
    return np.take_along_axis(level, (grid * slots).astype(np.intp), axis=1)


def _square(rng: np.random.Generator, count: int, grid: Array) -> Array:
    return ((grid + uniform(rng, 0, 1, count)) % 1 < uniform(rng, 0.1, 0.7, count)).astype(np.float32)


def repeat(
    profile: Array, period: ArrayLike, phase: ArrayLike, warp: Array | None = None, length: int = LENGTH
) -> Array:
    """Each row's shape (count, points) over and over, with its period (points) and phase (cycles): (count, length).

    warp: a slow wandering of the phase in cycles, (count, length). Between the shape's points it is linear.
    """
    count, points = profile.shape
    cycles = np.arange(length, dtype=np.float32) / column(period) + column(phase)
    if warp is not None:
        cycles = cycles + warp
    cycles -= np.floor(cycles)
    cycles *= points
    left = cycles.astype(np.int32)
    cycles -= left
    left += (np.arange(count, dtype=np.int32) * (points + 2))[:, None]
    closed = np.concatenate([profile, profile[:, :2]], axis=1, dtype=np.float32)  # 2: a rounded-up cycle end is inside
    rise = np.diff(closed, axis=1, append=closed[:, -1:])
    return closed.ravel()[left] + cycles * rise.ravel()[left]


def ar_filter(noise: NDArray[np.floating], coefficients: NDArray[np.floating]) -> Array:
    """y_t = sum_k coefficients[k] y_{t-k} + noise_t from rest; noise (count, length), coefficients (count, order)."""
    y = np.ascontiguousarray(np.asarray(noise, dtype=np.float32).T)  # time first: a step is one contiguous row
    lags = np.ascontiguousarray(np.asarray(coefficients, dtype=np.float32).T)
    product = np.empty(y.shape[1], dtype=np.float32)
    for t in range(1, y.shape[0]):
        for k in range(min(t, lags.shape[0])):
            np.multiply(lags[k], y[t - k - 1], out=product)
            y[t] += product
    return np.ascontiguousarray(y.T)


def smooth(rng: np.random.Generator, count: int, low: float = 20, high: float = 600, length: int = LENGTH) -> Array:
    """Slow curves of mean 0 and standard deviation 1 with a time constant (points) log-uniform in [low, high].

    White noise through the same first-order filter twice, at knots, with a Catmull-Rom spline between them.
    """
    step = max(1, int(low / KNOTS_PER_TIME_CONSTANT))
    knots = -(-length // step) + 3
    decay = np.exp(-step / log_uniform(rng, low, high, count))
    burn_in = int(min(2 * high, length) / step)
    curve = ar_filter(normal(rng, count, burn_in + knots), np.stack([2 * decay, -(decay**2)], axis=1))[:, burn_in:]
    s = np.arange(step, dtype=np.float32) / step
    weights = 0.5 * np.stack(
        [-s + 2 * s**2 - s**3, 2 - 5 * s**2 + 3 * s**3, s + 4 * s**2 - 3 * s**3, s**3 - s**2], dtype=np.float32
    )
    between = sliding_window_view(unit(curve), 4, axis=1) @ weights
    return unit(between.reshape(count, between.shape[1] * step)[:, :length])


def innovations(rng: np.random.Generator, count: int, length: int = LENGTH) -> Array:
    """Independent noise of about unit size: normal, Student, Laplace, skewed; a quarter with stochastic volatility."""
    kind = rng.random(count)
    noise = np.empty((count, length), dtype=np.float32)
    rows = np.flatnonzero(kind < 0.55)
    noise[rows] = normal(rng, rows.size, length)
    rows = np.flatnonzero((kind >= 0.55) & (kind < 0.75))
    freedom = rng.uniform(2.5, 8, rows.size)
    chi_square = rng.standard_gamma(column(freedom / 2), (rows.size, length), dtype=np.float32) * column(2 / freedom)
    noise[rows] = normal(rng, rows.size, length) * column(np.sqrt(1 - 2 / freedom)) / np.sqrt(chi_square + 1e-3)
    rows = np.flatnonzero((kind >= 0.75) & (kind < 0.88))
    sign = rng.integers(0, 2, (rows.size, length), dtype=np.int8) * np.float32(2) - 1
    noise[rows] = sign * rng.standard_exponential((rows.size, length), dtype=np.float32) / np.float32(np.sqrt(2))
    rows = np.flatnonzero(kind >= 0.88)
    shape = log_uniform(rng, 0.7, 5, (rows.size, 1))
    skewed = (rng.standard_gamma(shape, (rows.size, length), dtype=np.float32) - shape) / np.sqrt(shape)
    noise[rows] = skewed * column(rng.choice([-1.0, 1.0, 1.0], rows.size))
    rows = chosen(rng, count, 0.25)
    noise[rows] *= np.exp(uniform(rng, 0.2, 0.8, rows.size) * smooth(rng, rows.size, 10, 200, length))
    return noise


def events(rng: np.random.Generator, rate: ArrayLike, count: int, length: int = LENGTH) -> tuple[Rows, Rows]:
    """Row and column of random instants, `rate` of them expected per series (a number, or one per series)."""
    number = rng.poisson(np.broadcast_to(np.asarray(rate, dtype=np.float64), (count,)))
    return np.repeat(np.arange(count), number), rng.integers(0, length, int(number.sum()))


def trend(rng: np.random.Generator, count: int, length: int = LENGTH) -> Array:
    """Random trends of about unit size: none, linear, piecewise linear, exponential, logistic, damped or smooth."""
    time = np.linspace(0, 1, length, dtype=np.float32)[None]
    kind = rng.choice(7, count, p=[0.22, 0.13, 0.17, 0.1, 0.12, 0.1, 0.16])
    curve = np.zeros((count, length), dtype=np.float32)
    rows = np.flatnonzero(kind == 1)
    curve[rows] = 2 * normal(rng, rows.size, 1) * time
    rows = np.flatnonzero(kind == 2)
    bends = np.zeros((rows.size, length), dtype=np.float32)
    bends[:, 0] = 1.5 * rng.standard_normal(rows.size)
    at = events(rng, log_uniform(rng, 0.5, 8, rows.size), rows.size, length)
    np.add.at(bends, at, 3 * normal(rng, at[0].size))
    curve[rows] = np.cumsum(np.cumsum(bends, axis=1), axis=1) / length
    rows = np.flatnonzero(kind == 3)
    curve[rows] = np.exp(np.clip(1.2 * normal(rng, rows.size, 1), -3, 3) * time) - 1
    rows = np.flatnonzero(kind == 4)
    steepness = log_uniform(rng, 4, 50, (rows.size, 1))
    step = 1 / (1 + np.exp(-np.clip((time - uniform(rng, 0, 1, rows.size)) * steepness, -30, 30)))
    curve[rows] = 2 * normal(rng, rows.size, 1) * step
    rows = np.flatnonzero(kind == 5)
    curve[rows] = 2 * normal(rng, rows.size, 1) * (1 - np.exp(-time * log_uniform(rng, 2, 30, (rows.size, 1))))
    rows = np.flatnonzero(kind == 6)
    curve[rows] = smooth(rng, rows.size, 60, 800, length)
    return curve


def level_shifts(rng: np.random.Generator, count: int, rate: ArrayLike, length: int = LENGTH) -> Array:
    """A level that jumps at random instants by a normal step, `rate` jumps expected per series; it starts at 0."""
    jumps = np.zeros((count, length), dtype=np.float32)
    at = events(rng, rate, count, length)
    np.add.at(jumps, at, normal(rng, at[0].size))
    return np.cumsum(jumps, axis=1)


def spikes(rng: np.random.Generator, count: int, length: int = LENGTH) -> Array:
    """Sparse spikes of 1 to 6 units and more, most often upwards; four series in ten let them decay."""
    height = np.zeros((count, length), dtype=np.float32)
    at = events(rng, log_uniform(rng, 1, 25, count), count, length)
    size = column(rng.uniform(1, 6, count) * np.where(rng.random(count) < 0.7, 1, -1))[:, 0]
    np.add.at(height, at, size[at[0]] * rng.lognormal(0, 0.7, at[0].size).astype(np.float32))
    rows = chosen(rng, count, 0.4)
    height[rows] = ar_filter(height[rows], rng.uniform(0.3, 0.95, (rows.size, 1)))
    return height
