"""What is known of every row of an entry but its forecast: its state, who computes it, and how often its block changed.

Every slot of the series' blocks has a position and a row there; position 0 is the first slot of the first block.
Called under the scheduler's lock.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.blocks import BLOCK, block_range
from engine.series import Ints, Series

MISSING, DONE, UNUSABLE, FAILED, STORED = range(5)  # STORED: done, but on the disk only


class RowStates:
    """Rows of a series' slots; `usable` (N,) tells which of them can be origins at all."""

    def __init__(self, series: Series, usable: NDArray[np.bool_]) -> None:
        self.series = series
        blocks = block_range(series)
        self._base = blocks.start * BLOCK  # the slot of position 0
        self._state = np.full(len(blocks) * BLOCK, UNUSABLE, dtype=np.uint8)
        self._own = slice(series.first_slot - self._base, series.first_slot - self._base + len(series))
        self._state[self._own][usable] = MISSING
        self._claims = np.zeros(len(self._state), dtype=np.uint32)  # the batch that computes a missing row; 0: none
        self._open = (self._state == MISSING).reshape(-1, BLOCK).sum(axis=1)  # per block: missing and not claimed
        self._unfinished = self._open.copy()  # per block: missing, claimed or not
        self._revisions = np.zeros(len(blocks), dtype=np.int64)  # per block: grows whenever what is in it changes
        self.total = int(usable.sum())
        self.done_count = 0  # in memory or on the disk
        self.failed_count = 0

    # --- one row ---------------------------------------------------------------------------------------------------

    def done(self, slot: int) -> bool:
        """Whether a row is computed, in memory or on the disk."""
        return bool(self._state[slot - self._base] in (DONE, STORED))

    def resident(self, slot: int) -> bool:
        """Whether a row can be read now."""
        return bool(self._state[slot - self._base] == DONE)

    def failed(self, slots: Ints) -> NDArray[np.bool_]:
        """Which of the rows (B,) failed."""
        result: NDArray[np.bool_] = self._state[slots - self._base] == FAILED
        return result

    def complete(self) -> bool:
        """Whether no usable row is missing; failed ones are not tried again by themselves."""
        return self.done_count + self.failed_count == self.total

    # --- the background's cursor -----------------------------------------------------------------------------------

    def claim(self, focus: int, limit: int, number: int) -> Ints:
        """Up to `limit` missing slots of the block nearest to `focus`, now claimed by batch `number` (not 0).

        Empty when nothing is left to claim. Within a block the slots nearest to the focus come first.
        """
        numbers = np.flatnonzero(self._open)
        if len(numbers) == 0:
            return np.empty(0, dtype=np.int64)
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
        return positions + self._base

    # --- changes ---------------------------------------------------------------------------------------------------

    def fail(self, slots: Ints, claim: int = 0) -> None:
        """Mark missing rows that the batch `claim`, or none, holds as failed; the background leaves them alone."""
        positions = np.asarray(slots, dtype=np.int64) - self._base
        self._set(positions[(self._state[positions] == MISSING) & (self._claims[positions] == claim)], FAILED)

    def _set(self, positions: Ints, state: int) -> None:
        """Rows get a state, and whoever computes them is forgotten."""
        is_done, was_done, before = state in (DONE, STORED), self._is_done(positions), self._state[positions]
        done = len(positions) * is_done - int(was_done.sum())
        failed = len(positions) * (state == FAILED) - int((before == FAILED).sum())
        changed = ~was_done if is_done else before != state  # where a done row lies changes nothing
        self._state[positions] = state
        self._claims[positions] = 0
        self._revisions[np.unique(positions[changed] // BLOCK)] += 1
        touched = np.unique(positions // BLOCK)
        missing = self._state.reshape(-1, BLOCK)[touched] == MISSING
        self._unfinished[touched] = missing.sum(axis=1)
        self._open[touched] = (missing & (self._claims.reshape(-1, BLOCK)[touched] == 0)).sum(axis=1)
        self.done_count += done
        self.failed_count += failed

    def _is_done(self, positions: Ints | slice) -> NDArray[np.bool_]:
        state = self._state[positions]
        result: NDArray[np.bool_] = (state == DONE) | (state == STORED)
        return result

    def done_bits(self) -> NDArray[np.bool_]:
        """A copy of which rows are done, (blocks x 256,)."""
        return self._is_done(slice(None))

    def states(self) -> NDArray[np.uint8]:
        """A copy of the states of the series' slots, oldest first, (N,)."""
        return self._state[self._own].copy()

    # --- blocks ----------------------------------------------------------------------------------------------------

    def block_of(self, slot: int) -> int:
        """Number of the block that holds a slot."""
        return (slot - self._base) // BLOCK

    def block_slots(self, number: int, offsets: Ints) -> Ints:
        """Slots of a block's rows."""
        return self._base + number * BLOCK + offsets

    def block_full(self, number: int) -> bool:
        """Whether nothing is missing in the block any more."""
        return bool(self._unfinished[number] == 0)

    def block_done(self, number: int) -> bool:
        """Whether every row that the block can have is in memory: none is missing, failed, or on the disk only."""
        state = self._state[number * BLOCK : (number + 1) * BLOCK]
        return bool(((state == DONE) | (state == UNUSABLE)).all())

    def block_states(self, number: int) -> NDArray[np.uint8]:
        """A copy of the states of a block's slots, (256,)."""
        return self._state[number * BLOCK : (number + 1) * BLOCK].copy()

    def revision(self, number: int) -> int:
        """A number that grows whenever a row of the block changes: done, failed, cleared, computed anew."""
        return int(self._revisions[number])

    def revisions(self) -> Ints:
        """A copy of the revisions of all blocks, oldest first."""
        return self._revisions.copy()

    def away(self, number: int) -> bool:
        """Whether rows of a block are on the disk only."""
        return len(self._offsets(number, STORED)) > 0

    def holds(self, number: int) -> bool:
        """Whether rows of a block are in memory."""
        return len(self._offsets(number, DONE)) > 0

    def stored_offsets(self, number: int) -> Ints:
        """Which rows of a block are on the disk only."""
        return self._offsets(number, STORED)

    def _offsets(self, number: int, state: int) -> Ints:
        """Which rows of a block are in a state."""
        return np.flatnonzero(self._state[number * BLOCK : (number + 1) * BLOCK] == state)
