"""What a table has read, or a slice of it -> a Backtest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.dataset import Dataset
from engine.scoring.answers import Backtest, Coverage, Range, Ranks, Standing
from engine.scoring.course import over_time, worst
from engine.scoring.held import Held, expected, held, nominal
from engine.scoring.memory import block_length
from engine.scoring.panels import panels
from engine.scoring.ranges import means
from engine.scoring.skill import skill
from engine.scoring.slices import Slices
from engine.scoring.steps import Nominal, by_step
from engine.scoring.sums import PerStep, measures, per_origin, per_step, rival_measures
from engine.scoring.table import Rivals, Table
from engine.series import Floats
from engine.spec import Spec


class Asked(NamedTuple):
    """For which numbers. stretch: first and last index; worst: how many of the worst stretches."""

    slice: str
    stretch: tuple[int, int] | None
    worst: int


class Reach(NamedTuple):
    """done: how many origins are computed; complete: whether all are that can be, and read."""

    done: int
    complete: bool


def summary(dataset: Dataset, spec: Spec, table: Table, rivals: Rivals, asked: Asked, reach: Reach) -> Backtest:
    """All numbers, of what is read at this moment. BadRequest if there is no such slice.

    How long the file's errors remember is told by all of its moments, or of the stretch, whatever the slice.
    """
    series, extent = dataset.series, table.extent
    slices = Slices(dataset)
    inside = slices.mask(asked.slice)
    read = table.read & rivals.read  # once: it may grow meanwhile
    there = extent.everywhere(read) & slices.between(asked.stretch)
    everything = per_origin(table, rivals, read)
    scored = 2 * everything.pairs >= spec.horizon
    whole, sums = everything.only(there), everything.only(there & inside)
    block = block_length(whole.crps, whole.pairs, spec.horizon)
    rows = (there & inside)[extent.positions]
    steps = per_step(table, rivals, series, rows)
    right = Nominal(*(nominal(low, 1 - low, spec.num_samples, spec.kind) for low in (0.25, 0.1)))
    half, most = held(sums.inside50, sums.pairs, right.of50, block), held(sums.inside80, sums.pairs, right.of80, block)
    return Backtest(
        handle=dataset.handle,
        model=spec.model,
        kind=spec.kind,
        horizon=spec.horizon,
        slice=asked.slice,
        stretch=asked.stretch,
        season=dataset.season,
        season_share=dataset.season_share,
        scale=dataset.scale,
        standing=Standing(
            total=int(dataset.usable_origins.sum()),
            done=reach.done,
            read=int(read.sum()),
            scored=int(scored.sum()),
            selected=int((scored & there & inside).sum()),
            complete=reach.complete,
        ),
        n_eff=float(means(sums.crps, sums.pairs, block).n_eff[0]),
        measures=measures(table, steps, rows, dataset.scale),
        baseline=rival_measures(rivals, 0, steps, rows, dataset.scale),
        last_value=rival_measures(rivals, 1, steps, rows, dataset.scale),
        skill=skill(sums.crps, sums.baseline, sums.pairs, block),
        skill_last=skill(sums.crps, sums.last_value, sums.pairs, block),
        coverage50=_coverage(half, right.of50),
        coverage80=_coverage(most, right.of80),
        by_step=by_step(table, steps, rows, right, block),
        panels=panels(slices, whole, scored & there, block),
        over_time=over_time(dataset, sums, spec.horizon),
        worst=worst(dataset, sums, spec.horizon, asked.worst),
        ranks=_ranks(table, spec, steps, most.n_eff),
    )


def _coverage(found: Held, right: float) -> Coverage:
    between = Range(float(found.low[0]), float(found.high[0]))
    return Coverage(float(found.share[0]), right, between, found.verdicts()[0])


def _ranks(table: Table, spec: Spec, steps: PerStep, n_eff: Floats) -> Ranks:
    """n_eff (1,): of the 80 % band, whose outside the outer bars are: what happened stays longest in those."""
    counts = table.outcomes.ranks(steps.outcomes.sum(axis=0))
    total, bars = counts.sum(), len(counts)
    right = np.full(bars, 1 / bars)
    if spec.kind == "quantiles":  # between mid-quantiles lies 1 / S, outside of them the half of it
        right = np.array([0.5, *(bars - 2) * [1.0], 0.5]) / (bars - 1)
    ends = [expected(share, n_eff) for share in right.tolist()]
    low, high = (np.concatenate(column) for column in zip(*ends, strict=True))
    return Ranks(counts / total if total else np.full(bars, np.nan), right, low, high)
