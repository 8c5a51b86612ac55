"""What a table has read, or a slice of it -> a Backtest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.dataset import Dataset
from engine.scoring.answers import NO_RANGE, Backtest, ByStep, Coverage, Ranks, Skill, Standing
from engine.scoring.course import over_time, worst
from engine.scoring.panels import panels
from engine.scoring.slices import Slices
from engine.scoring.sums import PerStep, measures, per_origin, per_step, rival_measures
from engine.scoring.table import Rivals, Table
from engine.series import Floats, Ints
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
    """All numbers, of what is read at this moment. BadRequest if there is no such slice."""
    series, horizon, extent = dataset.series, spec.horizon, table.extent
    slices = Slices(dataset)
    inside = slices.mask(asked.slice)
    read = table.read & rivals.read  # once: it may grow meanwhile
    sums = per_origin(table, rivals, read)
    there = np.zeros(len(series), dtype=bool)
    there[extent.positions] = read
    if asked.stretch is not None:
        newest = len(series) - 1
        there[: newest + asked.stretch[0]] = there[newest + asked.stretch[1] + 1 :] = False
    scored = 2 * sums.pairs >= horizon
    chosen = there & inside
    rows = chosen[extent.positions]
    steps = per_step(table, rivals, series, rows)
    return Backtest(
        handle=dataset.handle,
        model=spec.model,
        kind=spec.kind,
        horizon=horizon,
        slice=asked.slice,
        stretch=asked.stretch,
        season=dataset.season,
        scale=dataset.scale,
        standing=Standing(
            total=int(dataset.usable_origins.sum()),
            done=reach.done,
            read=int(read.sum()),
            scored=int(scored.sum()),
            selected=int((scored & chosen).sum()),
            complete=reach.complete,
        ),
        n_eff=float("nan"),
        measures=measures(table, steps, rows, dataset.scale),
        baseline=rival_measures(rivals, 0, steps, rows, dataset.scale),
        last_value=rival_measures(rivals, 1, steps, rows, dataset.scale),
        skill=_skill(steps.crps, steps.baseline),
        skill_last=_skill(steps.crps, steps.last_value),
        coverage50=_coverage(table, steps, 2, 0.5),
        coverage80=_coverage(table, steps, 1, 0.8),
        by_step=_by_step(table, steps),
        panels=panels(slices, sums, there, scored, horizon),
        over_time=over_time(dataset, sums, chosen, horizon),
        worst=worst(dataset, sums, scored & chosen, horizon, asked.worst),
        ranks=_ranks(table, steps),
    )


def _skill(ours: Floats, theirs: Floats) -> Skill:
    value = 1 - float(ours.sum() / theirs.sum()) if theirs.sum() > 0 else float("nan")
    return Skill(value, NO_RANGE, "too few")


def _coverage(table: Table, steps: PerStep, band: int, nominal: float) -> Coverage:
    held = float(_inside(table, steps, band).sum() / max(1, steps.pairs.sum()))
    return Coverage(held if steps.pairs.any() else float("nan"), nominal, NO_RANGE, "too few")


def _inside(table: Table, steps: PerStep, band: int) -> Ints:
    """How many pairs of each step lie in a band, (H,)."""
    found: Ints = steps.outcomes[:, table.outcomes.inside(band)].sum(axis=1)
    return found


def _by_step(table: Table, steps: PerStep) -> ByStep:
    unknown: Floats = np.full(len(steps.pairs), np.nan)

    def mean(sums: Floats | Ints) -> Floats:
        result: Floats = np.divide(sums, steps.pairs, out=unknown.copy(), where=steps.pairs > 0)
        return result

    return ByStep(
        pairs=steps.pairs,
        n_eff=unknown,
        crps=mean(steps.crps),
        crps_low=unknown,
        crps_high=unknown,
        baseline_crps=mean(steps.baseline),
        last_value_crps=mean(steps.last_value),
        mae=mean(steps.absolute),
        bias=mean(steps.error),
        coverage50=mean(_inside(table, steps, 2)),
        coverage80=mean(_inside(table, steps, 1)),
        expected50_low=unknown,
        expected50_high=unknown,
        expected80_low=unknown,
        expected80_high=unknown,
    )


def _ranks(table: Table, steps: PerStep) -> Ranks:
    counts = table.outcomes.ranks(steps.outcomes.sum(axis=0))
    total = counts.sum()
    return Ranks(counts / total if total else np.full(len(counts), np.nan), NO_RANGE)
