"""The miss and the bands by step ahead, with their ranges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.scoring.answers import ByStep
from engine.scoring.held import held
from engine.scoring.ranges import means
from engine.scoring.sums import PerStep
from engine.scoring.table import Table
from engine.series import Bools, Floats, Ints


class Nominal(NamedTuple):
    """How often the two bands of a right forecast hold what happens."""

    of50: float
    of80: float


def by_step(table: Table, steps: PerStep, chosen: Bools, nominal: Nominal, block: int) -> ByStep:
    """Of the chosen rows (N,) of a table, whose sums `steps` are; block: see memory.block_length."""
    inner, outer = table.outcomes.inside(2), table.outcomes.inside(1)
    columns = []
    for step in range(len(table.crps)):
        known = chosen & ~np.isnan(table.crps[step])
        outcome = np.where(known, table.outcome[step], table.outcomes.unknown)
        crps = table.extent.everywhere(np.where(known, table.crps[step], 0.0).astype(np.float64))
        there = table.extent.everywhere(known)
        miss = means(crps, there, block)
        half = held(table.extent.everywhere(inner[outcome]), there, nominal.of50, block)
        most = held(table.extent.everywhere(outer[outcome]), there, nominal.of80, block)
        bands = (half.share, most.share, half.low, half.high, most.low, most.high)
        columns.append([float(column[0]) for column in (miss.n_eff, miss.low, miss.high, *bands)])
    n_eff, low, high, of50, of80, low50, high50, low80, high80 = np.array(columns).T.copy()

    def mean(sums: Floats | Ints) -> Floats:
        result: Floats = np.full(len(steps.pairs), np.nan)
        return np.divide(sums, steps.pairs, out=result, where=steps.pairs > 0)

    return ByStep(
        pairs=steps.pairs,
        n_eff=n_eff,
        crps=mean(steps.crps),
        crps_low=low,
        crps_high=high,
        baseline_crps=mean(steps.baseline),
        last_value_crps=mean(steps.last_value),
        mae=mean(steps.absolute),
        bias=mean(steps.error),
        coverage50=of50,
        coverage80=of80,
        expected50_low=low50,
        expected50_high=high50,
        expected80_low=low80,
        expected80_high=high80,
    )
