"""ResultFrame: the forecasts of one series under one spec, the single source of truth of an entry.

A list of 256-slot blocks of numpy columns, seen as one Polars frame without a copy. Its methods are called under the
scheduler's lock and touch a batch of rows, one block, or as many rows as are cleared at once; `frame()` and the score
columns are read-only views.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.blocks import BLOCK, Rows, block_range
from engine.series import Floats, Ints, Series
from engine.spec import Spec
from engine.windows import unscale

MISSING, DONE, UNUSABLE, FAILED = range(4)


class Scores(NamedTuple):
    """Of B origins: mean CRPS over the steps with an actual (NaN without any), how many those are, how many of them
    lie inside the 50 % and the 80 % band. Each (B,)."""

    crps: Floats
    n_scored: NDArray[np.uint8]
    inside50: NDArray[np.uint8]
    inside80: NDArray[np.uint8]


class Forecast(NamedTuple):
    """B forecasts: scaled samples (B, H, S) float32 sorted per step, loc and scale (B,), scores; finite (B,): whether
    all of an origin's samples are numbers, without which it counts as failed."""

    samples: NDArray[np.float32]
    loc: Floats
    scale: Floats
    scores: Scores
    finite: NDArray[np.bool_]

    def rows(self, rows: slice) -> Forecast:
        """Some of the forecasts."""
        crps, n_scored, inside50, inside80 = self.scores
        scores = Scores(crps[rows], n_scored[rows], inside50[rows], inside80[rows])
        return Forecast(self.samples[rows], self.loc[rows], self.scale[rows], scores, self.finite[rows])

    def row(self, position: int) -> Row | None:
        """One of the forecasts; None if it failed."""
        if not self.finite[position]:
            return None
        return Row(self.samples[position].copy(), float(self.loc[position]), float(self.scale[position]))


class Row(NamedTuple):
    """One origin's forecast: scaled samples (H, S) sorted per step, loc, scale."""

    samples: NDArray[np.float32]
    loc: float
    scale: float

    def unscaled(self) -> Floats:
        """Samples (H, S) in the data's unit."""
        values: Floats = unscale(self.samples[None], np.array([self.loc]), np.array([self.scale]))[0]
        return values


class _Block(NamedTuple):
    samples: NDArray[np.float32]  # (256, H, S)
    loc: Floats  # (256,)
    scale: Floats  # (256,)


class ResultFrame:
    """Rows of a series' slots; `usable` (N,) tells which of them can be origins at all."""

    def __init__(self, series: Series, spec: Spec, usable: NDArray[np.bool_]) -> None:
        self.spec = spec
        self.series = series
        blocks = block_range(series)
        self._base = blocks.start * BLOCK  # the slot of position 0
        self._blocks: list[_Block | None] = [None] * len(blocks)
        self._state = np.full(len(blocks) * BLOCK, UNUSABLE, dtype=np.uint8)
        own = slice(series.first_slot - self._base, series.first_slot - self._base + len(series))
        self._state[own][usable] = MISSING
        self._claims = np.zeros(len(self._state), dtype=np.uint32)  # the batch that computes a missing row; 0: none
        self._open = (self._state == MISSING).reshape(-1, BLOCK).sum(axis=1)  # per block: missing and not claimed
        self._revisions = np.zeros(len(blocks), dtype=np.int64)  # per block: grows whenever what is in it changes
        self._unfinished = self._open.copy()  # per block: missing, claimed or not
        self._imported = np.zeros(len(self._state), dtype=bool)  # came, or are about to come, from an export
        self._crps = np.full(len(self._state), np.nan)
        self._counts = np.zeros((3, len(self._state)), dtype=np.uint8)  # n_scored, inside50, inside80
        self.total = int(usable.sum())
        self.done_count = 0
        self.failed_count = 0
        self.stored_count = 0  # rows that were read from the disk

    # --- one row ---------------------------------------------------------------------------------------------------

    def done(self, slot: int) -> bool:
        return bool(self._state[slot - self._base] == DONE)

    def failed(self, slots: Ints) -> NDArray[np.bool_]:
        """Which of the rows (B,) failed."""
        result: NDArray[np.bool_] = self._state[slots - self._base] == FAILED
        return result

    def complete(self) -> bool:
        """Whether no usable row is missing; failed ones are not tried again by themselves."""
        return self.done_count + self.failed_count == self.total

    def row(self, slot: int) -> Row:
        """A copy of a done row."""
        block = self._blocks[(slot - self._base) // BLOCK]
        if block is None or not self.done(slot):
            raise KeyError(slot)
        at = slot % BLOCK
        return Row(block.samples[at].copy(), float(block.loc[at]), float(block.scale[at]))

    # --- the background's cursor -----------------------------------------------------------------------------------

    def claim(self, focus: int, limit: int, number: int) -> tuple[Ints, bool]:
        """Up to `limit` missing slots of the block nearest to `focus`, now claimed by batch `number` (not 0); and
        whether that block is used up.

        Empty when nothing is left to claim. Within a block the slots nearest to the focus come first.
        """
        numbers = np.flatnonzero(self._open)
        if len(numbers) == 0:
            return np.empty(0, dtype=np.int64), True
        wanted = focus - self._base
        block = int(numbers[np.argmin(np.abs(numbers - wanted // BLOCK))])
        start = block * BLOCK
        free = (self._state[start : start + BLOCK] == MISSING) & (self._claims[start : start + BLOCK] == 0)
        positions = start + np.flatnonzero(free)
        if len(positions) > limit:
            nearest = np.argpartition(np.abs(positions - wanted), limit)[:limit]
            positions = np.sort(positions[nearest])
        self._claims[positions] = number
        self._open[block] -= len(positions)
        return positions + self._base, bool(self._open[block] == 0)

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
        touched = np.unique(positions // BLOCK)
        for number in touched:
            block = self._blocks[number] or self._allocate(int(number))
            here = positions // BLOCK == number
            at, source = positions[here] % BLOCK, fresh[here]
            block.samples[at] = forecast.samples[source]
            block.loc[at] = forecast.loc[source]
            block.scale[at] = forecast.scale[source]
        self._crps[positions] = forecast.scores.crps[fresh]
        for column, values in zip(self._counts, forecast.scores[1:], strict=True):
            column[positions] = values[fresh]
        self._imported[positions] = False
        self._set(positions, DONE)
        return [int(number) for number in touched]

    def adopt(self, slots: Ints, forecast: Forecast) -> list[int]:
        """Store rows that come from an export where none is done. The blocks that changed."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        fresh = positions[self._state[positions] != DONE]
        changed = self.write(slots, forecast)
        self._imported[fresh] = self._state[fresh] == DONE
        return changed

    def expect(self, imported: NDArray[np.bool_]) -> None:
        """Mark rows (blocks x 256,) as coming from an export, before they come: a process killed in between must not
        take them for its own."""
        self._imported |= imported

    def fail(self, slots: Ints, claim: int = 0) -> None:
        """Mark missing rows that the batch `claim`, or none, holds as failed; the background leaves them alone."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        self._set(positions[(self._state[positions] == MISSING) & (self._claims[positions] == claim)], FAILED)

    def clear(self, slots: Ints) -> None:
        """Forget rows, and whoever computes them, so that they are computed again."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        self._imported[positions] = False
        self._set(positions[self._state[positions] != UNUSABLE], MISSING)

    def _allocate(self, number: int) -> _Block:
        shape = (BLOCK, self.spec.horizon, self.spec.num_samples)
        block = _Block(np.zeros(shape, np.float32), np.zeros(BLOCK), np.ones(BLOCK))
        self._blocks[number] = block
        return block

    def _set(self, positions: Ints, state: int) -> None:
        before = self._state[positions]
        done = len(positions) * (state == DONE) - int((before == DONE).sum())
        failed = len(positions) * (state == FAILED) - int((before == FAILED).sum())
        self._state[positions] = state
        self._claims[positions] = 0
        if state != DONE:
            self._crps[positions] = np.nan
            self._counts[:, positions] = 0
        self._revisions[np.unique(positions[before != state] // BLOCK)] += 1
        touched = np.unique(positions // BLOCK)
        missing = self._state.reshape(-1, BLOCK)[touched] == MISSING
        self._unfinished[touched] = missing.sum(axis=1)
        self._open[touched] = (missing & (self._claims.reshape(-1, BLOCK)[touched] == 0)).sum(axis=1)
        self.done_count += done
        self.failed_count += failed

    # --- blocks, for the store -------------------------------------------------------------------------------------

    def block_full(self, number: int) -> bool:
        """Whether nothing is missing in the block any more."""
        return bool(self._unfinished[number] == 0)

    def block_done(self, number: int) -> bool:
        """Whether every row that the block can have is done: none is missing, none failed."""
        state = self._state[number * BLOCK : (number + 1) * BLOCK]
        return bool(((state == DONE) | (state == UNUSABLE)).all())

    def block_rows(self, number: int) -> Rows:
        """A copy of a block's done rows."""
        block = self._blocks[number]
        offsets = np.flatnonzero(self._state[number * BLOCK : (number + 1) * BLOCK] == DONE)
        if block is None:
            shape = (0, self.spec.horizon, self.spec.num_samples)
            return Rows(offsets[:0], np.empty(shape, np.float32), np.empty(0), np.empty(0))
        return Rows(offsets, block.samples[offsets], block.loc[offsets], block.scale[offsets])

    def block_states(self, number: int) -> NDArray[np.uint8]:
        """A copy of the states of a block's slots, (256,)."""
        return self._state[number * BLOCK : (number + 1) * BLOCK].copy()

    def revision(self, number: int) -> int:
        """A number that grows whenever a row of the block changes: done, failed, cleared, computed anew."""
        return int(self._revisions[number])

    def block_slots(self, number: int, offsets: Ints) -> Ints:
        """Slots of a block's rows."""
        return self._base + number * BLOCK + offsets

    def done_bits(self) -> NDArray[np.bool_]:
        """A copy of which rows are done, (blocks x 256,)."""
        result: NDArray[np.bool_] = self._state == DONE
        return result

    def imported_bits(self) -> NDArray[np.bool_]:
        """A copy of which rows come from an export, (blocks x 256,)."""
        return self._imported.copy()

    @property
    def imported_count(self) -> int:
        """Done rows that come from an export."""
        return int((self._imported & (self._state == DONE)).sum())

    # --- views -----------------------------------------------------------------------------------------------------

    def scores(self) -> Scores:
        """Score columns of the series' slots, oldest first, (N,) each; crps is NaN where no score is known."""
        own = slice(self.series.first_slot - self._base, self.series.first_slot - self._base + len(self.series))
        return Scores(self._crps[own], self._counts[0, own], self._counts[1, own], self._counts[2, own])

    def frame(self) -> pl.DataFrame:
        """All allocated blocks as one Polars frame (slot, state, loc, scale, samples); its samples are not copied."""
        width = self.spec.horizon * self.spec.num_samples
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "slot": pl.Int64,
            "state": pl.UInt8,
            "loc": pl.Float64,
            "scale": pl.Float64,
            "samples": pl.Array(pl.Float32, width),
        }
        parts = [
            pl.DataFrame(
                {
                    "slot": self.block_slots(number, np.arange(BLOCK)),
                    "state": self._state[number * BLOCK : (number + 1) * BLOCK],
                    "loc": block.loc,
                    "scale": block.scale,
                    "samples": block.samples.reshape(BLOCK, width),
                }
            )
            for number, block in enumerate(self._blocks)
            if block is not None
        ]
        return pl.concat(parts, rechunk=False) if parts else pl.DataFrame(schema=schema)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        allocated = sum(block is not None for block in self._blocks)
        row = 4 * self.spec.horizon * self.spec.num_samples + 16
        columns = (self._state, self._claims, self._imported, self._crps, self._counts)
        return allocated * BLOCK * row + sum(column.nbytes for column in columns)
