"""Scores of a file's forecasts computed the plain way, pair by pair, from the pictures of its moments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import Engine, PlotData
from engine.plotdata import quantiles

LEVELS = tuple(k / 10 for k in range(1, 10))


class Pair(NamedTuple):
    """One step of one forecast beside what then happened."""

    index: int
    step: int
    actual: float
    crps: float
    median: float
    loss: float
    interval: float
    inside50: bool
    inside80: bool
    below: int
    not_above: int


def pictures(engine: Engine, handle: str, **which: object) -> list[PlotData]:
    """Of all usable moments, oldest first."""
    dataset = engine.dataset(handle)
    indices = np.flatnonzero(dataset.usable_origins) - dataset.length + 1
    return [engine.forecast(handle, int(index), **which) for index in indices]  # type: ignore[arg-type]


def pairs_of(plots: list[PlotData]) -> list[Pair]:
    """Those with an actual."""
    return [pair(plot, step) for plot in plots for step in range(plot.horizon) if not np.isnan(plot.actuals[step])]


def pair(plot: PlotData, step: int) -> Pair:
    samples, y = plot.samples[step], plot.actuals[step]
    apart = np.abs(samples[:, None] - samples[None, :]).sum()
    count = len(samples)
    crps = np.abs(samples - y).mean() - apart / (2 * count * (count if plot.kind == "quantiles" else count - 1))
    low, inner_low, median, inner_high, high = (plot.quantiles[level][step] for level in (0.1, 0.25, 0.5, 0.75, 0.9))
    bands = quantiles(samples, LEVELS, plot.kind)
    loss = [2 * (q * (y - x) if y > x else (1 - q) * (x - y)) for q, x in zip(LEVELS, bands, strict=True)]
    interval = high - low + 10 * max(low - y, 0) + 10 * max(y - high, 0)
    return Pair(
        plot.index,
        step,
        float(y),
        float(crps),
        float(median),
        float(np.mean(loss)),
        float(interval),
        bool(inner_low <= y <= inner_high),
        bool(low <= y <= high),
        int((samples < y).sum()),
        int((samples <= y).sum()),
    )


def column(pairs: list[Pair], name: str) -> NDArray[np.float64]:
    return np.array([getattr(pair, name) for pair in pairs], dtype=float)


def measures(pairs: list[Pair], scale: float) -> list[float]:
    """In the order of engine.Measures."""
    y, crps, median = (column(pairs, name) for name in ("actual", "crps", "median"))
    return [
        crps.mean(),
        np.abs(median - y).mean(),
        np.sqrt(((median - y) ** 2).mean()),
        np.abs(median - y).mean() / scale,
        (median - y).mean(),
        column(pairs, "loss").sum() / np.abs(y).sum(),
        column(pairs, "interval").mean(),
        column(pairs, "inside50").mean(),
        column(pairs, "inside80").mean(),
    ]
