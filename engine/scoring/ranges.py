"""Means over the moments of a file, and how far they can be off: 95 % ranges that know of the file's memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit

from engine.scoring.memory import Parts, Spread, part_length, spread
from engine.series import Floats, Ints

CONFIDENCE = 0.95
FEWEST = 10.0  # independent moments that a range and a verdict need
FEWEST_DOF = 4.0  # with fewer, a chance agreement of two or three windows would look like certainty
FALSE_DISCOVERIES = 0.05  # share of those that stand out that may do so by chance


class Means(NamedTuple):
    """Of C columns, (C,) each: sum of sums / sum of weights; the ends of its 95 % range, NaN where n_eff is under
    FEWEST; n_eff, how many independent moments the mean is worth (0 without any); its standard error and the degrees of
    freedom of that. NaN where a column has no moments."""

    value: Floats
    low: Floats
    high: Floats
    n_eff: Floats
    error: Floats
    dof: Floats


def means(
    sums: Floats, weights: Floats | Ints | NDArray[np.bool_], block: int, there: NDArray[np.bool_] | None = None
) -> Means:
    """Of moments on consecutive slots, oldest first, along the last axis: sums (C, N) or (N,), over weights of the same
    shape, or (N,) for all. What is not `there`, which is what has no weight if nothing else is said, is left out,
    whatever its sum is. block: see memory.block_length.

    With 0 and 1 as weights a mean; with numbers of pairs the mean over pairs; with another forecaster's sums the ratio
    to it. A ratio's residuals are its linearisation's, sums - ratio x weights (the delta method; Cochran 1977, 6.3).
    Values of n moments whose residuals have mean square g are worth n_eff = n^2 g / variance of their sum, at most n
    (Bayley & Hammersley 1946), less by what Student's t asks for a variance that is itself estimated.
    """
    sums, weights = np.broadcast_arrays(np.atleast_2d(sums), weights)
    there = np.broadcast_to(weights > 0 if there is None else there, sums.shape)
    columns = [_column(*column, block) for column in zip(sums, weights, there, strict=True)]
    value, total, moments, squares, residuals, counts = (np.array(part) for part in zip(*columns, strict=True))
    return _means(value, total, moments, squares, spread(residuals, counts))


def _column(
    sums: Floats, weights: Floats | Ints | NDArray[np.bool_], there: NDArray[np.bool_], block: int
) -> tuple[float, float, int, float, Floats, Floats]:
    """Of one column (N,): value, total weight, moments, sum of the squared residuals, and by part their sums and how
    many there are. Only what is there is looked at: of a long file that may be every tenth slot."""
    places = np.flatnonzero(there)
    some, weight = sums[places], weights[places].astype(np.float64)
    total = float(weight.sum())
    value = float(some.sum()) / total if total > 0 else float("nan")
    residuals = some - (value if total > 0 else 0.0) * weight
    parts = Parts(places, len(there), block)
    return value, total, len(places), float(np.square(residuals).sum()), parts.sums(residuals), parts.counts


def means_of_cells(
    sums: Floats, weights: Floats | Ints | NDArray[np.bool_], cells: Ints, count: int, block: int
) -> Means:
    """The same of every cell 0 ... count - 1 of a panel, in one pass: cells (N,) says in which each moment is, -1 in
    none. sums and weights (N,)."""
    there = np.flatnonzero((weights > 0) & (cells >= 0))
    part = part_length(block)
    parts = -(-len(cells) // part)
    own = cells[there]
    where = own * parts + there // part
    weight, some = weights[there].astype(np.float64), sums[there]
    total = _sums(own, weight, count)
    value = _divided(_sums(own, some, count), total)
    residuals = some - value[own] * weight
    found = spread(
        _sums(where, residuals, count * parts).reshape(count, parts),
        _sums(where, np.ones(len(there)), count * parts).reshape(count, parts),
    )
    return _means(value, total, _sums(own, np.ones(len(there)), count), _sums(own, residuals**2, count), found)


def stands_out(cells: Means, average: float) -> NDArray[np.bool_]:
    """Which cells (C,) lie above the average, of those that can be judged.

    Of so many cells some lie above it by chance. So one-sided t tests, as many as it takes for at most 5 % of those
    found to be false (Benjamini & Hochberg 1995).
    """
    judged = np.flatnonzero((cells.n_eff >= FEWEST) & (cells.error > 0))
    chance = stdtr(cells.dof[judged], -(cells.value[judged] - average) / cells.error[judged])
    order = np.argsort(chance)
    enough = chance[order] <= FALSE_DISCOVERIES / 2 * np.arange(1, len(order) + 1) / max(1, len(order))
    result = np.zeros(len(cells.value), dtype=bool)
    if enough.any():
        result[judged[order[: np.flatnonzero(enough)[-1] + 1]]] = True
    return result


def widening(dof: Floats) -> Floats:
    """How much wider than a normal's the range of a mean is whose variance is estimated with so many degrees of freedom
    (Student's t)."""
    result: Floats = stdtrit(dof, (1 + CONFIDENCE) / 2) / ndtri((1 + CONFIDENCE) / 2)
    return result


def worth_at_most(n_eff: Floats, dof: Floats) -> Floats:
    """n_eff where it can be known; with few windows each of them counts once."""
    return np.where(dof < FEWEST_DOF, np.minimum(n_eff, dof + 1), n_eff)


def _means(value: Floats, total: Floats, moments: Floats, squares: Floats, found: Spread) -> Means:
    usual, wider = ndtri((1 + CONFIDENCE) / 2), widening(found.dof)
    most = np.maximum(moments, 1.0)
    worth = np.divide(moments * squares, found.variance * wider**2, out=most.copy(), where=found.variance != 0)
    n_eff = np.where(np.isnan(worth), 1.0, np.clip(worth, 1.0, most))
    equal = squares == 0  # values that are all the same do not tell how they hang together: a window counts once
    n_eff = np.where(equal, np.minimum(found.dof + 1, most), n_eff)
    error = _divided(np.sqrt(moments * squares / n_eff), total)
    n_eff = worth_at_most(np.where(moments > 0, n_eff, 0.0), found.dof)
    half = np.where(n_eff >= FEWEST, usual * error, np.nan)
    return Means(value, value - half, value + half, n_eff, error / wider, found.dof)


def _sums(places: Ints, values: Floats, count: int) -> Floats:
    """By place, (count,)."""
    return np.bincount(places, values, count).astype(np.float64)


def _divided(values: Floats, by: Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    result: Floats = np.divide(values, by, out=np.full(values.shape, np.nan), where=by > 0)
    return result
