"""Which datasets there are, on the disk and in memory, and what comes and goes with one.

All but the first few methods run on the store thread, so no request ever reads the disk itself.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from engine.answers import Versions
from engine.audit import Audit
from engine.blocks import BLOCK, block_range
from engine.catalog import Catalog
from engine.dataset import Dataset, Summary
from engine.entries import Entries
from engine.errors import UnknownHandle
from engine.fills import Fills
from engine.forecasting import frame_of
from engine.imports import Imported
from engine.incoming import Incoming, Kept
from engine.inventory import Known, Opened
from engine.jobs import Entry
from engine.lineage import Lineage
from engine.manifests import Manifests
from engine.recalculation import Recalculation
from engine.room import Room
from engine.scheduler import Scheduler
from engine.settings import Settings
from engine.shares import Shares
from engine.shelf import Shelf
from engine.spec import Spec
from engine.store import Stock, Store
from engine.visitor import NOT_HERE
from engine.writing import Writing

log = logging.getLogger(__name__)

MOST_READINGS = 256  # upload records kept in memory: a page asks for its own with every picture


class Added(NamedTuple):
    """A series that is now stored and open. reused: its rows that were there already. extends: the stored series that
    it continues. removed: other series of the same user that made room for it."""

    dataset: Dataset
    known: bool
    reused: int
    extends: str | None
    removed: tuple[str, ...]


class Library:
    """Owns the store, and those who work on it: entries, fills, recalculation, writing."""

    def __init__(self, settings: Settings, scheduler: Scheduler, catalog: Catalog, store: Store) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._lineage = Lineage(store)
        self._shelf = Shelf()
        self._room = Room(settings, scheduler, catalog, store, self._shelf, self.delete, self._lineage.scopes)
        self._readings: dict[str, dict[str, Any]] = {}
        self._manifests = Manifests(store, scheduler)
        self.entries = Entries(settings, scheduler, catalog, store, self._room, self._manifests, self.load)
        self.fills = Fills(settings, scheduler, catalog, store, self._room, self.entries)
        self.recalculation = Recalculation(scheduler, store, self._manifests, self.entries, self.load)
        self.writing = Writing(scheduler, store, self._shelf, self._room, self._manifests, self.fills)

    # --- in memory, from any thread ---

    def cached(self, handle: str) -> Dataset | None:
        """The dataset, if it is in memory."""
        return self._shelf.look(handle)

    def cached_readings(self, upload_id: str) -> dict[str, Any] | None:
        """{handle: reading} of an upload, if somebody asked for it lately."""
        return self._readings.get(upload_id)

    def memory(self) -> int:
        """Bytes of series and results in memory."""
        return self._room.memory()

    def count(self) -> int:
        """Datasets in memory."""
        return len(self._shelf)

    @property
    def shares(self) -> Shares:
        """The links to series."""
        return self._store.shares

    @property
    def disk(self) -> int:
        """Bytes in the cache directory, as last looked up."""
        return self._store.disk

    # --- datasets ---

    def open_store(self) -> None:
        """Open the cache directory. StartError."""
        self._store.open()
        self._store.measure()

    def load(self, handle: str) -> Dataset:
        """The dataset, from the disk if need be. UnknownHandle."""
        dataset = self._find(handle)
        if dataset is None:
            raise UnknownHandle(NOT_HERE)
        return dataset

    def _find(self, handle: str) -> Dataset | None:
        dataset = self._shelf.look(handle)
        if dataset is None:
            series = self._store.series(handle)
            if series is None:
                return None
            dataset = Dataset(series)
            self._remember(dataset)
        return dataset

    def _remember(self, dataset: Dataset) -> None:
        self._shelf.put(dataset)
        self._room.retire(keep=dataset.handle)

    def add(self, dataset: Dataset, spec: Spec, file: Incoming | Kept, reading: dict[str, Any]) -> Added:
        """Store a series and its upload, durably, and open it. Overloaded if there is no room for it; without room for
        the bytes of a file that has just come it cannot be read again, and that is all."""
        series, found = dataset.series, self._find(dataset.handle)
        new = file if isinstance(file, Incoming) else None
        size, wanted = 0 if found else int(series.values.nbytes), new.size if new else 0
        made = self._room.make(series.handle, series.scope, size, wanted)
        if found is None:
            self._store.put_series(series)
            self._remember(dataset)
        self._store.put_upload(file.upload_id, new.path if new and made.fits_all else None, series.handle, reading)
        self._readings.pop(file.upload_id, None)
        self._lineage.add(series)
        entry = self._scheduler.find((series.handle, spec.key))
        if entry is not None:
            reused = frame_of(entry).done_count
        else:
            reused = frame_of(self.entries.open(series.handle, spec)).found_count
        return Added(found or dataset, found is not None, reused, self._lineage.extends(series.handle), made.own)

    def adopt(self, found: Imported) -> tuple[bool, Entry]:
        """Store a series that came as an export, and open it; the rows to come are marked. Whether it was known."""
        series, known = found.dataset.series, self._find(found.dataset.handle) is not None
        if not known:
            self._room.make(series.handle, series.scope, int(series.values.nbytes + found.samples.nbytes), 0)
            self._store.put_series(series)
            self._remember(found.dataset)
            self._lineage.add(series)
        entry = self.entries.open(series.handle, found.spec)
        imported = np.zeros(BLOCK * len(entry.subject.keys), dtype=bool)
        imported[found.slots - BLOCK * block_range(series).start] = True
        rows = frame_of(entry)
        rows.expect(imported & ~rows.done_bits())
        self._manifests.put(entry)
        return known, entry

    def versions(self, handle: str) -> Versions:
        """What a series continues, and what continues it."""
        return Versions(self._lineage.extends(handle), self._lineage.newer(handle))

    def summaries(self, scope: str) -> list[Summary]:
        """Of every stored dataset of a scope; none of them is kept in memory for it."""
        found = []
        for handle in self._store.handles():
            series = self._store.series(handle)
            if series is None:
                log.warning("the series %s is damaged", handle[:8])
            elif series.scope == scope:
                found.append(Dataset(series).summary())
        return found

    def delete(self, handle: str) -> bool:
        """Forget a dataset everywhere. Whether it was there."""
        for entry in self.entries.of(handle):
            self._scheduler.evict(entry.key)
        self._manifests.forget(handle, lambda spec: True)
        self.fills.forget(handle, lambda spec: True)
        self._shelf.forget(handle)
        self._readings.clear()
        known = self._store.delete(handle)
        self._lineage.forget(handle)
        self._store.wipe()
        self._store.measure()
        return known

    def flush(self) -> int:
        """Forget every dataset everywhere. How many there were."""
        for entry in self._scheduler.entries():
            self._scheduler.evict(entry.key)
        self._manifests.clear()
        self.fills.clear()
        self._shelf.clear()
        self._readings.clear()
        count = len(self._store.handles())
        self._store.clear()
        self._lineage.clear()
        self._store.measure()
        return count

    # --- what is stored ---

    def readings(self, upload_id: str) -> dict[str, Any]:
        """{handle: reading} of an upload; empty if nothing is kept of it."""
        found = self._store.upload(upload_id) or {}
        if found:
            self._readings[upload_id] = found
            if len(self._readings) > MOST_READINGS:
                del self._readings[next(iter(self._readings))]
        return found

    def kept(self, upload_id: str) -> Kept | None:
        """The bytes of an upload, None if they are not kept."""
        return self._store.kept(upload_id)

    def drop(self, handle: str, model: str | None, horizon: int | None) -> int | None:
        """Forget the stored forecasts of a dataset: all, or those of a model, of a length. How many origins had one;
        None if there is no such dataset."""

        def is_meant(spec: Spec) -> bool:
            return model in (None, spec.model) and horizon in (None, spec.horizon)

        if not self._store.has_series(handle):
            return None
        gone = [manifest for manifest in self._store.forecasts.manifests(handle) if is_meant(manifest.spec)]
        done = {manifest.spec.key: int(manifest.done.sum()) for manifest in gone}
        for entry in self.entries.of(handle):
            spec = entry.subject.spec
            if is_meant(spec):
                done[spec.key] = frame_of(entry).done_count
                self._scheduler.evict(entry.key)
        self._manifests.forget(handle, is_meant)
        self.fills.forget(handle, is_meant)
        self._store.forecasts.drop(gone)
        self._store.measure()
        return sum(done.values())

    def stock(self) -> tuple[Stock, Known]:
        """What an inventory is made of."""
        looked = {handle: self._shelf.looked_utc(handle) for handle in self._shelf.handles()}
        opened = dict(map(_opened, self._scheduler.entries()))
        return self._store.stock(), Known(opened, self._lineage.ends(), looked, self._catalog.forecaster)

    def audit(self) -> Audit:
        """A check of the store, to be made step by step."""

        def remake(handle: str, spec_key: str) -> None:
            spec = self._catalog.spec_of(spec_key)
            if spec is not None:
                with suppress(UnknownHandle):
                    self._manifests.put(self.entries.open(handle, spec))

        return Audit(self._store, self._scheduler, remake)


def _opened(entry: Entry) -> tuple[tuple[str, str], Opened]:
    """With its handle and spec."""
    rows = frame_of(entry)
    state = "done" if rows.complete() else "filling" if entry.background else "paused"
    counts = Opened(rows.done_count, rows.failed_count, rows.imported_count, state)
    return (entry.subject.series.handle, entry.subject.spec.key), counts
