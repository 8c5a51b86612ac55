"""Several forecasters side by side, on the same pairs: those that all of them have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.dataset import Dataset
from engine.models.base import BASELINE
from engine.models.last_value import LastValue
from engine.scoring.answers import Compared, Contender, Measures, Range, Skill
from engine.scoring.memory import block_length
from engine.scoring.ranges import means
from engine.scoring.skill import skill
from engine.scoring.slices import Slices
from engine.scoring.sums import PerStep, measures, per_origin, per_step, rival_measures
from engine.scoring.table import Rivals, Table
from engine.series import Bools, Floats

RIVALS = BASELINE, LastValue.name  # scored beside whoever takes part, or alone
ENOUGH = 100  # moments that must be read of a forecaster for it to take part: until then it would stop the others
UNKNOWN = float("nan")
NOTHING = Measures(*len(Measures._fields) * (UNKNOWN,))
UNJUDGED = Skill(UNKNOWN, Range(UNKNOWN, UNKNOWN), "too few")


class Entrant(NamedTuple):
    """A forecaster that can take part: how many of its forecasts are computed, and those that are read, if any are."""

    model: str
    done: int
    table: Table | None


class _Taking(NamedTuple):
    """Who takes part: sums of the CRPS per origin (L,), measures, and the mean CRPS of each step (H,)."""

    model: str
    crps: Floats
    measures: Measures
    by_step: Floats


def compare(
    dataset: Dataset, horizon: int, entrants: list[Entrant], rivals: Rivals, key: str, stretch: tuple[int, int] | None
) -> Compared:
    """The baseline first, then the last value, then the others as they come, over the pairs of a slice (`key`, "" for
    all) and a stretch that all who take part have. Takes part who has ENOUGH moments or all there are.

    Differences and skills are of paired sums (see skill.skill); the file's memory is that of the errors of the one
    which remembers longest. BadRequest if there is no such slice.
    """
    total = int(dataset.usable_origins.sum())
    tables = {each.model: each.table for each in entrants if each.table is not None and _takes_part(each.table, total)}
    tables = {model: table for model, table in tables.items() if model not in RIVALS} or tables
    read = rivals.read.copy()
    for table in tables.values():
        read &= table.read
    slices = Slices(dataset)
    chosen = slices.mask(key) & slices.between(stretch) & rivals.extent.everywhere(read)
    done = {each.model: each.done for each in entrants}
    done = dict.fromkeys(RIVALS, total) | {model: count for model, count in done.items() if model not in RIVALS}
    found, pairs = _sums(dataset, tables, rivals, chosen)
    block = max((block_length(each.crps, pairs, horizon) for each in found), default=1)
    scored = 2 * pairs >= horizon
    best = min(found, key=lambda each: each.measures.crps) if scored.any() else None
    taking = {each.model: _contender(each, done[each.model], pairs, found[0], best, block) for each in found}
    return Compared(
        handle=dataset.handle,
        horizon=horizon,
        slice=key,
        stretch=stretch,
        total=total,
        selected=int(scored.sum()),
        n_eff=float(means(found[0].crps, pairs, block).n_eff[0]) if found else 0.0,
        best=best.model if best else None,
        contenders=tuple(taking.get(model) or _absent(model, count, horizon) for model, count in done.items()),
    )


def _takes_part(table: Table, total: int) -> bool:
    return int(table.read.sum()) >= min(ENOUGH, total)


def _sums(dataset: Dataset, tables: dict[str, Table], rivals: Rivals, chosen: Bools) -> tuple[list[_Taking], Floats]:
    """Of the two rivals, then of the others, over the chosen slots (L,); nothing where there are no tables. Also how
    many pairs each slot has."""
    rows = chosen[rivals.extent.positions]
    pairs: Floats = np.zeros(len(chosen))
    found: list[_Taking] = []
    for model, table in tables.items():
        sums, steps = per_origin(table, rivals, rows), per_step(table, rivals, dataset.series, rows)
        if not found:  # the pairs are the same for all of them, and so are the rivals' scores
            pairs = sums.pairs
            misses = ((sums.baseline, steps.baseline), (sums.last_value, steps.last_value))
            for which, (crps, by_step) in enumerate(misses):
                own = rival_measures(rivals, which, steps, rows, dataset.scale)
                found.append(_Taking(RIVALS[which], crps, own, _mean(by_step, steps)))
        if model in RIVALS:  # nobody else takes part
            break
        own = measures(table, steps, rows, dataset.scale)
        found.append(_Taking(model, sums.crps, own, _mean(steps.crps, steps)))
    return found, pairs


def _contender(
    each: _Taking, done: int, pairs: Floats, baseline: _Taking, best: _Taking | None, block: int
) -> Contender:
    difference = means(each.crps - baseline.crps, pairs, block)
    return Contender(
        model=each.model,
        done=done,
        takes_part=True,
        measures=each.measures,
        difference=float(difference.value[0]),
        difference_range=Range(float(difference.low[0]), float(difference.high[0])),
        skill=skill(each.crps, baseline.crps, pairs, block),
        against_best=skill(each.crps, best.crps, pairs, block) if best else UNJUDGED,
        by_step=each.by_step,
    )


def _absent(model: str, done: int, horizon: int) -> Contender:
    """One that does not take part."""
    steps: Floats = np.full(horizon, UNKNOWN)
    return Contender(model, done, False, NOTHING, UNKNOWN, UNJUDGED.range, UNJUDGED, UNJUDGED, steps)


def _mean(sums: Floats, steps: PerStep) -> Floats:
    """Per pair, (H,); NaN without any."""
    result: Floats = np.full(len(sums), UNKNOWN)
    return np.divide(sums, steps.pairs, out=result, where=steps.pairs > 0)
