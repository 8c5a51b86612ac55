"""How forecasts are scored on real series: rolling origins, scaled quantile losses, averages. Pure functions.

MASE: Hyndman & Koehler 2006. The quantile losses are the mean over LEVELS of twice the pinball loss, divided by the
scale of the window (SQL) or by the sum of |y| (WQL), as in the M5 and GluonTS conventions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
QuantileForecast = Callable[[Sequence[Floats]], Floats]
"""B contexts in the data's unit, up to CONTEXT_LENGTH values each, NaN = missing, the last one observed ->
quantiles (B, MAX_HORIZON, 9) at LEVELS in the data's unit."""

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MEDIAN = LEVELS.index(0.5)
HORIZONS = (12, 64)
MAX_HORIZON = max(HORIZONS)
CONTEXT_LENGTH = 512
ORIGINS = 8  # of a series
FIRST_STEPS, MIN_FUTURE = 12, 6  # values a window needs among the first steps of its future
MIN_CONTEXT = 24  # and in its context
MIN_SEASONAL = 5  # values a context needs beyond one season, for the scale to be seasonal

RELATIVE = ("MASE", "SQL", "WQL")  # scores given relative to the seasonal naive forecast
NAIVE, THETA = "seasonal_naive", "AutoTheta"  # the published rows that others are compared with


class Windows(NamedTuple):
    """B windows of a series: contexts, futures (B, H) with NaN where nothing is known, scales (B,)."""

    contexts: list[Floats]
    futures: Floats
    scales: Floats


class Scores(NamedTuple):
    """Means over all observed steps of a series' windows; coverage is the share within [q10, q90]."""

    mase: float
    sql: float
    wql: float
    coverage: float


def future_length(length: int) -> int:
    """Steps that are scored after each origin of a series of so many slots."""
    return MAX_HORIZON if length >= 400 else 24 if length >= 150 else 12


def origins(values: Floats) -> NDArray[np.int64]:
    """Number of values each context may know; evenly spread, each moved back to the last observed value. (up to 8,)."""
    length = len(values)
    last = length - future_length(length)
    first = min(CONTEXT_LENGTH, max(40, length // 2)) if length >= 400 else max(36, length // 2)
    if last < first:
        first = max(MIN_CONTEXT, last - 12)
    spread = np.unique(np.linspace(first, last, ORIGINS).astype(np.int64))
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(1, length + 1)))
    return known[spread - 1]


def windows(values: Floats, season: int) -> Windows:
    """The scored windows of a series (N,) with NaN = missing; those with too few values or no scale are left out."""
    steps = future_length(len(values))
    beyond = np.concatenate((values, np.full(steps, np.nan)))
    contexts, futures, scales = [], [], []
    for origin in origins(values).tolist():
        context, future = values[max(0, origin - CONTEXT_LENGTH) : origin], beyond[origin : origin + steps]
        enough = np.isfinite(context).sum() >= MIN_CONTEXT and np.isfinite(future[:FIRST_STEPS]).sum() >= MIN_FUTURE
        size = scale(context, season) if enough else 0.0
        if size > 0:
            contexts.append(context)
            futures.append(future)
            scales.append(size)
    return Windows(contexts, np.array(futures).reshape(-1, steps), np.array(scales))


def scale(context: Floats, season: int) -> float:
    """Mean |y_t - y_(t - season)| of a context; of neighbours where it is too short for that, or exactly periodic."""
    seasonal = mean_change(context, season) if len(context) >= season + MIN_SEASONAL else 0.0
    return seasonal if seasonal > 0 else mean_change(context, 1)


def mean_change(context: Floats, lag: int) -> float:
    """Mean absolute difference of the observed values `lag` steps apart, 0 where there are none."""
    changes = np.abs(context[lag:] - context[:-lag])
    changes = changes[~np.isnan(changes)]
    return float(changes.mean()) if len(changes) else 0.0


def scores(quantiles: Floats, scored: Windows, horizon: int) -> Scores:
    """Scores of quantiles (B, H, 9) at LEVELS over the first `horizon` steps that exist.

    Every observed step counts alike, so windows with gaps weigh less.
    """
    steps = min(horizon, scored.futures.shape[1])
    happened, forecast = scored.futures[:, :steps], quantiles[:, :steps]
    known = ~np.isnan(happened)
    error = np.where(known, happened, 0.0)[:, :, None] - forecast
    levels = np.array(LEVELS)
    loss = 2 * np.maximum(levels * error, (levels - 1) * error).mean(axis=2)
    size = np.broadcast_to(scored.scales[:, None], known.shape)
    inside = (forecast[:, :, 0] <= happened) & (happened <= forecast[:, :, -1])
    return Scores(
        mase=float((np.abs(error[:, :, MEDIAN]) / size)[known].mean()),
        sql=float((loss / size)[known].mean()),
        wql=float(loss[known].sum() / np.abs(happened[known]).sum()),
        coverage=float(inside[known].mean()),
    )


def relative(rows: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """Rows (model, sid, horizon, scores) with RELATIVE divided by the published seasonal naive's of the same series.

    Adds `better`: whether the SQL is lower than the published AutoTheta's, which has five decimals.
    """
    on = ["sid", "horizon"]
    naive = published.filter(pl.col("model") == NAIVE).select(
        *on, *(pl.col(name).alias(f"{name}_0") for name in RELATIVE)
    )
    theta = published.filter(pl.col("model") == THETA).select(*on, pl.col("SQL").alias("SQL_theta"))
    return (
        rows.join(naive, on=on, how="left", maintain_order="left", validate="m:1")
        .join(theta, on=on, how="left", maintain_order="left", validate="m:1")
        .with_columns(better=pl.col("SQL").round(5) < pl.col("SQL_theta"))
        .with_columns(pl.col(name) / pl.col(f"{name}_0") for name in RELATIVE)
        .drop("SQL_theta", *(f"{name}_0" for name in RELATIVE))
    )


def averages(rows: pl.DataFrame, by: Sequence[str] = ("model", "horizon")) -> pl.DataFrame:
    """Averages over series of relative rows: geometric mean of RELATIVE, mean of cov80 and `better`, count `series`."""
    return rows.group_by(*by, maintain_order=True).agg(
        *(pl.col(name).log().mean().exp() for name in RELATIVE),
        pl.col("cov80", "better").mean(),
        pl.len().alias("series"),
    )
