"""Which datasets and entries are in memory, and how they get there from the disk and back.

Every method whose name does not say `cached` runs on the store thread, so opening the same dataset twice at once
cannot happen and no request ever reads the disk itself.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.blocks import Manifest, block_keys
from engine.dataset import Dataset, Summary
from engine.errors import Overloaded, UnknownHandle
from engine.forecasting import Subject, rescored
from engine.jobs import Block, Entry
from engine.models.base import Forecaster
from engine.results import ResultFrame
from engine.scheduler import Scheduler
from engine.series import Series
from engine.settings import Settings
from engine.spec import Spec
from engine.store import Store
from engine.workers import PARTIAL_EVERY

log = logging.getLogger(__name__)

MOST_READINGS = 256  # upload records kept in memory: a page asks for its own with every picture


class Added(NamedTuple):
    """A series that is now stored and open. reused: its rows that were there already."""

    dataset: Dataset
    known: bool
    reused: int


class Library:
    """Owns the store. `models` are those loaded, by name."""

    def __init__(
        self, settings: Settings, scheduler: Scheduler, models: Mapping[str, Forecaster], store: Store
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._models = models
        self._store = store
        self._datasets: dict[str, Dataset] = {}
        self._readings: dict[str, dict[str, Any]] = {}
        self._used: dict[str, int] = {}  # handle -> a number that grows with every look at it
        self._looks = itertools.count()
        self._manifests_due: dict[tuple[str, str], Entry] = {}
        self._manifests_written = time.monotonic()

    # --- in memory, from any thread --------------------------------------------------------------------------------

    def cached(self, handle: str) -> Dataset | None:
        """The dataset, if it is in memory."""
        dataset = self._datasets.get(handle)
        if dataset is not None:
            self._used[handle] = next(self._looks)
        return dataset

    def cached_readings(self, upload_id: str) -> dict[str, Any] | None:
        """{handle: reading} of an upload, if somebody asked for it lately."""
        return self._readings.get(upload_id)

    # --- datasets --------------------------------------------------------------------------------------------------

    def load(self, handle: str) -> Dataset:
        """The dataset, from the disk if need be. UnknownHandle."""
        dataset = self._datasets.get(handle)
        if dataset is None:
            series = self._store.series(handle)
            if series is None:
                raise UnknownHandle("No series with this handle is stored here. Upload the file again.")
            dataset = self._datasets[handle] = Dataset(series)
            self._retire(keep=handle)
        self._used[handle] = next(self._looks)
        return dataset

    def add(self, series: Series, spec: Spec, upload_id: str, raw: bytes, reading: dict[str, Any]) -> Added:
        """Store a series and its upload record, durably, and open it. Overloaded if there is no room for it."""
        known = self._store.has_series(series.handle)
        if not known:
            dataset = Dataset(series)
            self._make_room(series)
            self._store.put_series(series)
            self._datasets[series.handle] = dataset
        self._store.put_upload(upload_id, raw, series.handle, reading)
        self._readings.pop(upload_id, None)
        entry = self.open(series.handle, spec)
        return Added(self.load(series.handle), known, _rows(entry).done_count)

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
        for entry in self._scheduler.entries():
            if entry.subject.series.handle == handle:
                self._scheduler.evict(entry.key)
                self._manifests_due.pop(_name(entry), None)
        self._datasets.pop(handle, None)
        self._used.pop(handle, None)
        self._readings.clear()
        return self._store.delete(handle)

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

    # --- entries ---------------------------------------------------------------------------------------------------

    def stored_spec(self, handle: str, model: str, horizon: int) -> Spec | None:
        """The spec under which forecasts of a model that is not loaded are stored."""
        manifests = [m for m in self._store.manifests(handle) if (m.spec.model, m.spec.horizon) == (model, horizon)]
        return max(manifests, key=lambda manifest: manifest.last_used).spec if manifests else None

    def open(self, handle: str, spec: Spec) -> Entry:
        """The entry of a series and a spec: the blocks that are stored are read, the rest is the background's."""
        key = (handle, spec.key)
        entry = self._scheduler.find(key)
        if entry is not None:
            return entry
        dataset = self.load(handle)
        series = dataset.series
        forecaster = self._models.get(spec.model)
        if forecaster is not None and Spec.of(forecaster, spec.horizon) != spec:
            forecaster = None
        subject = Subject(series, spec, forecaster, tuple(block_keys(series, spec)))
        rows = ResultFrame(series, spec, dataset.usable_origins)
        for number, block_key in enumerate(subject.keys):
            stored = self._store.block_rows(block_key)
            if stored is not None and stored.samples.shape[1:] == (spec.horizon, spec.num_samples):
                slots = rows.block_slots(number, stored.offsets)
                rows.write(slots, rescored(stored.samples, stored.loc, stored.scale, slots, subject))
        background = self._settings.background and forecaster is not None
        focus = max(series.last_slot - spec.horizon, series.first_slot)
        entry = self._scheduler.open(key, spec.key, subject, rows, focus, background)
        self._put_manifest(entry)
        self._retire(keep=handle)
        return entry

    def resume(self) -> None:
        """Open every entry whose fill was interrupted, most recently used first."""
        unfinished = [manifest for manifest in self._store.manifests() if not manifest.complete]
        for manifest in sorted(unfinished, key=lambda manifest: -manifest.last_used):
            model = self._models.get(manifest.spec.model)
            if model is not None and Spec.of(model, manifest.spec.horizon) == manifest.spec:
                try:
                    self.open(manifest.handle, manifest.spec)
                except UnknownHandle:
                    log.warning("the series %s of an unfinished fill is gone", manifest.handle[:8])

    # --- writing ---------------------------------------------------------------------------------------------------

    def write_block(self, block: Block) -> None:
        """Write one block and, now and then, its manifest."""
        entry, rows = block.entry, _rows(block.entry)
        self._store.put_block(entry.subject.keys[block.number], block.rows, rows.block_full(block.number))
        self._manifests_due[_name(entry)] = entry
        now = time.monotonic()
        if rows.done_count == rows.total or now >= self._manifests_written + PARTIAL_EVERY:
            self._manifests_written = now
            self._put_due_manifests()

    def close(self) -> None:
        """Write what is due and close the caches."""
        self._put_due_manifests()
        self._store.close()

    def _put_due_manifests(self) -> None:
        for entry in self._manifests_due.values():
            self._put_manifest(entry)
        self._manifests_due.clear()

    def _put_manifest(self, entry: Entry) -> None:
        subject, rows = entry.subject, _rows(entry)
        self._store.put_manifest(
            Manifest(subject.series.handle, subject.spec, list(subject.keys), rows.done_bits(), rows.total, time.time())
        )

    # --- room ------------------------------------------------------------------------------------------------------

    def _make_room(self, series: Series) -> None:
        """Delete whole datasets, least recently used first, until a series fits; those in memory stay."""
        last_used = dict.fromkeys(self._store.handles(), 0.0)
        for manifest in self._store.manifests():
            if manifest.handle in last_used:
                last_used[manifest.handle] = max(last_used[manifest.handle], manifest.last_used)
        oldest = sorted(set(last_used) - set(self._datasets), key=lambda handle: last_used[handle])
        settings = self._settings
        while len(last_used) >= settings.max_datasets or self._store.volume() + 8 * len(series) > settings.disk_budget:
            if not oldest:
                raise Overloaded("There is no room for another dataset. Forget one that is no longer needed.")
            handle = oldest.pop(0)
            log.info("dataset %s makes room", handle[:8])
            self._store.delete(handle)
            del last_used[handle]

    def _retire(self, keep: str) -> None:
        """Close datasets that are finished and written, least recently looked at first, until memory fits."""
        entries: dict[str, list[Entry]] = {handle: [] for handle in self._datasets}
        for entry in self._scheduler.entries():
            entries[entry.subject.series.handle].append(entry)
        size = sum(map(_nbytes, self._datasets.values())) + sum(
            _rows(e).nbytes for own in entries.values() for e in own
        )
        for handle in sorted(set(self._datasets) - {keep}, key=lambda handle: self._used.get(handle, -1)):
            if size <= self._settings.memory_budget:
                break
            for entry in [entry for entry in entries[handle] if self._scheduler.retire(entry.key)]:
                size -= _rows(entry).nbytes
                entries[handle].remove(entry)
            if not entries[handle]:
                size -= _nbytes(self._datasets.pop(handle))
                self._used.pop(handle, None)


def _name(entry: Entry) -> tuple[str, str]:
    return entry.subject.series.handle, entry.subject.spec.key


def _rows(entry: Entry) -> ResultFrame:
    assert isinstance(entry.rows, ResultFrame)
    return entry.rows


def _nbytes(dataset: Dataset) -> int:
    return int(dataset.series.values.nbytes + dataset.usable_origins.nbytes)
