"""What the store thread writes beside its calls: blocks, their manifests, when something was last looked at."""

from __future__ import annotations

import time
from dataclasses import replace

from engine.fills import Fills
from engine.forecasting import frame_of
from engine.jobs import Block
from engine.manifests import Manifests
from engine.outbox import PARTIAL_EVERY
from engine.room import Room
from engine.scheduler import Scheduler
from engine.shelf import Shelf
from engine.store import Store

TIDY_EVERY = 300.0  # seconds


class Writing:
    """All of it runs on the store thread."""

    def __init__(
        self, scheduler: Scheduler, store: Store, shelf: Shelf, room: Room, manifests: Manifests, fills: Fills
    ) -> None:
        self._scheduler = scheduler
        self._store = store
        self._shelf = shelf
        self._room = room
        self._manifests = manifests
        self._fills = fills
        self._manifests_written = self._tidied = time.monotonic()

    def write_block(self, block: Block) -> None:
        """Write one block and, now and then, its manifest."""
        entry, rows = block.entry, frame_of(block.entry)
        card = entry.subject.cards[block.number], block.card
        self._store.forecasts.put_block(entry.subject.keys[block.number], block.rows, block.done, card)
        self._manifests.due(entry)
        now = time.monotonic()
        finished = rows.complete() and not self._scheduler.unwritten_blocks(entry)
        if finished or now >= self._manifests_written + PARTIAL_EVERY:
            self._manifests_written = now
            self._manifests.put_due()
        self._room.retire(entry.subject.series.handle)
        if finished:
            self._fills.resume()

    def tidy(self) -> None:
        """Go on with a fill, should nothing else have led to it, and keep to the disk budget; now and then: note on the
        disk what was looked at, and forget what is too old."""
        self._fills.resume()
        self._room.trim()
        now = time.monotonic()
        if now >= self._tidied + TIDY_EVERY:
            self._note_looks()
            self._room.expire()
            self._tidied = now

    def _note_looks(self) -> None:
        self._manifests.put_due()
        for handle in self._shelf.looked_since(self._tidied):
            for manifest in self._store.forecasts.manifests(handle):
                looked = self._shelf.looked_utc(handle)
                if looked > manifest.last_used:
                    self._store.forecasts.put_manifest(replace(manifest, last_used=looked))

    def close(self) -> None:
        """Write what is due and close the caches."""
        try:
            self._note_looks()
        finally:
            self._store.close()
