"""theta: the Theta method. Deterministic.

Assimakopoulos & Nikolopoulos 2000 (https://doi.org/10.1016/S0169-2070(00)00066-2), in the form that Hyndman & Billah
2003 (https://doi.org/10.1016/S0169-2070(01)00143-1) showed it to have: of the seasonally adjusted values, simple
exponential smoothing with a drift of half the slope of their regression line. Bands are normal, from the one-step
errors within the context, growing as those of exponential smoothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from engine.models.decomposition import season
from engine.models.observations import Array, Observations, float64, in_order
from engine.models.quantiles import bounded, mid_levels
from engine.models.statistical import Statistical
from engine.windows import CONTEXT_LENGTH

ALPHAS = np.array((0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
DECAY = (1 - ALPHAS) ** np.arange(CONTEXT_LENGTH + 1)[:, None]  # what is left of the first level after k values
PARAMETERS = 3  # that are fitted to a context: alpha, the first level, the slope


class Fit(NamedTuple):
    """Exponential smoothing with drift of B contexts: level at the origin, drift per step, alpha, the standard
    deviation of the one-step errors, and the age of the last observed value in steps; all (B,)."""

    level: Array
    drift: Array
    alpha: Array
    deviation: Array
    age: NDArray[np.int64]


class Theta(Statistical):
    """See the module."""

    name = "theta"
    digest = "theta-2"

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """See Forecaster.predict."""
        values = float64(contexts)
        cycle = season(values, floor)
        factor, offset = cycle.at(np.arange(1 - values.shape[1], 1))
        fitted = fit(in_order((values - offset) / factor), cycle.period)
        steps = np.arange(1, horizon + 1)
        mean = fitted.level[:, None] + fitted.drift[:, None] * steps
        growth = np.sqrt(1 + (steps - 1 + fitted.age[:, None]) * fitted.alpha[:, None] ** 2)
        width = fitted.deviation[:, None] * growth
        samples = mean[:, :, None] + width[:, :, None] * ndtri(mid_levels(self.num_samples))
        factor, offset = cycle.at(steps)
        return bounded(samples * factor[:, :, None] + offset[:, :, None], floor)


def fit(observed: Observations, period: NDArray[np.int64]) -> Fit:
    """Exponential smoothing with a drift of half the regression line's slope; alpha of least squared one-step errors.

    Over a gap the level moves with the drift alone, and the error after it is compared with a forecast over the gap.
    period (B,): of the season that was taken out, whose figure has cost degrees of freedom.
    """
    length = observed.values.shape[1]
    known = np.arange(length) < observed.counts[:, None]
    last = np.take_along_axis(observed.values, observed.newest, axis=1)
    values = np.where(known, observed.values - last, 0.0)  # of a constant context all that follows is exactly 0
    drift = 0.5 * slope(values, observed)
    errors, levels = smooth(np.where(known, values - drift[:, None] * observed.slots, 0.0), observed.counts)
    # The errors are linear in the first level, which was 0: here is its least squares solution, for every alpha.
    decay = DECAY[: len(errors)]
    weight = np.cumsum(decay * decay, axis=0)[observed.counts - 1]
    first = np.einsum("kba,ka->ba", errors, decay) / weight
    best = np.argmin(np.einsum("kba,kba->ba", errors, errors) - first * first * weight, axis=1)
    rows = np.arange(len(values))
    alpha, first = ALPHAS[best], first[rows, best]
    gaps = np.where(known, np.diff(observed.slots, axis=1, prepend=observed.slots[:, :1] - 1), 1)
    residuals = np.zeros((len(values), length))  # as wide in every batch: how numpy sums a row depends on its length
    residuals[:, : len(errors)] = errors[:, rows, best].T - first[:, None] * decay[:, best].T
    residuals = np.where(known, residuals, 0.0) / np.sqrt(1 + (gaps - 1) * alpha[:, None] ** 2)
    # Two complete cycles leave more than a quarter of the values free; with gaps it can be less.
    freedom = np.maximum(observed.counts - PARAMETERS - (period - 1), 0.25 * observed.counts)
    return Fit(
        level=last[:, 0] + levels[rows, best] + DECAY[observed.counts, best] * first,
        drift=drift,
        alpha=alpha,
        deviation=np.sqrt((residuals * residuals).sum(axis=1) / freedom),
        age=-np.take_along_axis(observed.slots, observed.newest, axis=1)[:, 0],
    )


def slope(values: Array, observed: Observations) -> Array:
    """Slope per step (B,) of the regression line through observed values (B, C); 0 for a single one."""
    known = np.arange(values.shape[1]) < observed.counts[:, None]
    centre = observed.slots.sum(axis=1) / observed.counts
    centred = np.where(known, observed.slots - centre[:, None], 0.0)
    result: Array = (centred * values).sum(axis=1) / np.maximum((centred * centred).sum(axis=1), 1.0)
    return result


def smooth(values: Array, count: NDArray[np.int64]) -> tuple[Array, Array]:
    """Simple exponential smoothing of the first `count` (B,) values of each row from level 0, for every alpha.

    One-step errors (N, B, alphas), 0 beyond the count, N = the largest count; last levels (B, alphas).
    """
    most, least = int(count.max()), int(count.min())
    errors = np.empty((most, len(values), len(ALPHAS)))
    levels, change = np.zeros((2, len(values), len(ALPHAS)))
    columns = np.ascontiguousarray(values.T)[:, :, None]
    for k in range(most):
        np.subtract(columns[k], levels, out=errors[k])
        if k >= least:
            errors[k][count <= k] = 0.0
        np.multiply(errors[k], ALPHAS, out=change)
        np.add(levels, change, out=levels)
    return errors, levels
