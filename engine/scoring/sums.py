"""What a table has read -> sums per origin and per step, and the measures they make."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.scoring.answers import Measures
from engine.scoring.table import Bools, Rivals, Table
from engine.series import Floats, Ints, Series


class PerOrigin(NamedTuple):
    """Of every slot of a series, (L,): how many pairs are read, and the sums over them of the CRPS of the forecaster
    and of its two rivals, and of how often the actual lay inside the bands. 0 where nothing is read."""

    pairs: Floats
    crps: Floats
    baseline: Floats
    last_value: Floats
    inside50: Floats
    inside80: Floats

    def only(self, chosen: Bools) -> PerOrigin:
        """Of the chosen slots (L,)."""
        return PerOrigin(*(np.where(chosen, column, 0.0) for column in self))


class PerStep(NamedTuple):
    """Of every step ahead, (H,): how many pairs, and sums over them. error, absolute, square: of the median's.
    outcomes (H, O): how often each outcome was there (see Outcomes). actual: sum of |y|."""

    pairs: Ints
    crps: Floats
    baseline: Floats
    last_value: Floats
    error: Floats
    absolute: Floats
    square: Floats
    outcomes: Ints
    actual: Floats


def per_origin(table: Table, rivals: Rivals, read: Bools) -> PerOrigin:
    """Sums over the steps of the rows `read` (N,)."""
    sums = np.zeros((6, len(table.extent)))
    pairs, inside50, inside80 = sums[0], sums[4], sums[5]
    inner, outer = table.outcomes.inside(2), table.outcomes.inside(1)
    for step in range(len(table.crps)):
        known = read & ~np.isnan(table.crps[step])
        pairs += known
        for total, column in zip(sums[1:4], (table.crps[step], *rivals.crps[:, step]), strict=True):
            total += np.where(known, column, 0.0)
        outcome = np.where(known, table.outcome[step], table.outcomes.unknown)
        inside50 += inner[outcome]
        inside80 += outer[outcome]

    return PerOrigin(*table.extent.everywhere(sums))


def per_step(table: Table, rivals: Rivals, series: Series, chosen: Bools) -> PerStep:
    """Sums over the chosen rows (N,) of a table, which must be read."""
    rows = np.flatnonzero(chosen)
    positions = table.extent.positions[rows]
    columns = []
    for step in range(len(table.crps)):
        crps = table.crps[step][rows]
        known = ~np.isnan(crps)
        some, crps = rows[known], crps[known]
        error = table.error[step][some].astype(np.float64)
        columns.append(
            (
                len(some),
                crps.sum(dtype=np.float64),
                rivals.crps[0, step][some].sum(dtype=np.float64),
                rivals.crps[1, step][some].sum(dtype=np.float64),
                error.sum(),
                np.abs(error).sum(),
                (error * error).sum(),
                table.outcomes.counts(table.outcome[step][some]),
                _sum_of_sizes(series.values[positions[known] + step + 1]),
            )
        )
    return PerStep(*(np.array(column) for column in zip(*columns, strict=True)))


def measures(table: Table, steps: PerStep, chosen: Bools, scale: float) -> Measures:
    """Of the forecaster, over the chosen rows."""
    count = int(steps.pairs.sum())
    outcomes = steps.outcomes.sum(axis=0)
    held = (float(outcomes[table.outcomes.inside(band)].sum()) for band in (2, 1))
    return _measures(
        count,
        float(steps.crps.sum()),
        float(steps.absolute.sum()),
        float(steps.square.sum()),
        float(steps.error.sum()),
        _sum(table.quantile_loss, chosen),
        _sum(table.interval80, chosen),
        *held,
        scale=scale,
        actual=float(steps.actual.sum()),
    )


def rival_measures(rivals: Rivals, which: int, steps: PerStep, chosen: Bools, scale: float) -> Measures:
    """Of the baseline (0) or the last value (1), over the same pairs."""
    totals = rivals.totals[which]
    root = totals.root[chosen].astype(np.float64)
    return _measures(
        int(steps.pairs.sum()),
        float((steps.last_value if which else steps.baseline).sum()),
        _sum(totals.absolute, chosen),
        float((root * root).sum()),
        _sum(totals.error, chosen),
        _sum(totals.quantile_loss, chosen),
        _sum(totals.interval80, chosen),
        float(totals.inside50[chosen].sum()),
        float(totals.inside80[chosen].sum()),
        scale=scale,
        actual=float(steps.actual.sum()),
    )


def _measures(
    count: int,
    crps: float,
    absolute: float,
    square: float,
    error: float,
    quantile_loss: float,
    interval80: float,
    inside50: float,
    inside80: float,
    *,
    scale: float,
    actual: float,
) -> Measures:
    """From sums over so many pairs; NaN without any."""
    if count == 0:
        return Measures(*9 * (float("nan"),))
    return Measures(
        crps=crps / count,
        mae=absolute / count,
        rmse=float(np.sqrt(square / count)),
        mase=absolute / count / scale,
        bias=error / count,
        wql=quantile_loss / actual if actual > 0 else float("nan"),
        interval80=interval80 / count,
        coverage50=inside50 / count,
        coverage80=inside80 / count,
    )


def _sum(column: np.ndarray[tuple[int], np.dtype[np.float32]], chosen: Bools) -> float:
    return float(column[chosen].sum(dtype=np.float64))


def _sum_of_sizes(values: Floats) -> float:
    """Of |y|; values near the end of all numbers have no sum."""
    with np.errstate(over="ignore"):
        return float(np.abs(values).sum())
