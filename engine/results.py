"""ResultFrame: the forecasts of one series under one spec, the single source of truth of an entry.

A list of 256-slot blocks of numpy columns, seen as one Polars frame without a copy. A block that is written can be put
away: its rows count as done, their scores stay, their samples are on the disk only. Its methods are called under the
scheduler's lock and touch a batch of rows, one block, or as many rows as are cleared at once; `frame()` and the score
columns are read-only views.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.blocks import BLOCK, Rows, block_range
from engine.row_states import DONE, FAILED, MISSING, STORED, UNUSABLE, RowStates
from engine.rows import Forecast, Row, Scores
from engine.samples import SampleBlocks
from engine.scorecards import Scorecard
from engine.series import Ints, Series
from engine.spec import Spec


class ResultFrame(RowStates):
    """The rows' forecasts and scores; `usable` (N,) tells which slots can be origins at all."""

    def __init__(self, series: Series, spec: Spec, usable: NDArray[np.bool_]) -> None:
        super().__init__(series, usable)
        self.spec = spec
        self._samples = SampleBlocks(len(block_range(series)), spec)
        self._imported = np.zeros(len(self._state), dtype=bool)  # came, or are about to come, from an export
        self._crps = np.full(len(self._state), np.nan)
        self._counts = np.zeros((3, len(self._state)), dtype=np.uint8)  # n_scored, inside50, inside80
        self.found_count = 0  # rows that were on the disk when it was opened

    def row(self, slot: int) -> Row:
        """A copy of a resident row."""
        if not self.resident(slot):
            raise KeyError(slot)
        return self._samples.row(slot - self._base)

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(self, slots: Ints, forecast: Forecast, claim: int = 0) -> list[int]:
        """Store rows that are not done yet, with `claim` only those the batch of that number still holds; rows that are
        not finite are marked failed. The blocks that changed."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        wanted = (self._state[positions] == MISSING) | (self._state[positions] == FAILED)
        if claim:
            wanted &= self._claims[positions] == claim
        self._set(positions[wanted & ~forecast.finite], FAILED)
        fresh = np.flatnonzero(wanted & forecast.finite)
        positions = positions[fresh]
        touched = self._samples.write(positions, forecast, fresh)
        self._crps[positions] = forecast.scores.crps[fresh]
        for column, values in zip(self._counts, forecast.scores[1:], strict=True):
            column[positions] = values[fresh]
        self._imported[positions] = False
        self._set(positions, DONE)
        return touched

    def adopt(self, slots: Ints, forecast: Forecast) -> list[int]:
        """Store rows that come from an export where none is done. The blocks that changed."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        fresh = positions[~self._is_done(positions)]
        changed = self.write(slots, forecast)
        self._imported[fresh] = self._state[fresh] == DONE
        return changed

    def expect(self, imported: NDArray[np.bool_]) -> None:
        """Mark rows (blocks x 256,) as coming from an export, before they come: a process killed in between must not
        take them for its own."""
        self._imported |= imported

    def clear(self, slots: Ints) -> None:
        """Forget rows, and whoever computes them, so that they are computed again."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        self._imported[positions] = False
        self._set(positions[self._state[positions] != UNUSABLE], MISSING)

    def _set(self, positions: Ints, state: int) -> None:
        super()._set(positions, state)
        if state not in (DONE, STORED):
            self._crps[positions] = np.nan
            self._counts[:, positions] = 0

    # --- blocks in memory and on the disk --------------------------------------------------------------------------

    def expect_stored(self, number: int, card: Scorecard) -> None:
        """Rows of a block are on the disk, with these scores; for a frame that nobody else sees yet."""
        positions = number * BLOCK + card.offsets
        kept = self._state[positions] == MISSING
        positions = positions[kept]
        self._crps[positions] = card.scores.crps[kept]
        for column, values in zip(self._counts, card.scores[1:], strict=True):
            column[positions] = values[kept]
        self._set(positions, STORED)

    def put_away(self, number: int) -> None:
        """Give a block's memory back; its done rows are on the disk."""
        self._set(number * BLOCK + self._offsets(number, DONE), STORED)
        self._samples.drop(number)

    def bring_back(self, number: int, stored: Rows | None) -> None:
        """A block's rows, as they were on the disk; those that are not among them are missing again."""
        start = number * BLOCK
        if stored is not None:
            found = stored.only(self._state[start + stored.offsets] == STORED)
            if len(found.offsets):
                self._samples.bring_back(number, found)
                self._set(start + found.offsets, DONE)
        self._set(start + self._offsets(number, STORED), MISSING)

    def farthest(self, focus: int) -> Ints:
        """Numbers of the blocks in memory, the farthest from the slot `focus` first."""
        return self._samples.farthest(self.block_of(focus))

    # --- blocks, for the store -------------------------------------------------------------------------------------

    def block_rows(self, number: int) -> Rows:
        """A copy of a block's resident rows."""
        return self._samples.rows(number, self._offsets(number, DONE))

    def scorecard(self, number: int) -> Scorecard:
        """A copy of a block's done rows' scores, wherever their samples are."""
        own = slice(number * BLOCK, (number + 1) * BLOCK)
        offsets = np.flatnonzero(self._is_done(own))
        counts = self._counts[:, own][:, offsets]
        return Scorecard(offsets, Scores(self._crps[own][offsets], counts[0], counts[1], counts[2]))

    def imported_bits(self) -> NDArray[np.bool_]:
        """A copy of which rows come from an export, (blocks x 256,)."""
        return self._imported.copy()

    @property
    def imported_count(self) -> int:
        """Done rows that come from an export."""
        return int((self._imported & self._is_done(slice(None))).sum())

    # --- views -----------------------------------------------------------------------------------------------------

    def scores(self) -> Scores:
        """Score columns of the series' slots, oldest first, (N,) each; crps is NaN where no score is known."""
        return Scores(self._crps[self._own], *(column[self._own] for column in self._counts))

    def frame(self) -> pl.DataFrame:
        """All blocks in memory as one Polars frame (slot, state, loc, scale, samples); its samples are not copied."""
        return self._samples.frame(self._base + np.arange(len(self._state)), self._state)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        columns = (self._state, self._claims, self._imported, self._crps, self._counts)
        return self._samples.nbytes + sum(column.nbytes for column in columns)

    @property
    def block_nbytes(self) -> int:
        """Bytes of one block in memory."""
        return self._samples.block_nbytes
