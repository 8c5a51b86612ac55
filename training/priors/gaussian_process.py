"""Gaussian processes under random compositions of kernels, as KernelSynth draws them (Ansari et al. 2024, Chronos).

Stationary kernels on a regular grid need no Cholesky factor: the covariance is embedded in a circulant matrix, whose
eigenvalues are a Fourier transform (Dietrich & Newsam 1997). What is not stationary is added or multiplied afterwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from training.ingredients import LENGTH, Array, column, log_uniform, normal, periods, uniform, unit

# Points on the circle: at least 2 x LENGTH, quick to transform, and a multiple of 7, 12, 24, 48, 60, 96, 168 and 336.
CIRCLE = 3360
LAGS = np.arange(CIRCLE // 2 + 1, dtype=np.float32)
KERNELS = 5


def gaussian_process(rng: np.random.Generator, count: int) -> Array:
    """(count, LENGTH): draws, each from its own sum and product of up to five kernels; of either sign, no unit."""
    values = _draw(rng, _composition(rng, count))
    time = np.linspace(-1, 1, LENGTH, dtype=np.float32)[None]
    kind = rng.choice(5, count, p=(0.5, 0.15, 0.15, 0.1, 0.1))
    rows = np.flatnonzero(kind == 1)
    values[rows] += 2 * normal(rng, rows.size, 1) * time
    rows = np.flatnonzero(kind == 2)
    brownian = unit(np.cumsum(normal(rng, rows.size, LENGTH), axis=1))
    values[rows] += log_uniform(rng, 0.2, 3, (rows.size, 1)) * brownian
    rows = np.flatnonzero(kind == 3)
    values[rows] *= np.abs(time - uniform(rng, -1.5, 1.5, rows.size)) + np.float32(0.05)
    rows = np.flatnonzero(kind == 4)
    distance = (time - uniform(rng, -1, 1, rows.size)) / log_uniform(rng, 0.15, 1, (rows.size, 1))
    values[rows] *= np.exp(-0.5 * distance**2) + np.float32(0.05)
    return values


def _composition(rng: np.random.Generator, count: int) -> Array:
    """(count, lags) covariance functions: the first kernel, and up to four more, each added or multiplied."""
    covariance = _kernels(rng, rng.choice(5, count, p=(0.35, 0.25, 0.2, 0.15, 0.05)))
    parts = rng.choice(np.arange(1, KERNELS + 1), count, p=(0.15, 0.3, 0.3, 0.15, 0.1))
    for part in range(1, KERNELS):
        rows = np.flatnonzero(parts > part)
        kind = rng.choice(5, rows.size, p=(0.35, 0.15, 0.15, 0.2, 0.15))
        other = _kernels(rng, kind)
        # Times white noise everything is white noise: that kernel is only ever added, and mostly as a small part.
        product = (rng.random(rows.size) < 0.45) & (kind != 4)
        share = np.where(kind == 4, log_uniform(rng, 1e-3, 0.5, rows.size), log_uniform(rng, 0.1, 2, rows.size))
        before = covariance[rows]
        total = (before + column(share) * other) / column(1 + share)
        covariance[rows] = np.where(product[:, None], before * other, total)
    return covariance


def _kernels(rng: np.random.Generator, kind: NDArray[np.int64]) -> Array:
    """(rows, lags): periodic, squared exponential, rational quadratic, Ornstein-Uhlenbeck and white (kind 0 to 4)."""
    values = np.empty((kind.size, LAGS.size), dtype=np.float32)
    for number, kernel in enumerate(
        (_periodic, _squared_exponential, _rational_quadratic, _ornstein_uhlenbeck, _white)
    ):
        rows = np.flatnonzero(kind == number)
        values[rows] = kernel(rng, rows.size)
    return values


def _periodic(rng: np.random.Generator, count: int) -> Array:
    # Only a period that divides the circle has an exact embedding; the nearest one is close enough to any other.
    cycles = np.round(CIRCLE / periods(rng, count))
    angle = column(cycles * np.pi / CIRCLE) * LAGS
    return np.exp(-2 * (np.sin(angle) / log_uniform(rng, 0.3, 3, (count, 1))) ** 2)


def _squared_exponential(rng: np.random.Generator, count: int) -> Array:
    return np.exp(-0.5 * (LAGS / _scale(rng, count)) ** 2)


def _rational_quadratic(rng: np.random.Generator, count: int) -> Array:
    mixture = log_uniform(rng, 0.3, 3, (count, 1))
    return np.exp(-mixture * np.log1p((LAGS / _scale(rng, count)) ** 2 / (2 * mixture)))


def _ornstein_uhlenbeck(rng: np.random.Generator, count: int) -> Array:
    return np.exp(-LAGS / _scale(rng, count))


def _white(rng: np.random.Generator, count: int) -> Array:
    return np.broadcast_to((LAGS == 0).astype(np.float32), (count, LAGS.size))


def _scale(rng: np.random.Generator, count: int) -> Array:
    return log_uniform(rng, 4, 0.4 * LENGTH, (count, 1))


def _draw(rng: np.random.Generator, covariance: Array) -> Array:
    """(count, LENGTH) with that covariance, but for small negative eigenvalues of kernels cut at half a circle."""
    eigenvalues = np.maximum(fft.dct(covariance, type=1, axis=1), 0)
    noise = normal(rng, len(covariance), 2 * LAGS.size).view(np.complex64) * np.float32(np.sqrt(0.5))
    noise[:, [0, -1]] = noise[:, [0, -1]].real * np.float32(np.sqrt(2))  # their own mirror images: real
    return fft.irfft(noise * np.sqrt(eigenvalues * np.float32(CIRCLE)), CIRCLE, axis=1)[:, :LENGTH]
