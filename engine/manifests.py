"""The manifests of open entries: what each says is done is on the disk. All of it runs on the store thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

import numpy as np

from engine.blocks import BLOCK, Manifest
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.scheduler import Scheduler
from engine.spec import Spec
from engine.store import Store


class Manifests:
    """Writes them: some at once, most of them now and then."""

    def __init__(self, store: Store, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler
        self._due: dict[Hashable, Entry] = {}

    def due(self, entry: Entry) -> None:
        """A block of the entry was written: its manifest is to follow."""
        self._due[entry.key] = entry

    def put_due(self) -> None:
        """Write those that are to follow; of entries that are closed, too."""
        if not self._due:
            return
        for entry in self._due.values():
            self.put(entry)
        self._due.clear()
        self._store.measure()

    def put(self, entry: Entry) -> None:
        """A manifest says done of what is on the disk, not of what is only in memory."""
        subject, rows = entry.subject, frame_of(entry)
        done = rows.done_bits().reshape(-1, BLOCK)
        # Asked for after the bits were taken: what was done by then is among these until it is written.
        done[list(self._scheduler.unwritten_blocks(entry))] = False
        handle, spec, keys = subject.series.handle, subject.spec, list(subject.keys)
        imported = rows.imported_bits()
        manifest = Manifest(handle, spec, keys, np.ravel(done), rows.total, time.time(), imported)
        self._store.forecasts.put_manifest(manifest)

    def forget(self, handle: str, is_meant: Callable[[Spec], bool]) -> None:
        """Nothing follows of a dataset's entries whose spec is meant, be they open or not."""
        for entry in list(self._due.values()):
            if entry.subject.series.handle == handle and is_meant(entry.subject.spec):
                del self._due[entry.key]

    def clear(self) -> None:
        """Nothing follows."""
        self._due.clear()
