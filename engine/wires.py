"""Wire blocks of entries: made when somebody asks, kept in a tier in memory, and never older than the rows.

A kept block bears the entry's id and the block's revision, read before the rows were: both must still be the same, or
it is made anew. Nothing here computes a forecast, but for the baseline beside them (17 ms a block, kept nowhere else).
The values of a series are kept in the same tier.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import wire, wire_series
from engine.blocks import BLOCK, Rows, block_range
from engine.dataset import Dataset
from engine.errors import Overloaded, UnknownBlock
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.row_states import FAILED, UNUSABLE
from engine.rows import Baselines, Row, Scores
from engine.series import Ints
from engine.tier import Tier

LEVEL = 1  # of gzip: level 6 takes three times as long and saves another 5 %
CALLERS = 16  # who may wait for a block that is not made yet; the others are told to come back


class WireBlock(NamedTuple):
    """data: the bytes of docs/wire.md, gzipped. etag: a hash of all of them, so other forecasts, states, scores or
    another format are another etag. complete: whether nothing is missing, so that only force can change it."""

    data: bytes
    etag: str
    complete: bool


class _Kept(NamedTuple):
    stamp: tuple[int, int]  # the entry's id, the block's revision
    block: WireBlock


class Wires:
    """`read` gives a copy of an entry's done rows in its n-th block, `find` the entry of a key that is open, `beside`
    what the baseline says at slots of an entry, None for its own."""

    def __init__(
        self,
        budget: int,
        read: Callable[[Entry, int], Rows],
        find: Callable[[Hashable], Entry | None],
        beside: Callable[[Entry, Ints], Baselines | None],
    ) -> None:
        self._read = read
        self._find = find
        self._beside = beside
        self._tier: Tier[_Kept] = Tier(budget)
        self._callers = threading.BoundedSemaphore(CALLERS)
        self._making = threading.BoundedSemaphore(1)  # who asks for the same block meanwhile finds it made

    def of(self, entry: Entry, number: int) -> WireBlock:
        """Slots 256 x number .. 256 x number + 255 of an entry. UnknownBlock, Overloaded, and what `read` raises."""
        blocks = block_range(entry.subject.series)
        if number not in blocks:
            raise UnknownBlock(
                f"There is no block {number} in this series; it has {blocks.start} to {blocks.stop - 1}.",
                first=blocks.start,
                last=blocks.stop - 1,
            )
        kept = self._kept(entry, number)
        if kept is not None:
            return kept
        if not self._callers.acquire(blocking=False):
            raise Overloaded("Many blocks are being made already. Try again shortly.")
        try:
            return self._made(entry, number)
        finally:
            self._callers.release()

    def row(self, entry: Entry, slot: int, row: Row) -> bytes:
        """One forecast, as a block with that row alone."""
        number, offset = divmod(slot, BLOCK)
        state = np.full(BLOCK, wire.MISSING, dtype=np.uint8)
        state[offset] = wire.DONE
        rows = Rows(np.array([offset]), row.samples[None], np.array([row.loc]), np.array([row.scale]))
        at = slot - entry.subject.series.first_slot
        crps, *counts = frame_of(entry).scores()
        scores = Scores(crps[at : at + 1], *(column[at : at + 1] for column in counts))
        beside = self._beside(entry, np.array([slot]))
        return wire.pack(number, state, rows, scores, entry.subject.spec.kind, beside)

    def series(self, dataset: Dataset) -> WireBlock:
        """The values and times of a series. Whoever forgets it meanwhile has it forgotten here, too."""
        key = (dataset.handle, "", 0)
        kept = self._tier.get(key)
        if kept is not None:
            return kept.block
        with self._making:
            payload = wire_series.pack(dataset)
        block = _zipped(payload, True)
        self._tier.put(key, _Kept((0, 0), block), len(block.data))
        return block

    def forget(self, handle: str) -> None:
        """Keep nothing of a series."""
        self._tier.drop(handle)

    def clear(self) -> None:
        """Keep nothing."""
        self._tier.clear()

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._tier.nbytes

    def _kept(self, entry: Entry, number: int) -> WireBlock | None:
        kept = self._tier.get(_key(entry, number))
        return kept.block if kept is not None and kept.stamp == _stamp(entry, number) else None

    def _made(self, entry: Entry, number: int) -> WireBlock:
        stamp = _stamp(entry, number)
        place = number - block_range(entry.subject.series).start
        frame = frame_of(entry)
        rows = self._read(entry, place)
        state = _wire_state(frame.block_states(place), rows)
        slots = frame.block_slots(place, rows.offsets)
        scores = Scores(*(column[slots - entry.subject.series.first_slot] for column in frame.scores()))
        unchanged = _stamp(entry, number) == stamp  # else rows, states and scores may be of several moments
        with self._making:
            kept = self._kept(entry, number)
            if kept is not None:
                return kept
            payload = wire.pack(number, state, rows, scores, entry.subject.spec.kind, self._beside(entry, slots))
            block = _zipped(payload, unchanged and wire.is_complete(state))
            if unchanged:
                self._tier.put(_key(entry, number), _Kept(stamp, block), len(block.data))
        if unchanged and self._find(entry.key) is not entry:  # forgotten meanwhile, perhaps before it was kept
            self.forget(entry.subject.series.handle)
        return block


def _zipped(payload: bytes, complete: bool) -> WireBlock:
    etag = hashlib.sha256(payload).hexdigest()[:32]
    return WireBlock(gzip.compress(payload, LEVEL, mtime=0), etag, complete)


def _key(entry: Entry, number: int) -> tuple[str, str, int]:
    return entry.subject.series.handle, entry.subject.spec.key, number


def _stamp(entry: Entry, number: int) -> tuple[int, int]:
    return entry.entry_id, frame_of(entry).revision(number - block_range(entry.subject.series).start)


def _wire_state(state: NDArray[np.uint8], rows: Rows) -> NDArray[np.uint8]:
    """States (256,) of a frame's block as the bytes have them: done is what comes with a row."""
    result = np.full(len(state), wire.MISSING, dtype=np.uint8)
    result[state == UNUSABLE] = wire.UNUSABLE
    result[state == FAILED] = wire.FAILED
    result[rows.offsets] = wire.DONE
    return result
