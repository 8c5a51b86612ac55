"""How long a file's errors remember: neighbouring moments share most of their future, so their errors go together.

What a mean of them is worth is told by sums over windows that are longer than this memory: those are independent.
Everything here lies along the last axis, one place per slot, oldest first, with zeros where nothing is counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.series import Floats, Ints

PARTS = 4  # of a window: windows begin at every part, which is nearly as good as at every slot
OVERLAPS = 4  # a window is at least so many forecast lengths: over one alone forecasts overlap
ROOT = 1.3  # and at least so many roots of N slots (Lazarus, Lewis, Stock & Watson 2018)
FEWEST = 8  # windows that must fit into the file for a longer memory to be looked for


class Spread(NamedTuple):
    """Of C sums, (C,) each: variance, NaN where one window holds everything; dof, the degrees of freedom of its
    estimate."""

    variance: Floats
    dof: Floats


def part_length(block: int) -> int:
    """Slots of a part of windows of `block` slots."""
    return max(1, block // PARTS)


def sums_by_part(values: Floats | NDArray[np.bool_], block: int) -> Floats:
    """Values (..., N) summed over the parts of windows: (..., G)."""
    starts = np.arange(0, values.shape[-1], part_length(block))
    result: Floats = np.add.reduceat(values, starts, axis=-1, dtype=np.float64)
    return result


class Parts:
    """Of windows of `block` slots: in which of them moments at increasing places below `length` lie.

    counts (G,): how many lie in each."""

    def __init__(self, places: Ints, length: int, block: int) -> None:
        self._starts = np.searchsorted(places, np.arange(0, length, part_length(block)))
        self.counts: Floats = np.diff(self._starts, append=len(places)).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Values (M,) of the moments summed over each part, (G,)."""
        found = np.add.reduceat(np.append(values, 0.0), self._starts)
        return np.where(self.counts > 0, found, 0.0)


def spread(residuals: Floats, counts: Floats) -> Spread:
    """Of the sums of residuals whose own sum is zero, given as sums by part (C, G), of counts (C, G) terms each.

    The variance is the sum of all autocovariances, weighted 1 - lag / window (Bartlett; Newey & West 1987), of which
    terms that are missing leave out their own (amplitude modulation: Parzen 1963; Datta & Du 2012). All windows' sums
    tell it: their squares, added up and divided by PARTS. What residuals lost to their own mean is given back. As if
    each part had a variance in proportion to its terms, dof is 2 mean^2 / variance of this estimate, one less for the
    mean.
    """
    terms = counts.sum(axis=-1)
    per_term = np.divide(1.0, terms, out=np.zeros_like(terms), where=terms > 0)
    lost = _windows(counts) * per_term**2
    left = 1 - lost
    known = left > 1e-9
    variance = np.divide(_windows(residuals), left, out=np.full(terms.shape, np.nan), where=known)
    together = (counts**2).sum(axis=-1)
    for lag in range(1, min(PARTS, counts.shape[-1])):
        beside = (counts[..., lag:] * counts[..., :-lag]).sum(axis=-1)
        together += 2 * (1 - lag / PARTS) ** 2 * beside
    dof = np.divide(terms**2, together, out=np.zeros_like(terms), where=together > 0) - 1
    return Spread(variance, np.maximum(dof, 1.0))


def block_length(sums: Floats, weights: Floats | Ints, horizon: int) -> int:
    """How many slots a window needs so that the errors of one file, sums (N,) over weights (N,), forget within it.

    At least OVERLAPS horizons and ROOT roots of N; doubled while a longer one, of which FEWEST still fit, finds a
    variance that is larger by more than the standard error of that estimate (the spirit of Lepski 1991).
    """
    inside = np.flatnonzero(weights)
    if not len(inside):
        return OVERLAPS * horizon
    own = slice(int(inside[0]), int(inside[-1]) + 1)
    weights = weights[own]
    there = weights > 0
    values = np.where(there, sums[own], 0.0)
    residuals = values - values.sum() / weights.sum() * weights
    length = len(values)
    lengths = [int(max(OVERLAPS * horizon, ROOT * np.sqrt(length)))]
    while 2 * lengths[-1] * FEWEST <= length:
        lengths.append(2 * lengths[-1])
    found = [spread(sums_by_part(residuals, block), sums_by_part(there, block)) for block in lengths]
    chosen = len(lengths) - 1
    while chosen > 0 and _no_less(found[chosen - 1], found[chosen:]):
        chosen -= 1
    return lengths[chosen]


def _no_less(shorter: Spread, longer: list[Spread]) -> bool:
    """Whether windows of this length find as much variance as any longer ones, as far as those can tell."""
    return all(
        float(other.variance) <= float(shorter.variance) * (1 + np.sqrt(2 / float(other.dof))) for other in longer
    )


def _windows(parts: Floats) -> Floats:
    """Squares of all windows' sums, those that stick out at an end included, summed and divided by PARTS."""
    total = np.cumsum(parts, axis=-1)
    after = np.repeat(total[..., -1:], PARTS - 1, axis=-1)
    before = np.zeros((*total.shape[:-1], PARTS))
    windows = np.concatenate((total, after), axis=-1) - np.concatenate((before, total), axis=-1)[..., :-1]
    result: Floats = (windows * windows).sum(axis=-1) / PARTS
    return result
