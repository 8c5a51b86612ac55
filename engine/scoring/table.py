"""Scores of every (origin, step) pair that is read so far, in as few bytes as every sum over a slice needs.

Columns lie step by step, so that a step's origins are one stretch of memory. They are written a block at a time by one
thread, while others read: a row counts from when `read` says so, which is after it was written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.scoring.extent import Extent
from engine.scoring.outcomes import Outcomes
from engine.scoring.pairs import LARGEST, Pairs
from engine.series import Floats, Ints

Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Totals(NamedTuple):
    """Per origin, sums over its pairs; (N,) each. absolute: of the error of the median; root: of its squares' sum."""

    absolute: Singles
    root: Singles
    error: Singles
    quantile_loss: Singles
    interval80: Singles
    inside50: NDArray[np.uint8]
    inside80: NDArray[np.uint8]


class Table:
    """Of the rows of one entry: what can be asked for step by step. 9 bytes per pair and 8 per origin, where there are
    10 samples.

    crps, error (H, N): NaN where there is no actual. outcome (H, N): see Outcomes. quantile_loss, interval80 (N,): sums
    over an origin's pairs. read (N,): which rows are true. revisions (B,): of each block, the revision of its rows that
    was read, 0 for none. writes: how often anything changed.
    """

    def __init__(self, extent: Extent, horizon: int, num_samples: int) -> None:
        count = len(extent)
        self.extent = extent
        self.outcomes = Outcomes(num_samples)
        self.crps: Singles = np.empty((horizon, count), np.float32)
        self.error: Singles = np.empty((horizon, count), np.float32)
        self.outcome: NDArray[Any] = np.empty((horizon, count), self.outcomes.dtype)
        self.quantile_loss: Singles = np.empty(count, np.float32)
        self.interval80: Singles = np.empty(count, np.float32)
        self.read: Bools = np.zeros(count, dtype=bool)
        self.revisions: Ints = np.zeros(len(extent.blocks), dtype=np.int64)
        self.writes = 0

    @staticmethod
    def row_bytes(horizon: int, num_samples: int) -> int:
        """What an origin takes."""
        return horizon * (8 + Outcomes(num_samples).dtype.itemsize) + 9

    @property
    def nbytes(self) -> int:
        return len(self.extent) * self.row_bytes(len(self.crps), self.outcomes.num_samples)

    def write(self, which: int, slots: Ints, scored: Pairs, revision: int) -> None:
        """The scores of a block's rows, which are those of these slots and no others."""
        rows = self.extent.rows_of(which, slots)
        self.read[self.extent.rows(which)] = False
        self.crps[:, rows] = scored.crps.T
        self.error[:, rows] = scored.error.T
        self.outcome[:, rows] = self.outcomes.encoded(scored).T
        self.quantile_loss[rows] = _sums(scored.quantile_loss)
        self.interval80[rows] = _sums(scored.interval80)
        self.read[rows] = True
        self.revisions[which] = revision
        self.writes += 1


class Rivals:
    """Of two simple forecasters beside an entry, the baseline first: what is asked for of them, on the same rows.

    crps (2, H, N); totals: of each of the two. read (N,): which rows are true. writes: how often anything changed. They
    depend on the series alone.
    """

    def __init__(self, extent: Extent, horizon: int) -> None:
        count = len(extent)
        self.extent = extent
        self.crps: Singles = np.empty((2, horizon, count), np.float32)
        self.totals = tuple(
            Totals(*np.empty((5, count), np.float32), *np.empty((2, count), np.uint8)) for _ in range(2)
        )
        self.read: Bools = np.zeros(count, dtype=bool)
        self.writes = 0

    @staticmethod
    def row_bytes(horizon: int) -> int:
        """What an origin takes."""
        return 2 * (4 * horizon + 22) + 1

    @property
    def nbytes(self) -> int:
        return len(self.extent) * self.row_bytes(self.crps.shape[1])

    def write(self, rows: Ints, scored: tuple[Pairs, Pairs]) -> None:
        """The scores of some rows."""
        for number, pairs in enumerate(scored):
            self.crps[number][:, rows] = pairs.crps.T
            for column, values in zip(self.totals[number], totals(pairs), strict=True):
                np.asarray(column)[rows] = values
        self.read[rows] = True
        self.writes += 1


def totals(scored: Pairs) -> Totals:
    """Sums over the pairs of each origin, (B,)."""
    error = scored.error.astype(np.float64)
    return Totals(
        absolute=_sums(np.abs(error)),
        root=_single(np.sqrt(np.nansum(error * error, axis=1))),
        error=_sums(error),
        quantile_loss=_sums(scored.quantile_loss),
        interval80=_sums(scored.interval80),
        inside50=(scored.inside50 == 1).sum(axis=1).astype(np.uint8),
        inside80=(scored.inside80 == 1).sum(axis=1).astype(np.uint8),
    )


def _sums(values: NDArray[Any]) -> Singles:
    return _single(np.nansum(values, axis=1, dtype=np.float64))


def _single(values: Floats) -> Singles:
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)
