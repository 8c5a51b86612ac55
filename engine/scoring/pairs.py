"""The score of every (origin, step) pair: what a table of a file's scores is made of. Pure numpy.

A pair is one step of one forecast beside what then happened. Sums over pairs are left to whoever holds the table, so
that any slice of the file can be summed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import plotdata
from engine.plotdata import Floats, Kind

LOSS_LEVELS = tuple(k / 10 for k in range(1, 10))  # of the quantile loss: GluonTS's and AutoGluon's mean_wQuantileLoss
BANDS = (0.25, 0.75)  # of the 50 % band; those of the 80 % band are among the levels above
MEDIAN, LOW80, HIGH80 = LOSS_LEVELS.index(0.5), LOSS_LEVELS.index(0.1), LOSS_LEVELS.index(0.9)
ALPHA = 0.2  # of the interval score: what the 80 % band leaves out
UNKNOWN = 2  # inside50 and inside80 of a pair without an actual
PIECE = 256  # origins that are scored together: their samples stay in the processor's cache
LARGEST = float(np.finfo(np.float32).max)

Columns = NDArray[np.float32]
Counts = NDArray[np.unsignedinteger[Any]]


class Pairs(NamedTuple):
    """Columns (B, H) over origins and steps, in the data's unit; NaN, UNKNOWN and 0 where there is no actual y.

    crps: see plotdata.crps. error: median minus y, so that + is too high (its mean is the bias, the mean of its size
    the MAE, the root of its mean square the RMSE). quantile_loss: twice the pinball loss max(q (y - x), (q - 1)(y - x))
    of the quantiles x at q = 0.1, 0.2 ... 0.9, their mean (summed and divided by the sum of |y|: the weighted quantile
    loss of GluonTS, mean_wQuantileLoss; Park et al. 2022). interval80: width of the 80 % band plus 2 / 0.2 times what y
    lies outside of it (Winkler 1972; Gneiting & Raftery 2007, 6.2). inside50, inside80: 1 where lower <= y <= upper.
    rank_low, rank_high: how many samples are < y and <= y; the ranks that y may have among them are those from the one
    to the other (Hamill 2001).
    """

    crps: Columns
    error: Columns
    quantile_loss: Columns
    interval80: Columns
    inside50: NDArray[np.uint8]
    inside80: NDArray[np.uint8]
    rank_low: Counts
    rank_high: Counts


def pairs(samples: Floats, actuals: Floats, kind: Kind) -> Pairs:
    """Scores of samples (B, H, S) in the data's unit, sorted per step, against actuals (B, H) with NaN where unknown.

    Sizes beyond what float32 holds are cut there. ValueError where the shapes do not belong together.
    """
    if samples.ndim != 3 or samples.shape[:2] != actuals.shape:
        raise ValueError(f"samples {samples.shape} and actuals {actuals.shape} must be (B, H, S) and (B, H).")
    shape = actuals.shape
    counts = np.min_scalar_type(samples.shape[2])
    dtypes = (*4 * (np.float32,), np.uint8, np.uint8, counts, counts)
    columns: list[NDArray[Any]] = [np.empty(shape, dtype) for dtype in dtypes]
    for start in range(0, shape[0], PIECE):
        own = slice(start, start + PIECE)
        for column, values in zip(columns, _piece(samples[own], actuals[own], kind), strict=True):
            column[own] = values
    return Pairs(*columns)


def _piece(samples: Floats, actuals: Floats, kind: Kind) -> tuple[NDArray[Any], ...]:
    """The columns of a few origins. Samples come first in memory here: what goes over them then adds whole rows."""
    first = np.ascontiguousarray(np.moveaxis(samples, -1, 0))
    samples = np.moveaxis(first, 0, -1)
    known = ~np.isnan(actuals)
    bands = plotdata.quantiles(samples, (*LOSS_LEVELS, *BANDS), kind)
    low80, high80, low50, high50 = (bands[..., place] for place in (LOW80, HIGH80, -2, -1))
    loss = np.zeros(actuals.shape)
    for place, level in enumerate(LOSS_LEVELS):
        above = actuals - bands[..., place]
        loss += np.maximum(level * above, (level - 1) * above)
    outside = np.maximum(np.maximum(low80 - actuals, actuals - high80), 0.0)
    return (
        _single(plotdata.crps(samples, actuals, kind)),
        _single(bands[..., MEDIAN] - actuals),
        _single(2 / len(LOSS_LEVELS) * loss),
        _single(high80 - low80 + 2 / ALPHA * outside),
        np.where(known, (low50 <= actuals) & (actuals <= high50), UNKNOWN),
        np.where(known, (low80 <= actuals) & (actuals <= high80), UNKNOWN),
        (first < actuals).sum(axis=0),
        (first <= actuals).sum(axis=0),
    )


def _single(values: Floats) -> Columns:
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)
