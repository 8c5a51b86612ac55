"""Entries opened from the disk, and the rows of theirs that are there. All of it runs on the store thread, so opening
the same one twice at once cannot happen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from engine.blocks import Rows, block_keys, merge
from engine.catalog import Catalog
from engine.dataset import Dataset
from engine.errors import EngineClosed, Evicted
from engine.forecasting import Subject, frame_of, rescored
from engine.jobs import Entry
from engine.manifests import Manifests
from engine.results import ResultFrame
from engine.room import Room
from engine.scheduler import Scheduler
from engine.scorecards import scorecard_names
from engine.settings import Settings
from engine.spec import Spec
from engine.store import Store

log = logging.getLogger(__name__)

VERIFIED = 64  # blocks that are held against their checksums before a dataset is open: about 20 ms
AT_ONCE = 16  # further ones, before others have their turn


class Entries:
    """`load` gives a stored dataset."""

    def __init__(
        self,
        settings: Settings,
        scheduler: Scheduler,
        catalog: Catalog,
        store: Store,
        room: Room,
        manifests: Manifests,
        load: Callable[[str], Dataset],
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._room = room
        self._manifests = manifests
        self._load = load

    def of(self, handle: str) -> list[Entry]:
        """The open entries of a dataset."""
        return [entry for entry in self._scheduler.entries() if entry.subject.series.handle == handle]

    def open(self, handle: str, spec: Spec) -> Entry:
        """The entry of a series and a spec: the blocks that are stored are read, the rest is the background's."""
        key = (handle, spec.key)
        entry = self._scheduler.find(key)
        if entry is not None:
            return entry
        self._manifests.put_due()  # one of them may be of this entry's earlier life: what comes from exports is in it
        dataset = self._load(handle)
        series = dataset.series
        forecaster = self._catalog.forecaster(spec)
        keys = block_keys(series, spec)
        subject = Subject(series, spec, forecaster, tuple(keys), scorecard_names(series, spec, keys))
        rows = ResultFrame(series, spec, dataset.usable_origins)
        for number in range(len(keys)):
            self._find_rows(subject, rows, number)
        rows.found_count = rows.done_count
        manifest = self._store.forecasts.manifest(handle, spec)
        if manifest is not None and manifest.imported is not None:
            rows.expect(manifest.imported)
        background = self._settings.background and forecaster is not None
        focus = max(series.last_slot - spec.horizon, series.first_slot)
        entry = self._scheduler.open(key, spec.key, subject, rows, focus, background)
        self._manifests.put(entry)
        self._room.retire(keep=handle)
        self._store.measure()
        if len(keys) > VERIFIED:
            self._scheduler.call_store(lambda: self._verify(entry, VERIFIED), bounded=False)
        return entry

    def _find_rows(self, subject: Subject, rows: ResultFrame, number: int) -> None:
        """Which rows of a block are stored, with their scores. The block is unpacked only where that is unknown."""
        card = self._store.forecasts.scorecard(subject.cards[number])
        if card is not None and (number >= VERIFIED or self._store.forecasts.is_sound(subject.keys[number])):
            rows.expect_stored(number, card)
            return
        stored = self._stored(subject, number)
        if stored is not None:
            slots = rows.block_slots(number, stored.offsets)
            rows.write(slots, rescored(stored.samples, stored.loc, stored.scale, slots, subject))
            self._store.forecasts.put_scorecard(subject.cards[number], rows.scorecard(number))

    def _stored(self, subject: Subject, number: int) -> Rows | None:
        """A block's rows on the disk; None if it is not there, or damaged."""
        stored = self._store.forecasts.block_rows(subject.keys[number])
        shape = subject.spec.horizon, subject.spec.num_samples
        return stored if stored is not None and stored.samples.shape[1:] == shape else None

    def _verify(self, entry: Entry, first: int) -> None:
        """Hold further blocks that are on the disk only against their checksums, some at a time between other work;
        what is damaged or gone is computed again."""
        last = min(first + AT_ONCE, len(entry.subject.keys))
        for number in range(first, last):
            if frame_of(entry).away(number) and not self._store.forecasts.is_sound(entry.subject.keys[number]):
                log.warning("a block of %s is damaged or gone: it is computed again", entry.subject.series.handle[:8])
                self._scheduler.bring_back(entry, number, None)
        if last < len(entry.subject.keys) and self._scheduler.find(entry.key) is entry:
            with suppress(EngineClosed):
                self._scheduler.call_store(lambda: self._verify(entry, last), bounded=False)

    def stored_spec(self, handle: str, model: str, horizon: int) -> Spec | None:
        """The spec under which forecasts of a model that is not loaded are stored."""
        manifests = self._store.forecasts.manifests(handle)
        meant = [manifest for manifest in manifests if (manifest.spec.model, manifest.spec.horizon) == (model, horizon)]
        return max(meant, key=lambda manifest: manifest.last_used).spec if meant else None

    def stored_count(self, handle: str, spec: Spec) -> tuple[int, int]:
        """Rows that are stored of a series under a spec that is not open, and how many of them are imported."""
        manifest = self._store.forecasts.manifest(handle, spec)
        if manifest is None:
            return 0, 0
        imported = 0 if manifest.imported is None else int((manifest.done & manifest.imported).sum())
        return int(manifest.done.sum()), imported

    def fetch(self, entry: Entry, slot: int) -> None:
        """Have a row's block in memory."""
        rows = frame_of(entry)
        number = rows.block_of(slot)
        if rows.away(number):
            self._scheduler.bring_back(entry, number, self._stored(entry.subject, number))
            self._room.retire(entry.subject.series.handle, number)

    def block_rows(self, entry: Entry, number: int) -> Rows:
        """A copy of a block's done rows, wherever they are; of those that are nowhere any more, none is done. Evicted
        if an entry that is not open has lost some, EngineClosed."""
        rows: Rows
        rows, away = self._scheduler.block(entry, number)
        if not away:
            return rows
        stored, wanted = self._stored(entry.subject, number), frame_of(entry).stored_offsets(number)
        if stored is not None and np.isin(wanted, stored.offsets).all():
            return merge(rows, stored.only(np.isin(stored.offsets, wanted)))
        if self._scheduler.find(entry.key) is not entry:
            raise Evicted("These forecasts were deleted, or computed anew, while they were read. Ask again.")
        self._scheduler.bring_back(entry, number, stored)
        rows, _ = self._scheduler.block(entry, number)
        return rows
