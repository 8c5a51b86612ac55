"""The rail: how the whole file stands, at the resolution of a screen. Pure, and vectorised over origins.

A stretch of the file is cut into columns, each of which says how many of its origins can be one, are done, have failed,
and by how much the scored ones missed, in units of the series' scale. Whoever paints it needs no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.peaks import peaks
from engine.row_states import DONE, FAILED, STORED, UNUSABLE
from engine.rows import Scores
from engine.series import Floats, Ints

NARROWEST, WIDEST = 16, 4096  # columns that may be asked for
WORST = 50  # a surprise is among the worst of every 50 scored origins: 2 %
MOST_SURPRISES = 50
LARGEST = 1e9  # in units of the scale; what a float cannot hold is so large

Shares = NDArray[np.uint8]  # percent; 0 and 100 only where it is none and all


@dataclass(frozen=True)
class Surprise:
    """An origin that missed by more than any other less than a horizon away; miss in units of the scale."""

    index: int
    miss: float


class Counts(NamedTuple):
    """Origins of the stretch: points, of them usable (total), of those done, failed and scored."""

    points: int
    total: int
    done: int
    failed: int
    scored: int


class Rail(NamedTuple):
    """Indices first..last in C columns: column c has the points from ceil(c n / C) up to ceil((c + 1) n / C), n of them
    in all, counted from `first`.

    unusable (C,): percent of a column's points that cannot be origins; done, failed (C,): percent of those that can.
    miss (C,): mean CRPS of its scored origins in units of `scale`, the series' MASE scale in the data's unit, NaN
    without any. An origin is scored once its whole future lies in the file and half of it was read. missed: mean CRPS
    of all scored ones of the stretch in the data's unit; None without any.
    """

    first: int
    last: int
    horizon: int
    scale: float
    counts: Counts
    missed: float | None
    unusable: Shares
    done: Shares
    failed: Shares
    miss: Floats
    surprises: tuple[Surprise, ...]


def rail(
    states: NDArray[np.uint8], scores: Scores, horizon: int, scale: float, width: int, stretch: slice | None = None
) -> Rail:
    """The rail of a series' rows (N,), oldest first, or of a stretch of their positions, in at most `width` columns."""
    length = len(states)
    own = stretch or slice(0, length)
    usable = states != UNUSABLE
    done = (states == DONE) | (states == STORED)
    failed = states == FAILED
    scored = done & np.isfinite(scores.crps) & (2 * scores.n_scored.astype(np.int64) >= horizon)
    scored[max(0, length - horizon) :] = False
    with np.errstate(over="ignore"):
        miss = np.minimum(np.where(scored, scores.crps, 0.0) / scale, LARGEST)
    edges = _edges(own.stop - own.start, width)

    def per_column(values: NDArray[np.bool_]) -> Ints:
        sums: Ints = np.add.reduceat(values[own], edges, dtype=np.int64)
        return sums

    points = np.diff(edges, append=own.stop - own.start)
    of, known = per_column(usable), per_column(scored)
    sums = np.add.reduceat(miss[own], edges)
    how_many = int(known.sum())
    return Rail(
        first=own.start - length + 1,
        last=own.stop - length,
        horizon=horizon,
        scale=scale,
        counts=Counts(int(points.sum()), int(of.sum()), int(done[own].sum()), int(failed[own].sum()), how_many),
        missed=float(sums.sum() / how_many * scale) if how_many else None,
        unusable=_percent(points - of, points),
        done=_percent(per_column(done), of),
        failed=_percent(per_column(failed), of),
        miss=np.divide(sums, known, out=np.full(len(edges), np.nan), where=known > 0),
        surprises=tuple(
            Surprise(int(at) - length + 1, float(miss[at]))
            for at in _surprises(miss, int(scored.sum()), horizon)
            if own.start <= at < own.stop
        ),
    )


def _edges(points: int, width: int) -> Ints:
    """Where the columns of so many points begin; no column is empty."""
    columns = min(points, width)
    edges: Ints = -(-np.arange(columns, dtype=np.int64) * points // columns)
    return edges


def _percent(part: Ints, whole: Ints) -> Shares:
    share = np.rint(100 * part / np.maximum(whole, 1)).astype(np.int64)
    share = np.where((part > 0) & (part < whole), np.clip(share, 1, 99), share)
    return share.astype(np.uint8)


def _surprises(miss: Floats, scored: int, horizon: int) -> Ints:
    """Positions of the local peaks among the worst 2 % of the scored origins, oldest first; where more than 50 are, the
    worst of them. `miss` (N,) is 0 where nothing is scored."""
    worst = -(-scored // WORST)
    if worst == 0 or len(miss) == 0:
        return np.empty(0, dtype=np.int64)
    place = len(miss) - worst
    least = float(np.partition(miss, place)[place])
    candidates = np.flatnonzero((miss >= least) & (miss > 0))
    if len(candidates) > worst:  # many miss by the same: those that miss by more are the surprises
        candidates = candidates[miss[candidates] > least]
    found: Ints = candidates[peaks(miss, horizon)[candidates]]
    if len(found) > MOST_SURPRISES:
        found = np.sort(found[np.argpartition(-miss[found], MOST_SURPRISES)[:MOST_SURPRISES]])
    return found
