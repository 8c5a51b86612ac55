"""Which datasets and entries are in memory, and how they get there from the disk and back.

Every method whose name does not say `cached` runs on the store thread, so opening the same dataset twice at once
cannot happen and no request ever reads the disk itself.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from engine.answers import Versions
from engine.audit import Audit
from engine.blocks import BLOCK, Manifest, Rows, block_keys, block_range, merge
from engine.catalog import Catalog
from engine.dataset import Dataset, Summary
from engine.errors import EngineClosed, UnknownHandle
from engine.forecasting import Subject, frame_of, rescored
from engine.imports import Imported
from engine.inventory import Known, Opened
from engine.jobs import Block, Entry
from engine.lineage import Lineage
from engine.results import ResultFrame
from engine.room import Room
from engine.scheduler import Scheduler
from engine.scorecards import scorecard_names
from engine.series import Ints, Series
from engine.settings import Settings
from engine.shelf import Shelf
from engine.spec import Spec
from engine.store import Stock, Store
from engine.workers import PARTIAL_EVERY

log = logging.getLogger(__name__)

MOST_READINGS = 256  # upload records kept in memory: a page asks for its own with every picture
CLEARED = 65_536  # rows that are cleared at once, under the lock
RESUMED = 4  # interrupted fills that are open at once; who looks at another one opens it
VERIFIED = 64  # blocks that are held against their checksums in one go: about 20 ms
TIDY_EVERY = 300.0  # seconds


class Added(NamedTuple):
    """A series that is now stored and open. reused: its rows that were there already. extends: the stored series that
    it continues."""

    dataset: Dataset
    known: bool
    reused: int
    extends: str | None


class Library:
    """Owns the store."""

    def __init__(self, settings: Settings, scheduler: Scheduler, catalog: Catalog, store: Store) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._lineage = Lineage(store)
        self._shelf = Shelf()
        self._room = Room(settings, scheduler, catalog, store, self._shelf, self.delete)
        self._readings: dict[str, dict[str, Any]] = {}
        self._unfinished: deque[tuple[str, Spec]] = deque()
        self._manifests_due: dict[tuple[str, str], Entry] = {}
        self._manifests_written = self._tidied = time.monotonic()
        self.disk = 0  # bytes in the cache directory, as last looked up

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

    # --- datasets ---

    def open_store(self) -> None:
        """Open the cache directory. StartError."""
        self._store.open()
        self.disk = self._store.volume()

    def load(self, handle: str) -> Dataset:
        """The dataset, from the disk if need be. UnknownHandle."""
        dataset = self._find(handle)
        if dataset is None:
            raise UnknownHandle("No series with this handle is stored here. Upload the file again.")
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

    def add(self, series: Series, spec: Spec, upload_id: str, raw: bytes, reading: dict[str, Any]) -> Added:
        """Store a series and its upload record, durably, and open it. Overloaded if there is no room for it; without
        room for the raw bytes the file cannot be read again, and that is all."""
        found = self._find(series.handle)
        dataset = found or Dataset(series)  # refuses what has no usable origin before anything is deleted or written
        keep_raw = self._room.make(series.handle, 0 if found else int(series.values.nbytes), len(raw))
        if found is None:
            self._store.put_series(series)
            self._remember(dataset)
        self._store.put_upload(upload_id, raw if keep_raw else None, series.handle, reading)
        self._readings.pop(upload_id, None)
        self._lineage.add(series)
        entry = self._scheduler.find((series.handle, spec.key))
        if entry is not None:
            reused = frame_of(entry).done_count
        else:
            reused = frame_of(self.open(series.handle, spec)).found_count
        return Added(dataset, found is not None, reused, self._lineage.extends(series.handle))

    def adopt(self, found: Imported) -> tuple[bool, Entry]:
        """Store a series that came as an export, and open it; the rows to come are marked. Whether it was known."""
        series, known = found.dataset.series, self._find(found.dataset.handle) is not None
        if not known:
            self._room.make(series.handle, int(series.values.nbytes + found.samples.nbytes), 0)
            self._store.put_series(series)
            self._remember(found.dataset)
            self._lineage.add(series)
        entry = self.open(series.handle, found.spec)
        imported = np.zeros(BLOCK * len(entry.subject.keys), dtype=bool)
        imported[found.slots - BLOCK * block_range(series).start] = True
        rows = frame_of(entry)
        rows.expect(imported & ~rows.done_bits())
        self._put_manifest(entry)
        return known, entry

    def versions(self, handle: str) -> Versions:
        """What a series continues, and what continues it."""
        return Versions(self._lineage.extends(handle), self._lineage.newer(handle))

    def summaries(self) -> list[Summary]:
        """Of every stored dataset; none of them is kept in memory for it."""
        found = []
        for handle in self._store.handles():
            series = self._store.series(handle)
            if series is None:
                log.warning("the series %s is damaged", handle[:8])
            else:
                found.append(Dataset(series).summary())
        return found

    def delete(self, handle: str) -> bool:
        """Forget a dataset everywhere. Whether it was there."""
        for entry in self._entries(handle):
            self._scheduler.evict(entry.key)
        for due in [due for due in self._manifests_due if due[0] == handle]:
            del self._manifests_due[due]
        self._shelf.remove(handle)
        self._readings.clear()
        known = self._store.delete(handle)
        self._lineage.forget(handle)
        self.disk = self._store.volume()
        return known

    def drop(self, handle: str, model: str | None, horizon: int | None) -> int | None:
        """Forget the stored forecasts of a dataset: all, or those of a model, of a length. How many origins had one;
        None if there is no such dataset."""

        def is_meant(spec: Spec) -> bool:
            return model in (None, spec.model) and horizon in (None, spec.horizon)

        if not self._store.has_series(handle):
            return None
        gone = {
            manifest.spec.key: manifest
            for manifest in self._store.forecasts.manifests(handle)
            if is_meant(manifest.spec)
        }
        done = {key: int(manifest.done.sum()) for key, manifest in gone.items()}
        for entry in self._entries(handle):
            spec = entry.subject.spec
            if is_meant(spec):
                done[spec.key] = frame_of(entry).done_count
                self._scheduler.evict(entry.key)
                self._manifests_due.pop(_name(entry), None)
        self._unfinished = deque(due for due in self._unfinished if due[0] != handle or not is_meant(due[1]))
        self._store.forecasts.drop(list(gone.values()))
        self.disk = self._store.volume()
        return sum(done.values())

    def stock(self) -> tuple[Stock, Known]:
        """What an inventory is made of."""
        start = time.time() - time.monotonic()
        looked = {handle: start + self._shelf.looked(handle) for handle in self._shelf.handles()}
        opened = {_name(entry): _opened(entry) for entry in self._scheduler.entries()}
        return self._store.stock(), Known(opened, self._lineage.ends(), looked, self._catalog.forecaster)

    def readings(self, upload_id: str) -> dict[str, Any]:
        """{handle: reading} of an upload; empty if nothing is kept of it."""
        found = self._store.upload(upload_id) or {}
        if found:
            self._readings[upload_id] = found
            if len(self._readings) > MOST_READINGS:
                del self._readings[next(iter(self._readings))]
        return found

    def raw(self, upload_id: str) -> bytes | None:
        return self._store.raw(upload_id)

    # --- entries ---

    def stored_spec(self, handle: str, model: str, horizon: int) -> Spec | None:
        """The spec under which forecasts of a model that is not loaded are stored."""
        manifests = [
            m for m in self._store.forecasts.manifests(handle) if (m.spec.model, m.spec.horizon) == (model, horizon)
        ]
        return max(manifests, key=lambda manifest: manifest.last_used).spec if manifests else None

    def stored_count(self, handle: str, spec: Spec) -> tuple[int, int]:
        """Rows that are stored of a series under a spec that is not open, and how many of them are imported."""
        manifest = self._store.forecasts.manifest(handle, spec)
        if manifest is None:
            return 0, 0
        imported = 0 if manifest.imported is None else int((manifest.done & manifest.imported).sum())
        return int(manifest.done.sum()), imported

    def open(self, handle: str, spec: Spec) -> Entry:
        """The entry of a series and a spec: the blocks that are stored are read, the rest is the background's."""
        key = (handle, spec.key)
        entry = self._scheduler.find(key)
        if entry is not None:
            return entry
        dataset = self.load(handle)
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
        self._put_manifest(entry)
        self._room.retire(keep=handle)
        self.disk = self._store.volume()
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
        last = min(first + VERIFIED, len(entry.subject.keys))
        for number in range(first, last):
            if frame_of(entry).away(number) and not self._store.forecasts.is_sound(entry.subject.keys[number]):
                log.warning("a block of %s is damaged or gone: it is computed again", entry.subject.series.handle[:8])
                self._scheduler.bring_back(entry, number, None)
        if last < len(entry.subject.keys) and self._scheduler.find(entry.key) is entry:
            with suppress(EngineClosed):
                self._scheduler.call_store(lambda: self._verify(entry, last), bounded=False)

    def fetch(self, entry: Entry, slot: int) -> None:
        """Have a row's block in memory."""
        rows = frame_of(entry)
        number = rows.block_of(slot)
        if rows.away(number):
            self._scheduler.bring_back(entry, number, self._stored(entry.subject, number))
            self._room.retire(entry.subject.series.handle, number)

    def block_rows(self, entry: Entry, number: int) -> Rows:
        """A copy of a block's done rows, wherever they are. EngineClosed."""
        rows, away = self._scheduler.block(entry, number)
        stored = self._stored(entry.subject, number) if away else None
        return rows if stored is None else merge(rows, stored.only(frame_of(entry).is_stored(number, stored)))

    def recalculate(self, handle: str, spec: Spec, first: int, last: int, failed: bool) -> int:
        """Compute the origins of slots first..last anew, the stored rows gone first, also for who shares them; or only
        those of them that failed, of which none is stored. How many origins that are."""
        entry = self.open(handle, spec)
        subject: Subject = entry.subject
        series = subject.series
        usable = self.load(handle).usable_origins
        slots = np.flatnonzero(usable[first - series.first_slot : last - series.first_slot + 1]) + first
        if failed:
            slots = slots[frame_of(entry).failed(slots)]
            self._scheduler.recompute(entry, slots)
            return len(slots)
        self._put_due_manifests()  # those of entries that are closed, too, which know of no row that goes
        if first == series.first_slot and last == series.last_slot:
            entry = self._scheduler.replace(entry.key, ResultFrame(series, spec, usable)) or entry
        else:
            for start in range(0, len(slots), CLEARED):
                self._scheduler.recompute(entry, slots[start : start + CLEARED])
        numbers, starts = np.unique(slots // BLOCK, return_index=True)
        base = block_range(series).start
        gone = {subject.keys[n - base]: own for n, own in zip(numbers, np.split(slots, starts)[1:], strict=True)}
        # Before the rows go: after a kill in between no manifest names one that is gone.
        self._put_manifest(entry)
        self._give_up(gone, but=entry)
        outer = first // BLOCK - base, last // BLOCK - base
        self._store.forecasts.drop_blocks(subject.keys[outer[0] + 1 : outer[1]])
        for number in set(outer):
            self._store.forecasts.drop_rows(subject.keys[number], gone.get(subject.keys[number], slots[:0]) % BLOCK)
        return len(slots)

    def _give_up(self, gone: dict[str, Ints], but: Entry) -> None:
        """Slots, by block, are computed anew of one entry: also of every other one with these blocks, if it is open,
        and none of the others' manifests says done of them."""
        opened = {_name(entry): entry for entry in self._scheduler.entries()}
        for entry in opened.values():
            shared = [gone[key] for key in entry.subject.keys if key in gone]
            if shared and entry is not but:
                self._scheduler.recompute(entry, np.concatenate(shared))
                self._put_manifest(entry)
        for manifest in self._store.forecasts.manifests():
            numbers = [number for number, key in enumerate(manifest.keys) if key in gone]
            if numbers and (manifest.handle, manifest.spec.key) not in opened:
                done = manifest.done.reshape(-1, BLOCK).copy()
                for number in numbers:
                    done[number, gone[manifest.keys[number]] % BLOCK] = False
                self._store.forecasts.put_manifest(replace(manifest, done=np.ravel(done)))

    def audit(self) -> Audit:
        """A check of the store, to be made step by step."""
        return Audit(self._store, self._scheduler)

    def go_on(self, due: list[Manifest]) -> None:
        """Datasets that are not open have lost rows: their fills go on."""
        self._unfinished.extend((manifest.handle, manifest.spec) for manifest in due)
        self.disk = self._store.volume()
        self.resume()

    def flush(self) -> int:
        """Forget every dataset everywhere. How many there were."""
        for entry in self._scheduler.entries():
            self._scheduler.evict(entry.key)
        self._manifests_due.clear()
        self._shelf.clear()
        self._readings.clear()
        count = len(self._store.handles())
        self._store.clear()
        self._lineage.clear()
        self.disk = self._store.volume()
        return count

    def find_unfinished(self) -> None:
        """Which fills were interrupted, most recently used first; after what is too old has gone."""
        self._room.expire()
        found = [m for m in self._store.forecasts.manifests() if not m.complete and self._catalog.forecaster(m.spec)]
        found.sort(key=lambda manifest: -manifest.last_used)
        self._unfinished.extend((manifest.handle, manifest.spec) for manifest in found)

    def resume(self) -> None:
        """Go on with the next interrupted fill, and with more of them as long as few are open and memory lasts."""
        filling = sum(entry.background and not frame_of(entry).complete() for entry in self._scheduler.entries())
        if not self._unfinished or filling >= RESUMED or not self._settings.background:
            return
        self._room.retire()
        if self.memory() >= self._settings.memory_budget:
            return
        handle, spec = self._unfinished.popleft()
        try:
            self.open(handle, spec)
        except Exception:  # forgotten since, or damaged: the others can still go on
            log.warning("the fill of %s could not be resumed", handle[:8], exc_info=True)
        with suppress(EngineClosed):
            self._scheduler.call_store(self.resume, bounded=False)

    def _entries(self, handle: str) -> list[Entry]:
        return [entry for entry in self._scheduler.entries() if entry.subject.series.handle == handle]

    # --- writing ---

    def write_block(self, block: Block) -> None:
        """Write one block and, now and then, its manifest."""
        entry, rows = block.entry, frame_of(block.entry)
        card = entry.subject.cards[block.number], block.card
        self._store.forecasts.put_block(entry.subject.keys[block.number], block.rows, block.done, card)
        self._manifests_due[_name(entry)] = entry
        now = time.monotonic()
        finished = rows.complete() and not self._scheduler.unwritten_blocks(entry)
        if finished or now >= self._manifests_written + PARTIAL_EVERY:
            self._manifests_written = now
            self._put_due_manifests()
        self._room.retire(entry.subject.series.handle)
        if finished:
            self.resume()

    def tidy(self) -> None:
        """Now and then: note on the disk what was looked at, and forget what is too old."""
        now = time.monotonic()
        if now >= self._tidied + TIDY_EVERY:
            self._note_looks()
            self._room.expire()
            self._tidied = now

    def _note_looks(self) -> None:
        self._put_due_manifests()
        start = time.time() - time.monotonic()
        for handle in self._shelf.looked_since(self._tidied):
            for manifest in self._store.forecasts.manifests(handle):
                looked = max(manifest.last_used, start + self._shelf.looked(handle))
                self._store.forecasts.put_manifest(replace(manifest, last_used=looked))

    def close(self) -> None:
        """Write what is due and close the caches."""
        try:
            self._note_looks()
        finally:
            self._store.close()

    def _put_due_manifests(self) -> None:
        if not self._manifests_due:
            return
        for entry in self._manifests_due.values():
            self._put_manifest(entry)
        self._manifests_due.clear()
        self.disk = self._store.volume()

    def _put_manifest(self, entry: Entry) -> None:
        """A manifest says done of what is on the disk, not of what is only in memory."""
        subject, rows = entry.subject, frame_of(entry)
        done = rows.done_bits().reshape(-1, BLOCK)
        # Asked for after the bits were taken: what was done by then is among these until it is written.
        done[list(self._scheduler.unwritten_blocks(entry))] = False
        handle, spec, keys = subject.series.handle, subject.spec, list(subject.keys)
        imported = rows.imported_bits()
        self._store.forecasts.put_manifest(
            Manifest(handle, spec, keys, np.ravel(done), rows.total, time.time(), imported)
        )


def _name(entry: Entry) -> tuple[str, str]:
    return entry.subject.series.handle, entry.subject.spec.key


def _opened(entry: Entry) -> Opened:
    rows = frame_of(entry)
    state = "done" if rows.complete() else "filling" if entry.background else "paused"
    return Opened(rows.done_count, rows.failed_count, rows.imported_count, state)
