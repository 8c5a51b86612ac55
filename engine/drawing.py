"""One stored row -> PlotData."""

from __future__ import annotations

import numpy as np

from engine import plotdata
from engine.baselines import one_baseline
from engine.dataset import Dataset
from engine.forecasting import Subject
from engine.plotdata import PlotData
from engine.rows import Row, Scores
from engine.windows import actuals


def draw(
    dataset: Dataset, index: int, subject: Subject, row: Row, baseline: Subject, scores: Scores | None
) -> PlotData:
    """The picture of one origin. `scores` are the columns of all origins, None where the file is not kept."""
    spec, series = subject.spec, subject.series
    slots = np.array([dataset.slot(index)])
    samples = row.unscaled()
    happened = actuals(series, slots, spec.horizon)[0]
    known = ~np.isnan(happened)
    bands = plotdata.quantiles(samples, plotdata.LEVELS, spec.kind).T.copy()
    outer, inner = (bands[0], bands[-1]), (bands[1], bands[-2])
    lo, hi, density = plotdata.density(samples[None], spec.kind)
    crps = _mean(plotdata.crps(samples, happened, spec.kind), known)
    naive, period = one_baseline(baseline, int(slots[0]))
    naive_crps = _mean(plotdata.crps(naive, happened, baseline.spec.kind), known)
    naive_median = plotdata.quantiles(naive, (0.5,), baseline.spec.kind)[:, 0]
    percentile, compared = _percentile(crps, int(known.sum()), spec.horizon, scores)
    start = max(series.first_slot, int(slots[0]) - spec.context_length + 1)
    positions = np.arange(start, int(slots[0]) + 1 + spec.horizon)
    times = series.times(positions)
    known_values = series.values[start - series.first_slot : int(slots[0]) + 1 - series.first_slot]
    return PlotData(
        handle=series.handle,
        index=index,
        origin=times[-spec.horizon - 1],
        step_seconds=series.step.seconds,
        step_calendar=series.step.calendar,
        zone=series.zone,
        horizon=spec.horizon,
        model=spec.model,
        kind=spec.kind,
        times=times[-spec.horizon :],
        samples=samples,
        quantiles=dict(zip(plotdata.LEVELS, bands, strict=True)),
        density_lo=float(lo[0]),
        density_hi=float(hi[0]),
        density=density[0],
        context_times=times[: -spec.horizon],
        context_values=known_values,
        actuals=happened,
        baseline_model=baseline.spec.model,
        baseline_period=period,
        baseline_median=naive_median,
        crps=crps,
        baseline_crps=naive_crps,
        n_scored=int(known.sum()),
        inside50=int(((inner[0] <= happened) & (happened <= inner[1])).sum()),
        inside80=int(((outer[0] <= happened) & (happened <= outer[1])).sum()),
        percentile=percentile,
        n_compared=compared,
    )


def _mean(values: plotdata.Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return float(values[known].mean()) if known.any() else float("nan")


def _percentile(crps: float, n_scored: int, horizon: int, scores: Scores | None) -> tuple[float | None, int]:
    """Share of the other fully scored origins that missed by more, and how many there are."""
    if scores is None:
        return None, 0
    compared = scores.n_scored == horizon
    compared &= ~np.isnan(scores.crps)
    count = int(np.count_nonzero(compared))
    if n_scored < horizon or count < 2:
        return None, count
    compared &= scores.crps > crps * (1 + 1e-9)  # not itself, however its sum was rounded
    return int(np.count_nonzero(compared)) / (count - 1), count
